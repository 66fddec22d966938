//! The first error of the parts of a Rust type, also if the type drops it.

use super::{Lower, Numbers, Scalar};
use crate::{Error, Resource, Result, Value};

/// Passes parts on, and keeps the first error.
struct Kept<'a, S> {
    side: &'a mut S,
    first: Option<Error>,
}

/// Lowers the parts of a Rust type to `to`.
///
/// # For implementors
/// A type should return each error of `to`. If it drops one, this returns the error, so that the guest is
/// not called with something else than the type has passed.
///
/// # Errors
/// The first error of a part. Errors of `lower`.
#[inline]
pub fn lower_kept(
    to: &mut impl Lower,
    lower: impl FnOnce(&mut dyn Lower) -> Result<()>,
) -> Result<()> {
    let mut kept = Kept::new(to);
    let lowered = lower(&mut kept);
    kept.end(lowered)
}

impl<'a, S> Kept<'a, S> {
    #[inline]
    fn new(side: &'a mut S) -> Self {
        Self { side, first: None }
    }

    #[inline]
    fn part(&mut self, part: impl FnOnce(&mut S) -> Result<()>) -> Result<()> {
        let part = part(self.side);
        if let Err(error) = &part {
            self.keep(error);
        }
        part
    }

    #[cold]
    fn keep(&mut self, error: &Error) {
        let copy = || Error::new(error.kind().clone(), error.message().to_owned());
        self.first.get_or_insert_with(copy);
    }

    /// Returns the outcome of the type, unless it dropped an error.
    #[inline]
    fn end(self, outcome: Result<()>) -> Result<()> {
        match (outcome, self.first) {
            (Ok(()), Some(dropped)) => Err(dropped),
            (outcome, _) => outcome,
        }
    }
}

impl<S: Lower> Lower for Kept<'_, S> {
    fn scalar(&mut self, scalar: Scalar) -> Result<()> {
        self.part(|to| to.scalar(scalar))
    }

    fn string(&mut self, text: &str) -> Result<()> {
        self.part(|to| to.string(text))
    }

    fn numbers(&mut self, numbers: Numbers<'_>) -> Result<()> {
        self.part(|to| to.numbers(numbers))
    }

    fn list(&mut self, len: usize) -> Result<()> {
        self.part(|to| to.list(len))
    }

    fn case(&mut self, index: u32) -> Result<()> {
        self.part(|to| to.case(index))
    }

    fn flags(&mut self, bits: &[u32]) -> Result<()> {
        self.part(|to| to.flags(bits))
    }

    fn resource(&mut self, resource: &Resource) -> Result<()> {
        self.part(|to| to.resource(resource))
    }

    fn end(&mut self, end: &Value) -> Result<()> {
        self.part(|to| to.end(end))
    }
}
