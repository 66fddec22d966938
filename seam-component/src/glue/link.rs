//! The host functions that the glue imports.

use std::sync::Arc;

use seam_core::{
    CoreCaller, CoreExtern, CoreFunc, CoreFuncType, CoreStore, CoreType, Error, NumericFn, Result,
};

use super::module::TYPES;
use super::work::Work;
use crate::abi::low;
use crate::state::{Next, Running};

/// Creates the function that starts the task and returns the next step.
///
/// # Errors
/// Those of [`CoreStore::host_func`].
pub(super) fn begin(store: &mut dyn CoreStore, ty: &CoreFuncType, work: Work) -> Result<CoreFunc> {
    let params = ty.params.len();
    let func: NumericFn = Arc::new(move |caller, bits| {
        let running = Running::of(caller.as_store())?;
        running.registers.clear();
        let args = bits.get(..params).unwrap_or_default();
        running.jobs.push(work.begin(args));
        advance(caller, bits)
    });
    let ty = CoreFuncType::new(ty.params.clone(), [CoreType::I32]);
    store.host_func_numeric(ty, func)
}

/// Advances the innermost job.
fn advance(caller: &mut dyn CoreCaller, bits: &mut [u64]) -> Result<()> {
    let store = caller.as_store();
    let running = Running::of(store)?;
    // The job is removed while it works on the store, because the store owns it.
    let mut job = running.jobs.pop().ok_or_else(no_job)?;
    let given = std::mem::take(&mut running.registers);
    let step = job.advance(store, given)?;
    let running = Running::of(store)?;
    let (next, registers) = match step {
        Next::Return(results) => (0, results),
        Next::Call(target, args) => {
            running.jobs.push(job);
            (target, args)
        }
    };
    running.registers = registers;
    set(bits, u32::from_ne_bytes(next.to_ne_bytes()).into())
}

/// Creates the imports that all glue of a store shares: `resume`, and `get` and `put` of each type.
///
/// # Errors
/// Those of [`CoreStore::host_func`].
pub(super) fn shared(store: &mut dyn CoreStore) -> Result<Vec<CoreExtern>> {
    let resume: NumericFn = Arc::new(advance);
    let mut all = vec![store.host_func_numeric(CoreFuncType::new([], [CoreType::I32]), resume)?];
    for ty in TYPES {
        let get: NumericFn = Arc::new(|caller, bits| {
            let value = *register(caller.as_store(), bits)?;
            set(bits, value)
        });
        all.push(store.host_func_numeric(CoreFuncType::new([CoreType::I32], [ty]), get)?);
    }
    for ty in TYPES {
        let put: NumericFn = Arc::new(|caller, bits| {
            let value = *bits.get(1).ok_or_else(no_job)?;
            *register(caller.as_store(), bits)? = value;
            Ok(())
        });
        all.push(store.host_func_numeric(CoreFuncType::new([CoreType::I32, ty], []), put)?);
    }
    Ok(all.into_iter().map(CoreExtern::Func).collect())
}

/// Returns the register that the first argument names. Missing registers are created.
fn register<'s>(store: &'s mut dyn CoreStore, bits: &[u64]) -> Result<&'s mut u64> {
    let index = bits.first().map(|bits| low(*bits));
    let index = index.and_then(|index| u8::try_from(index).ok());
    let index = usize::from(index.ok_or_else(no_job)?);
    let registers = &mut Running::of(store)?.registers;
    if registers.len() <= index {
        registers.resize(index + 1, 0);
    }
    registers.get_mut(index).ok_or_else(no_job)
}

fn set(bits: &mut [u64], value: u64) -> Result<()> {
    *bits.first_mut().ok_or_else(no_job)? = value;
    Ok(())
}

fn no_job() -> Error {
    Error::engine("expected a call that the glue performs, found none")
}
