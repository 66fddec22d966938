//! Host functions that the guest imports.
//!
//! See [`native`](super::native) for why the `unsafe` code is sound.
#![allow(
    unsafe_code,
    reason = "wasmtime's traits for typed functions are unsafe to implement"
)]

use std::any::Any;
use std::cell::Cell;
use std::future::Future;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::Arc;

use seam_core::{FuncType, Type, TypedHostCall, Value};
use wasmtime::component::__internal::wasmtime_environ::component::{
    MAX_FLAT_PARAMS, MAX_FLAT_RESULTS,
};
use wasmtime::component::__internal::{
    CanonicalAbiInfo, InstanceType, InterfaceType, LiftContext, LowerContext,
};
use wasmtime::component::{
    ComponentNamedList, ComponentType, Lift, LinkerInstance, Lower, ResourceAny,
};
use wasmtime::{Result, StoreContextMut, ValRaw, bail, ensure};

use super::due::Place;
use super::flat::flat_count;
use super::load::{self, lift_tuple};
use super::native::{initialized, slots, tuple, unexpected};
use super::part::Parts;
use super::scalar::{self, Bits};
use super::store::Writer;
use super::value;
use crate::component::state::State;

/// Checks that a type flattens to `N` core values, unless it has more than `max` and is in memory.
fn check_count<const N: usize>(
    ty: &InterfaceType,
    types: &InstanceType<'_>,
    max: usize,
) -> Result<()> {
    match types.types.canonical_abi(ty).flat_count(max) {
        Some(count) if count != N => Err(unexpected()),
        _ => Ok(()),
    }
}

/// The arguments of a host function, lifted from `N` core values or from memory.
struct Args<const N: usize>(Parts);

// SAFETY: see 1 in the documentation of `native`.
unsafe impl<const N: usize> ComponentType for Args<N> {
    type Lower = [ValRaw; N];

    /// The size is not used: `linear_lift_from_memory` takes it from the type.
    const ABI: CanonicalAbiInfo = CanonicalAbiInfo::ZERO;

    fn typecheck(ty: &InterfaceType, types: &InstanceType<'_>) -> Result<()> {
        check_count::<N>(ty, types, MAX_FLAT_PARAMS)
    }
}

// SAFETY: the methods expect the tuple of the function's parameters.
unsafe impl<const N: usize> ComponentNamedList for Args<N> {}

// SAFETY: see 2 and 3 in the documentation of `native`.
unsafe impl<const N: usize> Lift for Args<N> {
    fn linear_lift_from_flat(
        cx: &mut LiftContext<'_>,
        ty: InterfaceType,
        src: &Self::Lower,
    ) -> Result<Self> {
        let tuple = tuple(cx.types, ty)?;
        lift_tuple(cx, tuple, load::Place::Flat(src)).map(Self)
    }

    /// The slice is empty, since `ABI` says so. It starts where the arguments are, which wasmtime has
    /// checked to be within memory with the size of their type.
    fn linear_lift_from_memory(
        cx: &mut LiftContext<'_>,
        ty: InterfaceType,
        bytes: &[u8],
    ) -> Result<Self> {
        let at = bytes
            .as_ptr()
            .addr()
            .checked_sub(cx.memory().as_ptr().addr());
        let bytes = at.and_then(|at| cx.memory().get(at..));
        let tuple = tuple(cx.types, ty)?;
        let bytes = bytes.and_then(|bytes| bytes.get(..tuple.abi.size32 as usize));
        let place = load::Place::Memory(bytes.ok_or_else(unexpected)?);
        lift_tuple(cx, tuple, place).map(Self)
    }
}

/// The arguments of a host function over scalars, as the bits of `N` core values.
struct ScalarArgs<const N: usize>([u64; N]);

