//! Core-level types.

use std::fmt;
use std::sync::Arc;

/// A core [value type](https://webassembly.github.io/spec/core/syntax/types.html#value-types).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CoreType {
    /// `i32`
    I32,
    /// `i64`
    I64,
    /// `f32`
    F32,
    /// `f64`
    F64,
    /// `v128`
    V128,
    /// A reference type.
    Ref(RefType),
}

/// A [reference type](https://webassembly.github.io/spec/core/syntax/types.html#reference-types).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RefType {
    /// Whether null is a value of the type.
    pub nullable: bool,
    /// The type of the referent.
    pub heap: HeapType,
}

/// A [heap type](https://webassembly.github.io/spec/core/syntax/types.html#heap-types).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HeapType {
    /// `func`
    Func,
    /// `extern`
    Extern,
    /// `any`
    Any,
    /// `eq`
    Eq,
    /// `i31`
    I31,
    /// `struct`
    Struct,
    /// `array`
    Array,
    /// `exn`
    Exn,
    /// `cont`
    Cont,
    /// `none`
    None,
    /// `nofunc`
    NoFunc,
    /// `noextern`
    NoExtern,
    /// `noexn`
    NoExn,
    /// `nocont`
    NoCont,
    /// A type that the module defines, by its type index.
    Concrete(u32),
}

impl CoreType {
    /// `funcref`
    pub const FUNCREF: CoreType = CoreType::Ref(RefType {
        nullable: true,
        heap: HeapType::Func,
    });
    /// `externref`
    pub const EXTERNREF: CoreType = CoreType::Ref(RefType {
        nullable: true,
        heap: HeapType::Extern,
    });
}

/// The type of a core function. It is cheap to clone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct CoreFuncType {
    /// Parameter types.
    pub params: Arc<[CoreType]>,
    /// Result types.
    pub results: Arc<[CoreType]>,
}

impl CoreFuncType {
    /// Creates a function type.
    #[must_use]
    pub fn new(params: impl Into<Arc<[CoreType]>>, results: impl Into<Arc<[CoreType]>>) -> Self {
        Self {
            params: params.into(),
            results: results.into(),
        }
    }
}

/// The type of a linear memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MemoryType {
    /// Initial size in pages.
    pub minimum: u64,
    /// Maximum size in pages.
    pub maximum: Option<u64>,
    /// Whether addresses are `i64`.
    pub memory64: bool,
    /// Whether the memory is shared between threads.
    pub shared: bool,
    /// Logarithm to base 2 of the page size in bytes, if it differs from the default 16 (64 KiB).
    pub page_size_log2: Option<u32>,
}

impl MemoryType {
    /// Creates the type of a 32-bit memory with 64 KiB pages.
    #[must_use]
    pub fn new(minimum: u64, maximum: Option<u64>) -> Self {
        Self {
            minimum,
            maximum,
            memory64: false,
            shared: false,
            page_size_log2: None,
        }
    }

    /// Returns the page size in bytes.
    #[must_use]
    pub fn page_size(&self) -> u64 {
        1u64.checked_shl(self.page_size_log2.unwrap_or(16))
            .unwrap_or(u64::MAX)
    }
}

/// The type of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TableType {
    /// Type of the elements.
    pub element: RefType,
    /// Initial number of elements.
    pub minimum: u64,
    /// Maximum number of elements.
    pub maximum: Option<u64>,
    /// Whether indices are `i64`.
    pub table64: bool,
}

/// The type of a global.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GlobalType {
    /// Type of the content.
    pub content: CoreType,
    /// Whether it can be set.
    pub mutable: bool,
    /// Whether it is shared between threads.
    pub shared: bool,
}

impl GlobalType {
    /// Creates the type of an unshared global.
    #[must_use]
    pub fn new(content: CoreType, mutable: bool) -> Self {
        Self {
            content,
            mutable,
            shared: false,
        }
    }
}

/// The type of a core import or export.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CoreExternType {
    /// A function.
    Func(CoreFuncType),
    /// A memory.
    Memory(MemoryType),
    /// A table.
    Table(TableType),
    /// A global.
    Global(GlobalType),
    /// An exception tag. Its parameters are the payload.
    Tag(CoreFuncType),
}

impl CoreExternType {
    /// Returns the word for the kind, e.g. `func`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            CoreExternType::Func(_) => "func",
            CoreExternType::Memory(_) => "memory",
            CoreExternType::Table(_) => "table",
            CoreExternType::Global(_) => "global",
            CoreExternType::Tag(_) => "tag",
        }
    }
}

impl fmt::Display for HeapType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            HeapType::Func => "func",
            HeapType::Extern => "extern",
            HeapType::Any => "any",
            HeapType::Eq => "eq",
            HeapType::I31 => "i31",
            HeapType::Struct => "struct",
            HeapType::Array => "array",
            HeapType::Exn => "exn",
            HeapType::Cont => "cont",
            HeapType::None => "none",
            HeapType::NoFunc => "nofunc",
            HeapType::NoExtern => "noextern",
            HeapType::NoExn => "noexn",
            HeapType::NoCont => "nocont",
            HeapType::Concrete(index) => return index.fmt(f),
        })
    }
}

