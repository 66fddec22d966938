//! Calls of host functions over scalars, which are made in one operation.

use std::sync::Arc;

use crate::typed::{Lift, Lower, Numbers, Results, Scalar, TypedParams, expected};
use crate::{Error, FuncType, List, Resource, Result, Type, Value};

/// A call whose function takes and returns only scalars, as the bits of core values.
///
/// The guest is needed neither to lift nor to lower them. So each error is one of the function or of
/// its types, except for bits that are no scalar.
pub(crate) struct ScalarCall<'a> {
    ty: &'a FuncType,
    /// Those of the arguments, then that of the result.
    bits: &'a mut [u64],
    at: Phase,
}

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Lifting,
    /// The bits of an argument are no scalar.
    IllFormed,
    Calling,
    Lowering,
}

impl<'a> ScalarCall<'a> {
    #[inline]
    pub(super) fn new(ty: &'a FuncType, bits: &'a mut [u64]) -> Self {
        Self {
            ty,
            bits,
            at: Phase::Lifting,
        }
    }

    /// Lifts the arguments.
    ///
    /// # Errors
    /// Those of the Rust types, and of bits that are no scalar. `Misuse` if some arguments were not
    /// taken; `Host` if a Rust type dropped an error.
    #[inline]
    pub(super) fn lift<A: TypedParams>(&mut self) -> Result<A> {
        let mut from = Args {
            params: &self.ty.params,
            args: self.bits,
            failed: false,
            ill_formed: false,
        };
        let args = A::lift_args(&mut from);
        if from.failed || !from.params.is_empty() || args.is_err() {
            if from.ill_formed {
                self.at = Phase::IllFormed;
            }
            return Err(ill_lifted(from.failed, from.params, args.err()));
        }
        self.at = Phase::Calling;
        args
    }

    /// Lowers the result.
    ///
    /// # Errors
    /// Those of the Rust type. `Misuse` if it passes no result; `Host` if it dropped an error.
    #[inline]
    pub(super) fn lower<R: Results>(&mut self, result: &R) -> Result<()> {
        self.at = Phase::Lowering;
        let mut to = Returned {
            due: self.ty.result.as_ref(),
            bits: self.bits,
            failed: false,
        };
        let lowered = result.lower_result(&mut to);
        if to.failed || to.due.is_some() || lowered.is_err() {
            return Err(ill_lowered(to.failed, to.due, lowered.err()));
        }
        Ok(())
    }

    /// Returns the error of a call, which names the function unless the guest is to blame.
    #[cold]
    pub(super) fn blame(&self, error: Error, name: &crate::ExportName) -> Error {
        let error = match self.at {
            Phase::IllFormed => return error,
            Phase::Lifting | Phase::Calling => error,
            Phase::Lowering => Error::host(format!("result: {}", error.message())),
        };
        error.during(format!("host function {name}"))
    }
}

/// Sets the bits of the result.
///
/// # Errors
/// `Engine` if there is no room for them.
#[inline]
pub(super) fn set_result(bits: &mut [u64], result: Scalar) -> Result<()> {
    match bits.first_mut() {
        Some(bits) => {
            *bits = result.to_bits();
            Ok(())
        }
        None => Err(no_room()),
    }
}

#[cold]
fn no_room() -> Error {
    Error::engine("expected room for the bits of a result")
}

#[cold]
fn ill_lifted(failed: bool, untaken: &[(Arc<str>, Type)], error: Option<Error>) -> Error {
    error.unwrap_or_else(|| match untaken {
        [(_, ty), ..] if !failed => expected("all parts to be taken", ty.kind()),
        _ => dropped(),
    })
}

#[cold]
fn ill_lowered(failed: bool, due: Option<&Type>, error: Option<Error>) -> Error {
    error.unwrap_or_else(|| match due {
        Some(ty) if !failed => expected(ty.kind(), "no more parts"),
        _ => dropped(),
    })
}

fn dropped() -> Error {
    Error::host("expected the Rust type to return the error of its part, found `Ok`")
}

/// The arguments that have not been taken yet, with their parameters.
///
/// It lives in one function, into which all its methods are inlined. So their slow paths do not borrow
/// it.
struct Args<'a> {
    params: &'a [(Arc<str>, Type)],
    args: &'a [u64],
    /// Whether a part could not be taken.
    failed: bool,
    /// Whether the bits of an argument are no scalar.
    ill_formed: bool,
}

/// Returns the error for an argument that was asked for as `asked`.
#[cold]
fn refused(asked: &str, params: &[(Arc<str>, Type)]) -> Error {
    let found = params.first().map_or("none", |(_, ty)| ty.kind());
    expected(asked, found)
}

impl Args<'_> {
    #[inline]
    fn refuse<T>(&mut self, asked: &str) -> Result<T> {
        self.failed = true;
        Err(refused(asked, self.params))
    }
}

impl Lift for Args<'_> {
    #[inline(always)]
    fn scalar(&mut self) -> Result<Scalar> {
        let ([(_, ty), params @ ..], [bits, args @ ..]) = (self.params, self.args) else {
            return self.refuse("a number, bool or char");
        };
        (self.params, self.args) = (params, args);
        let scalar = Scalar::from_bits(ty, *bits);
        if scalar.is_err() {
            (self.failed, self.ill_formed) = (true, true);
        }
        scalar
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

    fn end(&mut self) -> Result<Value> {
        self.refuse("a stream or future")
    }
}

/// The result, and its type until it is lowered.
struct Returned<'a> {
    due: Option<&'a Type>,
    bits: &'a mut [u64],
    /// Whether a part was passed that was not due.
    failed: bool,
}

/// Returns the error for a result of another type than the one that is due.
#[cold]
fn unfit(due: Option<&Type>, found: &str) -> Error {
    match due {
        Some(ty) => expected(ty.kind(), found),
        None => expected("no more parts", found),
    }
}

impl Returned<'_> {
    #[inline]
    fn misfit(&mut self, found: &str) -> Result<()> {
        self.failed = true;
        Err(unfit(self.due, found))
    }
}

impl Lower for Returned<'_> {
    #[inline(always)]
    fn scalar(&mut self, scalar: Scalar) -> Result<()> {
        match self.due {
            Some(ty) if scalar.is(ty) => {
                self.due = None;
                let set = set_result(self.bits, scalar);
                self.failed |= set.is_err();
                set
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

    fn end(&mut self, end: &Value) -> Result<()> {
        self.misfit(end.kind())
    }
}
