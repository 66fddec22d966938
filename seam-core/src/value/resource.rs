//! Handles to resources and to the ends of streams and futures, as the host sees them.

use std::fmt;

use crate::{Error, ResourceType, Result};

/// A handle that an instance gave to the host.
///
/// It names an instance, a slot in that instance's table of host-held handles and the slot's
/// generation. It is an identity, not a pointer: using one that was moved, dropped, or that belongs
/// to another instance is [`ErrorKind::Misuse`](crate::ErrorKind::Misuse).
#[derive(Clone, Copy)]
pub struct Handle {
    owner: u64,
    slot: u32,
    generation: u32,
    ordinal: u32,
}

impl Handle {
    /// # For implementors
    /// A handle of the instance with the token `owner` (see [`token`](crate::token())); `ordinal`
    /// counts the handles that this instance has given to the host, from 0.
    #[must_use]
    pub fn new(owner: u64, slot: u32, generation: u32, ordinal: u32) -> Self {
        Self {
            owner,
            slot,
            generation,
            ordinal,
        }
    }

    /// Which handle this is, in the order the instance gave them to the host, from 0. Two runs that
    /// behave the same number their handles the same, which is how handles are compared and
    /// printed.
    #[must_use]
    pub fn ordinal(&self) -> u32 {
        self.ordinal
    }

    /// Slot in the instance's table.
    #[must_use]
    pub fn slot(&self) -> u32 {
        self.slot
    }

    /// Generation of the slot.
    #[must_use]
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// Token of the instance it belongs to.
    #[must_use]
    pub fn owner(&self) -> u64 {
        self.owner
    }
}

/// Observational equality: by ordinal, so that records of two runs compare.
impl PartialEq for Handle {
    fn eq(&self, other: &Self) -> bool {
        self.ordinal == other.ordinal
    }
}

impl Eq for Handle {}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.ordinal)
    }
}

/// A resource, owned or borrowed: one that the guest defines and the host holds by [`Handle`], or
/// one that the host defines and names by its representation.
#[derive(Clone, Debug)]
pub struct Resource {
    ty: ResourceType,
    what: What,
}

#[derive(Clone, Copy, Debug)]
enum What {
    Guest(Handle),
    Host(u32),
}

impl Resource {
    /// # For implementors
    /// A resource of a guest-defined type.
    #[must_use]
    pub fn guest(ty: ResourceType, handle: Handle) -> Self {
        Self {
            ty,
            what: What::Guest(handle),
        }
    }

    /// A resource of a type that the host defines (see
    /// [`World::resource`](crate::World::resource)); `rep` is the host's own number for it.
    #[must_use]
    pub fn host(ty: ResourceType, rep: u32) -> Self {
        Self {
            ty,
            what: What::Host(rep),
        }
    }

    /// The resource type.
    #[must_use]
    pub fn ty(&self) -> &ResourceType {
        &self.ty
    }

    /// The same resource under the name that another version of its interface has for the type.
    pub(crate) fn rename(&mut self, ty: ResourceType) {
        self.ty = ty;
    }

    /// The handle, if the guest defines the type.
    #[must_use]
    pub fn handle(&self) -> Option<Handle> {
        match self.what {
            What::Guest(handle) => Some(handle),
            What::Host(_) => None,
        }
    }

    /// The host's number for the resource.
    ///
    /// # Errors
    /// `Misuse` if the guest defines the type, for then the representation is the guest's secret.
    pub fn rep(&self) -> Result<u32> {
        match self.what {
            What::Host(rep) => Ok(rep),
            What::Guest(_) => Err(Error::misuse(format!(
                "expected a resource that the host defines, found {} of a guest-defined type",
                self.ty.name()
            ))),
        }
    }

    /// The number that the resource is printed and compared by: creation ordinal or host
    /// representation.
    #[must_use]
    pub fn ordinal(&self) -> u32 {
        match self.what {
            What::Guest(handle) => handle.ordinal(),
            What::Host(rep) => rep,
        }
    }
}

/// Observational equality: the same type label and the same ordinal, so that records of two runs
/// compare.
impl PartialEq for Resource {
    fn eq(&self, other: &Self) -> bool {
        self.ty.label() == other.ty.label()
            && self.ordinal() == other.ordinal()
            && matches!(
                (self.what, other.what),
                (What::Guest(_), What::Guest(_)) | (What::Host(_), What::Host(_))
            )
    }
}

impl Eq for Resource {}
