//! The state of the walk over the definitions, and what its parts share.

use std::sync::Arc;

use seam_core::{CoreFuncType, CoreInstanceType, CoreModuleType, Error, ErrorKind, Limit, Result};
use wasmparser::component_types::{
    ComponentCoreModuleTypeId, ComponentDefinedTypeId, ComponentFuncTypeId,
};
use wasmparser::types::{CoreTypeId, TypesRef};

use super::def::{CoreItem, Plan, Step};
use super::scope::{Entities, Entity, Instance, MAX_RESERVED, Scope, at};
use super::ty::Types;
use crate::pass::{Budget, ComponentDef, Definitions, IdMap, Sort, unknown};
use crate::types::{FuncTy, ResourceId, Ty};

/// Instantiations multiply: a component that instantiates the next one twice, thirty times over,
/// asks for a billion instances in a few hundred bytes.
const MAX_DEFINITIONS: usize = 2_000_000;
/// Bytes of definitions that are carried out: instances of one component count each.
const MAX_SIZE: usize = 16 << 20;

/// Carries out the definitions of a component, with indices in place of what they make.
pub(super) struct Walk<'a, 't: 'a, 'w> {
    pub(super) definitions: &'w Definitions<'a>,
    pub(super) validated: TypesRef<'t>,
    pub(super) types: Types<'t>,
    /// What the interface may still take.
    pub(super) interface_budget: &'w mut Budget,
    /// What the plan may still take.
    pub(super) budget: Budget,
    /// One for each component instance, at its index in the plan.
    pub(super) scopes: Vec<Scope<'a>>,
    /// What each instance that the artifact makes or imports exports.
    pub(super) made: Vec<Entities<'a>>,
    pub(super) imported_modules: IdMap<ComponentCoreModuleTypeId, Arc<CoreModuleType>>,
    /// The core items that are exports of core instances of the plan, by instance and position.
    pub(super) core_exports: IdMap<(usize, usize), usize>,
    /// The types of core functions that have been converted.
    pub(super) signatures: IdMap<CoreTypeId, CoreFuncType>,
    /// The core instances, for the interface.
    pub(super) found: Vec<CoreInstanceType>,
    pub(super) plan: Plan,
    /// Why the plan cannot be carried out, if so. The walk goes on for the interface, and the plan
    /// does not grow any more.
    pub(super) refused: Option<Error>,
    steps: usize,
    size: usize,
}

impl<'a, 't, 'w> Walk<'a, 't, 'w> {
    pub(super) fn new(
        definitions: &'w Definitions<'a>,
        validated: TypesRef<'t>,
        interface_budget: &'w mut Budget,
    ) -> Self {
        Self {
            definitions,
            validated,
            types: Types::new(validated),
            interface_budget,
            budget: Budget::new(),
            scopes: Vec::new(),
            made: Vec::new(),
            imported_modules: IdMap::default(),
            core_exports: IdMap::default(),
            signatures: IdMap::default(),
            found: Vec::new(),
            plan: Plan::default(),
            refused: None,
            steps: 0,
            size: 0,
        }
    }

    /// Counts one definition or argument that is carried out.
    ///
    /// # Errors
    /// `Limit`
    pub(super) fn step(&mut self) -> Result<()> {
        self.steps += 1;
        if self.steps > MAX_DEFINITIONS {
            return Err(limit(format!(
                "at most {MAX_DEFINITIONS} definitions in all component instances"
            )));
        }
        Ok(())
    }

    /// Counts the bytes of the definitions of one more component instance.
    pub(super) fn count_size(&mut self, component: &ComponentDef<'_>) {
        self.size = self.size.saturating_add(component.size);
        if self.size > MAX_SIZE {
            self.refuse(limit(format!(
                "definitions of at most {MAX_SIZE} bytes in all component instances"
            )));
        }
    }

    /// Adds the scope of one more component instance, with room for what its definitions make.
    pub(super) fn open(&mut self, component: usize, outer: Option<usize>, def: &ComponentDef<'_>) {
        let room = |count: usize| count.min(MAX_RESERVED);
        self.scopes.push(Scope {
            component,
            parent: outer,
            types: Vec::with_capacity(room(def.types.len())),
            instances: Vec::with_capacity(room(def.instances.len())),
            funcs: Vec::with_capacity(room(def.funcs as usize)),
            ..Scope::default()
        });
        if self.refused.is_none() {
            let core_items = room(def.core_funcs as usize) + 1;
            self.plan.core_items.reserve(core_items);
            self.plan.lifts.reserve(room(def.lifts));
            self.core_exports.reserve(room(def.core_funcs as usize));
            self.plan.steps.reserve(room(def.definitions.len()));
        }
    }

    /// The plan cannot be carried out. The first reason counts.
    pub(super) fn refuse(&mut self, error: Error) {
        self.refused.get_or_insert(error);
    }

