//! `LoweredCall`: how the core function of a lowered function passes values.

use crate::abi::{Options, low};
use seam_decode::types::{
    FuncTy, MAX_FLAT_ASYNC_PARAMS, MAX_FLAT_PARAMS, MAX_FLAT_RESULTS, spills,
};

/// How the core function of a lowered function passes values.
#[derive(Debug)]
pub(crate) struct LoweredCall {
    /// The options of the caller.
    pub(crate) opts: Options,
    /// Whether it is lowered with the `async` option.
    pub(crate) is_async: bool,
    /// Whether the last core argument is the address of the results, because they are passed in
    /// memory.
    out_param: bool,
}

impl LoweredCall {
    pub(crate) fn new(ty: &FuncTy, opts: Options, is_async: bool) -> Self {
        let out_param = match is_async {
            true => !ty.result.flat.is_empty(),
            false => spills(MAX_FLAT_RESULTS, &ty.result),
        };
        Self {
            opts,
            is_async,
            out_param,
        }
    }

    /// Returns the most core values that parameters are passed in, and the most that results are.
    pub(crate) fn max_flat(&self) -> (usize, usize) {
        match self.is_async {
            true => (MAX_FLAT_ASYNC_PARAMS, 0),
            false => (MAX_FLAT_PARAMS, MAX_FLAT_RESULTS),
        }
    }

    /// Splits off the address of the results, if they are passed in memory.
    pub(crate) fn split<'a>(&self, args: &'a [u64]) -> (&'a [u64], Option<u32>) {
        match args.split_last() {
            Some((ptr, rest)) if self.out_param => (rest, Some(low(*ptr))),
            _ => (args, None),
        }
    }
}
