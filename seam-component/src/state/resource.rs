//! `ResourceHandle` and `ResourceType`: the entries behind handles.

use seam_core::{CanonTrap, Error, ExportName, NumericFunc, ResourceType, Result};

use super::ids::TaskId;
use seam_decode::types::ResourceId;

/// An entry of a component instance's table.
#[derive(Debug)]
pub(crate) struct ResourceHandle {
    pub(crate) ty: ResourceId,
    pub(crate) rep: u32,
    /// For a borrowed handle, the call that must drop it; `None` for an owned handle.
    pub(crate) borrow_scope: Option<BorrowScope>,
    pub(crate) num_lends: u32,
}

/// The call that must drop a borrowed handle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BorrowScope {
    /// The call with this frame index.
    Frame(usize),
    Task(TaskId),
}

/// A resource type of the store.
#[derive(Debug)]
pub(crate) struct ResourceInfo {
    /// The name in the artifact's interface. It is empty if the type never reaches the host.
    pub(crate) name: ResourceType,
    pub(crate) implementation: ResourceImpl,
}

/// The definer of a resource type.
#[derive(Clone, Debug)]
pub(crate) enum ResourceImpl {
    /// A component instance, with the destructor.
    Guest {
        instance: u32,
        dtor: Option<NumericFunc>,
    },
    /// A component instance of a fused module that keeps the handles itself.
    Table {
        instance: u32,
        /// `None` before the module is instantiated.
        funcs: Option<TableFuncs>,
    },
    /// The host, under the name of the root's import.
    Host(ExportName),
}

impl ResourceImpl {
    /// Returns the function that is called when a handle is dropped, if there is one.
    pub(crate) fn dtor(&self) -> Option<&NumericFunc> {
        match self {
            ResourceImpl::Guest { dtor, .. } => dtor.as_ref(),
            ResourceImpl::Table { funcs, .. } => funcs.as_ref().map(|funcs| &funcs.drop),
            ResourceImpl::Host(_) => None,
        }
    }
}

/// The functions of a handle table that a fused module keeps itself.
#[derive(Clone, Debug)]
pub(crate) struct TableFuncs {
    /// From a handle to its representation.
    pub(crate) rep: NumericFunc,
    /// Drops a handle.
    pub(crate) drop: NumericFunc,
}

impl ResourceHandle {
    pub(crate) fn own(ty: ResourceId, rep: u32) -> Self {
        Self {
            ty,
            rep,
            borrow_scope: None,
            num_lends: 0,
        }
    }

    pub(crate) fn borrow(ty: ResourceId, rep: u32, scope: BorrowScope) -> Self {
        Self {
            ty,
            rep,
            borrow_scope: Some(scope),
            num_lends: 0,
        }
    }

    pub(crate) fn is_own(&self) -> bool {
        self.borrow_scope.is_none()
    }

    /// `trap_if(h.rt is not t.rt)`
    pub(crate) fn check_type(&self, ty: ResourceId) -> Result<()> {
        if self.ty == ty {
            Ok(())
        } else {
            Err(Error::trap(CanonTrap::WrongResourceType))
        }
    }

    /// `trap_if(h.num_lends != 0)`
    pub(crate) fn check_not_lent(&self) -> Result<()> {
        if self.num_lends == 0 {
            Ok(())
        } else {
            Err(Error::trap(CanonTrap::HandleLent))
        }
    }

    /// `trap_if(not h.own)`
    pub(crate) fn check_own(&self) -> Result<()> {
        if self.is_own() {
            Ok(())
        } else {
            Err(Error::trap(CanonTrap::NotOwned))
        }
    }
}