impl fmt::Display for RefType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.nullable, self.heap) {
            (true, HeapType::Concrete(_)) => write!(f, "(ref null {})", self.heap),
            (true, HeapType::None) => f.write_str("nullref"),
            (true, HeapType::NoFunc) => f.write_str("nullfuncref"),
            (true, HeapType::NoExtern) => f.write_str("nullexternref"),
            (true, HeapType::NoExn) => f.write_str("nullexnref"),
            (true, heap) => write!(f, "{heap}ref"),
            (false, heap) => write!(f, "(ref {heap})"),
        }
    }
}

impl fmt::Display for CoreType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CoreType::I32 => f.write_str("i32"),
            CoreType::I64 => f.write_str("i64"),
            CoreType::F32 => f.write_str("f32"),
            CoreType::F64 => f.write_str("f64"),
            CoreType::V128 => f.write_str("v128"),
            CoreType::Ref(ty) => ty.fmt(f),
        }
    }
}

/// Prints the type as in the text format: `(func (param i32) (result i64))`.
impl fmt::Display for CoreFuncType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(func")?;
        for (word, types) in [("param", &self.params), ("result", &self.results)] {
            if !types.is_empty() {
                write!(f, " ({word}")?;
                types.iter().try_for_each(|ty| write!(f, " {ty}"))?;
                f.write_str(")")?;
            }
        }
        f.write_str(")")
    }
}

/// Prints the type as in the text format.
impl fmt::Display for CoreExternType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let limits =
            |f: &mut fmt::Formatter<'_>, wide: bool, minimum: u64, maximum: Option<u64>| {
                if wide {
                    f.write_str(" i64")?;
                }
                write!(f, " {minimum}")?;
                maximum.map_or(Ok(()), |maximum| write!(f, " {maximum}"))
            };
        match self {
            CoreExternType::Func(ty) => ty.fmt(f),
            CoreExternType::Memory(ty) => {
                f.write_str("(memory")?;
                limits(f, ty.memory64, ty.minimum, ty.maximum)?;
                if ty.shared {
                    f.write_str(" shared")?;
                }
                if ty.page_size_log2.is_some() {
                    write!(f, " (pagesize {})", ty.page_size())?;
                }
                f.write_str(")")
            }
            CoreExternType::Table(ty) => {
                f.write_str("(table")?;
                limits(f, ty.table64, ty.minimum, ty.maximum)?;
                write!(f, " {})", ty.element)
            }
            CoreExternType::Global(ty) if ty.mutable => write!(f, "(global (mut {}))", ty.content),
            CoreExternType::Global(ty) => write!(f, "(global {})", ty.content),
            CoreExternType::Tag(ty) => {
                f.write_str("(tag")?;
                ty.params
                    .iter()
                    .try_for_each(|ty| write!(f, " (param {ty})"))?;
                f.write_str(")")
            }
        }
    }
}

macro_rules! serialize_as_text {
    ($($ty:ty),*) => {$(
        impl serde::Serialize for $ty {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
    )*};
}

serialize_as_text!(CoreType, RefType, CoreFuncType, CoreExternType);

impl CoreExternType {
    /// Returns whether an item of this type can satisfy an import of the type `wanted`.
    ///
    /// This is the core specification's [import
    /// matching](https://webassembly.github.io/spec/core/valid/matching.html). The minimum of a
    /// memory or table must be its current size.
    #[must_use]
    pub fn provides(&self, wanted: &CoreExternType) -> bool {
        use CoreExternType::{Func, Global, Memory, Table, Tag};
        match (wanted, self) {
            (Func(wanted), Func(found)) | (Tag(wanted), Tag(found)) => wanted == found,
            (Global(wanted), Global(found)) => wanted == found,
            (Memory(wanted), Memory(found)) => {
                (wanted.memory64, wanted.shared, wanted.page_size())
                    == (found.memory64, found.shared, found.page_size())
                    && within(
                        (wanted.minimum, wanted.maximum),
                        (found.minimum, found.maximum),
                    )
            }
            (Table(wanted), Table(found)) => {
                (wanted.element, wanted.table64) == (found.element, found.table64)
                    && within(
                        (wanted.minimum, wanted.maximum),
                        (found.minimum, found.maximum),
                    )
            }
            _ => false,
        }
    }
}

/// Returns whether the limits found are within those wanted.
///
/// The minimum must be at least the wanted one, and the maximum must not exceed the wanted one.
fn within(wanted: (u64, Option<u64>), found: (u64, Option<u64>)) -> bool {
    found.0 >= wanted.0
        && wanted
            .1
            .is_none_or(|wanted| found.1.is_some_and(|found| found <= wanted))
}
