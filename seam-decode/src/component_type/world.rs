//! The union of the worlds that the sections of a core module describe.
//!
//! Each bindings generator adds a section of its own: that of a language's standard library beside
//! that of the guest's own code. An interface that several of them import is imported once, with the
//! functions of all. Where two sections describe the same item, they must agree.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use seam_core::{Error, ExportName, Item, ItemKind, ResourceType, Result};
use wasmparser::component_types::{
    ComponentAnyTypeId, ComponentEntityType, ComponentFuncTypeId, ResourceId as Validated,
};

use super::section::{Described, Section, sections};
use crate::interface::of_entities;
use crate::pass::{Budget, IdMap, unknown};
use crate::plan::{ScopeTypes, Types};
use crate::types::{FuncTy, ResourceId, StringEncoding};

/// The module name of what the world itself imports.
pub(super) const ROOT: &str = "$root";

/// Whether the world imports or exports an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Side {
    Import,
    Export,
}

/// What a core module imports and exports, with component-level types.
#[derive(Default)]
pub(super) struct World {
    pub(super) imports: Vec<Item>,
    pub(super) exports: Vec<Item>,
    funcs: HashMap<(Side, ExportName), WorldFunc>,
    /// The resource types, by their number in the plan.
    pub(super) resources: Vec<WorldResource>,
    /// The resource type under each name that the world has for it.
    resource_names: HashMap<(Side, ExportName), ResourceId>,
}

/// A function of a world.
pub(super) struct WorldFunc {
    pub(super) ty: Arc<FuncTy>,
    pub(super) encoding: StringEncoding,
    /// The section that describes it.
    section: Arc<str>,
}

/// A resource type of a world.
pub(super) struct WorldResource {
    /// Whether the host defines it, or the module.
    pub(super) side: Side,
    pub(super) name: ExportName,
    pub(super) ty: ResourceType,
}

impl World {
    /// Reads all sections of a core module.
    ///
    /// # Errors
    /// `Invalid`, with the offset, for a section that cannot be read. `Link` if two sections disagree.
    /// `Misuse` if the module has no section.
    pub(super) fn read(wasm: &[u8]) -> Result<Self> {
        let mut world = Self::default();
        let mut budget = Budget::new();
        let sections = sections(wasm)?;
        if sections.is_empty() {
            return Err(Error::misuse(
                "expected a core module with a section `component-type`, found none",
            ));
        }
        for section in &sections {
            world.add(section, &section.read(&mut budget)?, &mut budget)?;
        }
        Ok(world)
    }

    /// Returns the function with this name.
    pub(super) fn func(&self, side: Side, name: &ExportName) -> Option<&WorldFunc> {
        self.funcs.get(&(side, name.clone()))
    }

    /// Returns the function that satisfies this name.
    pub(super) fn find(&self, side: Side, name: &ExportName) -> Option<(&ExportName, &WorldFunc)> {
        self.resolve(&self.funcs, side, name)
    }

    /// Returns the resource type that satisfies this name.
    pub(super) fn resource(&self, side: Side, name: &ExportName) -> Option<ResourceId> {
        let found = self.resolve(&self.resource_names, side, name);
        found.map(|(_, id)| *id)
    }

    /// Returns whether the module defines a resource type.
    pub(super) fn defines(&self, id: ResourceId) -> bool {
        let found = usize::try_from(id.0)
            .ok()
            .and_then(|at| self.resources.get(at));
        found.is_some_and(|resource| resource.side == Side::Export)
    }

    /// Returns whether the world imports or exports an interface with this name.
    pub(super) fn has_interface(&self, side: Side, name: &str) -> bool {
        let items = match side {
            Side::Import => &self.imports,
            Side::Export => &self.exports,
        };
        items.iter().any(|item| *item.name == *name)
    }

