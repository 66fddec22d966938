//! Calls of exported functions.
//!
//! See [`native`](super::native) for why the `unsafe` code is sound.
#![allow(
    unsafe_code,
    reason = "wasmtime's traits for typed functions are unsafe to implement"
)]

use std::cell::Cell;
use std::mem::MaybeUninit;

use seam_core::typed::LowerArgs;
use seam_core::{Error, FuncType, Value};
use wasmtime::component::__internal::wasmtime_environ::component::{
    MAX_FLAT_PARAMS, MAX_FLAT_RESULTS,
};
use wasmtime::component::__internal::{
    CanonicalAbiInfo, InstanceType, InterfaceType, LiftContext, LowerContext,
};
use wasmtime::component::{
    ComponentNamedList, ComponentType, Func, Lift, Lower, ResourceAny, TypedFunc,
};
use wasmtime::{AsContextMut, Result, ValRaw, bail, ensure, format_err};

use super::due::Place;
use super::load::{self, lift_tuple};
use super::native::{initialized, slots, unexpected};
use super::part::Parts;
use super::scalar::Scalars;
use super::store::Writer;
use super::value;

/// The arguments of a call of an exported function.
pub(crate) struct Params<'a> {
    source: Source<'a>,
    resources: Vec<ResourceAny>,
}

enum Source<'a> {
    Scalars(&'a Scalars),
    Values(&'a FuncType, &'a [Value]),
    Typed(Here<'a>),
}

/// Rust values that must stay on their thread.
struct Here<'a>(Cell<Option<&'a mut dyn LowerArgs>>);

// SAFETY: only `call` makes one. It passes it by value to `TypedFunc::call`, which lowers the
// arguments on the calling thread: neither a fiber nor a thread is created on the way. So the
// arguments are never reached from another thread. `call_async` cannot be given one.
unsafe impl Send for Here<'_> {}

// SAFETY: as for `Send`.
unsafe impl Sync for Here<'_> {}

impl<'a> Params<'a> {
    /// Arguments whose types have been checked, with the handles in them in their order.
    pub(crate) fn values(ty: &'a FuncType, args: &'a [Value], resources: Vec<ResourceAny>) -> Self {
        Self {
            source: Source::Values(ty, args),
            resources,
        }
    }
}

// SAFETY: see 1 in the documentation of `native`.
unsafe impl ComponentType for Params<'_> {
    type Lower = [ValRaw; MAX_FLAT_PARAMS];

    const ABI: CanonicalAbiInfo = CanonicalAbiInfo::ZERO;

    /// Is not called, since `call` reads the type while it lowers.
    fn typecheck(_: &InterfaceType, _: &InstanceType<'_>) -> Result<()> {
        bail!("expected no check of the arguments' type")
    }
}

// SAFETY: `linear_lower_to_flat` expects the tuple of the function's parameters.
unsafe impl ComponentNamedList for Params<'_> {}

// SAFETY: see 2 and 3 in the documentation of `native`. `ty` is the tuple of the function's parameters.
// If it does not fit flat, the guest's function has one parameter, the address.
unsafe impl Lower for Params<'_> {
    fn linear_lower_to_flat<T>(
        &self,
        cx: &mut LowerContext<'_, T>,
        ty: InterfaceType,
        dst: &mut MaybeUninit<Self::Lower>,
    ) -> Result<()> {
        let InterfaceType::Tuple(index) = ty else {
            return Err(unexpected());
        };
        let tuple = &cx.types[index];
        let (abi, slots) = (&tuple.abi, slots(dst));
        if let Source::Scalars(scalars) = &self.source {
            return scalars.lower(cx, &tuple.types, slots);
        }
        let (place, flat) = match abi.flat_count(MAX_FLAT_PARAMS) {
            Some(count) => (Place::Flat(0), initialized(slots, count)?),
            None => {
                let ptr = cx.realloc(0, 0, abi.align32, usize::try_from(abi.size32)?)?;
                let [first, ..] = slots;
                first.write(ValRaw::i64(i64::try_from(ptr)?));
                (Place::Memory(ptr), &mut [][..])
            }
        };
        let mut writer = Writer::new(cx, ty, place, flat, &self.resources);
        let lower = |to: &mut Writer<'_, '_, T>| match &self.source {
            Source::Scalars(_) => Ok(()),
            Source::Values(ty, args) => value::lower_args(ty, args, to),
            Source::Typed(Here(args)) => match args.take() {
                Some(args) => args.lower(to),
                None => Err(Error::engine("expected to lower the arguments once")),
            },
        };
        writer.write(lower, |error| error)
    }

    fn linear_lower_to_memory<T>(
        &self,
        _: &mut LowerContext<'_, T>,
        _: InterfaceType,
        _: usize,
    ) -> Result<()> {
        bail!("expected arguments to be lowered to core values")
    }
}

