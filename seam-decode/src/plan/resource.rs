//! Maps the validator's resource types to those of the plan.
//!
//! The validator has separate resource types in every component: those that the component imports,
//! those that its instances export, and those that it defines. In each component instance of the
//! plan, each of them stands for one resource type of the plan.

use seam_core::Error;
use seam_core::{ExportName, Limit, ResourceType, Result};
use wasmparser::component_types::{
    ComponentAnyTypeId, ComponentEntityType, ComponentInstanceTypeId, ResourceId as Validated,
};

use super::def::{ResourceDef, ResourceOrigin, Step};
use super::scope::{Entity, Instance};
use super::walk::Walk;
use crate::pass::unknown;
use crate::types::ResourceId;

impl Walk<'_, '_, '_> {
    /// Adds a resource type to the plan.
    pub(super) fn resource(&mut self, name: String, origin: ResourceOrigin) -> Result<ResourceId> {
        self.budget
            .spend(size_of::<ResourceDef>() + 2 * name.len())?;
        let id = u32::try_from(self.plan.resources.len());
        let id = ResourceId(id.map_err(|_| Error::limit(Limit::EngineCapacity))?);
        if let ResourceOrigin::Guest { .. } = origin {
            self.plan.steps.push(Step::Resource(id));
        }
        let name = ResourceType::new(name);
        self.plan.resources.push(ResourceDef { name, origin });
        Ok(id)
    }

    /// Returns the plan's resource type for the one that the root imports under this name.
    pub(super) fn host_resource(
        &mut self,
        scope: usize,
        id: Validated,
        name: &ExportName,
    ) -> Result<Option<ResourceId>> {
        let known = self.scope(scope)?.resolved.resources.get(&id).copied();
        if known.is_some() {
            return Ok(known);
        }
        let origin = ResourceOrigin::Host(name.clone());
        let new = self.plan(|walk| walk.resource(name.to_string(), origin).map(Some));
        self.learn(scope, id, new)?;
        Ok(new)
    }

    /// Records the resource type at the last index of the type index space.
    pub(super) fn learn_type(&mut self, scope: usize, ty: Option<ResourceId>) -> Result<()> {
        let index = self.scope(scope)?.types.len().checked_sub(1);
        let ids = &self.component_of(scope)?.types;
        let id = index.and_then(|index| ids.get(index)).ok_or_else(unknown)?;
        match *id {
            ComponentAnyTypeId::Resource(id) => self.learn(scope, id.resource(), ty),
            _ => Ok(()),
        }
    }

    /// Records the resource types that the instance at the last index of the instance index space
    /// exports.
    pub(super) fn learn_instance(&mut self, scope: usize, instance: Instance) -> Result<()> {
        let index = self.scope(scope)?.instances.len().checked_sub(1);
        let ids = &self.component_of(scope)?.instances;
        let id = *index.and_then(|index| ids.get(index)).ok_or_else(unknown)?;
        let types = self.validated;
        let ty = types.get(id).ok_or_else(unknown)?;
        for (resource, path) in &ty.explicit_resources {
            self.step()?;
            if let Some(found) = self.exported_resource(instance, id, path)? {
                self.learn(scope, *resource, Some(found))?;
            }
        }
        Ok(())
    }

    /// Returns the resource type at the end of a path of export indices.
    fn exported_resource(
        &self,
        mut instance: Instance,
        mut ty: ComponentInstanceTypeId,
        path: &[usize],
    ) -> Result<Option<ResourceId>> {
        for index in path {
            let exports = &self.validated.get(ty).ok_or_else(unknown)?.exports;
            let (name, item) = exports.get_index(*index).ok_or_else(unknown)?;
            match (self.export(instance, name)?, item.ty) {
                (Entity::Type(found), _) => return Ok(found),
                (Entity::Instance(inner), ComponentEntityType::Instance(inner_ty)) => {
                    (instance, ty) = (inner, inner_ty);
                }
                _ => return Err(unknown()),
            }
        }
        Ok(None)
    }

    fn learn(&mut self, scope: usize, id: Validated, found: Option<ResourceId>) -> Result<()> {
        if let Some(found) = found {
            let types = &mut self.scope(scope)?.resolved;
            types.resources.insert(id, found);
        }
        Ok(())
    }
}
