//! The imports of the root, which the world must define.

use std::sync::Arc;

use seam_core::{ExportName, Result};
use wasmparser::component_types::{ComponentAnyTypeId, ComponentEntityType};

use super::def::{Func, Import, Missing};
use super::scope::{Component, Entities, Entity, Instance, Module, owned};
use super::walk::Walk;
use crate::pass::unknown;

/// The index of the root in the plan.
const ROOT: usize = 0;

impl Walk<'_, '_, '_> {
    /// Returns the item for an import of the root.
    ///
    /// # Errors
    /// `Limit` if types take hundreds of megabytes.
    pub(super) fn root_import(&mut self, name: &str) -> Result<Entity> {
        let item = self.validated.component_item_for_import(name);
        let ty = item.ok_or_else(unknown)?.ty;
        self.imported(&mut Vec::new(), name, &ty)
    }

    fn imported(
        &mut self,
        path: &mut Vec<Arc<str>>,
        name: &str,
        ty: &ComponentEntityType,
    ) -> Result<Entity> {
        self.step()?;
        let full = ExportName::nested(path.iter().cloned(), name);
        Ok(match ty {
            ComponentEntityType::Func(id) => {
                let index = self.plan.imports.len();
                self.plan(|walk| {
                    let ty = walk.func_type(ROOT, *id)?;
                    walk.plan.imports.push(Import { name: full, ty });
                    Ok(())
                });
                Entity::Func(Func::Import(index))
            }
            ComponentEntityType::Type {
                created: ComponentAnyTypeId::Resource(id),
                ..
            } => Entity::Type(self.host_resource(ROOT, id.resource(), &full)?),
            ComponentEntityType::Type { .. } => Entity::Type(None),
            ComponentEntityType::Instance(id) => {
                let types = self.validated;
                let ty = types.get(*id).ok_or_else(unknown)?;
                path.push(owned(name));
                let mut exports = Entities::with_capacity(ty.exports.len());
                for (name, item) in &ty.exports {
                    exports.push(name, self.imported(path, name, &item.ty)?);
                }
                path.pop();
                Entity::Instance(Instance::Made(self.make(exports)))
            }
            ComponentEntityType::Module(id) => {
                self.missing(full, "core module");
                Entity::Module(Module::Imported(*id))
            }
            ComponentEntityType::Component(id) => {
                self.missing(full, "component");
                Entity::Component(Component::Imported(*id))
            }
            ComponentEntityType::Value(_) => {
                self.missing(full, "value");
                Entity::Value
            }
        })
    }

    /// Records an import that no world can define.
    fn missing(&mut self, name: ExportName, what: &'static str) {
        self.plan.missing.push(Missing { name, what });
    }
}
