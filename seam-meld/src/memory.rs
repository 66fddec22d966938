//! Decides which memory of the calling module an import reads and writes.

use std::collections::BTreeMap;
use std::sync::Arc;

use seam_core::{CoreExternType, CoreModuleType, Error, Result};

use crate::intrinsic::MODULE;

/// The memories that the user has bound to imports.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memories {
    /// By the import's field name.
    pub(crate) by_field: BTreeMap<String, String>,
    /// For all other imports.
    pub(crate) other: Option<String>,
}

impl Memories {
    /// Returns the exported memory that the import `field` of `module` means.
    ///
    /// Returns `None` if the module exports no memory. Such a module can be linked, because it may
    /// never call the host: all of its streams may stay inside.
    ///
    /// # Errors
    /// `Link` if the bound memory is not exported, or if no memory is bound and the module exports
    /// several.
    pub(crate) fn of(&self, field: &str, module: &CoreModuleType) -> Result<Option<Arc<str>>> {
        let memories = module.exports.iter().filter_map(|(name, ty)| match ty {
            CoreExternType::Memory(_) => Some(&**name),
            _ => None,
        });
        let memories: Vec<&str> = memories.collect();
        let bound = self.by_field.get(field).or(self.other.as_ref());
        match (bound, &memories[..]) {
            (Some(bound), _) if memories.contains(&bound.as_str()) => {
                Ok(Some(bound.as_str().into()))
            }
            (Some(bound), _) => Err(Error::link(format!(
                "expected an exported memory `{bound}`, which is bound to `{field}`, found {}",
                list(&memories)
            ))),
            (None, []) => Ok(None),
            (None, [only]) => Ok(Some((*only).into())),
            (None, _) => Err(Error::link(format!(
                "expected one exported memory, or one that is bound to `{field}`, found {}; bind one \
                 with AsyncIntrinsics::memory or memory_of, or give each component its own import \
                 with split_async_imports",
                list(&memories)
            ))),
        }
    }
}

/// Returns the error of a call by a module that exports no memory.
pub(crate) fn unexported(field: &str) -> Error {
    Error::host(format!(
        "`{MODULE}#{field}` expected a module that exports its memory, found one without; \
         split_async_imports exports it"
    ))
}

fn list(memories: &[&str]) -> String {
    let names: Vec<_> = memories.iter().map(|name| format!("`{name}`")).collect();
    match names.is_empty() {
        true => "none".to_string(),
        false => names.join(", "),
    }
}
