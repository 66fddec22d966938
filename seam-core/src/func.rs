//! Exported functions, resolved once.

use std::sync::Arc;

use crate::{Error, ExportName, FuncType, Result};

/// An exported function of an instance, resolved once. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Func(Arc<Resolved>);

#[derive(Debug)]
struct Resolved {
    name: ExportName,
    ty: Arc<FuncType>,
    owner: u64,
    index: u32,
}

impl Func {
    /// # For implementors
    /// The `index`th function that the instance with the token `owner` resolved.
    #[must_use]
    pub fn new(name: ExportName, ty: Arc<FuncType>, owner: u64, index: u32) -> Self {
        Self(Arc::new(Resolved {
            name,
            ty,
            owner,
            index,
        }))
    }

    /// The export's full name, as the artifact has it.
    #[must_use]
    pub fn name(&self) -> &ExportName {
        &self.0.name
    }

    /// The function's type.
    #[must_use]
    pub fn ty(&self) -> &Arc<FuncType> {
        &self.0.ty
    }

    /// # For implementors
    /// The index it was made with.
    ///
    /// # Errors
    /// `Misuse` if another instance resolved it.
    pub fn index(&self, owner: u64) -> Result<usize> {
        if self.0.owner != owner {
            return Err(Error::misuse(format!(
                "expected a function of this instance, found `{}` of another",
                self.0.name
            )));
        }
        usize::try_from(self.0.index)
            .map_err(|_| Error::misuse("expected a function index that fits the host"))
    }
}
