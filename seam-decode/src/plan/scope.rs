//! The index spaces of a component instance.

use std::collections::BTreeMap;
use std::sync::Arc;

use seam_core::Result;
use wasmparser::component_types::{
    ComponentCoreModuleTypeId, ComponentEntityType, ComponentInstanceTypeId, ComponentTypeId,
};

use super::def::{Export, Func};
use super::ty::ScopeTypes;
use crate::pass::{CoreSort, unknown};
use crate::types::ResourceId;

/// Items for which a list has room before they are made. An artifact can define millions in vain.
pub(super) const MAX_RESERVED: usize = 1_000;

/// The index spaces of a component instance.
///
/// They are kept after its instantiation, because the components that it defines close over them.
/// Index spaces that no component can reach are emptied.
#[derive(Default)]
pub(super) struct Scope<'a> {
    /// The component, by its position in the definitions.
    pub(super) component: usize,
    /// The scope in which the component was defined.
    pub(super) parent: Option<usize>,
    pub(super) modules: Vec<Module>,
    pub(super) components: Vec<Component>,
    pub(super) instances: Vec<Instance>,
    pub(super) funcs: Vec<Func>,
    /// The resource type at each type index. `None` stands for other types.
    pub(super) types: Vec<Option<ResourceId>>,
    pub(super) core_instances: Vec<CoreInstance<'a>>,
    /// Core items, as indices into the plan's.
    pub(super) core: [Vec<usize>; 5],
    pub(super) resolved: ScopeTypes,
}

/// An item of a component-level index space.
#[derive(Clone, Copy)]
pub(super) enum Entity {
    Module(Module),
    Component(Component),
    Instance(Instance),
    Func(Func),
    Type(Option<ResourceId>),
    /// A value. No plan with a value can be executed, so it has no content.
    Value,
}

#[derive(Clone, Copy)]
pub(super) enum Module {
    /// Defined by the artifact. Holds its position in the definitions.
    Defined(usize),
    /// Imported by the artifact. Only its type is known.
    Imported(ComponentCoreModuleTypeId),
}

#[derive(Clone, Copy)]
pub(super) enum Component {
    /// Defined by the artifact. Holds its position in the definitions, and the scope that it closes
    /// over.
    Defined(usize, usize),
    /// Imported by the artifact. Its core instances are unknown.
    Imported(ComponentTypeId),
}

#[derive(Clone, Copy)]
pub(super) enum Instance {
    /// Made by the walk. Holds its position among the instances that the walk has made.
    Made(usize),
    /// An instance of an imported component.
    OfImported(ComponentTypeId),
    /// An instance that an instance of an imported component exports.
    InImported(ComponentInstanceTypeId),
}

/// Named items, in order: the exports of an instance, or the arguments of an instantiation.
#[derive(Default)]
pub(super) struct Entities<'a> {
    all: Vec<(&'a str, Entity)>,
    /// The positions of the names, if there are too many to compare one after another.
    by_name: BTreeMap<&'a str, usize>,
}

/// A core instance.
pub(super) enum CoreInstance<'a> {
    /// A core instance that the plan makes, and the type of its module.
    Made(usize, ComponentCoreModuleTypeId),
    /// A bundle of core items, as indices into the plan's.
    Bundle(BTreeMap<&'a str, usize>),
}

impl Scope<'_> {
    pub(super) fn core_space(&mut self, sort: CoreSort) -> &mut Vec<usize> {
        let [funcs, tables, memories, globals, tags] = &mut self.core;
        match sort {
            CoreSort::Func => funcs,
            CoreSort::Table => tables,
            CoreSort::Memory => memories,
            CoreSort::Global => globals,
            CoreSort::Tag => tags,
        }
    }

    /// Returns the core item at an index.
    pub(super) fn core_item(&mut self, sort: CoreSort, index: u32) -> Result<usize> {
        at(self.core_space(sort), index).copied()
    }

    /// Empties the index spaces that only the component's own definitions can reach.
    pub(super) fn close(&mut self) {
        self.funcs = Vec::new();
        self.instances = Vec::new();
        self.core_instances = Vec::new();
        self.core = Default::default();
        self.resolved = ScopeTypes::default();
    }
}

impl<'a> Entities<'a> {
    /// The number of names that are compared one after another.
    const FEW: usize = 8;

    pub(super) fn with_capacity(capacity: usize) -> Self {
        Self {
            all: Vec::with_capacity(capacity.min(MAX_RESERVED)),
            by_name: BTreeMap::new(),
        }
    }

    /// Adds an item whose name is not there yet.
    pub(super) fn push(&mut self, name: &'a str, entity: Entity) {
        self.all.push((name, entity));
        if self.all.len() > Self::FEW {
            let new = self.all.iter().enumerate().skip(self.by_name.len());
            self.by_name.extend(new.map(|(at, (name, _))| (*name, at)));
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<Entity> {
        let found = match self.by_name.is_empty() {
            true => self.all.iter().find(|(known, _)| *known == name),
            false => self.by_name.get(name).and_then(|at| self.all.get(*at)),
        };
        found.map(|(_, entity)| *entity)
    }

    /// Returns the functions and instances among the items, with names of the plan's own.
    pub(super) fn to_exports(&self) -> Vec<(Arc<str>, Export)> {
        let mut exports = Vec::with_capacity(self.all.len());
        let all = self.all.iter();
        exports.extend(
            all.filter_map(|(name, entity)| entity.to_export().map(|export| (owned(name), export))),
        );
        exports
    }
}

impl Entity {
    /// Returns the function or instance as the plan has it, or `None` for another item.
    pub(super) fn to_export(self) -> Option<Export> {
        match self {
            Self::Func(func) => Some(Export::Func(func)),
            Self::Instance(Instance::Made(instance)) => Some(Export::Instance(instance)),
            _ => None,
        }
    }

    /// Returns what is known about an export of an instance of an imported component.
    pub(super) fn of_import(ty: &ComponentEntityType) -> Self {
        match ty {
            ComponentEntityType::Module(id) => Self::Module(Module::Imported(*id)),
            ComponentEntityType::Component(id) => Self::Component(Component::Imported(*id)),
            ComponentEntityType::Instance(id) => Self::Instance(Instance::InImported(*id)),
            ComponentEntityType::Func(_) => Self::Func(Func::OfImport),
            ComponentEntityType::Type { .. } => Self::Type(None),
            ComponentEntityType::Value(_) => Self::Value,
        }
    }
}

/// The item at an index.
///
/// # Errors
/// `Engine` for an index that the validator would not have let through.
pub(super) fn at<T>(space: &[T], index: u32) -> Result<&T> {
    space.get(index as usize).ok_or_else(unknown)
}

/// A name of the plan's own.
pub(super) fn owned(name: &str) -> Arc<str> {
    name.into()
}
