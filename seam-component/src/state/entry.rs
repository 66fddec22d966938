//! The elements of a component instance's table.

use std::sync::Arc;

use seam_core::{CanonTrap, Error, Result};

use super::ids::{SetId, WaitableId};
use super::resource::ResourceHandle;

/// An element of a component instance's table.
#[derive(Debug)]
pub(crate) enum Entry {
    Resource(ResourceHandle),
    /// A subtask, or an end of a stream or future.
    Waitable(WaitableId),
    WaitableSet(SetId),
    /// An error context, with its debug message.
    ErrorContext(Arc<str>),
}

impl Entry {
    /// Returns the resource handle.
    ///
    /// # Errors
    /// The trap `WrongHandleKind` for any other element.
    pub(crate) fn resource(&mut self) -> Result<&mut ResourceHandle> {
        match self {
            Entry::Resource(handle) => Ok(handle),
            _ => Err(wrong_kind()),
        }
    }

    /// Returns the resource handle that was removed from the table.
    ///
    /// # Errors
    /// The trap `WrongHandleKind` for any other element.
    pub(crate) fn into_resource(self) -> Result<ResourceHandle> {
        match self {
            Entry::Resource(handle) => Ok(handle),
            _ => Err(wrong_kind()),
        }
    }

    /// Returns the waitable.
    ///
    /// # Errors
    /// The trap `WrongHandleKind` for any other element.
    pub(crate) fn waitable(&self) -> Result<WaitableId> {
        match self {
            Entry::Waitable(id) => Ok(*id),
            _ => Err(wrong_kind()),
        }
    }

    /// Returns the waitable set.
    ///
    /// # Errors
    /// The trap `WrongHandleKind` for any other element.
    pub(crate) fn waitable_set(&self) -> Result<SetId> {
        match self {
            Entry::WaitableSet(id) => Ok(*id),
            _ => Err(wrong_kind()),
        }
    }

    /// Returns the debug message of an error context.
    ///
    /// # Errors
    /// The trap `WrongHandleKind` for any other element.
    pub(crate) fn error_context(&self) -> Result<Arc<str>> {
        match self {
            Entry::ErrorContext(message) => Ok(message.clone()),
            _ => Err(wrong_kind()),
        }
    }
}

/// `trap_if(not isinstance(h, ..))`
pub(crate) fn wrong_kind() -> Error {
    Error::trap(CanonTrap::WrongHandleKind)
}
