//! Resolved exported functions.

use std::sync::Arc;

use crate::{Error, ExportName, FuncType, Interface, Result};

/// A resolved exported function of an instance. It is cheap to clone.
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

    /// # For implementors
    /// Resolves an exported function for the instance with the token `owner`.
    ///
    /// The index is that in [`Interface::export_funcs`], so resolving a name again uses no memory.
    ///
    /// # Errors
    /// `Misuse` that lists near matches.
    pub fn resolve(interface: &Interface, name: &ExportName, owner: u64) -> Result<Self> {
        let (index, full, ty) = interface.indexed_func(name)?;
        Ok(Self::new(full.clone(), ty.clone(), owner, index))
    }

    /// Returns whether both are the result of one resolution.
    #[inline]
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Returns the export's full name, as in the artifact.
    #[must_use]
    pub fn name(&self) -> &ExportName {
        &self.0.name
    }

    /// Returns the function's type.
    #[must_use]
    #[inline]
    pub fn ty(&self) -> &Arc<FuncType> {
        &self.0.ty
    }

    /// # For implementors
    /// Returns the index that was passed to [`Func::new`].
    ///
    /// # Errors
    /// `Misuse` if another instance resolved it.
    #[inline]
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
