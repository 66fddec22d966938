//! The signatures of the functions that every component can have.

use std::sync::{Arc, LazyLock};

use seam_core::{CoreFunc, CoreFuncType, CoreType, NumericFunc, Result};

/// Returns the `realloc` of a core module, with its signature.
///
/// # Errors
/// None in practice: the signature is over numbers.
pub(crate) fn realloc(func: CoreFunc) -> Result<NumericFunc> {
    static TYPE: LazyLock<Arc<CoreFuncType>> = LazyLock::new(of::<4, 1>);
    NumericFunc::new(func, TYPE.clone())
}

/// Returns a destructor or the drop of a handle, with its signature.
///
/// # Errors
/// None in practice: the signature is over numbers.
pub(crate) fn drop(func: CoreFunc) -> Result<NumericFunc> {
    static TYPE: LazyLock<Arc<CoreFuncType>> = LazyLock::new(of::<1, 0>);
    NumericFunc::new(func, TYPE.clone())
}

/// Returns the function from a handle to its representation, with its signature.
///
/// # Errors
/// None in practice: the signature is over numbers.
pub(crate) fn rep(func: CoreFunc) -> Result<NumericFunc> {
    static TYPE: LazyLock<Arc<CoreFuncType>> = LazyLock::new(of::<1, 1>);
    NumericFunc::new(func, TYPE.clone())
}

/// Returns the callback of an asynchronous function, with its signature.
///
/// # Errors
/// None in practice: the signature is over numbers.
pub(crate) fn callback(func: CoreFunc) -> Result<NumericFunc> {
    static TYPE: LazyLock<Arc<CoreFuncType>> = LazyLock::new(of::<3, 1>);
    NumericFunc::new(func, TYPE.clone())
}

/// Returns the signatures of the functions that an asynchronous call may have to call, besides those
/// that are lifted: `realloc`, callbacks, and the functions of new threads.
pub(crate) fn of_guests() -> [CoreFuncType; 4] {
    [
        CoreFuncType::new([CoreType::I32; 4], [CoreType::I32]),
        CoreFuncType::new([CoreType::I32; 3], [CoreType::I32]),
        CoreFuncType::new([CoreType::I32], []),
        CoreFuncType::new([CoreType::I64], []),
    ]
}

fn of<const P: usize, const R: usize>() -> Arc<CoreFuncType> {
    Arc::new(CoreFuncType::new([CoreType::I32; P], [CoreType::I32; R]))
}
