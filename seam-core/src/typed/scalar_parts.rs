//! Scalars that were lifted already, as a source for Rust types.

use std::slice;

use super::{Lift, Scalar};
use crate::{Error, List, Resource, Result, Type};

/// # For implementors
/// The parts of values that are all scalars, in order.
#[derive(Debug)]
pub struct ScalarParts<'a> {
    rest: slice::Iter<'a, Scalar>,
}

impl<'a> ScalarParts<'a> {
    /// Creates the source of these parts.
    #[must_use]
    #[inline]
    pub fn new(parts: &'a [Scalar]) -> Self {
        Self { rest: parts.iter() }
    }

    /// Checks that all parts were taken.
    ///
    /// # Errors
    /// `Misuse` that names the first one that was not.
    #[inline]
    pub fn end(&mut self) -> Result<()> {
        match self.rest.next() {
            None => Ok(()),
            Some(scalar) => Err(expected("all parts to be taken", scalar.ty().kind())),
        }
    }

    /// Returns the error for a part that was asked for as `asked`.
    #[cold]
    fn refuse<T>(&mut self, asked: &str) -> Result<T> {
        let found = self.rest.next().map(|scalar| scalar.ty());
        Err(expected(asked, found.as_ref().map_or("none", Type::kind)))
    }
}

/// Returns the error for a part of another type.
pub(crate) fn expected(what: &str, found: &str) -> Error {
    Error::misuse(format!("expected {what}, found {found}"))
}

impl Lift for ScalarParts<'_> {
    #[inline]
    fn scalar(&mut self) -> Result<Scalar> {
        match self.rest.next() {
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    type Take = fn(&mut dyn Lift) -> Result<()>;

    #[test]
    fn only_the_one_scalar_can_be_taken() {
        let lift = |take: Take| {
            let mut parts = ScalarParts::new(&[Scalar::U8(7)]);
            take(&mut parts)?;
            parts.end()
        };
        lift(|from| {
            from.scalar()
                .map(|scalar| assert_eq!(scalar, Scalar::U8(7)))
        })
        .unwrap();
        let cases: [(Take, &str); 3] = [
            (|_| Ok(()), "expected all parts to be taken, found u8"),
            (
                |from| from.string().map(|_| ()),
                "expected string, found u8",
            ),
            (
                |from| from.scalar().and_then(|_| from.scalar()).map(|_| ()),
                "expected a number, bool or char, found none",
            ),
        ];
        for (take, expected) in cases {
            assert_eq!(lift(take).unwrap_err().message(), expected);
        }
    }
}