/// The result of a call of an exported function, lifted from `N` core values.
struct Lifted<const N: usize>(Parts);

// SAFETY: see 1 in the documentation of `native`.
unsafe impl<const N: usize> ComponentType for Lifted<N> {
    type Lower = [ValRaw; N];

    const ABI: CanonicalAbiInfo = CanonicalAbiInfo::ZERO;

    /// Is not called, since `linear_lift_from_flat` reads the type.
    fn typecheck(_: &InterfaceType, _: &InstanceType<'_>) -> Result<()> {
        bail!("expected no check of the result's type")
    }
}

// SAFETY: `linear_lift_from_flat` expects the tuple of the function's results.
unsafe impl<const N: usize> ComponentNamedList for Lifted<N> {}

// SAFETY: see 2 and 3 in the documentation of `native`. `ty` is the tuple of the function's results. No
// core value is read unless the function has returned it.
unsafe impl<const N: usize> Lift for Lifted<N> {
    fn linear_lift_from_flat(
        cx: &mut LiftContext<'_>,
        ty: InterfaceType,
        src: &Self::Lower,
    ) -> Result<Self> {
        let InterfaceType::Tuple(index) = ty else {
            return Err(unexpected());
        };
        let abi = &cx.types[index].abi;
        let place = match abi.flat_count(MAX_FLAT_RESULTS) {
            Some(count) => {
                ensure!(count == N, "{}", unexpected());
                load::Place::Flat(src)
            }
            None => {
                let ptr = usize::try_from(src.first().ok_or_else(unexpected)?.get_u32())?;
                if ptr % usize::try_from(abi.align32)? != 0 {
                    bail!("return pointer not aligned");
                }
                let bytes = cx.memory().get(ptr..);
                let bytes = bytes.and_then(|bytes| bytes.get(..abi.size32 as usize));
                let outside = || format_err!("pointer out of bounds of memory");
                load::Place::Memory(bytes.ok_or_else(outside)?)
            }
        };
        lift_tuple(cx, ty, place).map(Self)
    }

    fn linear_lift_from_memory(
        _: &mut LiftContext<'_>,
        _: InterfaceType,
        _: &[u8],
    ) -> Result<Self> {
        bail!("expected a result to be lifted from core values")
    }
}

/// The arguments of a call on the calling thread.
pub(crate) enum Given<'a> {
    Scalars(&'a Scalars),
    Lowered(Params<'a>),
    Typed(&'a mut dyn LowerArgs),
}

/// Calls an exported function, in a store without asynchronous host functions.
///
/// # Errors
/// How the call ended.
pub(crate) fn call(
    func: Func,
    store: impl AsContextMut,
    args: Given<'_>,
    has_result: bool,
) -> Result<Parts> {
    let of = |source| Params {
        source,
        resources: Vec::new(),
    };
    let params = match args {
        Given::Scalars(scalars) => of(Source::Scalars(scalars)),
        Given::Lowered(params) => params,
        Given::Typed(args) => of(Source::Typed(Here(Cell::new(Some(args))))),
    };
    if has_result {
        // SAFETY: both types read the function's type when they are lowered and lifted.
        let typed = unsafe { TypedFunc::<Params<'_>, Lifted<1>>::new_unchecked(func) };
        typed.call(store, params).map(|Lifted(parts)| parts)
    } else {
        // SAFETY: as above.
        let typed = unsafe { TypedFunc::<Params<'_>, Lifted<0>>::new_unchecked(func) };
        typed.call(store, params).map(|Lifted(parts)| parts)
    }
}

/// Calls an exported function, and suspends while the host does.
///
/// # Errors
/// How the call ended.
pub(crate) async fn call_async(
    func: Func,
    store: impl AsContextMut<Data: Send>,
    params: Params<'_>,
    has_result: bool,
) -> Result<Parts> {
    if has_result {
        // SAFETY: as in `call`.
        let typed = unsafe { TypedFunc::<Params<'_>, Lifted<1>>::new_unchecked(func) };
        typed
            .call_async(store, params)
            .await
            .map(|Lifted(parts)| parts)
    } else {
        // SAFETY: as in `call`.
        let typed = unsafe { TypedFunc::<Params<'_>, Lifted<0>>::new_unchecked(func) };
        typed
            .call_async(store, params)
            .await
            .map(|Lifted(parts)| parts)
    }
}
