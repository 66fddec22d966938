//! The result of a typed call.

use super::cursor::Cursor;
use super::{Lift, LiftResult, Results};
use crate::{Error, Result};

/// A result on its way out of a call.
pub(crate) struct ResultOf<R>(Option<R>);

impl<R: Results> ResultOf<R> {
    pub(crate) fn new() -> Self {
        Self(None)
    }

    /// The result, once the call is done.
    ///
    /// # Errors
    /// `Engine` if the backend gave none and the function has one.
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
