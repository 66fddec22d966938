//! What the functions of a typed core module use of it.

use std::fmt;

use std::sync::Arc;

use seam_core::ExportName;

/// Why an export of a core module was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// The caller of the seam named it.
    Given,
    /// There is no other.
    Only,
    /// The provenance section says so, of the component with this id.
    Provenance(String),
    /// The name has the suffix of the component with this number.
    Suffix(u32),
    /// The function itself, or its callers, use it.
    Uses,
    /// It has the name that the `component-type` section implies.
    Name,
}

/// An export of a core module, and why it was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// The name of the export.
    pub export: String,
    /// Why it was chosen.
    pub reason: Reason,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Given => f.write_str("as given"),
            Reason::Only => f.write_str("the only one"),
            Reason::Provenance(id) => write!(f, "provenance: {id}"),
            Reason::Suffix(number) => write!(f, "suffix ${number}"),
            Reason::Uses => f.write_str("its own loads and stores"),
            Reason::Name => f.write_str("by its name"),
        }
    }
}

/// How an exported function with component-level types is bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoundExport {
    /// The name of the function.
    pub name: ExportName,
    /// What was chosen, or a message that says what could not be decided.
    pub chosen: Result<ExportChoice, String>,
}

/// What an exported function uses of a core module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportChoice {
    /// The core function.
    pub func: Chosen,
    /// The memory, if one is needed.
    pub memory: Option<Chosen>,
    /// The function that allocates the arguments, if one is needed.
    pub realloc: Option<Chosen>,
    /// The name of the exported function that frees the result, if there is one.
    pub post_return: Option<String>,
    /// The name of the exported function that is called with each event, if the function is lifted with a
    /// callback.
    pub callback: Option<String>,
}

/// How an imported function with component-level types is bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoundImport {
    /// The name of the function.
    pub name: ExportName,
    /// Module and field of the core import.
    pub core: (Arc<str>, Arc<str>),
    /// The memory from which arguments are lifted, if one is needed.
    pub memory: Option<Chosen>,
    /// The function that allocates the result, if one is needed.
    pub realloc: Option<Chosen>,
}
