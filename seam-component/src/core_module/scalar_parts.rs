//! Core values as the parts of typed arguments and results, without building values.

use seam_core::typed::{Lift, Lower, Numbers, Scalar};
use seam_core::{Error, FuncType, List, Resource, Result, Type};

use super::scalar::{lift_bits, lower_bits};

/// Lifts the arguments of a host function one after another.
pub(super) struct ScalarReader<'a> {
    ty: &'a FuncType,
    args: &'a [u64],
    taken: usize,
}

/// Lowers the results of a host function one after another.
pub(super) struct ScalarWriter<'a> {
    ty: &'a FuncType,
    results: &'a mut [u64],
    written: usize,
}

impl<'a> ScalarReader<'a> {
    pub(super) fn new(ty: &'a FuncType, args: &'a [u64]) -> Self {
        Self { ty, args, taken: 0 }
    }

    /// Checks that all arguments have been taken.
    ///
    /// # Errors
    /// `Misuse` if some have not.
    pub(super) fn end(self) -> Result<()> {
        count(self.ty.params.len(), self.taken)
    }
}

impl<'a> ScalarWriter<'a> {
    pub(super) fn new(ty: &'a FuncType, results: &'a mut [u64]) -> Self {
        Self {
            ty,
            results,
            written: 0,
        }
    }

    /// Checks that all results have been written.
    ///
    /// # Errors
    /// `Misuse` if some have not.
    pub(super) fn end(self) -> Result<()> {
        count(self.results.len(), self.written)
    }
}

impl Lift for ScalarReader<'_> {
    fn scalar(&mut self) -> Result<Scalar> {
        let param = self.ty.params.get(self.taken);
        let arg = param.zip(self.args.get(self.taken));
        let ((_, ty), bits) = arg.ok_or_else(|| expected("no more parts", "a scalar"))?;
        self.taken += 1;
        let value = lift_bits(ty, *bits)?;
        Scalar::of(&value).ok_or_else(|| expected("a scalar", value.kind()))
    }

    fn string(&mut self) -> Result<String> {
        Err(expected("a scalar", "string"))
    }

    fn numbers(&mut self) -> Result<List> {
        Err(expected("a scalar", "a list of numbers"))
    }

    fn list(&mut self) -> Result<usize> {
        Err(expected("a scalar", "a list"))
    }

    fn case(&mut self) -> Result<u32> {
        Err(expected("a scalar", "a case"))
    }

    fn flags(&mut self) -> Result<Vec<u32>> {
        Err(expected("a scalar", "flags"))
    }

    fn resource(&mut self) -> Result<Resource> {
        Err(expected("a scalar", "a resource"))
    }
}

impl Lower for ScalarWriter<'_> {
    fn scalar(&mut self, scalar: Scalar) -> Result<()> {
        // Several core results are a tuple.
        let ty = match &self.ty.result {
            Some(Type::Tuple(types)) => types.get(self.written),
            ty => ty.as_ref().filter(|_| self.written == 0),
        };
        let found = scalar.ty();
        let slot = ty.zip(self.results.get_mut(self.written));
        let (ty, slot) = slot.ok_or_else(|| expected("no more parts", found.kind()))?;
        if *ty != found {
            return Err(expected(ty.kind(), found.kind()));
        }
        *slot = lower_bits(&scalar.to_value())?;
        self.written += 1;
        Ok(())
    }

    fn string(&mut self, _: &str) -> Result<()> {
        Err(expected("a scalar", "string"))
    }

    fn numbers(&mut self, _: Numbers<'_>) -> Result<()> {
        Err(expected("a scalar", "a list of numbers"))
    }

    fn list(&mut self, _: usize) -> Result<()> {
        Err(expected("a scalar", "a list"))
    }

    fn case(&mut self, _: u32) -> Result<()> {
        Err(expected("a scalar", "a case"))
    }

    fn flags(&mut self, _: &[u32]) -> Result<()> {
        Err(expected("a scalar", "flags"))
    }

    fn resource(&mut self, _: &Resource) -> Result<()> {
        Err(expected("a scalar", "a resource"))
    }
}

fn count(expected: usize, found: usize) -> Result<()> {
    if expected == found {
        return Ok(());
    }
    Err(Error::misuse(format!(
        "expected {expected} parts, found {found}"
    )))
}

fn expected(due: &str, found: &str) -> Error {
    Error::misuse(format!("expected {due}, found {found}"))
}