/// Checks that a tuple consists of `N` scalars.
fn check_scalars<const N: usize>(ty: &InterfaceType, types: &InstanceType<'_>) -> Result<()> {
    let types = &tuple(types.types, *ty)?.types;
    let fit = types.len() == N && types.iter().all(scalar::is_scalar);
    ensure!(fit, "{}", unexpected());
    Ok(())
}

// SAFETY: see 1 in the documentation of `native`.
unsafe impl<const N: usize> ComponentType for ScalarArgs<N> {
    type Lower = [ValRaw; N];

    const ABI: CanonicalAbiInfo = CanonicalAbiInfo::ZERO;

    fn typecheck(ty: &InterfaceType, types: &InstanceType<'_>) -> Result<()> {
        check_scalars::<N>(ty, types)
    }
}

// SAFETY: the methods expect the tuple of the function's parameters.
unsafe impl<const N: usize> ComponentNamedList for ScalarArgs<N> {}

// SAFETY: see 2 and 3 in the documentation of `native`. `typecheck` has checked that each of the `N`
// types is one core value.
unsafe impl<const N: usize> Lift for ScalarArgs<N> {
    #[inline]
    fn linear_lift_from_flat(
        cx: &mut LiftContext<'_>,
        ty: InterfaceType,
        src: &Self::Lower,
    ) -> Result<Self> {
        let types = tuple(cx.types, ty)?.types.iter();
        let mut args = [0; N];
        for ((bits, ty), slot) in args.iter_mut().zip(types).zip(src) {
            *bits = Bits::lift(cx, *ty, slot)?.get();
        }
        Ok(Self(args))
    }

    fn linear_lift_from_memory(
        _: &mut LiftContext<'_>,
        _: InterfaceType,
        _: &[u8],
    ) -> Result<Self> {
        bail!("expected scalars to be passed as core values")
    }
}

/// The result of a host function over scalars, as the bits of `N` core values, of which there is one at
/// most.
struct ScalarReturn<const N: usize>([u64; N]);

// SAFETY: see 1 in the documentation of `native`.
unsafe impl<const N: usize> ComponentType for ScalarReturn<N> {
    type Lower = [ValRaw; N];

    const ABI: CanonicalAbiInfo = CanonicalAbiInfo::ZERO;

    fn typecheck(ty: &InterfaceType, types: &InstanceType<'_>) -> Result<()> {
        check_scalars::<N>(ty, types)
    }
}

// SAFETY: the methods expect the tuple of the function's results.
unsafe impl<const N: usize> ComponentNamedList for ScalarReturn<N> {}

// SAFETY: see 2 and 3 in the documentation of `native`. Every core value is initialized, or the call
// fails.
unsafe impl<const N: usize> Lower for ScalarReturn<N> {
    #[inline]
    fn linear_lower_to_flat<T>(
        &self,
        _: &mut LowerContext<'_, T>,
        _: InterfaceType,
        dst: &mut MaybeUninit<Self::Lower>,
    ) -> Result<()> {
        for (slot, bits) in slots(dst).iter_mut().zip(self.0) {
            slot.write(ValRaw::u64(bits));
        }
        Ok(())
    }

    fn linear_lower_to_memory<T>(
        &self,
        _: &mut LowerContext<'_, T>,
        _: InterfaceType,
        _: usize,
    ) -> Result<()> {
        bail!("expected a scalar to be returned as a core value")
    }
}

/// What a host function returned.
pub(crate) enum Returned {
    /// No result.
    Nothing,
    /// A value of the function's type. It is boxed, since this type is moved several times.
    Value(Box<ReturnedValue>),
    /// A call over Rust types, whose result lowers itself.
    Typed(TypedHostCall),
}

/// A value that a host function returned.
pub(crate) struct ReturnedValue {
    pub(crate) value: Value,
    pub(crate) func: Arc<FuncType>,
    /// The handles in the value, in their order.
    pub(crate) resources: Vec<ResourceAny>,
}

/// The result of a host function, lowered to `N` core values or to memory.
struct Return<const N: usize>(Cell<Option<Returned>>);

