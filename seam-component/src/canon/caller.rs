//! Functions for a core instance that is made later, and has the memory that they use.
//!
//! A component makes its lowered functions and its built-ins after the core instance with the memory, and
//! connects both with a shim module. A core module with component-level types has its memory itself, and
//! its start functions can call imports: the options of such a function are exports of its caller. The
//! first call looks them up.

use std::sync::{Arc, OnceLock};

use seam_core::{
    CoreCaller, CoreExtern, CoreFunc, CoreFuncType, CoreStore, Error, HostFn, NumericFn, Result,
};
use seam_decode::{CoreItem, Plan};

use crate::canon::options::Items;

/// The exports of the core instance that calls a function, as core items of a plan.
pub(crate) struct CallerItems<'a> {
    plan: &'a Plan,
    caller: &'a mut dyn CoreCaller,
}

impl Items for CallerItems<'_> {
    fn item(&mut self, item: usize) -> Result<CoreExtern> {
        let Some(CoreItem::Export(_, name)) = self.plan.core_items.get(item) else {
            return Err(Error::engine(
                "expected an export of the calling instance, found another core item",
            ));
        };
        let found = self.caller.caller_export(name);
        found.ok_or_else(|| no_export(name))
    }

    fn store(&mut self) -> &mut dyn CoreStore {
        self.caller.as_store()
    }
}

/// Creates a function that is made by its first call, from the exports of its caller.
///
/// # Errors
/// Those of [`CoreStore::host_func_numeric`].
pub(crate) fn by_first_call(
    store: &mut dyn CoreStore,
    plan: Arc<Plan>,
    ty: CoreFuncType,
    make: impl Fn(&mut CallerItems<'_>) -> Result<NumericFn> + Send + Sync + 'static,
) -> Result<CoreFunc> {
    let made: OnceLock<NumericFn> = OnceLock::new();
    let func: NumericFn = Arc::new(move |caller, bits| {
        if made.get().is_none() {
            let plan = &plan;
            let func = make(&mut CallerItems { plan, caller })?;
            // Another thread cannot have been faster: a store runs one call at a time.
            let _ = made.set(func);
        }
        match made.get() {
            Some(func) => func(caller, bits),
            None => Err(no_export("what a function uses")),
        }
    });
    store.host_func_numeric(ty, func)
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
