//! The imports and exports of a component, as trees of items.

use wasmparser::component_types::ResourceId;
use wasmparser::component_types::{
    ComponentAnyTypeId, ComponentEntityType, ComponentInstanceTypeId, ComponentValType,
};
use wasmparser::types::TypesRef;

use seam_core::{Item, ItemKind, ResourceType, Result};

use super::ty::TypeReader;
use crate::pass::{Budget, module_type_of, spend_name, unknown};

/// Converts the validator's entities.
pub(super) struct Items<'t, 'b> {
    types: TypesRef<'t>,
    reader: TypeReader<'t>,
    budget: &'b mut Budget,
}

/// The full name of an item, which is put together only for a resource type.
struct Path<'a> {
    outer: Option<&'a Path<'a>>,
    name: &'a str,
    /// The bytes of the full name.
    len: usize,
}

impl<'a> Path<'a> {
    fn new(outer: Option<&'a Path<'a>>, name: &'a str) -> Self {
        let before = outer.map_or(0, |outer| outer.len + 1);
        Self {
            outer,
            name,
            len: before + name.len(),
        }
    }

    fn full(&self) -> String {
        match self.outer {
            Some(outer) => outer.full() + "#" + self.name,
            None => self.name.to_owned(),
        }
    }
}

impl<'t, 'b> Items<'t, 'b> {
    pub(super) fn new(types: TypesRef<'t>, budget: &'b mut Budget) -> Self {
        Self {
            types,
            reader: TypeReader::new(types),
            budget,
        }
    }

    /// Returns imports and exports as trees, given the validator's.
    pub(super) fn of_entities(
        &mut self,
        [imports, exports]: &[Vec<(&str, ComponentEntityType)>; 2],
    ) -> Result<(Vec<Item>, Vec<Item>)> {
        // Resources come first, because their names must be known wherever the types are used.
        for (name, ty) in imports.iter().chain(exports) {
            self.name_resources(&Path::new(None, name), ty)?;
        }
        let mut items = |entities: &[(&str, ComponentEntityType)]| {
            let items = entities.iter().map(|(name, ty)| self.item(name, ty));
            items.collect::<Result<Vec<_>>>()
        };
        Ok((items(imports)?, items(exports)?))
    }

    /// Returns the names of the resource types that the artifact shows, in order.
    pub(super) fn into_resources(self) -> Vec<(ResourceId, ResourceType)> {
        self.reader.into_named()
    }

    /// Names each resource type after its first occurrence, depth first.
    fn name_resources(&mut self, path: &Path<'_>, ty: &ComponentEntityType) -> Result<()> {
        match ty {
            ComponentEntityType::Type {
                created: ComponentAnyTypeId::Resource(id),
                ..
            } => {
                self.budget.spend(path.len)?;
                self.reader.name_resource(id.resource(), || path.full());
            }
            ComponentEntityType::Instance(id) => {
                let instance = self.types.get(*id).ok_or_else(unknown)?;
                self.budget.spend(path.len)?;
                for (name, item) in &instance.exports {
                    self.name_resources(&Path::new(Some(path), name), &item.ty)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn item(&mut self, name: &str, ty: &ComponentEntityType) -> Result<Item> {
        spend_name(self.budget, name)?;
        Ok(Item {
            name: name.into(),
            kind: self.kind(ty)?,
        })
    }

    fn kind(&mut self, ty: &ComponentEntityType) -> Result<ItemKind> {
        Ok(match ty {
            ComponentEntityType::Func(id) => ItemKind::Func(self.reader.func(*id, self.budget)?),
            ComponentEntityType::Value(ty) => ItemKind::Value(self.reader.value(*ty, self.budget)?),
            ComponentEntityType::Type { created, .. } => self.ty(*created)?,
            ComponentEntityType::Instance(id) => ItemKind::Instance(self.instance(*id)?),
            ComponentEntityType::Component(_) => ItemKind::Component,
            ComponentEntityType::Module(id) => {
                ItemKind::CoreModule(module_type_of(self.types, *id, self.budget)?)
            }
        })
    }

    fn ty(&mut self, id: ComponentAnyTypeId) -> Result<ItemKind> {
        Ok(match id {
            ComponentAnyTypeId::Resource(id) => {
                ItemKind::Resource(self.reader.resource(id.resource()))
            }
            ComponentAnyTypeId::Defined(id) => {
                let ty = ComponentValType::Type(id);
                ItemKind::Type(self.reader.value(ty, self.budget)?)
            }
            ComponentAnyTypeId::Func(_)
            | ComponentAnyTypeId::Instance(_)
            | ComponentAnyTypeId::Component(_) => ItemKind::TypeOfItems,
        })
    }

    fn instance(&mut self, id: ComponentInstanceTypeId) -> Result<Vec<Item>> {
        let exports = &self.types.get(id).ok_or_else(unknown)?.exports;
        let mut items = Vec::with_capacity(exports.len());
        for (name, item) in exports {
            items.push(self.item(name, &item.ty)?);
        }
        Ok(items)
    }
}
