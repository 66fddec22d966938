//! The one pass over an artifact's bytes: validation and decoding, payload by payload.
//!
//! | file | what it has |
//! |---|---|
//! | `validated` | the loop over the payloads of a component |
//! | `definition` | definitions, before anything is resolved |
//! | `definitions` | all definitions of an artifact, in order |
//! | `module_type` | imports and exports of a core module, from its sections |
//! | `core_type` | core types, from the validator |
//! | `read` | definitions from the readers of their sections |
//! | `nesting` | the bound on the nesting of type declarations |
//! | `id_map` | maps by the validator's ids |
//! | `budget` | the bound on what decoding copies out of an artifact |

mod budget;
mod core_type;
mod definition;
mod definitions;
mod id_map;
mod module_type;
mod nesting;
mod read;
mod validated;

pub(crate) use budget::Budget;
pub(crate) use core_type::{module_type_of, signature, unknown};
pub(crate) use definition::{ComponentDef, CoreSort, Definition, Named, OptionsDef, Sort};
pub(crate) use definitions::Definitions;
pub(crate) use id_map::IdMap;
pub use module_type::module_type;
pub(crate) use module_type::{invalid, spend_name};
pub(crate) use read::options as canon_options;
pub(crate) use validated::{Bodies, component, core_module};
