//! Core instances and the items that they export.

use std::collections::BTreeMap;
use std::sync::Arc;

use seam_core::{CoreInstanceType, CoreModuleType, CorePath, Result};
use wasmparser::component_types::ComponentCoreModuleTypeId;

use super::def::{CoreInstance as Planned, CoreItem, ModuleRef, Step};
use super::scope::{CoreInstance, Entity, Module, at};
use super::walk::{Walk, limit};
use crate::pass::{CoreSort, module_type_of, unknown};

/// Maximum number of core instances.
const MAX_INSTANCES: usize = 10_000;

impl<'a> Walk<'a, '_, '_> {
    /// Adds a core module that the artifact defines.
    pub(super) fn add_module(&mut self, scope: usize, place: usize) -> Result<()> {
        self.add(scope, Entity::Module(Module::Defined(place)))
    }

    /// Adds an instance of a core module.
    ///
    /// # Errors
    /// `Limit`
    pub(super) fn core_instantiate(
        &mut self,
        scope: usize,
        module: u32,
        args: &[(&'a str, u32)],
        path: CorePath,
    ) -> Result<()> {
        let index = self.found.len();
        if index >= MAX_INSTANCES {
            return Err(limit(format!("at most {MAX_INSTANCES} core instances")));
        }
        let module = *at(&self.scope(scope)?.modules, module)?;
        let (range, ty, id, module) = match module {
            Module::Defined(place) => {
                let found = self.definitions.modules.get(place).ok_or_else(unknown)?;
                let module = ModuleRef::Defined(place);
                (
                    Some(found.range.clone()),
                    found.ty.clone(),
                    found.id,
                    module,
                )
            }
            Module::Imported(id) => (None, self.imported_module(id)?, id, ModuleRef::Imported),
        };
        self.plan(|walk| {
            let imports = match module {
                ModuleRef::Defined(_) => walk.core_imports(scope, args, &ty)?,
                ModuleRef::Imported => Vec::new(),
            };
            walk.plan.core_instances.push(Planned {
                module,
                imports,
                component_instance: scope,
            });
            walk.plan.steps.push(Step::CoreInstance(index));
            Ok(())
        });
        self.found.push(CoreInstanceType {
            path,
            range,
            module: ty,
        });
        let space = &mut self.scope(scope)?.core_instances;
        space.push(CoreInstance::Made(index, id));
        Ok(())
    }

    fn imported_module(&mut self, id: ComponentCoreModuleTypeId) -> Result<Arc<CoreModuleType>> {
        if let Some(known) = self.imported_modules.get(&id) {
            return Ok(known.clone());
        }
        let ty = module_type_of(self.validated, id, self.interface_budget)?;
        let ty = Arc::new(ty);
        self.imported_modules.insert(id, ty.clone());
        Ok(ty)
    }

    /// Resolves each import of a module.
    fn core_imports(
        &mut self,
        scope: usize,
        args: &[(&'a str, u32)],
        ty: &CoreModuleType,
    ) -> Result<Vec<usize>> {
        self.budget.spend(size_of::<usize>() * ty.imports.len())?;
        let args: BTreeMap<&str, u32> = args.iter().copied().collect();
        let imports = ty.imports.iter().map(|(module, field, _)| {
            let instance = *args.get(&**module).ok_or_else(unknown)?;
            self.core_export(scope, instance, field)
        });
        imports.collect()
    }

    /// Adds a core instance made from core items.
    pub(super) fn core_bundle(
        &mut self,
        scope: usize,
        exports: &[(&'a str, CoreSort, u32)],
    ) -> Result<()> {
        let mut bundle = BTreeMap::new();
        for (name, sort, index) in exports {
            self.step()?;
            bundle.insert(*name, self.scope(scope)?.core_item(*sort, *index)?);
        }
        let space = &mut self.scope(scope)?.core_instances;
        space.push(CoreInstance::Bundle(bundle));
        Ok(())
    }

    /// Adds a core item that a core instance exports.
    pub(super) fn core_alias(
        &mut self,
        scope: usize,
        sort: CoreSort,
        instance: u32,
        name: &str,
    ) -> Result<()> {
        let item = self.plan(|walk| walk.core_export(scope, instance, name));
        self.scope(scope)?.core_space(sort).push(item);
        Ok(())
    }

    /// Returns an export of a core instance. The first request adds it to the plan.
    fn core_export(&mut self, scope: usize, instance: u32, name: &str) -> Result<usize> {
        let (index, id) = match at(&self.scope(scope)?.core_instances, instance)? {
            CoreInstance::Bundle(bundle) => {
                return bundle.get(name).copied().ok_or_else(unknown);
            }
            CoreInstance::Made(index, id) => (*index, *id),
        };
        let exports = &self.validated.get(id).ok_or_else(unknown)?.exports;
        let (position, ..) = exports.get_full(name).ok_or_else(unknown)?;
        if let Some(known) = self.core_exports.get(&(index, position)) {
            return Ok(*known);
        }
        let ty = &self.found.get(index).ok_or_else(unknown)?.module;
        let (name, _) = ty.exports.get(position).ok_or_else(unknown)?;
        let name = name.clone();
        let item = self.core_item(CoreItem::Export(index, name))?;
        self.core_exports.insert((index, position), item);
        Ok(item)
    }

    /// Returns the core function at an index.
    pub(super) fn core_func(&mut self, scope: usize, index: u32) -> Result<usize> {
        self.scope(scope)?.core_item(CoreSort::Func, index)
    }
}
