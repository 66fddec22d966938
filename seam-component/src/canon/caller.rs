//! Functions for a core instance that is made later, and has the memory that they use.
//!
//! A component makes its lowered functions after the core instance with the memory, and connects
//! both with a shim module. A fused module has its memory itself, and its start functions can call
//! imports: the options of such a function are exports of its caller.

use std::sync::{Arc, OnceLock};

use seam_core::{
    CoreCaller, CoreExtern, CoreFunc, CoreFuncType, CoreStore, Error, HostFn, NumericFn, Result,
};
use seam_decode::CallerOptions;

use crate::abi::Options;
use crate::canon::lower::Lowered;
use crate::canon::signature;
use crate::state::{FuncInst, Running};

/// Creates a function of the world, lowered for the core instance that calls it.
///
/// The first call looks up the memory and the `realloc`.
///
/// # Errors
/// `Link` if the function cannot be called. Those of [`CoreStore::host_func`].
pub(crate) fn lowered(
    store: &mut dyn CoreStore,
    callee: FuncInst,
    options: &CallerOptions,
    ty: CoreFuncType,
) -> Result<CoreFunc> {
    callee.ty()?;
    let options = options.clone();
    let core_ty = ty.clone();
    let found: OnceLock<Lowered> = OnceLock::new();
    let func: NumericFn = Arc::new(move |caller, bits| {
        if found.get().is_none() {
            let options = self::options(&options, |name| caller.caller_export(name))?;
            let running = Running::of(caller.as_store())?;
            let made = Lowered::new(running, callee.clone(), options, false, core_ty.clone())?;
            // Another thread cannot have been faster: a store runs one call at a time.
            let _ = found.set(made);
        }
        match found.get() {
            Some(lowered) => lowered.call(caller, bits),
            None => Err(no_export("a lowered function")),
        }
    });
    store.host_func_numeric(ty, func)
}

/// Returns the options of a function, from the exports of the core instance that calls it.
///
/// # Errors
/// `Engine` if the instance lacks an export.
pub(crate) fn options(
    options: &CallerOptions,
    mut export: impl FnMut(&str) -> Option<CoreExtern>,
) -> Result<Options> {
    let mut found = |name: &Option<Arc<str>>| match name {
        Some(name) => export(name).map(Some).ok_or_else(|| no_export(name)),
        None => Ok(None),
    };
    let instance = options.instance;
    Ok(Options {
        instance: u32::try_from(instance)
            .map_err(|_| Error::engine(format!("expected an instance, found index {instance}")))?,
        memory: match found(&options.memory)? {
            None => None,
            Some(CoreExtern::Memory(memory)) => Some(memory),
            Some(_) => return Err(no_export("its memory")),
        },
        realloc: match found(&options.realloc)? {
            None => None,
            Some(CoreExtern::Func(func)) => Some(signature::realloc(func)?),
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