    /// Adds to the plan, unless it cannot be carried out anyway; what takes too much memory cannot.
    /// Without the addition, the result is a placeholder.
    pub(super) fn plan<T: Default>(&mut self, add: impl FnOnce(&mut Self) -> Result<T>) -> T {
        if self.refused.is_some() {
            return T::default();
        }
        add(self).unwrap_or_else(|error| {
            self.refuse(error);
            T::default()
        })
    }

    /// A function type, for the component instance of this scope.
    ///
    /// # Errors
    /// `Limit` for types of hundreds of megabytes.
    pub(super) fn func_type(
        &mut self,
        scope: usize,
        id: ComponentFuncTypeId,
    ) -> Result<Arc<FuncTy>> {
        let lacks_imports = !self.plan.missing.is_empty();
        let scope = self.scopes.get_mut(scope).ok_or_else(unknown)?;
        // An imported component defines resource types that nothing is known of.
        scope.resolved.unknown = lacks_imports.then_some(ResourceId(u32::MAX));
        self.types.func(id, &mut scope.resolved)
    }

    /// A defined type, for the component instance of this scope.
    ///
    /// # Errors
    /// `Limit` for types of hundreds of megabytes.
    pub(super) fn defined(&mut self, scope: usize, id: ComponentDefinedTypeId) -> Result<Ty> {
        let lacks_imports = !self.plan.missing.is_empty();
        let scope = self.scopes.get_mut(scope).ok_or_else(unknown)?;
        scope.resolved.unknown = lacks_imports.then_some(ResourceId(u32::MAX));
        self.types.defined(id, Some(&mut scope.resolved))
    }

    /// The component that a scope is an instance of.
    pub(super) fn component_of(&self, scope: usize) -> Result<&'w ComponentDef<'a>> {
        let scope = self.scopes.get(scope).ok_or_else(unknown)?;
        let component = self.definitions.components.get(scope.component);
        component.ok_or_else(unknown)
    }

    /// Adds a core item.
    pub(super) fn core_item(&mut self, item: CoreItem) -> Result<usize> {
        self.budget
            .spend(size_of::<CoreItem>() + size_of::<Step>())?;
        let index = self.plan.core_items.len();
        self.plan.core_items.push(item);
        self.plan.steps.push(Step::CoreItem(index));
        Ok(index)
    }

    pub(super) fn scope(&mut self, scope: usize) -> Result<&mut Scope<'a>> {
        self.scopes.get_mut(scope).ok_or_else(unknown)
    }

    /// The scope `count` levels out.
    pub(super) fn outer(&mut self, mut scope: usize, count: u32) -> Result<usize> {
        for _ in 0..count {
            scope = self.scope(scope)?.parent.ok_or_else(unknown)?;
        }
        Ok(scope)
    }

    /// The item at an index.
    pub(super) fn entity(&mut self, scope: usize, sort: Sort, index: u32) -> Result<Entity> {
        let scope = self.scope(scope)?;
        Ok(match sort {
            Sort::CoreModule => Entity::Module(*at(&scope.modules, index)?),
            Sort::Component => Entity::Component(*at(&scope.components, index)?),
            Sort::Instance => Entity::Instance(*at(&scope.instances, index)?),
            Sort::Func => Entity::Func(*at(&scope.funcs, index)?),
            Sort::Type => Entity::Type(*at(&scope.types, index)?),
            Sort::Value => Entity::Value,
        })
    }

    /// An export of an instance.
    pub(super) fn export(&self, instance: Instance, name: &str) -> Result<Entity> {
        let types = self.validated;
        let item = match instance {
            Instance::Made(place) => {
                let made = self.made.get(place).ok_or_else(unknown)?;
                return made.get(name).ok_or_else(unknown);
            }
            Instance::OfImported(id) => types.get(id).ok_or_else(unknown)?.exports.get(name),
            Instance::InImported(id) => types.get(id).ok_or_else(unknown)?.exports.get(name),
        };
        item.map(|item| Entity::of_import(&item.ty))
            .ok_or_else(unknown)
    }

    pub(super) fn make(&mut self, exports: Entities<'a>) -> usize {
        self.made.push(exports);
        self.made.len() - 1
    }

    /// Adds an item to the index space of its sort.
    pub(super) fn add(&mut self, scope: usize, entity: Entity) -> Result<()> {
        let space = self.scope(scope)?;
        match entity {
            Entity::Module(module) => space.modules.push(module),
            Entity::Component(component) => space.components.push(component),
            Entity::Func(func) => space.funcs.push(func),
            Entity::Value => {}
            Entity::Type(ty) => {
                space.types.push(ty);
                self.learn_type(scope, ty)?;
            }
            Entity::Instance(instance) => {
                space.instances.push(instance);
                self.learn_instance(scope, instance)?;
            }
        }
        Ok(())
    }
}

pub(super) fn limit(expected: String) -> Error {
    let kind = ErrorKind::Limit(Limit::EngineCapacity);
    Error::new(kind, format!("expected {expected}, found more"))
}
