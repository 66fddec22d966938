//! Calls of host functions over scalars, which are made in one operation.

use crate::typed::{Lower, Numbers, Scalar, ScalarParts, expected};
use crate::{Error, FuncType, Resource, Result, Type};

/// The arguments and the result of a call whose function takes and returns only scalars.
///
/// The guest is needed neither to lift nor to lower them, so each error is one of the function or of
/// its types.
pub(crate) struct ScalarCall<'a> {
    pub(super) args: ScalarParts<'a>,
    /// The type of the result, until it is lowered.
    due: Option<&'a Type>,
    result: Option<Scalar>,
    pub(super) at: Phase,
    /// Whether a part of the result was passed that was not due.
    failed: bool,
}

/// What was done last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Begun,
    Lifted,
    Called,
}

impl<'a> ScalarCall<'a> {
    #[inline]
    pub(super) fn new(ty: &'a FuncType, args: &'a [Scalar]) -> Self {
        Self {
            args: ScalarParts::new(args),
            due: ty.result.as_ref(),
            result: None,
            at: Phase::Begun,
            failed: false,
        }
    }

    /// Checks that all arguments were taken, before the function is called.
    ///
    /// # Errors
    /// `Misuse` if some were not; `Host` if the Rust type dropped an error.
    #[inline]
    pub(super) fn lifted(&mut self) -> Result<()> {
        self.no_error_is_lost()?;
        self.args.end()?;
        self.at = Phase::Lifted;
        Ok(())
    }

    /// Returns the result of a call that ended with this outcome.
    ///
    /// # Errors
    /// The errors of a call in steps, without the name of the function.
    #[inline]
    pub(super) fn end(mut self, outcome: Result<()>) -> Result<Option<Scalar>> {
        if outcome.is_ok() {
            self.no_error_is_lost()?;
        }
        let passed = outcome.and_then(|()| match self.due {
            None => Ok(()),
            Some(ty) => Err(expected(ty.kind(), "no more parts")),
        });
        match passed {
            Ok(()) => Ok(self.result.take()),
            Err(error) if self.at == Phase::Called => {
                Err(Error::host(format!("result: {}", error.message())))
            }
            Err(error) => Err(error),
        }
    }

    #[inline]
    fn no_error_is_lost(&self) -> Result<()> {
        match self.failed || self.args.failed() {
            false => Ok(()),
            true => Err(Error::host(
                "expected the Rust type to return the error of its part, found `Ok`",
            )),
        }
    }

    /// Returns the error for a result of another type.
    #[cold]
    fn misfit(&mut self, found: &str) -> Result<()> {
        self.failed = true;
        Err(match self.due {
            Some(ty) => expected(ty.kind(), found),
            None => expected("no more parts", found),
        })
    }
}

impl Lower for ScalarCall<'_> {
    #[inline]
    fn scalar(&mut self, scalar: Scalar) -> Result<()> {
        match self.due {
            Some(ty) if scalar.is(ty) => {
                (self.due, self.result) = (None, Some(scalar));
                Ok(())
            }
            _ => self.misfit(scalar.ty().kind()),
        }
    }

    fn string(&mut self, _: &str) -> Result<()> {
        self.misfit("string")
    }

    fn numbers(&mut self, _: Numbers<'_>) -> Result<()> {
        self.misfit("list")
    }

    fn list(&mut self, _: usize) -> Result<()> {
        self.misfit("list")
    }

    fn case(&mut self, _: u32) -> Result<()> {
        self.misfit("a case")
    }

    fn flags(&mut self, _: &[u32]) -> Result<()> {
        self.misfit("flags")
    }

    fn resource(&mut self, _: &Resource) -> Result<()> {
        self.misfit("a resource")
    }
}
