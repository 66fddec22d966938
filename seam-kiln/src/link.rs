//! Links the imports of a module.

use std::collections::HashMap;

use seam_core::{CoreExtern, CoreFunc, CoreModuleType, Error, Result};

use crate::error::{of_loading, of_object};
use crate::generate;
use crate::handles::{Export, FuncKind, foreign};
use crate::kiln::{Kiln, KilnFuncRef, KilnValue};
use crate::owner::Owner;
use crate::rewrite::Names;

impl<K: Kiln> Owner<K> {
    /// Links the imports of a loaded module.
    ///
    /// `provided` has the exports of providers that stand for host functions, by function. kiln's
    /// handler stands for the other host functions.
    ///
    /// # Errors
    /// `Limit(EngineCapacity)` if a trampoline does not fit; kiln's own errors.
    pub(crate) fn link(
        &mut self,
        module: K::Module,
        names: Names,
        ty: &CoreModuleType,
        imports: &[CoreExtern],
        provided: &HashMap<u32, Export>,
    ) -> Result<()> {
        for (position, (import, own)) in imports.iter().zip(&ty.imports).enumerate() {
            let Some(Export { instance, name }) = self.target(*import, provided)? else {
                continue;
            };
            let own = || (own.0.to_string(), own.1.to_string());
            let (from, field) = names.of(position).unwrap_or_else(own);
            self.run(of_loading, |kiln| {
                kiln.link_import(module, &from, &field, instance, &name)
            })?;
        }
        Ok(())
    }

    /// Returns the export to link an import to, or `None` if kiln's handler stands for it.
    fn target(
        &mut self,
        import: CoreExtern,
        provided: &HashMap<u32, Export>,
    ) -> Result<Option<Export>> {
        let handles = &self.state.handles;
        Ok(match import {
            CoreExtern::Func(func) if self.host_func_of(import).is_some() => {
                provided.get(&func.index()).cloned()
            }
            CoreExtern::Func(func) => Some(self.export_of(func)?),
            CoreExtern::Memory(memory) => Some(handles.memory(memory)?.export.clone()),
            CoreExtern::Table(table) => Some(handles.table(table)?.export.clone()),
            CoreExtern::Global(global) => Some(handles.global(global)?.export.clone()),
            CoreExtern::Tag(_) => None,
        })
    }

    /// Returns an export by which a guest's function can be called.
    ///
    /// A function that only a reference names gets a trampoline.
    ///
    /// # Errors
    /// `Misuse` for a handle of another store; `Limit(EngineCapacity)` if a trampoline does not fit;
    /// kiln's own errors.
    pub(crate) fn export_of(&mut self, func: CoreFunc) -> Result<Export> {
        let entry = self.state.handles.func(func)?;
        let position = match &entry.kind {
            FuncKind::Exported(export) => return Ok(export.clone()),
            FuncKind::Referenced => entry.position.ok_or_else(foreign)?,
            FuncKind::Host(_) => {
                return Err(Error::engine(
                    "expected a function of a guest, found one of the host",
                ));
            }
        };
        let ty = self.type_of(func)?;
        let wasm = generate::trampoline(&ty)?;
        let module = self.load(&wasm)?;
        let instance = self.instantiate_loaded(module)?;
        let table = self
            .loader
            .engine()?
            .table_by_name(instance, generate::TABLE);
        let callee = KilnValue::FuncRef(Some(KilnFuncRef {
            index: position.index,
            instance: Some(position.instance_id),
        }));
        let set = table.and_then(|table| table.set(0, Some(callee)));
        set.map_err(of_object)?;
        let export = Export {
            instance,
            name: generate::CALL.into(),
        };
        if let Some(entry) = self.state.handles.funcs.get_mut(func.index() as usize) {
            entry.kind = FuncKind::Exported(export.clone());
        }
        Ok(export)
    }
}
