//! Canonical definitions.

use seam_core::{CoreFuncType, Result};
use wasmparser::component_types::ComponentAnyTypeId;
use wasmparser::types::CoreTypeId;

use super::def::{CoreItem, Func, Lift, Options, Step};
use super::scope::{Entity, at};
use super::walk::Walk;
use crate::pass::{CoreSort, Definition, OptionsDef, signature, unknown};
use crate::types::ResourceId;

impl Walk<'_, '_, '_> {
    /// Adds a canonical definition.
    ///
    /// # Errors
    /// `Engine` if the definition is of another kind.
    pub(super) fn canon(&mut self, scope: usize, definition: &Definition<'_>) -> Result<()> {
        let instance = scope;
        if let Definition::Lift(core, ty, options) = definition {
            let func = self.plan(|walk| walk.lift(scope, *core, *ty, options).map(Some));
            let func = func.unwrap_or(Func::OfImport);
            return self.add(scope, Entity::Func(func));
        }
        let item = self.plan(|walk| {
            let item = match definition {
                Definition::Lower(func, options, ty) => walk.lower(scope, *func, options, *ty)?,
                Definition::ResourceNew(ty) => {
                    CoreItem::ResourceNew(walk.resource_at(scope, *ty)?, instance)
                }
                Definition::ResourceDrop(ty) => {
                    CoreItem::ResourceDrop(walk.resource_at(scope, *ty)?, instance)
                }
                Definition::ResourceRep(ty) => {
                    CoreItem::ResourceRep(walk.resource_at(scope, *ty)?, instance)
                }
                Definition::Builtin(canon, ty) => {
                    CoreItem::Builtin(walk.builtin(scope, canon)?, walk.signature(*ty)?, instance)
                }
                _ => return Err(unknown()),
            };
            walk.core_item(item)
        });
        self.scope(scope)?.core_space(CoreSort::Func).push(item);
        Ok(())
    }

    fn lift(&mut self, scope: usize, core: u32, ty: u32, options: &OptionsDef) -> Result<Func> {
        let id = at(&self.component_of(scope)?.types, ty)?;
        let ComponentAnyTypeId::Func(id) = *id else {
            return Err(unknown());
        };
        let ty = self.func_type(scope, id)?;
        let post_return = options.post_return;
        let lift = Lift {
            core: self.core_func(scope, core)?,
            ty,
            options: self.options(scope, options)?,
            post_return: post_return
                .map(|index| self.core_func(scope, index))
                .transpose()?,
            callback: options
                .callback
                .map(|index| self.core_func(scope, index))
                .transpose()?,
        };
        self.budget.spend(size_of::<Lift>() + size_of::<Step>())?;
        let index = self.plan.lifts.len();
        self.plan.lifts.push(lift);
        self.plan.steps.push(Step::Lift(index));
        Ok(Func::Lifted(index))
    }

    fn lower(
        &mut self,
        scope: usize,
        func: u32,
        options: &OptionsDef,
        ty: CoreTypeId,
    ) -> Result<CoreItem> {
        let func = *at(&self.scope(scope)?.funcs, func)?;
        let options = self.options(scope, options)?;
        Ok(CoreItem::Lower(func, options, self.signature(ty)?))
    }

    /// Converts the type of a core function, once.
    fn signature(&mut self, id: CoreTypeId) -> Result<CoreFuncType> {
        if let Some(known) = self.signatures.get(&id) {
            return Ok(known.clone());
        }
        let ty = signature(self.validated, id, &mut self.budget)?;
        self.signatures.insert(id, ty.clone());
        Ok(ty)
    }

    pub(super) fn options(&mut self, instance: usize, options: &OptionsDef) -> Result<Options> {
        let mut item = |sort, index: Option<u32>| -> Result<Option<usize>> {
            let scope = self.scope(instance)?;
            index.map(|index| scope.core_item(sort, index)).transpose()
        };
        Ok(Options {
            instance,
            memory: item(CoreSort::Memory, options.memory)?,
            realloc: item(CoreSort::Func, options.realloc)?,
            encoding: options.encoding,
            is_async: options.is_async,
            gc: options.gc,
        })
    }

    fn resource_at(&mut self, scope: usize, index: u32) -> Result<ResourceId> {
        let found = *at(&self.scope(scope)?.types, index)?;
        let lacks_imports = !self.plan.missing.is_empty();
        let unknown_one = lacks_imports.then_some(ResourceId(u32::MAX));
        found.or(unknown_one).ok_or_else(unknown)
    }
}