// SAFETY: a `Return` is only made by the closures in `define_as` and `define_async_as`. wasmtime moves it
// from there to `lower_result`, which borrows it once, to lower it, on the thread that runs the guest.
// So there is never a reference to it on another thread.
unsafe impl<const N: usize> Sync for Return<N> {}

impl<const N: usize> Return<N> {
    fn new(returned: Returned) -> Self {
        Self(Cell::new(Some(returned)))
    }

    fn lower<T>(
        &self,
        cx: &mut LowerContext<'_, T>,
        ty: InterfaceType,
        place: Place,
        flat: &mut [MaybeUninit<ValRaw>],
    ) -> Result<()> {
        let tuple = tuple(cx.types, ty)?;
        match self.0.take().unwrap_or(Returned::Nothing) {
            Returned::Nothing => {
                let mut writer = Writer::new(cx, tuple, place, flat, &[]);
                writer.write(|_| Ok(()), |error| error)
            }
            Returned::Value(returned) => {
                let ReturnedValue {
                    value,
                    func,
                    resources,
                } = *returned;
                let mut writer = Writer::new(cx, tuple, place, flat, &resources);
                let lower = |to: &mut Writer<'_, '_, T>| match &func.result {
                    Some(ty) => value::lower(ty, &value, to),
                    None => Ok(()),
                };
                writer.write(lower, |error| error)
            }
            Returned::Typed(call) => {
                let mut writer = Writer::new(cx, tuple, place, flat, &[]);
                writer.write(|to| call.lower_result(to), |error| call.lower_error(error))?;
                if let Some(state) = (cx.store.data_mut() as &mut dyn Any).downcast_mut::<State>() {
                    state.world.end_typed(call);
                }
                Ok(())
            }
        }
    }
}

// SAFETY: see 1 in the documentation of `native`.
unsafe impl<const N: usize> ComponentType for Return<N> {
    type Lower = [ValRaw; N];

    const ABI: CanonicalAbiInfo = CanonicalAbiInfo::ZERO;

    fn typecheck(ty: &InterfaceType, types: &InstanceType<'_>) -> Result<()> {
        check_count::<N>(ty, types, MAX_FLAT_RESULTS)
    }
}

// SAFETY: the methods expect the tuple of the function's results.
unsafe impl<const N: usize> ComponentNamedList for Return<N> {}

// SAFETY: see 2 and 3 in the documentation of `native`. wasmtime has checked that the address is aligned
// and within memory for the type.
unsafe impl<const N: usize> Lower for Return<N> {
    fn linear_lower_to_flat<T>(
        &self,
        cx: &mut LowerContext<'_, T>,
        ty: InterfaceType,
        dst: &mut MaybeUninit<Self::Lower>,
    ) -> Result<()> {
        let flat = initialized(slots(dst), N)?;
        self.lower(cx, ty, Place::Flat(0), flat)
    }

    fn linear_lower_to_memory<T>(
        &self,
        cx: &mut LowerContext<'_, T>,
        ty: InterfaceType,
        offset: usize,
    ) -> Result<()> {
        self.lower(cx, ty, Place::Memory(offset), &mut [])
    }
}

/// The most parameters of a host function [over scalars](is_over_scalars).
const MAX_SCALARS: usize = 4;

fn define_scalars_as<const N: usize, const M: usize>(
    instance: &mut LinkerInstance<'_, State>,
    name: &str,
    call: impl Fn(StoreContextMut<'_, State>, &mut [u64]) -> Result<()> + Send + Sync + 'static,
) -> Result<()> {
    instance.func_wrap(
        name,
        move |store: StoreContextMut<'_, State>, ScalarArgs::<N>(args)| {
            let mut bits = [0; MAX_SCALARS];
            for (bits, arg) in bits.iter_mut().zip(args) {
                *bits = arg;
            }
            call(store, &mut bits)?;
            let result = bits.first_chunk().ok_or_else(unexpected)?;
            Ok(ScalarReturn::<M>(*result))
        },
    )
}

