//! Elements of streams and futures.
//!
//! See [`native`](super::native) for why the `unsafe` code is sound.
#![allow(
    unsafe_code,
    reason = "wasmtime's traits for typed functions are unsafe to implement"
)]

use std::mem::MaybeUninit;
use std::sync::Arc;

use seam_core::{Type, Value};
use wasmtime::component::__internal::{
    CanonicalAbiInfo, InstanceType, InterfaceType, LiftContext, LowerContext,
};
use wasmtime::component::{ComponentType, Lift, Lower, ResourceAny};
use wasmtime::{Result, ValRaw, bail, ensure};

use super::load;
use super::native::unexpected;
use super::part::Parts;
use super::store::Writer;
use super::value;

/// An element of any type with this size and alignment in memory.
///
/// wasmtime takes both from the Rust type.
pub(crate) struct Element<const SIZE: u32, const ALIGN: u32>(Content);

enum Content {
    Lifted(Parts),
    Given(Box<Given>),
}

/// An element whose type has been checked, with the handles in it in their order.
struct Given {
    ty: Arc<Type>,
    value: Value,
    resources: Vec<ResourceAny>,
}

impl<const SIZE: u32, const ALIGN: u32> Element<SIZE, ALIGN> {
    pub(crate) fn new(ty: Arc<Type>, value: Value, resources: Vec<ResourceAny>) -> Self {
        Self(Content::Given(Box::new(Given {
            ty,
            value,
            resources,
        })))
    }

    /// Returns the parts of an element that was lifted, or the value of one that the host itself has
    /// given.
    pub(crate) fn into_content(self) -> std::result::Result<Parts, Value> {
        match self.0 {
            Content::Lifted(parts) => Ok(parts),
            Content::Given(given) => Err(given.value),
        }
    }
}

// SAFETY: see 1 and 3 in the documentation of `native`. `typecheck` compares the layout with that of the
// component's own type.
unsafe impl<const SIZE: u32, const ALIGN: u32> ComponentType for Element<SIZE, ALIGN> {
    type Lower = [ValRaw; 1];

    const ABI: CanonicalAbiInfo = CanonicalAbiInfo {
        size32: SIZE,
        align32: ALIGN,
        ..CanonicalAbiInfo::ZERO
    };

    fn typecheck(ty: &InterfaceType, types: &InstanceType<'_>) -> Result<()> {
        let abi = types.types.canonical_abi(ty);
        ensure!(
            abi.size32 == SIZE && abi.align32 == ALIGN,
            "expected elements of {SIZE} bytes, found {}",
            abi.size32
        );
        Ok(())
    }
}

// SAFETY: see 2 and 3 in the documentation of `native`. Elements are always in memory.
unsafe impl<const SIZE: u32, const ALIGN: u32> Lift for Element<SIZE, ALIGN> {
    fn linear_lift_from_flat(
        _: &mut LiftContext<'_>,
        _: InterfaceType,
        _: &Self::Lower,
    ) -> Result<Self> {
        bail!("expected an element to be lifted from memory")
    }

    fn linear_lift_from_memory(
        cx: &mut LiftContext<'_>,
        ty: InterfaceType,
        bytes: &[u8],
    ) -> Result<Self> {
        let parts = load::lift_value(cx, ty, load::Place::Memory(bytes))?;
        Ok(Self(Content::Lifted(parts)))
    }
}

// SAFETY: as for `Lift`.
unsafe impl<const SIZE: u32, const ALIGN: u32> Lower for Element<SIZE, ALIGN> {
    fn linear_lower_to_flat<T>(
        &self,
        _: &mut LowerContext<'_, T>,
        _: InterfaceType,
        _: &mut MaybeUninit<Self::Lower>,
    ) -> Result<()> {
        bail!("expected an element to be lowered to memory")
    }

    fn linear_lower_to_memory<T>(
        &self,
        cx: &mut LowerContext<'_, T>,
        ty: InterfaceType,
        offset: usize,
    ) -> Result<()> {
        let Content::Given(given) = &self.0 else {
            return Err(unexpected());
        };
        let mut writer = Writer::of_value(cx, ty, offset, &given.resources);
        writer.write(
            |to| value::lower(&given.ty, &given.value, to),
            |error| error,
        )
    }
}
