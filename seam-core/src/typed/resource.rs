//! Resources as typed handles.

use std::fmt;
use std::marker::PhantomData;

use super::{Lift, Liftable, Lower, Typed};
use crate::{Error, Resource, ResourceType, Result, Type};

/// Names a resource type, so that [`Own`] and [`Borrow`] can tell resources apart.
///
/// ```
/// use seam_core::typed::{Own, ResourceName, Typed};
///
/// struct Counter;
///
/// impl ResourceName for Counter {
///     const NAME: &'static str = "test:guest-res/counters@0.2.0#counter";
/// }
///
/// assert_eq!(Own::<Counter>::ty().to_string(), "counter");
/// ```
pub trait ResourceName {
    /// The full name of the type; see [`ResourceType`]. A semver-compatible version of its interface
    /// matches too.
    const NAME: &'static str;
}

/// An owned resource of the type that `T` names: `own<R>`.
///
/// Passing it in a call gives the resource away. Rust only sees this if the handle itself is passed:
/// after `(&own,)`, using `own` again is `Misuse`.
///
/// To drop the resource, call [`InstanceExt::drop_own`](crate::InstanceExt::drop_own). Dropping the
/// Rust value does not do it, because a destructor runs in the instance. A guest-defined resource
/// that was neither passed nor dropped stays in [`Instance::held`](crate::Instance::held), from
/// which [`Own::new`] can take it again.
pub struct Own<T> {
    resource: Resource,
    of: PhantomData<fn() -> T>,
}

/// A borrowed resource of the type that `T` names: `borrow<R>`.
///
/// [`Own::borrow`] makes one. As a parameter of a host function it is only valid during the call;
/// using it later is `Misuse`.
pub struct Borrow<'a, T> {
    resource: Resource,
    owner: PhantomData<&'a ()>,
    of: PhantomData<fn() -> T>,
}

impl<T: ResourceName> Own<T> {
    /// Makes a typed handle of an owned resource.
    ///
    /// # Errors
    /// `Misuse` for a resource of another type.
    pub fn new(resource: Resource) -> Result<Self> {
        check::<T>(&resource)?;
        Ok(Self {
            resource,
            of: PhantomData,
        })
    }

    /// Makes a handle of a resource that the host defines, with the host's own number for it.
    #[must_use]
    pub fn host(rep: u32) -> Self {
        Self {
            resource: Resource::host(ResourceType::new(T::NAME), rep),
            of: PhantomData,
        }
    }

    /// Lends the resource, for as long as it is not given away.
    #[must_use]
    pub fn borrow(&self) -> Borrow<'_, T> {
        Borrow {
            resource: self.resource.clone(),
            owner: PhantomData,
            of: PhantomData,
        }
    }

    /// Returns the resource as a value has it.
    #[must_use]
    pub fn resource(&self) -> &Resource {
        &self.resource
    }

    /// Returns the host's number for the resource.
    ///
    /// # Errors
    /// `Misuse` if the guest defines the type.
    pub fn rep(&self) -> Result<u32> {
        self.resource.rep()
    }
}

impl<T: ResourceName> Borrow<'_, T> {
    /// Returns the resource as a value has it.
    #[must_use]
    pub fn resource(&self) -> &Resource {
        &self.resource
    }

    /// Returns the host's number for the resource.
    ///
    /// # Errors
    /// `Misuse` if the guest defines the type.
    pub fn rep(&self) -> Result<u32> {
        self.resource.rep()
    }
}

impl<T: ResourceName> Typed for Own<T> {
    fn ty() -> Type {
        Type::Own(ResourceType::new(T::NAME))
    }

    fn is(ty: &Type) -> bool {
        matches!(ty, Type::Own(found) if is::<T>(found))
    }

    fn lower(&self, to: &mut dyn Lower) -> Result<()> {
        to.resource(&self.resource)
    }
}

impl<T: ResourceName> Liftable for Own<T> {
    fn lift(from: &mut dyn Lift) -> Result<Self> {
        Self::new(from.resource()?)
    }
}

impl<T: ResourceName> Typed for Borrow<'_, T> {
    fn ty() -> Type {
        Type::Borrow(ResourceType::new(T::NAME))
    }

    fn is(ty: &Type) -> bool {
        matches!(ty, Type::Borrow(found) if is::<T>(found))
    }

    fn lower(&self, to: &mut dyn Lower) -> Result<()> {
        to.resource(&self.resource)
    }
}

impl<T: ResourceName> Liftable for Borrow<'_, T> {
    fn lift(from: &mut dyn Lift) -> Result<Self> {
        let resource = from.resource()?;
        check::<T>(&resource)?;
        Ok(Self {
            resource,
            owner: PhantomData,
            of: PhantomData,
        })
    }
}

impl<T> fmt::Debug for Own<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Own").field(&self.resource).finish()
    }
}

impl<T> fmt::Debug for Borrow<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Borrow").field(&self.resource).finish()
    }
}

/// Returns whether a resource type is the one that `T` names, in a compatible version.
fn is<T: ResourceName>(ty: &ResourceType) -> bool {
    ty.name() == T::NAME || ResourceType::new(T::NAME).provides(ty)
}

fn check<T: ResourceName>(resource: &Resource) -> Result<()> {
    if is::<T>(resource.ty()) {
        return Ok(());
    }
    Err(Error::misuse(format!(
        "expected a resource of type {}, found one of type {}",
        T::NAME,
        resource.ty().name()
    )))
}
