//! The owner of an engine of kiln's: calls, and all that needs kiln itself.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use seam_core::{
    CoreExtern, CoreFunc, CoreFuncType, CoreInstanceId, CoreModule, CoreValue, Error, Result,
};

use crate::convert::{from_kiln, to_kiln};
use crate::error::{of_execution, of_object, of_panic};
use crate::fault::{KilnError, KilnResult};
use crate::kiln::Kiln;
use crate::load::Loader;
use crate::provider;
use crate::state::{FuncKind, Place, Shared, State, foreign};
use crate::store::Context;
use crate::value::{KilnFuncRef, KilnValue};

/// A store's engine, and the state while no guest runs.
pub(crate) struct Owner<K> {
    pub(crate) kiln: Loader<K>,
    /// Number of the engine that the store is of.
    pub(crate) engine: u32,
    /// Whether host functions are imported without a provider.
    pub(crate) direct: bool,
    pub(crate) shared: Arc<Shared>,
    pub(crate) state: Box<State>,
    /// What stands in for the state while it is lent.
    pub(crate) spare: Option<Box<State>>,
    pub(crate) fuel: Option<u64>,
    /// Modules loaded and instances made so far; failed ones count.
    pub(crate) loaded: usize,
    pub(crate) made: usize,
    /// Number for the names of the next module's imports.
    pub(crate) serial: u32,
}

impl<K: Kiln> Owner<K> {
    /// Runs kiln, with the state lent to the handler of host imports.
    ///
    /// # Errors
    /// What a host function returned; else kiln's own error, mapped; `Engine` for a panic, and for
    /// a kiln that goes on after an error of the host.
    pub(crate) fn run<T>(
        &mut self,
        map: impl FnOnce(KilnError) -> Error,
        operation: impl FnOnce(&mut K) -> KilnResult<T>,
    ) -> Result<T> {
        self.state.fuel_used = self.used();
        let kiln = self.kiln.get_mut()?;
        let spare = self.spare.take().unwrap_or_default();
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

    fn used(&self) -> Option<u64> {
        let left = self
            .kiln
            .get()
            .ok()
            .and_then(Kiln::remaining_fuel)
            .unwrap_or(0);
        self.fuel.map(|fuel| fuel.saturating_sub(left))
    }

    /// Where a function can be called; one that is known by reference alone gets a trampoline.
    pub(crate) fn place_of(&mut self, func: CoreFunc) -> Result<Place> {
        let entry = self.state.func(func)?.clone();
        let unnamed = match entry.kind {
            FuncKind::Export(place) => return Ok(place),
            FuncKind::Unnamed => entry.place.ok_or_else(foreign)?,
            FuncKind::Host(_) => {
                return Err(Error::engine(
                    "expected a function of a guest, found one of the host",
                ));
            }
        };
        let ty = match entry.ty {
            Some(ty) => ty,
            None => self.ask_type(func)?,
        };
        let wasm = provider::trampoline(&ty)?;
        let module = self.load(&wasm)?;
        let instance = self.make(module)?;
        let table = self.kiln.get()?.table_by_name(instance, provider::TABLE);
        let callee = KilnValue::FuncRef(Some(KilnFuncRef {
            index: unnamed.1,
            instance: Some(unnamed.0),
        }));
        let set = table.and_then(|table| table.set(0, Some(callee)));
        set.map_err(of_object)?;
        let place = Place {
            instance,
            export: provider::CALL.into(),
        };
        if let Some(entry) = self.state.funcs.get_mut(func.index() as usize) {
            entry.kind = FuncKind::Export(place.clone());
        }
        Ok(place)
    }
}

impl<K: Kiln> Context for Owner<K> {
    fn state(&self) -> &State {
        &self.state
    }

    fn state_mut(&mut self) -> &mut Box<State> {
        &mut self.state
    }

    fn instantiate(
        &mut self,
        module: &CoreModule,
        imports: &[CoreExtern],
    ) -> Result<CoreInstanceId> {
        self.link_and_start(module, imports)
    }

    fn call_guest(
        &mut self,
        func: CoreFunc,
        ty: &CoreFuncType,
        args: &[CoreValue],
        results: &mut [CoreValue],
    ) -> Result<()> {
        let place = self.place_of(func)?;
        let args: Result<Vec<KilnValue>> = args
            .iter()
            .map(|arg| to_kiln(&mut self.state, *arg))
            .collect();
        let args = args?;
        let found = self.run(of_execution, |kiln| {
            kiln.execute(place.instance, &place.export, &args)
        })?;
        if found.len() != ty.results.len() {
            return Err(Error::engine(format!(
                "expected {} results from kiln, found {}",
                ty.results.len(),
                found.len()
            )));
        }
        let home = self.state.id_of(place.instance);
        let found: Result<Vec<CoreValue>> = found
            .iter()
            .zip(&ty.results)
            .map(|(value, ty)| from_kiln(&mut self.state, value, *ty, home))
            .collect();
        results.copy_from_slice(&found?);
        Ok(())
    }

    fn ask_type(&mut self, func: CoreFunc) -> Result<Arc<CoreFuncType>> {
        let (id, index) = self.state.func(func)?.place.ok_or_else(foreign)?;
        let instance = self.state.handle_of(id);
        let ty = self.kiln.get()?.function_type(instance, index);
        let ty = Arc::new(ty.map_err(of_object)?);
        if let Some(entry) = self.state.funcs.get_mut(func.index() as usize) {
            entry.ty = Some(ty.clone());
        }
        Ok(ty)
    }

    fn fuel_consumed(&self) -> Option<u64> {
        self.used()
    }
}
