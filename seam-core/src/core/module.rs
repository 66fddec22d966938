//! A compiled core module, and its imports and exports.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use crate::{CoreExternType, Error, Result};

/// A core module that an engine has compiled. It is cheap to clone.
#[derive(Clone)]
pub struct CoreModule {
    compiled: Arc<dyn Any + Send + Sync>,
    ty: Option<Arc<CoreModuleType>>,
}

/// The imports and exports of a core module, in declaration order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct CoreModuleType {
    /// The module's own name, from its name section.
    pub name: Option<String>,
    /// Module name, field name and type of each import.
    pub imports: Vec<(Arc<str>, Arc<str>, CoreExternType)>,
    /// Name and type of each export.
    pub exports: Vec<(Arc<str>, CoreExternType)>,
}

impl CoreModule {
    /// Wraps a module that the engine compiled. The layer above attaches the type.
    ///
    /// # For implementors
    /// `compiled` is the engine's own representation.
    #[must_use]
    pub fn new<T: Any + Send + Sync>(compiled: T) -> Self {
        Self {
            compiled: Arc::new(compiled),
            ty: None,
        }
    }

    /// Attaches the module's imports and exports.
    ///
    /// `seam_decode::compile` compiles a module and attaches its type.
    #[must_use]
    pub fn with_type(mut self, ty: impl Into<Arc<CoreModuleType>>) -> Self {
        self.ty = Some(ty.into());
        self
    }

    /// Returns the engine's own representation of the module.
    ///
    /// # For implementors
    /// `T` must be the type that was passed to [`CoreModule::new`].
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

    /// Returns the module's imports and exports.
    ///
    /// # Errors
    /// `Misuse` if no type is attached. [`CoreEngine::compile`](crate::CoreEngine::compile) returns
    /// a module without a type.
    pub fn ty(&self) -> Result<&Arc<CoreModuleType>> {
        self.ty.as_ref().ok_or_else(|| {
            Error::misuse(
                "expected a core module with a type, found the engine's untyped module: compile it \
                 with seam_decode::compile",
            )
        })
    }
}

impl fmt::Debug for CoreModule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CoreModule")
            .field("ty", &self.ty)
            .finish_non_exhaustive()
    }
}
