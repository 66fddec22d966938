//! The owner of a store's engine: every operation of kiln runs through it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use seam_core::{CoreExtern, CoreFunc, CoreFuncType, Error, HostState, Result};

use crate::capacity::Capacity;
use crate::error::{of_instantiation, of_loading, of_object, of_panic};
use crate::handles::{FuncKind, foreign};
use crate::kiln::{Kiln, KilnError, KilnResult};
use crate::loader::Loader;
use crate::probe::Order;
use crate::state::{CoreState, Shared};

/// A store's engine, and the store's state while kiln does not run.
pub(crate) struct Owner<K> {
    pub(crate) loader: Loader<K>,
    /// The number of the [`KilnEngine`](crate::KilnEngine) that made the store.
    pub(crate) engine: u32,
    /// Whether modules import host functions without a provider.
    pub(crate) direct: bool,
    pub(crate) state: Box<CoreState>,
    /// Where the handler of host imports finds the state while kiln runs.
    shared: Shared,
    /// Takes the place of the state meanwhile.
    spare: Option<Box<CoreState>>,
    /// The store's limit of fuel.
    pub(crate) fuel: Option<u64>,
    /// How many modules were loaded and instantiated, including failed attempts.
    loaded: usize,
    instantiated: usize,
    /// The number for the names of the next module's imports.
    serial: u32,
}

impl<K: Kiln> Owner<K> {
    /// Takes ownership of a fresh engine whose handler finds the state in `shared`.
    pub(crate) fn new(engine: u32, loader: Loader<K>, state: CoreState, shared: Shared) -> Self {
        Self {
            loader,
            engine,
            direct: false,
            fuel: None,
            state: Box::new(state),
            shared,
            spare: None,
            loaded: 0,
            instantiated: 0,
            serial: 0,
        }
    }

    /// Runs kiln. The handler of host imports has the state meanwhile.
    ///
    /// # Errors
    /// The error that a host function returned; otherwise kiln's own error, mapped by `map`;
    /// `Engine` if kiln panics, or goes on after a host function failed.
    pub(crate) fn run<T>(
        &mut self,
        map: impl FnOnce(KilnError) -> Error,
        operation: impl FnOnce(&mut K) -> KilnResult<T>,
    ) -> Result<T> {
        self.state.fuel_consumed = self.fuel_consumed();
        let kiln = self.loader.engine_mut()?;
        let spare = self.spare.take();
        let spare =
            spare.unwrap_or_else(|| Box::new(CoreState::new(HostState::none(), 0, Order::Forward)));
        self.shared.put(std::mem::replace(&mut self.state, spare));
        let outcome = catch_unwind(AssertUnwindSafe(|| operation(kiln)));
        let Some(state) = self.shared.take() else {
            return Err(Error::engine(
                "expected the state of the store, found that kiln still runs a host function",
            ));
        };
        self.spare = Some(std::mem::replace(&mut self.state, state));
        let pending = self.state.pending.take();
        match (outcome, pending) {
            (Err(panic), _) => Err(of_panic(&*panic)),
            (Ok(Ok(result)), None) => Ok(result),
            (Ok(Err(_)), Some(error)) => Err(error),
            (Ok(Ok(_)), Some(error)) => Err(Error::engine(
                "expected an error of the host to end the call, found that kiln went on",
            )
            .with_source(error)),
            (Ok(Err(error)), None) => Err(map(error)),
        }
    }

    /// Loads a module. Every instance needs its own load: instances of one load share their state.
    ///
    /// # Errors
    /// `Limit(EngineCapacity)`; `Limit(Deadline)` if loading takes too long; kiln's own errors.
    pub(crate) fn load(&mut self, wasm: &[u8]) -> Result<K::Module> {
        Capacity::Modules.check(self.loaded + 1)?;
        self.loaded += 1;
        match self.loader.left() {
            Some(left) => self.loader.load_within(left, wasm),
            None => self.run(of_loading, |kiln| kiln.load_module(wasm)),
        }
    }

    /// Instantiates a module that is loaded and linked, and returns the index of kiln's handle.
    ///
    /// # Errors
    /// `Limit(EngineCapacity)`; traps and kiln's own errors.
    pub(crate) fn instantiate_loaded(&mut self, module: K::Module) -> Result<u32> {
        Capacity::Instances.check(self.instantiated + 1)?;
        self.instantiated += 1;
        let instance = self.run(of_instantiation, |kiln| kiln.instantiate(module))?;
        let id = self.loader.engine()?.instance_id(instance);
        self.state.ids.push((instance, id.map_err(of_object)?));
        Ok(instance)
    }

    /// Returns a number that no other module of the store has in its names.
    pub(crate) fn next_serial(&mut self) -> u32 {
        let serial = self.serial;
        self.serial += 1;
        serial
    }

    /// Returns the type of a function, which kiln knows if the store does not.
    ///
    /// # Errors
    /// `Misuse` for a handle of another store; kiln's own errors.
    pub(crate) fn type_of(&mut self, func: CoreFunc) -> Result<Arc<CoreFuncType>> {
        let entry = self.state.handles.func(func)?;
        if let Some(ty) = &entry.ty {
            return Ok(ty.clone());
        }
        let position = entry.position.ok_or_else(foreign)?;
        let instance = self.state.handle_of(position.instance_id);
        let ty = self
            .loader
            .engine()?
            .function_type(instance, position.index);
        let ty = Arc::new(ty.map_err(of_object)?);
        if let Some(entry) = self.state.handles.funcs.get_mut(func.index() as usize) {
            entry.ty = Some(ty.clone());
        }
        Ok(ty)
    }

    /// Returns the function that an import is, if it is a host function.
    pub(crate) fn host_func_of(&self, import: CoreExtern) -> Option<CoreFunc> {
        let CoreExtern::Func(func) = import else {
            return None;
        };
        let entry = self.state.handles.func(func).ok()?;
        matches!(entry.kind, FuncKind::Host(_)).then_some(func)
    }

    /// Returns the fuel consumed so far, if the store has a limit of fuel.
    pub(crate) fn fuel_consumed(&self) -> Option<u64> {
        let kiln = self.loader.engine().ok();
        let left = kiln.and_then(Kiln::remaining_fuel).unwrap_or(0);
        self.fuel.map(|fuel| fuel.saturating_sub(left))
    }
}
