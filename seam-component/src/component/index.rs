//! The index spaces of a component under instantiation.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use seam_core::{CoreExtern, CoreInstanceId, CoreMemory, CoreModule, Error, Result};
use wasmparser::CanonicalFunction;

use super::def::{ComponentDef, CoreSort, ExternName, InstanceDecl, Outer, OuterSort, Sort};
use crate::canon::lift::FuncInst;
use crate::glue::Pending;
use crate::types::{FuncTy, ResourceId, Ty};

/// A component with what it captures of the components around it.
#[derive(Clone)]
pub(crate) struct ComponentInst {
    pub(crate) def: Arc<ComponentDef>,
    pub(crate) env: Arc<Env>,
}

/// What a component captures: its outer aliases and those of the components in it, resolved.
pub(crate) type Env = BTreeMap<Outer, ItemInst>;

/// A component-level instance: its exports.
#[derive(Default)]
pub(crate) struct InstanceInst {
    pub(crate) exports: HashMap<ExternName, ItemInst>,
}

/// Anything that can be imported and exported.
#[derive(Clone)]
pub(crate) enum ItemInst {
    CoreModule(CoreModule),
    Func(FuncInst),
    Type(TypeInst),
    Instance(Arc<InstanceInst>),
    Component(ComponentInst),
}

/// A type with its resource types resolved.
#[derive(Clone)]
pub(crate) enum TypeInst {
    Value(Ty),
    Func(Arc<FuncTy>),
    Resource(ResourceId),
    /// An instance type: evaluated where the root imports an instance of it.
    Instance(Arc<[InstanceDecl]>),
    /// A component type: nothing at run time depends on it.
    Component,
}

/// A core instance: one of the engine, or a bundle of exports.
pub(crate) enum CoreInstanceInst {
    Engine(CoreInstanceId),
    Exports(HashMap<String, CoreItemInst>),
}

/// An item of the core index spaces.
#[derive(Clone)]
pub(crate) enum CoreItemInst {
    Extern(CoreExtern),
    /// A function whose glue is made when it is needed.
    Pending(Pending),
    /// An asynchronous built-in, or an asynchronous lowering: its core type is that of the import it is given to.
    Builtin(Arc<CanonicalFunction>),
}

/// All index spaces of one component under instantiation.
#[derive(Default)]
pub(crate) struct IndexSpaces {
    pub(crate) core_modules: Vec<CoreModule>,
    pub(crate) core_instances: Vec<CoreInstanceInst>,
    pub(crate) core_funcs: Vec<CoreItemInst>,
    pub(crate) core_tables: Vec<CoreItemInst>,
    pub(crate) core_memories: Vec<CoreItemInst>,
    pub(crate) core_globals: Vec<CoreItemInst>,
    pub(crate) core_tags: Vec<CoreItemInst>,
    pub(crate) funcs: Vec<FuncInst>,
    pub(crate) types: Vec<TypeInst>,
    pub(crate) instances: Vec<Arc<InstanceInst>>,
    pub(crate) components: Vec<ComponentInst>,
}

impl IndexSpaces {
    /// The item at an index of a component-level index space.
    pub(super) fn item(&self, sort: Sort, index: u32) -> Result<ItemInst> {
        Ok(match sort {
            Sort::CoreModule => {
                ItemInst::CoreModule(at(&self.core_modules, index, "core module")?.clone())
            }
            Sort::Func => ItemInst::Func(at(&self.funcs, index, "function")?.clone()),
            Sort::Type => ItemInst::Type(at(&self.types, index, "type")?.clone()),
            Sort::Instance => ItemInst::Instance(at(&self.instances, index, "instance")?.clone()),
            Sort::Component => {
                ItemInst::Component(at(&self.components, index, "component")?.clone())
            }
            Sort::Value => return Err(apart("no value")),
        })
    }

    /// The item that an outer alias of a component defined here points at; a core type is none.
    pub(super) fn outer_item(&self, sort: OuterSort, index: u32) -> Result<Option<ItemInst>> {
        let sort = match sort {
            OuterSort::CoreType => return Ok(None),
            OuterSort::CoreModule => Sort::CoreModule,
            OuterSort::Type => Sort::Type,
            OuterSort::Component => Sort::Component,
        };
        self.item(sort, index).map(Some)
    }

    /// Adds an item to the index space of its sort.
    pub(super) fn add(&mut self, item: ItemInst) {
        match item {
            ItemInst::CoreModule(module) => self.core_modules.push(module),
            ItemInst::Func(func) => self.funcs.push(func),
            ItemInst::Type(ty) => self.types.push(ty),
            ItemInst::Instance(instance) => self.instances.push(instance),
            ItemInst::Component(component) => self.components.push(component),
        }
    }

    pub(super) fn core_space(&mut self, sort: CoreSort) -> &mut Vec<CoreItemInst> {
        match sort {
            CoreSort::Func => &mut self.core_funcs,
            CoreSort::Table => &mut self.core_tables,
            CoreSort::Memory => &mut self.core_memories,
            CoreSort::Global => &mut self.core_globals,
            CoreSort::Tag => &mut self.core_tags,
        }
    }

    pub(super) fn core_item(&self, sort: CoreSort, index: u32) -> Result<CoreItemInst> {
        let (space, what) = match sort {
            CoreSort::Func => (&self.core_funcs, "core function"),
            CoreSort::Table => (&self.core_tables, "core table"),
            CoreSort::Memory => (&self.core_memories, "core memory"),
            CoreSort::Global => (&self.core_globals, "core global"),
            CoreSort::Tag => (&self.core_tags, "core tag"),
        };
        at(space, index, what).cloned()
    }

    pub(super) fn core_memory(&self, index: u32) -> Result<CoreMemory> {
        match self.core_item(CoreSort::Memory, index)? {
            CoreItemInst::Extern(CoreExtern::Memory(memory)) => Ok(memory),
            _ => Err(apart(&format!("a core memory at {index}"))),
        }
    }
}

/// The element at an index of an index space.
///
/// # Errors
/// `Engine` for an index out of range: the validator has checked them all, so one means that the validator's and this
/// layer's index spaces have come apart.
pub(crate) fn at<'a, T>(space: &'a [T], index: u32, what: &str) -> Result<&'a T> {
    space
        .get(index as usize)
        .ok_or_else(|| apart(&format!("{what} {index}")))
}

/// The error of index spaces that have come apart.
pub(crate) fn apart(what: &str) -> Error {
    Error::engine(format!(
        "expected {what} in the component's index space, found none"
    ))
}
