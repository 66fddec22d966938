//! Reads the interface of an artifact: its imports and exports.
//!
//! The types of a component are those that the validator resolved, so the validator handles
//! aliases, `use`s and substituted resources.

mod core_module;
mod item;
mod ty;

use seam_core::{Item, ResourceType, Result};
use wasmparser::component_types::{ComponentEntityType, ResourceId};
use wasmparser::types::TypesRef;

use crate::pass::{Budget, Definitions, unknown};
use item::Items;

pub(crate) use core_module::interface as of_core_module;

/// The imports and exports of a component.
pub(crate) struct ComponentItems {
    pub(crate) imports: Vec<Item>,
    pub(crate) exports: Vec<Item>,
    /// The names of the resource types among them, in order.
    pub(crate) resources: Vec<(ResourceId, ResourceType)>,
}

/// Reads the imports and exports of a component.
///
/// # Errors
/// `Limit` if types take hundreds of megabytes.
pub(crate) fn of_component(
    definitions: &Definitions<'_>,
    types: TypesRef<'_>,
    budget: &mut Budget,
) -> Result<ComponentItems> {
    let imports = definitions.root_imports.iter().map(|name| {
        let item = types.component_item_for_import(name);
        Ok((*name, item.ok_or_else(unknown)?.ty))
    });
    let exports = definitions.root_exports.iter().map(|name| {
        let item = types.component_item_for_export(name);
        Ok((*name, item.ok_or_else(unknown)?.ty))
    });
    let entities = [
        imports.collect::<Result<Vec<_>>>()?,
        exports.collect::<Result<Vec<_>>>()?,
    ];
    of_entities(types, &entities, budget)
}

/// Converts lists of imports and exports.
///
/// # Errors
/// `Limit` if types take hundreds of megabytes.
pub(crate) fn of_entities(
    types: TypesRef<'_>,
    entities: &[Vec<(&str, ComponentEntityType)>; 2],
    budget: &mut Budget,
) -> Result<ComponentItems> {
    let mut items = Items::new(types, budget);
    let (imports, exports) = items.of_entities(entities)?;
    Ok(ComponentItems {
        imports,
        exports,
        resources: items.into_resources(),
    })
}
