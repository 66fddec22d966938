//! Core-level items that the host defines for core modules.

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex};

use super::states::States;
use crate::{
    CoreCaller, CoreFuncType, CoreModuleType, CoreStore, CoreValue, Error, GlobalType, HostFn,
    MemoryType, Result, TableType,
};

/// A core-level item that the host defines.
#[derive(Clone)]
pub struct CoreItem {
    /// Module name of the import.
    pub module: Arc<str>,
    /// Field name of the import.
    pub field: Arc<str>,
    /// The item itself.
    pub kind: CoreItemKind,
}

/// The kind and definition of a [`CoreItem`].
#[derive(Clone)]
#[non_exhaustive]
pub enum CoreItemKind {
    /// A function.
    Func(CoreHostFunc),
    /// A memory of zeroes.
    Memory(MemoryType),
    /// A table of nulls.
    Table(TableType),
    /// A global.
    Global(GlobalType, CoreValue),
}

/// Finds the state that the host functions of an instance share, in the instance's store.
pub type StatesOf = fn(&mut dyn CoreStore) -> Result<&mut States>;

/// Defines the fields that a module imports from one host module.
///
/// It gets the field's name and the importing module's type.
pub(crate) type DefineFields =
    dyn Fn(&str, &CoreModuleType) -> Result<Option<CoreHostFunc>> + Send + Sync;

/// A host function over raw core values, with access to the calling instance's exports.
///
/// It is a recipe, like the [`World`](crate::World) that contains it: the function itself is made
/// for each instance.
#[derive(Clone)]
pub struct CoreHostFunc {
    ty: CoreFuncType,
    make: Arc<dyn Fn(StatesOf) -> HostFn + Send + Sync>,
}

impl CoreHostFunc {
    /// Creates a function without state.
    #[must_use]
    pub fn new<F>(ty: CoreFuncType, func: F) -> Self
    where
        F: Fn(&mut dyn CoreCaller, &[CoreValue], &mut [CoreValue]) -> Result<()>
            + Send
            + Sync
            + 'static,
    {
        let func: HostFn = Arc::new(func);
        let make = Arc::new(move |_| func.clone());
        Self { ty, make }
    }

    /// Creates a function with state of its own, made by `state` for each instance.
    #[must_use]
    pub fn with_state<S, M, F>(ty: CoreFuncType, state: M, func: F) -> Self
    where
        S: Send + 'static,
        M: Fn() -> S + Send + Sync + 'static,
        F: Fn(&mut S, &mut dyn CoreCaller, &[CoreValue], &mut [CoreValue]) -> Result<()>
            + Send
            + Sync
            + 'static,
    {
        let func = Arc::new(func);
        let make = move |_: StatesOf| -> HostFn {
            let (state, func) = (Mutex::new(state()), func.clone());
            Arc::new(move |caller, args, results| {
                // The guest may call back into the same function, whose state is then in use. This
                // is an error, because waiting would be a deadlock.
                let mut state = state.try_lock().map_err(|_| {
                    Error::host("the host function was called again while it was running")
                })?;
                func(&mut state, caller, args, results)
            })
        };
        let make = Arc::new(make);
        Self { ty, make }
    }

    /// Creates a function over the state of type `S` that all host functions of an instance share.
    ///
    /// [`World::state`](crate::World::state) creates the state. While the function runs, no other
    /// host function can use it: if the function calls the guest, and the guest calls a host
    /// function that needs the same state, this call ends with `Host`.
    #[must_use]
    pub fn sharing<S, F>(ty: CoreFuncType, func: F) -> Self
    where
        S: Any + Send,
        F: Fn(&mut S, &mut dyn CoreCaller, &[CoreValue], &mut [CoreValue]) -> Result<()>
            + Send
            + Sync
            + 'static,
    {
        let func = Arc::new(func);
        let make = move |states: StatesOf| -> HostFn {
            let func = func.clone();
            Arc::new(move |caller, args, results| {
                let mut state = states(caller.as_store())?.lend::<S>()?;
                let call = || func(&mut state, caller, args, results);
                let outcome = catch_unwind(AssertUnwindSafe(call));
                states(caller.as_store())?.give_back(state);
                outcome.unwrap_or_else(|panic| resume_unwind(panic))
            })
        };
        let make = Arc::new(make);
        Self { ty, make }
    }

    /// Returns the function's type.
    #[must_use]
    pub fn ty(&self) -> &CoreFuncType {
        &self.ty
    }

    /// Makes the function for one instance.
    ///
    /// # For implementors
    /// `states` returns [`WorldState::states`](crate::WorldState::states) of the world that the
    /// store holds.
    #[must_use]
    pub fn make(&self, states: StatesOf) -> HostFn {
        (self.make)(states)
    }
}

/// Two functions are equal if they are clones of the same function.
impl PartialEq for CoreHostFunc {
    fn eq(&self, other: &Self) -> bool {
        self.ty == other.ty && Arc::ptr_eq(&self.make, &other.make)
    }
}

impl Eq for CoreHostFunc {}

impl fmt::Debug for CoreHostFunc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CoreHostFunc")
            .field("ty", &self.ty)
            .finish_non_exhaustive()
    }
}
