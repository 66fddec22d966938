//! Calls of host functions over scalars, which are made in one operation.

use std::slice;

use crate::typed::{Lift, Lower, Numbers, Scalar};
use crate::{Error, FuncType, List, Resource, Result, Type};

/// The arguments and the result of a call whose function takes and returns only scalars.
///
/// The guest is needed neither to lift nor to lower them, so each error is one of the function or of
/// its types.
pub(crate) struct ScalarCall<'a> {
    args: slice::Iter<'a, Scalar>,
    /// The type of the result, until it is lowered.
    due: Option<&'a Type>,
    result: Option<Scalar>,
    pub(super) at: Phase,
    /// Whether a part was asked for or passed that was not due.
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
            args: args.iter(),
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
        if let Some(scalar) = self.args.next() {
            return Err(expected("all parts to be taken", scalar.ty().kind()));
        }
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
        match self.failed {
            false => Ok(()),
            true => Err(Error::host(
                "expected the Rust type to return the error of its part, found `Ok`",
            )),
        }
    }

    /// Returns the error for an argument that was asked for as `asked`.
    #[cold]
    fn refuse<T>(&mut self, asked: &str) -> Result<T> {
        self.failed = true;
        let found = self.args.next().map(|scalar| scalar.ty());
        Err(expected(asked, found.as_ref().map_or("none", Type::kind)))
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

fn expected(what: &str, found: &str) -> Error {
    Error::misuse(format!("expected {what}, found {found}"))
}

impl Lift for ScalarCall<'_> {
    #[inline]
    fn scalar(&mut self) -> Result<Scalar> {
        match self.args.next() {
            Some(scalar) => Ok(*scalar),
            None => self.refuse("a number, bool or char"),
        }
    }

    fn string(&mut self) -> Result<String> {
        self.refuse("string")
    }

    fn numbers(&mut self) -> Result<List> {
        self.refuse("a list of numbers")
    }

    fn list(&mut self) -> Result<usize> {
        self.refuse("a list")
    }

    fn case(&mut self) -> Result<u32> {
        self.refuse("a case")
    }

    fn flags(&mut self) -> Result<Vec<u32>> {
        self.refuse("flags")
    }

    fn resource(&mut self) -> Result<Resource> {
        self.refuse("a resource")
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
