//! The types of the canonical ABI, with sizes, alignments, offsets and flat types.
//!
//! Names and structure follow the sections Despecialization, Type Predicates, Alignment, Element Size
//! and Flattening of the component model's reference interpreter, `definitions.py`.
//!
//! | file | what it has |
//! |---|---|
//! | `ty` | value types |
//! | `func` | function types, `flatten_functype` |
//! | `layout` | sizes, alignments, contents |
//! | `flat` | core values, `join` |
//! | `string` | string encodings |
//! | `caller` | value types as callers see them |
//! | `measure` | what a value type measures: layout, contents and flat form |

mod caller;
mod flat;
mod func;
mod layout;
mod measure;
mod string;
mod ty;

pub use flat::{Flat, FlatType, MAX_FLAT_PARAMS};
pub use func::{
    FuncTy, MAX_FLAT_ASYNC_PARAMS, MAX_FLAT_RESULTS, Side, flatten_async_functype,
    flatten_functype, spills,
};
pub use layout::{Contents, Layout, align_to, discriminant_size, flags_size};
pub use string::StringEncoding;
pub use ty::{CaseTy, FieldTy, FixedLengthListTy, RecordTy, ResourceId, Ty, VariantTy};
