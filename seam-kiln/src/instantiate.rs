//! Instantiation: a fresh load each time, links, exports, and the start function.

use std::collections::HashMap;
use std::sync::Arc;

use seam_core::{
    CoreExtern, CoreExternType, CoreFunc, CoreFuncType, CoreInstanceId, CoreModule, CoreModuleType,
    CoreTag, Error, Result,
};

use crate::call::Owner;
use crate::caps::{self, Count};
use crate::engine::Compiled;
use crate::error::{of_execution, of_instantiation, of_loading, of_object};
use crate::fit::fit;
use crate::kiln::Kiln;
use crate::rewrite::{Names, Rewritten, rewrite};
use crate::state::{Exports, FuncEntry, FuncKind, Object, Place};
use crate::store::Context;

impl<K: Kiln> Owner<K> {
    /// Instantiates what has been loaded and linked; the index of the instance's handle.
    pub(crate) fn make(&mut self, module: K::Module) -> Result<u32> {
        caps::check(Count::Instances, self.made + 1)?;
        self.made += 1;
        let instance = self.run(of_instantiation, |kiln| kiln.instantiate(module))?;
        let id = self.kiln.get()?.instance_id(instance).map_err(of_object)?;
        self.state.ids.push((instance, id));
        Ok(instance)
    }

    pub(crate) fn link_and_start(
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
        self.check(module.ty()?, imports)?;
        let caller = u32::try_from(self.state.instances.len()).unwrap_or(u32::MAX);
        let number = self.serial;
        self.serial += 1;
        let names = match self.direct {
            false => Names::Neutral(number),
            true if self.names_are_free(module.ty()?, imports) => Names::Own,
            true => Names::Neutral(number),
        };
        if names == Names::Own {
            caps::check_names(module.ty()?)?;
        }
        let places = match self.direct {
            false => self.provide(number, imports, &compiled.shape, caller)?,
            true => self.bind_directly(names, module.ty()?, imports, caller),
        };
        let Rewritten { wasm, start } = rewrite(&compiled.wasm, names)?;
        let handle = self.load(&wasm)?;
        self.link(handle, names, module.ty()?, imports, &places)?;
        let instance = self.make(handle)?;
        let exports = self.exports(module.ty()?, &compiled.shape.exports, imports, instance)?;
        self.state.instances.push(exports);
        let id = CoreInstanceId::new(self.state.number, caller);
        if let Some(start) = &start {
            let started = self.run(of_execution, |kiln| kiln.execute(instance, start, &[]));
            started.inspect_err(|_| self.state.failed = Some(id))?;
        }
        Ok(id)
    }

    /// Links the imports of a loaded module.
    fn link(
        &mut self,
        module: K::Module,
        names: Names,
        ty: &CoreModuleType,
        imports: &[CoreExtern],
        places: &HashMap<u32, Place>,
    ) -> Result<()> {
        for (position, (import, own)) in imports.iter().zip(&ty.imports).enumerate() {
            let Some(Place { instance, export }) = self.place_of_import(*import, places)? else {
                continue;
            };
            let own = || (own.0.clone(), own.1.clone());
            let (from, field) = names.of(position).unwrap_or_else(own);
            self.run(of_loading, |kiln| {
                kiln.link_import(module, &from, &field, instance, &export)
            })?;
        }
        Ok(())
    }

    /// Whether the imports are as many as the module wants, of this store, and of the types.
    fn check(&mut self, ty: &CoreModuleType, imports: &[CoreExtern]) -> Result<()> {
        if imports.len() != ty.imports.len() {
            let (wanted, found) = (ty.imports.len(), imports.len());
            return Err(Error::link(format!(
                "expected {wanted} imports, found {found}"
            )));
        }
        for (position, (import, wanted)) in imports.iter().zip(&ty.imports).enumerate() {
            let state = &self.state;
            let found = match *import {
                CoreExtern::Func(func) => {
                    let known = state.func(func)?.ty.clone();
                    let ty = known.map_or_else(|| self.ask_type(func), Ok)?;
                    CoreExternType::Func(CoreFuncType::clone(&ty))
                }
                CoreExtern::Memory(memory) => CoreExternType::Memory(state.memory_type(memory)?),
                CoreExtern::Table(table) => CoreExternType::Table(state.table_type(table)?),
                CoreExtern::Global(global) => CoreExternType::Global(state.global(global)?.ty),
                CoreExtern::Tag(_) => {
                    return Err(Error::engine(format!(
                        "import {position}: expected a function, memory, table or global, which \
                         kiln links, found a tag"
                    )));
                }
            };
            let (module, field, wanted) = wanted;
            fit(position, (module, field, wanted), &found)?;
        }
        Ok(())
    }

