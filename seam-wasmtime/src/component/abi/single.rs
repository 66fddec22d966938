//! A result that is a single scalar, as a source for Rust types.

use seam_core::typed::{Lift, LiftResult, Scalar};
use seam_core::{Error, List, Resource, Result};

/// The only part of a result, until it is taken.
pub(crate) struct Single(Option<Scalar>);

impl Single {
    #[inline]
    pub(crate) fn of(scalar: Scalar) -> Self {
        Self(Some(scalar))
    }

    /// Lets a Rust value take the part.
    ///
    /// # Errors
    /// `Misuse` if it takes other parts, or none; the errors of `result`.
    #[inline]
    pub(crate) fn lift(mut self, result: &mut dyn LiftResult) -> Result<()> {
        result.lift(&mut self)?;
        match self.0 {
            None => Ok(()),
            Some(_) => self.refuse("all parts to be taken"),
        }
    }

    #[cold]
    fn refuse<T>(&mut self, asked: &str) -> Result<T> {
        let due = self.0.take().map(Scalar::ty);
        let due = due.as_ref().map_or("none", |ty| ty.kind());
        Err(Error::misuse(format!("expected {asked}, found {due}")))
    }
}

impl Lift for Single {
    fn scalar(&mut self) -> Result<Scalar> {
        match self.0.take() {
            Some(scalar) => Ok(scalar),
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
        self.refuse("no resource")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    type Take = fn(&mut dyn Lift) -> Result<()>;

    struct Taking(Take);

    impl LiftResult for Taking {
        fn lift(&mut self, from: &mut dyn Lift) -> Result<()> {
            (self.0)(from)
        }
    }

    #[test]
    fn only_the_one_scalar_can_be_taken() {
        let lift = |take: Take| Single::of(Scalar::U8(7)).lift(&mut Taking(take));
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