    /// Finds the equal name, or else the highest version that is compatible.
    fn resolve<'w, T>(
        &self,
        all: &'w HashMap<(Side, ExportName), T>,
        side: Side,
        name: &ExportName,
    ) -> Option<(&'w ExportName, &'w T)> {
        if let Some(((_, name), found)) = all.get_key_value(&(side, name.clone())) {
            return Some((name, found));
        }
        let own = all.keys().filter(|(other, _)| *other == side);
        let found = name.resolve(own.map(|(_, name)| name))?;
        let found = all.get_key_value(&(side, found.clone()));
        found.map(|((_, name), found)| (name, found))
    }

    fn add(
        &mut self,
        section: &Section<'_>,
        described: &Described,
        budget: &mut Budget,
    ) -> Result<()> {
        let types = described.types();
        let entities = described.items()?;
        let items = of_entities(types, &entities, budget)?;
        let names: IdMap<Validated, ResourceType> = items.resources.into_iter().collect();
        let mut converted = Types::new(types);
        let mut scope = ScopeTypes::default();
        let [imports, exports] = entities;
        for (side, items) in [(Side::Import, imports), (Side::Export, exports)] {
            let flat = flatten(described, &items)?;
            for (name, entity) in &flat {
                if let Entity::Resource(id) = *entity {
                    let ty = names.get(&id).ok_or_else(unknown)?;
                    let known =
                        self.add_resource(side, name, ty, scope.resources.get(&id).copied())?;
                    scope.resources.insert(id, known);
                }
            }
            for (name, entity) in flat {
                if let Entity::Func(id) = entity {
                    let ty = converted.func(id, &mut scope)?;
                    self.add_func(side, name, ty, described.encoding, section.name)?;
                }
            }
        }
        converted.check_sizes()?;
        merge(&mut self.imports, items.imports, section.name)?;
        merge(&mut self.exports, items.exports, section.name)
    }

    /// Adds a resource type under one of its names. `known` is what the section's earlier items call
    /// it.
    fn add_resource(
        &mut self,
        side: Side,
        name: &ExportName,
        ty: &ResourceType,
        known: Option<ResourceId>,
    ) -> Result<ResourceId> {
        let key = (side, name.clone());
        let before = self.resource_names.get(&key).copied();
        let id = match known.or(before) {
            Some(id) => id,
            None => {
                let id = u32::try_from(self.resources.len()).map_err(|_| unknown())?;
                self.resources.push(WorldResource {
                    side,
                    name: name.clone(),
                    ty: ty.clone(),
                });
                ResourceId(id)
            }
        };
        match before {
            Some(before) if before != id => Err(disagree(name, "one resource type")),
            _ => {
                self.resource_names.insert(key, id);
                Ok(id)
            }
        }
    }

    fn add_func(
        &mut self,
        side: Side,
        name: ExportName,
        ty: Arc<FuncTy>,
        encoding: StringEncoding,
        section: &str,
    ) -> Result<()> {
        match self.funcs.entry((side, name)) {
            Entry::Vacant(entry) => {
                let section = section.into();
                entry.insert(WorldFunc {
                    ty,
                    encoding,
                    section,
                });
                Ok(())
            }
            Entry::Occupied(entry) => {
                let WorldFunc {
                    ty: known,
                    encoding: other,
                    section: first,
                } = entry.get();
                let what = match (*known == ty, *other == encoding) {
                    (true, true) => return Ok(()),
                    (false, _) => "type",
                    (true, false) => "string encoding",
                };
                let name = &entry.key().1;
                let sections = format!("one {what} in the sections `{first}` and `{section}`");
                Err(disagree(name, &sections))
            }
        }
    }
}

/// An item of a world that the module can import or export.
enum Entity {
    Func(ComponentFuncTypeId),
    Resource(Validated),
}

/// Lists the functions and resource types of a world, with their full names, in order.
fn flatten(
    described: &Described,
    items: &[(&str, ComponentEntityType)],
) -> Result<Vec<(ExportName, Entity)>> {
    let mut flat = Vec::new();
    for (name, entity) in items {
        match entity {
            ComponentEntityType::Instance(id) => {
                let instance = described.types().get(*id).ok_or_else(unknown)?;
                let interface: Arc<str> = (*name).into();
                let inner = instance.exports.iter().filter_map(|(item, entity)| {
                    let name = ExportName::in_instance(interface.clone(), item.as_str());
                    Some((name, leaf(&entity.ty)?))
                });
                flat.extend(inner);
            }
            entity => flat.extend(leaf(entity).map(|leaf| (ExportName::root(*name), leaf))),
        }
    }
    Ok(flat)
}

fn leaf(entity: &ComponentEntityType) -> Option<Entity> {
    match entity {
        ComponentEntityType::Func(id) => Some(Entity::Func(*id)),
        ComponentEntityType::Type {
            created: ComponentAnyTypeId::Resource(id),
            ..
        } => Some(Entity::Resource(id.resource())),
        _ => None,
    }
}

/// Adds the items of another section. Interfaces that both have get the items of both.
///
/// # Errors
/// `Link` if both have an item that is not the same.
fn merge(into: &mut Vec<Item>, from: Vec<Item>, section: &str) -> Result<()> {
    let known = into.iter().enumerate();
    let known: HashMap<Arc<str>, usize> = known.map(|(at, it)| (it.name.clone(), at)).collect();
    for item in from {
        let before = known.get(&item.name).and_then(|at| into.get_mut(*at));
        match (before.map(|before| &mut before.kind), item.kind) {
            (None, kind) => into.push(Item {
                name: item.name,
                kind,
            }),
            (Some(ItemKind::Instance(before)), ItemKind::Instance(items)) => {
                merge(before, items, section)?;
            }
            (Some(before), kind) if *before == kind => {}
            _ => {
                let name = ExportName::root(item.name);
                let expected = format!("`{section}` and the sections before it to have one type");
                return Err(disagree(&name, &expected));
            }
        }
    }
    Ok(())
}

fn disagree(name: &ExportName, expected: &str) -> Error {
    Error::link(format!("`{name}`: expected {expected}, found two"))
}

/// Returns the full name of an item of an interface, or of the world itself.
pub(super) fn name(interface: &str, item: &str) -> ExportName {
    match interface {
        ROOT => ExportName::root(item),
        _ => ExportName::in_instance(interface, item),
    }
}
