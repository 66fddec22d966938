//! The host functions that the glue imports.

use std::sync::Arc;

use seam_core::{
    CoreCaller, CoreExtern, CoreFunc, CoreFuncType, CoreStore, CoreType, CoreValue, Error, HostFn,
    Result,
};

use super::job::{GlueJob, Task};
use super::module::TYPES;
use crate::state::{Job, Next, Running};

/// Creates a function for a task that calls no guest.
///
/// It needs no glue, because the host does everything. Most WASI functions are of this kind.
///
/// # Errors
/// Those of [`CoreStore::host_func`].
pub(super) fn without_calls(
    store: &mut dyn CoreStore,
    ty: CoreFuncType,
    task: Task,
) -> Result<CoreFunc> {
    let func: HostFn = Arc::new(move |caller, args, results| {
        let mut job = GlueJob::new(task.clone(), args);
        match job.advance(caller.as_store(), Vec::new())? {
            Next::Return(values) if values.len() == results.len() => {
                results.copy_from_slice(&values);
                Ok(())
            }
            _ => Err(Error::engine("expected a task that calls no guest")),
        }
    });
    store.host_func(ty, func)
}

/// Creates the function that starts the task and returns the next step.
///
/// # Errors
/// Those of [`CoreStore::host_func`].
pub(super) fn begin(store: &mut dyn CoreStore, ty: &CoreFuncType, task: Task) -> Result<CoreFunc> {
    let func: HostFn = Arc::new(move |caller, args, results| {
        let running = Running::of(caller.as_store())?;
        running.registers.clear();
        let job = GlueJob::new(task.clone(), args);
        running.jobs.push(Box::new(job));
        advance(caller, results)
    });
    let ty = CoreFuncType::new(ty.params.clone(), [CoreType::I32]);
    store.host_func(ty, func)
}

/// Advances the innermost job.
fn advance(caller: &mut dyn CoreCaller, results: &mut [CoreValue]) -> Result<()> {
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
    set(results, CoreValue::I32(next))
}

/// Creates the imports that all glue of a store shares: `resume`, and `get` and `put` of each type.
///
/// # Errors
/// Those of [`CoreStore::host_func`].
pub(super) fn shared(store: &mut dyn CoreStore) -> Result<Vec<CoreExtern>> {
    let resume: HostFn = Arc::new(|caller, _, results| advance(caller, results));
    let mut all = vec![store.host_func(CoreFuncType::new([], [CoreType::I32]), resume)?];
    for ty in TYPES {
        let get: HostFn = Arc::new(|caller, args, results| {
            let value = *register(caller.as_store(), args)?;
            set(results, value)
        });
        all.push(store.host_func(CoreFuncType::new([CoreType::I32], [ty]), get)?);
    }
    for ty in TYPES {
        let put: HostFn = Arc::new(|caller, args, _| {
            let value = *args.get(1).ok_or_else(no_job)?;
            *register(caller.as_store(), args)? = value;
            Ok(())
        });
        all.push(store.host_func(CoreFuncType::new([CoreType::I32, ty], []), put)?);
    }
    Ok(all.into_iter().map(CoreExtern::Func).collect())
}

/// Returns the register that the first argument names. Missing registers are created.
fn register<'s>(store: &'s mut dyn CoreStore, args: &[CoreValue]) -> Result<&'s mut CoreValue> {
    let Some(CoreValue::I32(index @ 0..=255)) = args.first() else {
        return Err(no_job());
    };
    let index = usize::try_from(*index).unwrap_or(0);
    let registers = &mut Running::of(store)?.registers;
    if registers.len() <= index {
        registers.resize(index + 1, CoreValue::I32(0));
    }
    registers.get_mut(index).ok_or_else(no_job)
}

fn set(results: &mut [CoreValue], value: CoreValue) -> Result<()> {
    *results.first_mut().ok_or_else(no_job)? = value;
    Ok(())
}

fn no_job() -> Error {
    Error::engine("expected a call that the glue performs, found none")
}