    pub(crate) fn host_func_of(&self, import: CoreExtern) -> Option<CoreFunc> {
        let CoreExtern::Func(func) = import else {
            return None;
        };
        let entry = self.state.func(func).ok()?;
        matches!(entry.kind, FuncKind::Host(_)).then_some(func)
    }

    /// What an import is linked to; nothing for a host function that kiln's handler is to get.
    fn place_of_import(
        &mut self,
        import: CoreExtern,
        provided: &HashMap<u32, Place>,
    ) -> Result<Option<Place>> {
        Ok(match import {
            CoreExtern::Func(func) if self.host_func_of(import).is_some() => {
                provided.get(&func.index()).cloned()
            }
            CoreExtern::Func(func) => Some(self.place_of(func)?),
            CoreExtern::Memory(memory) => Some(self.state.memory(memory)?.place.clone()),
            CoreExtern::Table(table) => Some(self.state.table(table)?.place.clone()),
            CoreExtern::Global(global) => Some(self.state.global(global)?.place.clone()),
            CoreExtern::Tag(_) => None,
        })
    }

    /// Enters the exports of a new instance; what it imported keeps the handle it has.
    fn exports(
        &mut self,
        ty: &CoreModuleType,
        indices: &[u32],
        imports: &[CoreExtern],
        instance: u32,
    ) -> Result<Exports> {
        let mut known = Known::new(imports);
        let id = self.state.id_of(instance);
        for (index, import) in (0u32..).zip(&known.funcs) {
            if let CoreExtern::Func(func) = import {
                self.state.by_place.insert((id, index), func.index());
            }
        }
        let mut exports = Exports::new();
        for ((name, ty), index) in ty.exports.iter().zip(indices) {
            let found = match known.at(ty, *index) {
                Some(found) => found,
                None => {
                    let found = self.enter(ty, *index, name, instance)?;
                    known.defined.insert((ty.kind(), *index), found);
                    found
                }
            };
            exports.insert(name.clone(), found);
        }
        Ok(exports)
    }

    /// Enters something that the instance defines.
    fn enter(
        &mut self,
        ty: &CoreExternType,
        index: u32,
        name: &str,
        instance: u32,
    ) -> Result<CoreExtern> {
        let id = self.state.id_of(instance);
        let place = Place {
            instance,
            export: name.into(),
        };
        Ok(match ty {
            CoreExternType::Func(ty) => CoreExtern::Func(self.state.enter_func(FuncEntry {
                ty: Some(Arc::new(ty.clone())),
                kind: FuncKind::Export(place),
                place: Some((id, index)),
            })?),
            CoreExternType::Memory(ty) => {
                let object = self.kiln.get()?.memory_by_name(instance, name);
                let (object, ty) = (object.map_err(of_object)?, *ty);
                CoreExtern::Memory(self.state.enter_memory(Object { object, ty, place })?)
            }
            CoreExternType::Table(ty) => {
                let object = self.kiln.get()?.table_by_name(instance, name);
                let (object, ty) = (object.map_err(of_object)?, *ty);
                CoreExtern::Table(self.state.enter_table(Object { object, ty, place })?)
            }
            CoreExternType::Global(ty) => {
                let object = self.kiln.get()?.global_by_name(instance, name);
                let (object, ty) = (object.map_err(of_object)?, *ty);
                CoreExtern::Global(self.state.enter_global(Object { object, ty, place })?)
            }
            CoreExternType::Tag(_) => {
                self.state.tags += 1;
                CoreExtern::Tag(CoreTag::new(self.state.number, self.state.tags - 1))
            }
            other => {
                return Err(Error::engine(format!(
                    "expected an export of a known kind, found {other}"
                )));
            }
        })
    }
}

/// What has a handle already, by kind and index.
struct Known {
    funcs: Vec<CoreExtern>,
    others: HashMap<&'static str, Vec<CoreExtern>>,
    defined: HashMap<(&'static str, u32), CoreExtern>,
}

impl Known {
    fn new(imports: &[CoreExtern]) -> Self {
        let mut known = Self {
            funcs: Vec::new(),
            others: HashMap::new(),
            defined: HashMap::new(),
        };
        for import in imports {
            let kind = match import {
                CoreExtern::Func(_) => {
                    known.funcs.push(*import);
                    continue;
                }
                CoreExtern::Memory(_) => "memory",
                CoreExtern::Table(_) => "table",
                CoreExtern::Global(_) => "global",
                CoreExtern::Tag(_) => "tag",
            };
            known.others.entry(kind).or_default().push(*import);
        }
        known
    }

    fn at(&self, ty: &CoreExternType, index: u32) -> Option<CoreExtern> {
        let imported = match ty {
            CoreExternType::Func(_) => self.funcs.get(index as usize),
            _ => self.others.get(ty.kind())?.get(index as usize),
        };
        let defined = || self.defined.get(&(ty.kind(), index));
        imported.or_else(defined).copied()
    }
}
