//! Function types, and `flatten_functype`.

use std::sync::{Arc, LazyLock};

use seam_core::{CoreFuncType, CoreType};

use super::flat::MAX_FLAT_PARAMS;
use super::ty::{RecordTy, Ty};

/// Maximum number of core results. More results are passed in memory.
pub const MAX_FLAT_RESULTS: usize = 1;

/// The side of a component-level function that a core function is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The callee's: `canon lift`.
    Lift,
    /// The caller's: `canon lower`.
    Lower,
}

/// The type of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FuncTy {
    /// The parameters, laid out as a tuple.
    pub params: RecordTy,
    /// One field, or no field if the function has no result.
    pub result: RecordTy,
    /// Whether it is declared `async`.
    pub is_async: bool,
}

impl FuncTy {
    /// Creates a synchronous function type.
    #[must_use]
    pub fn new(params: impl IntoIterator<Item = (Arc<str>, Ty)>, result: Option<Ty>) -> Self {
        Self {
            params: RecordTy::new(params),
            result: Self::result(result),
            is_async: false,
        }
    }

    /// Returns the record of a result.
    pub(crate) fn result(ty: Option<Ty>) -> RecordTy {
        /// All functions share it.
        static LABEL: LazyLock<Arc<str>> = LazyLock::new(|| "0".into());
        RecordTy::new(ty.map(|ty| (LABEL.clone(), ty)))
    }
}

/// Maximum number of core parameters of a function that is lowered with the option `async`. More
/// parameters are passed in memory.
pub const MAX_FLAT_ASYNC_PARAMS: usize = 4;

/// Returns whether these values are passed in memory, because there are more than `max_flat` flat
/// values.
#[must_use]
pub fn spills(max_flat: usize, types: &RecordTy) -> bool {
    types.flat.len() > max_flat
}

/// `flatten_functype` for functions that are lifted or lowered synchronously.
#[must_use]
pub fn flatten_functype(ty: &FuncTy, side: Side) -> CoreFuncType {
    let ptr = || vec![CoreType::I32];
    let mut params = match spills(MAX_FLAT_PARAMS, &ty.params) {
        true => ptr(),
        false => ty.params.flat.core_types(),
    };
    let results = match (spills(MAX_FLAT_RESULTS, &ty.result), side) {
        (false, _) => ty.result.flat.core_types(),
        (true, Side::Lift) => ptr(),
        (true, Side::Lower) => {
            params.extend(ptr());
            Vec::new()
        }
    };
    CoreFuncType::new(params, results)
}

/// Returns the core type of a function that is lifted or lowered with the option `async`:
/// `flatten_functype`.
///
/// `callback` says whether it is lifted with a callback.
#[must_use]
pub fn flatten_async_functype(ty: &FuncTy, side: Side, callback: bool) -> CoreFuncType {
    let max = match side {
        Side::Lift => MAX_FLAT_PARAMS,
        Side::Lower => MAX_FLAT_ASYNC_PARAMS,
    };
    let mut params = match spills(max, &ty.params) {
        true => vec![CoreType::I32],
        false => ty.params.flat.core_types(),
    };
    let results = match side {
        Side::Lift if callback => vec![CoreType::I32],
        Side::Lift => Vec::new(),
        Side::Lower => {
            if !ty.result.flat.is_empty() {
                params.push(CoreType::I32);
            }
            vec![CoreType::I32]
        }
    };
    CoreFuncType::new(params, results)
}
