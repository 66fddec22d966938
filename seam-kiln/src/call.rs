//! Calls of guests, and the rest of what a store does only while kiln does not run.

use std::sync::Arc;

use seam_core::{
    CoreExtern, CoreFunc, CoreFuncType, CoreInstanceId, CoreModule, CoreValue, Error, HostFn,
    Result,
};

use crate::convert::{from_kiln, to_kiln};
use crate::error::of_execution;
use crate::host::call_host;
use crate::kiln::{Kiln, KilnValue};
use crate::owner::Owner;
use crate::state::CoreState;
use crate::store::AnyStore;

impl<K: Kiln> AnyStore for Owner<K> {
    fn state(&self) -> &CoreState {
        &self.state
    }

    fn state_mut(&mut self) -> &mut CoreState {
        &mut self.state
    }

    fn instantiate(
        &mut self,
        module: &CoreModule,
        imports: &[CoreExtern],
    ) -> Result<CoreInstanceId> {
        self.instantiate_module(module, imports)
    }

    fn call_guest(
        &mut self,
        func: CoreFunc,
        ty: &CoreFuncType,
        args: &[CoreValue],
        results: &mut [CoreValue],
    ) -> Result<()> {
        let export = self.export_of(func)?;
        let args: Result<Vec<KilnValue>> = args
            .iter()
            .map(|arg| to_kiln(&mut self.state, *arg))
            .collect();
        let args = args?;
        let found = self.run(of_execution, |kiln| {
            kiln.execute(export.instance, &export.name, &args)
        })?;
        if found.len() != ty.results.len() {
            return Err(Error::engine(format!(
                "expected {} results from kiln, found {}",
                ty.results.len(),
                found.len()
            )));
        }
        let home = self.state.id_of(export.instance);
        let found: Result<Vec<CoreValue>> = found
            .iter()
            .zip(ty.results.iter())
            .map(|(value, ty)| from_kiln(&mut self.state, value, *ty, home))
            .collect();
        results.copy_from_slice(&found?);
        Ok(())
    }

    fn call_host(
        &mut self,
        func: &HostFn,
        ty: &CoreFuncType,
        args: &[CoreValue],
    ) -> Result<Vec<CoreValue>> {
        call_host(&mut self.state, None, ty, func, args)
    }

    fn type_of(&mut self, func: CoreFunc) -> Result<Arc<CoreFuncType>> {
        Owner::type_of(self, func)
    }

    fn fuel_consumed(&self) -> Option<u64> {
        Owner::fuel_consumed(self)
    }
}
