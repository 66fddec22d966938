//! Calls of host functions.

use seam_core::{CoreFuncType, CoreValue, Error, Limit, Result, check_core_results, contain_host};
use wasmtime::{Caller, FuncType, Val};

use crate::convert::{from_val, misfit, to_val};
use crate::state::HasCore;

/// Runs a host function for the guest, with its view of the store.
///
/// # Errors
/// The host function's own error; `Host` if it panics; `Limit(HostDepth)`.
pub(crate) fn guarded<T: HasCore>(
    caller: &mut Caller<'_, T>,
    run: impl FnOnce(&mut Caller<'_, T>) -> Result<()>,
) -> Result<()> {
    let core = caller.data_mut().core();
    if core.depth >= core.host_depth {
        return Err(Error::limit(Limit::HostDepth));
    }
    core.depth += 1;
    let outcome = contain_host(|| run(caller));
    caller.data_mut().core().depth -= 1;
    outcome
}

/// Calls a host function over core values for the guest; `run` gives it its view of the store.
///
/// # Errors
/// Those of [`guarded`]; `Host` if the results have other types.
pub(crate) fn call<T: HasCore>(
    caller: &mut Caller<'_, T>,
    ty: &CoreFuncType,
    params: &[Val],
    results: &mut [Val],
    run: impl FnOnce(&mut Caller<'_, T>, &[CoreValue], &mut [CoreValue]) -> Result<()>,
) -> Result<()> {
    let args = params.iter().map(|param| from_val(caller, *param));
    let args: Vec<CoreValue> = args.collect::<Result<_>>()?;
    let zero = |ty| CoreValue::default_of(ty).unwrap_or(CoreValue::I32(0));
    let mut out: Vec<CoreValue> = ty.results.iter().copied().map(zero).collect();
    guarded(caller, |caller| run(caller, &args, &mut out))?;
    check_core_results(&ty.results, &out)?;
    for (slot, value) in results.iter_mut().zip(out) {
        *slot = to_val(caller, value)?;
    }
    Ok(())
}

/// Checks a host function's results against the engine's own types, which tell apart references
/// that are one family to the seam.
///
/// # Errors
/// `Host` naming the first result that does not fit.
pub(crate) fn check_exactly<T: HasCore>(
    caller: &Caller<'_, T>,
    exact: &FuncType,
    results: &[Val],
) -> Result<()> {
    match misfit(caller, exact.results(), results)? {
        Some(misfit) => Err(Error::host(format!("result {misfit}"))),
        None => Ok(()),
    }
}
