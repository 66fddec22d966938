//! A compiled core module, and its imports and exports.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use crate::{CoreExternType, Error, Result};

/// A compiled core module of some engine; cheap to clone.
#[derive(Clone)]
pub struct CoreModule {
    compiled: Arc<dyn Any + Send + Sync>,
    ty: Arc<CoreModuleType>,
}

/// What a core module imports and exports, in the order of its sections.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct CoreModuleType {
    /// The module's own name, from its name section.
    pub name: Option<String>,
    /// Module name, field name and type of each import.
    pub imports: Vec<(String, String, CoreExternType)>,
    /// Name and type of each export.
    pub exports: Vec<(String, CoreExternType)>,
}

impl CoreModule {
    /// # For implementors
    /// Wraps what the engine compiled.
    #[must_use]
    pub fn new<T: Any + Send + Sync>(compiled: T, ty: CoreModuleType) -> Self {
        Self {
            compiled: Arc::new(compiled),
            ty: Arc::new(ty),
        }
    }

    /// # For implementors
    /// What the engine compiled.
    ///
    /// # Errors
    /// `Misuse` if another engine compiled the module.
    pub fn compiled<T: Any>(&self) -> Result<&T> {
        self.compiled.downcast_ref().ok_or_else(|| {
            Error::misuse(
                "expected a core module of this engine, found one that another engine compiled",
            )
        })
    }

    /// Imports and exports.
    #[must_use]
    pub fn ty(&self) -> &Arc<CoreModuleType> {
        &self.ty
    }
}

impl fmt::Debug for CoreModule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CoreModule")
            .field("ty", &self.ty)
            .finish_non_exhaustive()
    }
}
