//! Instantiation: a fresh load, links, the exports' handles, and the start function.

use std::collections::HashMap;
use std::sync::Arc;

use seam_core::{
    CoreExtern, CoreExternType, CoreInstanceId, CoreModule, CoreModuleType, CoreTag, Error, Result,
};

use crate::capacity::check_import_names;
use crate::error::{of_execution, of_object};
use crate::handles::{Export, Exports, FuncEntry, FuncKind, FuncPosition, Object};
use crate::kiln::Kiln;
use crate::module::Compiled;
use crate::owner::Owner;
use crate::rewrite::{Names, Rewritten, rewrite};

impl<K: Kiln> Owner<K> {
    /// Instantiates a module and calls its start function.
    ///
    /// # Errors
    /// `Misuse` for a module of another engine or an import of another store; `Link` for imports of
    /// other types; `Limit(EngineCapacity)`; traps, and errors of host functions.
    pub(crate) fn instantiate_module(
        &mut self,
        module: &CoreModule,
        imports: &[CoreExtern],
    ) -> Result<CoreInstanceId> {
        self.state.failed = None;
        let compiled: &Compiled = module.compiled()?;
        if compiled.engine != self.engine {
            return Err(Error::misuse(
                "expected a core module of this engine, found one that another build of it \
                 compiled",
            ));
        }
        let ty = module.ty()?;
        self.check_imports(ty, imports)?;
        let caller = u32::try_from(self.state.handles.instances.len()).unwrap_or(u32::MAX);
        let number = self.next_serial();
        let (names, provided) = if !self.direct {
            let scan = &compiled.scan;
            let provided = self.bind_with_providers(number, imports, scan, caller)?;
            (Names::Neutral(number), provided)
        } else if self.names_are_free(ty, imports) {
            check_import_names(ty)?;
            self.bind_directly(Names::Own, ty, imports, caller);
            (Names::Own, HashMap::new())
        } else {
            self.bind_directly(Names::Neutral(number), ty, imports, caller);
            (Names::Neutral(number), HashMap::new())
        };
        let Rewritten { wasm, start } = rewrite(&compiled.wasm, names)?;
        let loaded = self.load(&wasm)?;
        self.link(loaded, names, ty, imports, &provided)?;
        let instance = self.instantiate_loaded(loaded)?;
        let exports = self.exports(ty, &compiled.scan.exports, imports, instance)?;
        self.state.handles.instances.push(exports);
        let id = CoreInstanceId::new(self.state.handles.store, caller);
        if let Some(start) = &start {
            let started = self.run(of_execution, |kiln| kiln.execute(instance, start, &[]));
            started.inspect_err(|_| self.state.failed = Some(id))?;
        }
        Ok(id)
    }

    /// Gives the exports of a new instance handles. An export that was imported keeps its handle.
    fn exports(
        &mut self,
        ty: &CoreModuleType,
        indices: &[u32],
        imports: &[CoreExtern],
        instance: u32,
    ) -> Result<Exports> {
        let mut known = known_of_imports(ty, imports);
        let instance_id = self.state.id_of(instance);
        for ((_, index), known) in &known {
            if let CoreExtern::Func(func) = known {
                let (index, func) = (*index, func.index());
                let position = FuncPosition { instance_id, index };
                self.state.handles.by_position.insert(position, func);
            }
        }
        let mut exports = Exports::default();
        for ((name, ty), index) in ty.exports.iter().zip(indices) {
            let found = match known.get(&(ty.kind(), *index)) {
                Some(found) => *found,
                None => self.defined(ty, *index, name, instance)?,
            };
            known.insert((ty.kind(), *index), found);
            exports.0.insert(name.to_string(), found);
        }
        Ok(exports)
    }

    /// Gives an export that the instance defines a handle.
    fn defined(
        &mut self,
        ty: &CoreExternType,
        index: u32,
        name: &str,
        instance: u32,
    ) -> Result<CoreExtern> {
        let instance_id = self.state.id_of(instance);
        let handles = &mut self.state.handles;
        let export = Export {
            instance,
            name: name.into(),
        };
        Ok(match ty {
            CoreExternType::Func(ty) => CoreExtern::Func(handles.add_func(FuncEntry {
                ty: Some(Arc::new(ty.clone())),
                kind: FuncKind::Exported(export),
                position: Some(FuncPosition { instance_id, index }),
            })?),
            CoreExternType::Memory(ty) => {
                let object = self.loader.engine()?.memory_by_name(instance, name);
                let (object, ty) = (object.map_err(of_object)?, *ty);
                CoreExtern::Memory(handles.add_memory(Object { object, ty, export })?)
            }
            CoreExternType::Table(ty) => {
                let object = self.loader.engine()?.table_by_name(instance, name);
                let (object, ty) = (object.map_err(of_object)?, *ty);
                CoreExtern::Table(handles.add_table(Object { object, ty, export })?)
            }
            CoreExternType::Global(ty) => {
                let object = self.loader.engine()?.global_by_name(instance, name);
                let (object, ty) = (object.map_err(of_object)?, *ty);
                CoreExtern::Global(handles.add_global(Object { object, ty, export })?)
            }
            CoreExternType::Tag(_) => {
                handles.tags += 1;
                CoreExtern::Tag(CoreTag::new(handles.store, handles.tags - 1))
            }
            other => {
                return Err(Error::engine(format!(
                    "expected an export of a known kind, found {other}"
                )));
            }
        })
    }
}

/// Returns the handles of the imports by kind and index: imports have the first indices of a kind.
fn known_of_imports(
    ty: &CoreModuleType,
    imports: &[CoreExtern],
) -> HashMap<(&'static str, u32), CoreExtern> {
    let (mut known, mut counts) = (HashMap::new(), HashMap::new());
    for (import, (_, _, ty)) in imports.iter().zip(&ty.imports) {
        let count = counts.entry(ty.kind()).or_insert(0);
        known.insert((ty.kind(), *count), *import);
        *count += 1;
    }
    known
}
