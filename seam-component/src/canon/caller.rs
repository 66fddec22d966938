//! Functions for a core instance that is made later, and has the memory that they use.
//!
//! A component makes its lowered functions after the core instance with the memory, and connects
//! both with a shim module. A fused module has its memory itself, and its start functions can call
//! imports: the options of such a function are exports of its caller.

use std::sync::{Arc, OnceLock};

use seam_core::{
    CoreCaller, CoreExtern, CoreFunc, CoreFuncType, CoreInstanceId, CoreMemory, CoreStore, Error,
    HostFn, Result,
};
use seam_decode::CallerOptions;

use crate::abi::Options;
use crate::canon::lift::FuncInst;
use crate::canon::lower::Lowered;

/// Creates a function of the world, lowered for the core instance that calls it.
///
/// The first call looks up the memory and the `realloc`.
///
/// # Errors
/// `Link` if the function cannot be called. Those of [`CoreStore::host_func`].
pub(crate) fn lowered(
    store: &mut dyn CoreStore,
    callee: FuncInst,
    instance: u32,
    options: &CallerOptions,
    ty: CoreFuncType,
) -> Result<CoreFunc> {
    callee.ty()?;
    let options = options.clone();
    let core_ty = ty.clone();
    let found: OnceLock<Lowered> = OnceLock::new();
    let func: HostFn = Arc::new(move |caller, args, results| {
        if found.get().is_none() {
            let options = Options {
                instance,
                memory: memory(caller, options.memory.as_deref())?,
                realloc: realloc(caller, options.realloc.as_deref())?,
                encoding: options.encoding,
            };
            let made = Lowered::new(callee.clone(), options, core_ty.clone())?;
            // Another thread cannot have been faster: a store runs one call at a time.
            let _ = found.set(made);
        }
        match found.get() {
            Some(lowered) => lowered.call(caller, args, results),
            None => Err(no_export("a lowered function")),
        }
    });
    store.host_func(ty, func)
}

/// Returns the options of a function for a core instance that has been made.
///
/// # Errors
/// `Engine` if the instance lacks an export.
pub(crate) fn options(
    store: &mut dyn CoreStore,
    caller: CoreInstanceId,
    options: &CallerOptions,
) -> Result<Options> {
    let mut export = |name: &str| store.export(caller, name);
    Ok(Options {
        instance: u32::try_from(options.instance).map_err(|_| no_export("an instance"))?,
        memory: match options.memory.as_deref().map(&mut export) {
            None => None,
            Some(Some(CoreExtern::Memory(memory))) => Some(memory),
            Some(_) => return Err(no_export("its memory")),
        },
        realloc: match options.realloc.as_deref().map(&mut export) {
            None => None,
            Some(Some(CoreExtern::Func(func))) => Some(func),
            Some(_) => return Err(no_export("its `realloc`")),
        },
        encoding: options.encoding,
    })
}

/// Creates a function that calls an export of the core instance that calls it.
///
/// # Errors
/// Those of [`CoreStore::host_func`].
pub(crate) fn own_export(
    store: &mut dyn CoreStore,
    name: Arc<str>,
    ty: CoreFuncType,
) -> Result<CoreFunc> {
    let func: HostFn = Arc::new(move |caller, args, results| {
        let func = exported_func(caller, &name)?;
        caller.as_store().call(func, args, results)
    });
    store.host_func(ty, func)
}

fn memory(caller: &mut dyn CoreCaller, name: Option<&str>) -> Result<Option<CoreMemory>> {
    match name.map(|name| (name, caller.caller_export(name))) {
        None => Ok(None),
        Some((_, Some(CoreExtern::Memory(memory)))) => Ok(Some(memory)),
        Some((name, _)) => Err(no_export(name)),
    }
}

fn realloc(caller: &mut dyn CoreCaller, name: Option<&str>) -> Result<Option<CoreFunc>> {
    name.map(|name| exported_func(caller, name)).transpose()
}

fn exported_func(caller: &mut dyn CoreCaller, name: &str) -> Result<CoreFunc> {
    match caller.caller_export(name) {
        Some(CoreExtern::Func(func)) => Ok(func),
        _ => Err(no_export(name)),
    }
}

fn no_export(name: &str) -> Error {
    Error::engine(format!(
        "expected the calling instance to export `{name}`, found that it does not"
    ))
}
