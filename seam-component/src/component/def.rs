//! A decoded component: its definitions in order, owned, before anything is resolved.
//!
//! Names and structure are those of the
//! [binary format](https://github.com/WebAssembly/component-model/blob/main/design/mvp/Binary.md).

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use wasmparser::{CanonicalFunction, CanonicalOption};

/// A component, as the list of its definitions.
#[derive(Debug, Default)]
pub(crate) struct ComponentDef {
    pub(crate) defs: Vec<Def>,
    /// What it and the components in it use of the components around it.
    pub(crate) captures: BTreeSet<Outer>,
    /// Bytes that its definitions take, without core modules and components.
    pub(crate) size: usize,
}

/// What an outer alias points at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Outer {
    pub(crate) sort: OuterSort,
    /// How many components outward; 0 is the one around the component that holds the alias.
    pub(crate) count: u32,
    /// The index there.
    pub(crate) index: u32,
}

/// One definition. Each adds to the index spaces of its component in order.
#[derive(Debug)]
pub(crate) enum Def {
    /// A core module: the range of its bytes in the artifact.
    CoreModule(Range<usize>),
    CoreInstance(CoreInstanceDef),
    /// A core type; nothing at run time depends on it, but it takes an index.
    CoreType,
    Component(Arc<ComponentDef>),
    Instance(InstanceDef),
    Alias(AliasDef),
    Type(TypeDef),
    Canon(CanonDef),
    Import(ExternName, ExternType),
    Export(ExternName, Sort, u32),
}

/// The name of an import or export, as written.
pub(crate) type ExternName = Arc<str>;

/// What an index points at, at the component level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sort {
    CoreModule,
    Func,
    Value,
    Type,
    Instance,
    Component,
}

/// What an index points at, at the core level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CoreSort {
    Func,
    Table,
    Memory,
    Global,
    Tag,
}

#[derive(Debug)]
pub(crate) enum CoreInstanceDef {
    /// Module index, and for each import module name the core instance that gives it.
    Instantiate(u32, Vec<(String, u32)>),
    FromExports(Vec<(String, CoreSort, u32)>),
}

#[derive(Debug)]
pub(crate) enum InstanceDef {
    /// Component index, and the argument of each import.
    Instantiate(u32, Vec<(ExternName, Sort, u32)>),
    FromExports(Vec<(ExternName, Sort, u32)>),
}

#[derive(Clone, Debug)]
pub(crate) enum AliasDef {
    InstanceExport(Sort, u32, ExternName),
    CoreInstanceExport(CoreSort, u32, String),
    /// Sort, how many components outward, and the index there.
    Outer(OuterSort, u32, u32),
}

impl AliasDef {
    /// What of the components around it the alias needs, if anything.
    pub(crate) fn capture(&self) -> Option<Outer> {
        match self {
            AliasDef::Outer(OuterSort::CoreType, ..) => None,
            AliasDef::Outer(sort, count, index) => Some(Outer {
                sort: *sort,
                count: count.checked_sub(1)?,
                index: *index,
            }),
            _ => None,
        }
    }
}

/// What an outer alias can point at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum OuterSort {
    CoreModule,
    CoreType,
    Type,
    Component,
}

/// The type of an import, or of an export in an instance type.
#[derive(Clone, Debug)]
pub(crate) enum ExternType {
    CoreModule,
    Func(u32),
    Value,
    /// A type equal to the one at this index.
    TypeEq(u32),
    /// A fresh resource type.
    TypeSubResource,
    Instance(u32),
    Component,
}

/// A value type, by reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ValRef {
    Prim(wasmparser::PrimitiveValType),
    Type(u32),
}

#[derive(Clone, Debug)]
pub(crate) enum TypeDef {
    Defined(DefinedDef),
    Func(FuncDef),
    Instance(Arc<[InstanceDecl]>),
    /// A component type; nothing at run time depends on it, but it takes an index.
    Component,
    /// A resource type, with the core function index of its destructor.
    Resource(Option<u32>),
}

#[derive(Clone, Debug)]
pub(crate) enum DefinedDef {
    Prim(wasmparser::PrimitiveValType),
    Record(Vec<(Arc<str>, ValRef)>),
    Variant(Vec<(Arc<str>, Option<ValRef>)>),
    List(ValRef),
    FixedLengthList(ValRef, u32),
    Map(ValRef, ValRef),
    Tuple(Vec<ValRef>),
    Flags(Vec<Arc<str>>),
    Enum(Vec<Arc<str>>),
    Option(ValRef),
    Result(Option<ValRef>, Option<ValRef>),
    Own(u32),
    Borrow(u32),
    Stream(Option<ValRef>),
    Future(Option<ValRef>),
}

#[derive(Clone, Debug)]
pub(crate) struct FuncDef {
    pub(crate) params: Vec<(Arc<str>, ValRef)>,
    pub(crate) result: Option<ValRef>,
    pub(crate) is_async: bool,
}

/// A declaration in an instance type.
#[derive(Clone, Debug)]
pub(crate) enum InstanceDecl {
    CoreType,
    Type(TypeDef),
    Alias(AliasDef),
    Export(ExternName, ExternType),
}

/// A canonical definition.
#[derive(Debug)]
pub(crate) enum CanonDef {
    /// Core function index, type index, options.
    Lift(u32, u32, OptionsDef),
    /// Function index, options.
    Lower(u32, OptionsDef),
    ResourceNew(u32),
    ResourceDrop(u32),
    ResourceRep(u32),
    /// A built-in of the asynchronous part: its name and core type come from the definition.
    Async(Box<CanonicalFunction>),
}

/// Canonical options, by index.
#[derive(Clone, Debug, Default)]
pub(crate) struct OptionsDef {
    pub(crate) encoding: Option<CanonicalOption>,
    pub(crate) memory: Option<u32>,
    pub(crate) realloc: Option<u32>,
    pub(crate) post_return: Option<u32>,
    pub(crate) is_async: bool,
    /// Options that need a proposal the layer lacks (`gc`).
    pub(crate) unsupported: Option<&'static str>,
}
