//! The definitions of a component, before anything is resolved.
//!
//! Names and structure are those of the
//! [binary format](https://github.com/WebAssembly/component-model/blob/main/design/mvp/Binary.md).

use std::ops::Range;

use wasmparser::CanonicalFunction;
use wasmparser::component_types::{ComponentAnyTypeId, ComponentInstanceTypeId};
use wasmparser::types::CoreTypeId;

use crate::types::StringEncoding;

/// A component as the list of its definitions.
#[derive(Default)]
pub(crate) struct ComponentDef<'a> {
    pub(crate) definitions: Vec<Definition<'a>>,
    /// The validator's type at each index of the type index space.
    pub(crate) types: Vec<ComponentAnyTypeId>,
    /// The validator's type at each index of the instance index space.
    pub(crate) instances: Vec<ComponentInstanceTypeId>,
    /// For each type section, the type indices that it defines, and its offset.
    pub(crate) type_sections: Vec<(Range<usize>, usize)>,
    /// The size of the definitions in bytes, without core modules and components.
    pub(crate) size: usize,
    /// The number of core functions defined so far.
    pub(crate) core_funcs: u32,
    /// The number of functions that are lifted.
    pub(crate) lifts: usize,
    /// The number of functions defined so far.
    pub(crate) funcs: u32,
}

/// A definition. Most definitions add to the index space of their sort.
pub(crate) enum Definition<'a> {
    /// A core module, by its position among all core modules of the artifact.
    CoreModule(usize),
    /// An instance of a core module, with the core instance for each import module name.
    CoreInstantiate(u32, Vec<(&'a str, u32)>),
    /// A core instance made from core items.
    CoreFromExports(Vec<(&'a str, CoreSort, u32)>),
    /// A core item that a core instance exports.
    CoreAlias(CoreSort, u32, &'a str),
    /// A component, by its position among all components of the artifact.
    Component(usize),
    /// An instance of a component, with an argument for each import.
    Instantiate(u32, Vec<Named<'a>>),
    /// An instance made from items.
    FromExports(Vec<Named<'a>>),
    /// An item that an instance exports.
    AliasExport(u32, &'a str),
    /// An item of an enclosing component: how many levels up, and its index there.
    AliasOuter(Sort, u32, u32),
    /// A resource type, with the core function that is its destructor.
    Resource(Option<u32>),
    /// Another type.
    Type,
    /// A function: core function, type, options.
    Lift(u32, u32, OptionsDef),
    /// A core function: function, options, core type.
    Lower(u32, OptionsDef, CoreTypeId),
    ResourceNew(u32),
    ResourceDrop(u32),
    ResourceRep(u32),
    /// A built-in of the asynchronous part, and its core type.
    Builtin(Box<CanonicalFunction>, CoreTypeId),
    /// An import, by name.
    Import(&'a str),
    /// An export, which adds a new index for the same item.
    Export(Named<'a>),
}

/// The index spaces of a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sort {
    CoreModule,
    Component,
    Instance,
    Func,
    Type,
    Value,
}

/// The core index spaces of a component that hold core items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CoreSort {
    Func,
    Table,
    Memory,
    Global,
    Tag,
}

/// A named item.
pub(crate) struct Named<'a> {
    pub(crate) name: &'a str,
    pub(crate) sort: Sort,
    pub(crate) index: u32,
}

/// Canonical options, by index.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct OptionsDef {
    pub(crate) encoding: StringEncoding,
    pub(crate) memory: Option<u32>,
    pub(crate) realloc: Option<u32>,
    pub(crate) post_return: Option<u32>,
    pub(crate) callback: Option<u32>,
    pub(crate) is_async: bool,
    pub(crate) gc: bool,
}