/// What an asynchronous host function will return.
type Returning<'a> = Pin<Box<dyn Future<Output = Result<Returned>> + Send + 'a>>;

fn define_as<const N: usize, const M: usize>(
    instance: &mut LinkerInstance<'_, State>,
    name: &str,
    call: impl Fn(StoreContextMut<'_, State>, Parts) -> Result<Returned> + Send + Sync + 'static,
) -> Result<()> {
    instance.func_wrap(
        name,
        move |store: StoreContextMut<'_, State>, Args::<N>(args)| {
            Ok(Return::<M>::new(call(store, args)?))
        },
    )
}

fn define_async_as<const N: usize, const M: usize>(
    instance: &mut LinkerInstance<'_, State>,
    name: &str,
    call: impl for<'a> Fn(StoreContextMut<'a, State>, Parts) -> Returning<'a> + Send + Sync + 'static,
) -> Result<()> {
    instance.func_wrap_async(
        name,
        move |store: StoreContextMut<'_, State>, Args::<N>(args)| {
            let returning = call(store, args);
            Box::new(async move { Ok(Return::<M>::new(returning.await?)) })
        },
    )
}

macro_rules! by_count {
    ($define:ident, $instance:expr, $name:expr, $ty:expr, $call:expr; $($count:literal)*) => {{
        let params = $ty.params.iter().map(|(_, ty)| ty);
        let params = flat_count(params, MAX_FLAT_PARAMS).unwrap_or(0);
        let results = flat_count(&$ty.result, MAX_FLAT_RESULTS).unwrap_or(0);
        match (params, results) {
            $(
                ($count, 0) => $define::<$count, 0>($instance, $name, $call),
                ($count, _) => $define::<$count, 1>($instance, $name, $call),
            )*
            _ => Err(unexpected()),
        }
    }};
}

/// Whether [`define_scalars`] can define a function of this type: each number of parameters is compiled
/// on its own, so there are few.
pub(crate) fn is_over_scalars(ty: &FuncType) -> bool {
    ty.params.len() <= MAX_SCALARS
        && ty.params.iter().all(|(_, ty)| ty.is_scalar())
        && ty.result.iter().all(Type::is_scalar)
}

/// Defines a synchronous host function [over scalars](is_over_scalars). `call` gets the bits of the
/// arguments and replaces the first by those of the result.
///
/// # Errors
/// The engine's reason for refusing it.
pub(crate) fn define_scalars(
    instance: &mut LinkerInstance<'_, State>,
    name: &str,
    ty: &FuncType,
    call: impl Fn(StoreContextMut<'_, State>, &mut [u64]) -> Result<()> + Send + Sync + 'static,
) -> Result<()> {
    by_count!(define_scalars_as, instance, name, ty, call; 0 1 2 3 4)
}

/// Defines a synchronous host function of a type.
///
/// # Errors
/// The engine's reason for refusing it.
pub(crate) fn define(
    instance: &mut LinkerInstance<'_, State>,
    name: &str,
    ty: &FuncType,
    call: impl Fn(StoreContextMut<'_, State>, Parts) -> Result<Returned> + Send + Sync + 'static,
) -> Result<()> {
    by_count!(define_as, instance, name, ty, call; 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16)
}

/// Defines a host function of a type, which can suspend the guest.
///
/// # Errors
/// The engine's reason for refusing it.
pub(crate) fn define_async(
    instance: &mut LinkerInstance<'_, State>,
    name: &str,
    ty: &FuncType,
    call: impl for<'a> Fn(StoreContextMut<'a, State>, Parts) -> Returning<'a> + Send + Sync + 'static,
) -> Result<()> {
    by_count!(define_async_as, instance, name, ty, call; 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16)
}
