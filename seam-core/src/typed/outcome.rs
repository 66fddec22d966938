//! The result of a typed call.

use super::cursor::Cursor;
use super::{Lift, LiftResult, Results};
use crate::{Error, Result};

/// The Rust value that a call returns, once it is lifted.
pub(crate) struct ResultOf<R>(Option<R>);

impl<R: Results> ResultOf<R> {
    pub(crate) fn new() -> Self {
        Self(None)
    }

    /// Returns the result of a completed call.
    ///
    /// # Errors
    /// `Engine` if the function has a result and the backend has not lifted it.
    pub(crate) fn into_result(self) -> Result<R> {
        match self.0 {
            Some(result) => Ok(result),
            None if R::result_is(None) => R::lift_result(&mut Cursor::default()),
            None => Err(Error::engine("expected a result of the call, found none")),
        }
    }
}

impl<R: Results> LiftResult for ResultOf<R> {
    fn lift(&mut self, from: &mut dyn Lift) -> Result<()> {
        self.0 = Some(R::lift_result(from)?);
        Ok(())
    }
}
