//! Handles to resources and to the ends of streams and futures, as the host sees them.

use std::fmt;
use std::sync::Arc;

use crate::{Error, ResourceType, Result};

/// A handle that an instance has passed to the host.
///
/// It consists of the instance, a slot in the instance's table of host-held handles, and the slot's
/// generation. It is an identity, not a pointer. Using a handle that was moved or dropped, or that
/// belongs to another instance, is [`ErrorKind::Misuse`](crate::ErrorKind::Misuse).
#[derive(Clone, Copy)]
pub struct Handle {
    /// Bytes, because they need no alignment. A resource takes less room in a value so.
    owner: [u8; 8],
    slot: u32,
    generation: u32,
    ordinal: u32,
}

impl Handle {
    /// Creates a handle of the instance with the token `owner`.
    ///
    /// # For implementors
    /// See [`token`](crate::token()). `ordinal` counts the handles that this instance has passed to
    /// the host, from 0.
    #[must_use]
    pub fn new(owner: u64, slot: u32, generation: u32, ordinal: u32) -> Self {
        Self {
            owner: owner.to_ne_bytes(),
            slot,
            generation,
            ordinal,
        }
    }

    /// Returns the position of this handle among those that the instance passed to the host, from
    /// 0.
    ///
    /// Two runs with the same behaviour number their handles alike. Therefore handles are compared
    /// and printed by this number.
    #[must_use]
    pub fn ordinal(&self) -> u32 {
        self.ordinal
    }

    /// Returns the slot in the instance's table.
    #[must_use]
    pub fn slot(&self) -> u32 {
        self.slot
    }

    /// Returns the generation of the slot.
    #[must_use]
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// Returns the token of the instance that the handle belongs to.
    #[must_use]
    pub fn owner(&self) -> u64 {
        u64::from_ne_bytes(self.owner)
    }
}

/// Observational equality: handles are equal if their ordinals are, so that two runs can be
/// compared.
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

/// A resource, owned or borrowed.
///
/// The host holds a resource of a guest-defined type by its [`Handle`]. A resource of a
/// host-defined type is identified by its representation. A [variable](Resource::variable) stands
/// for a resource in calls that are not made yet.
#[derive(Clone, Debug)]
pub struct Resource {
    ty: ResourceType,
    what: What,
}

#[derive(Clone, Debug, PartialEq)]
enum What {
    Guest(Handle),
    Host(u32),
    Variable(Arc<str>),
}

impl Resource {
    /// Creates a resource of a guest-defined type.
    ///
    /// # For implementors
    /// A backend calls this for the handles that it passes to the host.
    #[must_use]
    pub fn guest(ty: ResourceType, handle: Handle) -> Self {
        Self {
            ty,
            what: What::Guest(handle),
        }
    }

    /// Creates a resource of a host-defined type (see [`World::resource`](crate::World::resource)).
    ///
    /// `rep` is the host's own number for the resource.
    #[must_use]
    pub fn host(ty: ResourceType, rep: u32) -> Self {
        Self {
            ty,
            what: What::Host(rep),
        }
    }

    /// Creates a variable, which is written `$name` in WAVE text.
    ///
    /// A script of calls names the resources that a call returns, and passes them to later calls by
    /// name. Whoever makes the calls replaces the variables by these resources. An instance does
    /// not accept a variable.
    #[must_use]
    pub fn variable(ty: ResourceType, name: impl Into<Arc<str>>) -> Self {
        Self {
            ty,
            what: What::Variable(name.into()),
        }
    }

    /// Returns the name of a variable, without `$`, or `None` for a resource.
    #[must_use]
    pub fn as_variable(&self) -> Option<&Arc<str>> {
        match &self.what {
            What::Variable(name) => Some(name),
            _ => None,
        }
    }

    /// Returns the resource type.
    #[must_use]
    pub fn ty(&self) -> &ResourceType {
        &self.ty
    }

    /// Replaces the type by the same type under the name in another version of its interface.
    pub(crate) fn rename(&mut self, ty: ResourceType) {
        self.ty = ty;
    }

    /// Returns the handle, or `None` if the host defines the type or this is a variable.
    #[must_use]
    pub fn handle(&self) -> Option<Handle> {
        match self.what {
            What::Guest(handle) => Some(handle),
            What::Host(_) | What::Variable(_) => None,
        }
    }

    /// Returns the host's number for the resource.
    ///
    /// # Errors
    /// `Misuse` if the guest defines the type, because only the guest knows its representations, or
    /// if this is a variable.
    pub fn rep(&self) -> Result<u32> {
        match &self.what {
            What::Host(rep) => Ok(*rep),
            What::Variable(name) => Err(Error::misuse(format!(
                "expected a resource, found the variable `${name}`"
            ))),
            What::Guest(_) => Err(Error::misuse(format!(
                "expected a resource that the host defines, found {} of a guest-defined type",
                self.ty.name()
            ))),
        }
    }

    /// Returns the number by which the resource is printed and compared.
    ///
    /// It is the creation ordinal of a guest's resource, the representation of a host's resource,
    /// and 0 for a variable, which is printed by its name.
    #[must_use]
    pub fn ordinal(&self) -> u32 {
        match self.what {
            What::Guest(handle) => handle.ordinal(),
            What::Host(rep) => rep,
            What::Variable(_) => 0,
        }
    }
}

/// Observational equality: equal type label and equal ordinal, so that two runs can be compared.
/// Variables are equal if their names are.
impl PartialEq for Resource {
    fn eq(&self, other: &Self) -> bool {
        self.ty.label() == other.ty.label() && self.what == other.what
    }
}

impl Eq for Resource {}
