//! Walks the definitions of a component instance, in order.

use seam_core::{CorePath, Result};

use super::def::{ComponentInstance, ResourceOrigin, Step};
use super::scope::{Component, Entities, Entity, Instance, at};
use super::walk::{Walk, limit};
use crate::pass::{CoreSort, Definition, Named, unknown};

/// Maximum number of component instances. Nesting can double their number with every level.
const MAX_INSTANCES: usize = 10_000;
/// Maximum nesting depth of component instantiations. Each level takes native stack.
const MAX_DEPTH: usize = 100;

/// A component instance whose definitions are being walked.
struct Current<'c, 'a> {
    /// Its scope, and its index in the plan.
    scope: usize,
    path: &'c CorePath,
    /// `None` for the root.
    args: Option<&'c Entities<'a>>,
    core_instances: u32,
    component_instances: u32,
    exports: Entities<'a>,
}

impl<'a> Walk<'a, '_, '_> {
    /// Walks the instantiation of a component. The root has no arguments.
    ///
    /// Returns the position of the new instance among the instances that the walk has made.
    ///
    /// # Errors
    /// `Limit`
    pub(super) fn instantiate(
        &mut self,
        component: usize,
        // The scope that the component was defined in.
        outer: Option<usize>,
        // The component instance that instantiates it.
        parent: Option<usize>,
        args: Option<&Entities<'a>>,
        path: &CorePath,
    ) -> Result<usize> {
        if path.indices().len() > MAX_DEPTH {
            return Err(limit(format!(
                "component instantiations nested at most {MAX_DEPTH} deep"
            )));
        }
        let scope = self.scopes.len();
        if scope >= MAX_INSTANCES {
            return Err(limit(format!(
                "at most {MAX_INSTANCES} component instances"
            )));
        }
        let def = self.definitions.components.get(component);
        let def = def.ok_or_else(unknown)?;
        self.count_size(def);
        self.open(component, outer, def);
        self.plan.component_instances.push(ComponentInstance {
            parent,
            path: path.clone(),
            instance: 0,
            handles: scope,
            args: args.map(Entities::to_exports).unwrap_or_default(),
            core_funcs: Vec::new(),
        });
        self.plan.steps.push(Step::Begin(scope));
        let mut current = Current {
            scope,
            path,
            args,
            core_instances: 0,
            component_instances: 0,
            exports: Entities::default(),
        };
        for definition in &def.definitions {
            self.step()?;
            self.define(&mut current, definition)?;
        }
        self.plan.steps.push(Step::End(scope));
        let core_funcs = std::mem::take(self.scope(scope)?.core_space(CoreSort::Func));
        if scope > 0 {
            self.scope(scope)?.close();
        }
        let made = self.make(current.exports);
        if let Some(instance) = self.plan.component_instances.get_mut(scope) {
            instance.instance = made;
            instance.core_funcs = core_funcs;
        }
        Ok(made)
    }

    fn define(&mut self, current: &mut Current<'_, 'a>, definition: &Definition<'a>) -> Result<()> {
        let scope = current.scope;
        match definition {
            Definition::CoreModule(place) => self.add_module(scope, *place),
            Definition::Component(place) => {
                let component = Component::Defined(*place, scope);
                self.add(scope, Entity::Component(component))
            }
            Definition::CoreInstantiate(module, args) => {
                let path = current.path.child(current.core_instances);
                current.core_instances += 1;
                self.core_instantiate(scope, *module, args, path)
            }
            Definition::CoreFromExports(exports) => self.core_bundle(scope, exports),
            Definition::CoreAlias(sort, instance, name) => {
                self.core_alias(scope, *sort, *instance, name)
            }
            Definition::Instantiate(component, args) => {
                let instance = self.instance(current, *component, args)?;
                self.add(scope, Entity::Instance(instance))
            }
            Definition::FromExports(exports) => {
                let mut made = Entities::with_capacity(exports.len());
                for Named { name, sort, index } in exports {
                    self.step()?;
                    made.push(name, self.entity(scope, *sort, *index)?);
                }
                let instance = Instance::Made(self.make(made));
                self.add(scope, Entity::Instance(instance))
            }
            Definition::AliasExport(instance, name) => {
                let instance = *at(&self.scope(scope)?.instances, *instance)?;
                let entity = self.export(instance, name)?;
                self.add(scope, entity)
            }
            Definition::AliasOuter(sort, count, index) => {
                let outer = self.outer(scope, *count)?;
                let entity = self.entity(outer, *sort, *index)?;
                self.add(scope, entity)
            }
            Definition::Resource(dtor) => {
                let dtor = dtor.map(|dtor| self.core_func(scope, dtor)).transpose()?;
                let instance = scope;
                let origin = ResourceOrigin::Guest { instance, dtor };
                let ty = self.plan(|walk| walk.resource(String::new(), origin).map(Some));
                self.add(scope, Entity::Type(ty))
            }
            Definition::Type => self.add(scope, Entity::Type(None)),
            Definition::Import(name) => {
                let entity = match current.args {
                    Some(args) => args.get(name).ok_or_else(unknown)?,
                    None => self.root_import(name)?,
                };
                self.add(scope, entity)
            }
            Definition::Export(Named { name, sort, index }) => {
                let entity = self.entity(scope, *sort, *index)?;
                current.exports.push(name, entity);
                self.add(scope, entity)
            }
            canon => self.canon(scope, canon),
        }
    }

    fn instance(
        &mut self,
        current: &mut Current<'_, 'a>,
        component: u32,
        args: &[Named<'a>],
    ) -> Result<Instance> {
        let scope = current.scope;
        let component = *at(&self.scope(scope)?.components, component)?;
        let mut given = Entities::with_capacity(args.len());
        for Named { name, sort, index } in args {
            self.step()?;
            given.push(name, self.entity(scope, *sort, *index)?);
        }
        let path = current.path.child(current.component_instances);
        current.component_instances += 1;
        match component {
            Component::Defined(inner, outer) => self
                .instantiate(inner, Some(outer), Some(scope), Some(&given), &path)
                .map(Instance::Made),
            Component::Imported(id) => Ok(Instance::OfImported(id)),
        }
    }
}
