//! Calls of exported functions.
//!
//! See [`native`](super::native) for why the `unsafe` code is sound.
#![allow(
    unsafe_code,
    reason = "wasmtime's traits for typed functions are unsafe to implement"
)]

use std::cell::Cell;
use std::mem::MaybeUninit;

use seam_core::typed::{Lower as PartsLower, LowerArgs, lower_kept};
use seam_core::{Error, FuncType, List, Value};
use wasmtime::component::__internal::wasmtime_environ::component::{
    MAX_FLAT_PARAMS, MAX_FLAT_RESULTS, TypeTuple,
};
use wasmtime::component::__internal::{
    CanonicalAbiInfo, InstanceType, InterfaceType, LiftContext, LowerContext,
};
use wasmtime::component::{
    ComponentNamedList, ComponentType, Func, Lift, Lower, ResourceAny, TypedFunc,
};
use wasmtime::{AsContextMut, Result, ValRaw, bail, ensure, format_err};

use super::due::Place;
use super::flat_store::FlatWriter;
use super::load;
use super::native::{initialized, slots, tuple, unexpected};
use super::part::Parts;
use super::scalar::{Bits, Scalars};
use super::store::Writer;
use super::value;

/// The arguments of a call of an exported function.
pub(crate) enum Given<'a> {
    /// The arguments of a function over scalars.
    Scalars(&'a Scalars),
    /// Arguments whose types have been checked, with the handles in them in their order.
    Values(&'a FuncType, &'a [Value], &'a [ResourceAny]),
    /// Rust values, which lower themselves. Only [`call_typed`] makes this.
    Typed(Here<'a>),
}

/// Rust values that must stay on their thread.
pub(crate) struct Here<'a>(Cell<Option<&'a mut dyn LowerArgs>>);

impl Here<'_> {
    /// Passes the values on, once.
    #[inline]
    fn lower(&self, to: &mut dyn PartsLower) -> seam_core::Result<()> {
        match self.0.take() {
            Some(args) => args.lower(to),
            None => Err(Error::engine("expected to lower the arguments once")),
        }
    }
}

// SAFETY: only `call_typed` makes one. It passes a reference to it to `TypedFunc::call`, which lowers
// the arguments on the calling thread: neither a fiber nor a thread is created on the way. So the
// arguments are never reached from another thread. `call_typed` does not give it to anybody else.
unsafe impl Send for Here<'_> {}

// SAFETY: as for `Send`.
unsafe impl Sync for Here<'_> {}

/// The arguments of a call, as wasmtime takes them.
struct Params<'p, 'a> {
    given: &'p Given<'a>,
    /// See [`is_flat`](super::is_flat).
    are_flat: bool,
}

// SAFETY: see 1 in the documentation of `native`.
unsafe impl ComponentType for Params<'_, '_> {
    type Lower = [ValRaw; MAX_FLAT_PARAMS];

    const ABI: CanonicalAbiInfo = CanonicalAbiInfo::ZERO;

    /// Is not called, since `call` reads the type while it lowers.
    fn typecheck(_: &InterfaceType, _: &InstanceType<'_>) -> Result<()> {
        bail!("expected no check of the arguments' type")
    }
}

// SAFETY: `linear_lower_to_flat` expects the tuple of the function's parameters.
unsafe impl ComponentNamedList for Params<'_, '_> {}

// SAFETY: see 2 and 3 in the documentation of `native`. `ty` is the tuple of the function's parameters.
// If it does not fit flat, the guest's function has one parameter, the address.
unsafe impl Lower for Params<'_, '_> {
    #[inline]
    fn linear_lower_to_flat<T>(
        &self,
        cx: &mut LowerContext<'_, T>,
        ty: InterfaceType,
        dst: &mut MaybeUninit<Self::Lower>,
    ) -> Result<()> {
        let tuple = tuple(cx.types, ty)?;
        match self.given {
            Given::Scalars(scalars) => scalars.lower(tuple, slots(dst)),
            given if self.are_flat => FlatWriter::write(cx, tuple, slots(dst), |to| given.pass(to)),
            given => given.lower(cx, tuple, slots(dst)),
        }
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

impl Given<'_> {
    /// Lowers arguments of any types.
    fn lower<'c, T>(
        &self,
        cx: &mut LowerContext<'c, T>,
        tuple: &'c TypeTuple,
        slots: &mut [MaybeUninit<ValRaw>; MAX_FLAT_PARAMS],
    ) -> Result<()> {
        let abi = &tuple.abi;
        let (place, flat) = match abi.flat_count(MAX_FLAT_PARAMS) {
            Some(count) => (Place::Flat(0), initialized(slots, count)?),
            None => {
                let ptr = cx.realloc(0, 0, abi.align32, usize::try_from(abi.size32)?)?;
                let [first, ..] = slots;
                first.write(ValRaw::i64(i64::try_from(ptr)?));
                (Place::Memory(ptr), &mut [][..])
            }
        };
        let resources = match self {
            Given::Values(_, _, resources) => resources,
            _ => &[][..],
        };
        let mut writer = Writer::new(cx, tuple, place, flat, resources);
        // A `FlatWriter` keeps the first error itself.
        let pass = |to: &mut Writer<'_, 'c, T>| match self {
            Given::Typed(args) => lower_kept(to, |to| args.lower(to)),
            given => given.pass(to),
        };
        writer.write(pass, |error| error)
    }

    /// Passes the arguments on as parts.
    #[inline]
    fn pass(&self, to: &mut impl PartsLower) -> seam_core::Result<()> {
        match self {
            Given::Scalars(_) => Ok(()),
            Given::Values(ty, args, _) => value::lower_args(ty, args, to),
            Given::Typed(args) => args.lower(to),
        }
    }
}

/// The result of a call, as wasmtime lifts it: `()` for none, [`Bits`] of a scalar, [`Text`] of a
/// string, [`Flat`] numbers, or [`Parts`] for any other type.
pub(crate) trait Lifted: ComponentNamedList + Lift + 'static {}

impl Lifted for () {}

macro_rules! lifted {
    ($( $ty:ident: $lift:expr, )*) => { $(
        impl Lifted for $ty {}

        // SAFETY: see 1 in the documentation of `native`.
        unsafe impl ComponentType for $ty {
            type Lower = [ValRaw; 1];

            const ABI: CanonicalAbiInfo = CanonicalAbiInfo::ZERO;

            /// Is not called, since `linear_lift_from_flat` reads the type.
            fn typecheck(_: &InterfaceType, _: &InstanceType<'_>) -> Result<()> {
                bail!("expected no check of the result's type")
            }
        }

        // SAFETY: `linear_lift_from_flat` expects the tuple of the function's results.
        unsafe impl ComponentNamedList for $ty {}

        // SAFETY: see 2 and 3 in the documentation of `native`. `ty` is the tuple of the function's
        // results. The core value is not read unless the function has returned one.
        unsafe impl Lift for $ty {
            #[inline]
            fn linear_lift_from_flat(
                cx: &mut LiftContext<'_>,
                ty: InterfaceType,
                src: &Self::Lower,
            ) -> Result<Self> {
                let lift: fn(&mut LiftContext<'_>, &TypeTuple, &[ValRaw; 1]) -> Result<Self> = $lift;
                let tuple = tuple(cx.types, ty)?;
                lift(cx, tuple, src)
            }

            fn linear_lift_from_memory(
                _: &mut LiftContext<'_>,
                _: InterfaceType,
                _: &[u8],
            ) -> Result<Self> {
                bail!("expected a result to be lifted from core values")
            }
        }
    )* };
}

lifted! {
    Bits: |cx, tuple, src| match (&*tuple.types, src) {
        ([ty], [slot]) => Bits::lift(cx, *ty, slot),
        _ => Err(unexpected()),
    },
    Text: |cx, tuple, src| match &*tuple.types {
        [InterfaceType::String] => load::lift_string(cx, result(cx, tuple, src)?).map(Text),
        _ => Err(unexpected()),
    },
    Flat: |cx, tuple, src| match &*tuple.types {
        [ty] => load::lift_numbers(cx, *ty, result(cx, tuple, src)?).map(Flat),
        _ => Err(unexpected()),
    },
    Parts: |cx, tuple, src| load::lift_tuple(cx, tuple, result(cx, tuple, src)?),
}

/// The result of a call that is a string.
pub(crate) struct Text(pub(crate) String);

/// The result of a call that is a list of numbers.
pub(crate) struct Flat(pub(crate) List);

/// Returns where the result of a function is.
#[inline]
fn result<'a>(
    cx: &LiftContext<'a>,
    tuple: &TypeTuple,
    src: &'a [ValRaw; 1],
) -> Result<load::Place<'a>> {
    let abi = &tuple.abi;
    if let Some(count) = abi.flat_count(MAX_FLAT_RESULTS) {
        ensure!(count == src.len(), "{}", unexpected());
        return Ok(load::Place::Flat(src));
    }
    let [ptr] = src;
    let ptr = ptr.get_u32() as usize;
    if !ptr.is_multiple_of(abi.align32 as usize) {
        bail!("return pointer not aligned");
    }
    let bytes = cx.memory().get(ptr..);
    let bytes = bytes.and_then(|bytes| bytes.get(..abi.size32 as usize));
    let outside = || format_err!("pointer out of bounds of memory");
    Ok(load::Place::Memory(bytes.ok_or_else(outside)?))
}

/// Calls an exported function, in a store without asynchronous host functions. `are_flat` says whether its
/// parameters [are flat](super::is_flat).
///
/// # Errors
/// How the call ended.
#[inline]
pub(crate) fn call<R: Lifted>(
    func: Func,
    store: impl AsContextMut,
    given: &Given<'_>,
    are_flat: bool,
) -> Result<R> {
    // SAFETY: both types read the function's type when they are lowered and lifted.
    let typed = unsafe { TypedFunc::<Params<'_, '_>, R>::new_unchecked(func) };
    typed.call(store, Params { given, are_flat })
}

/// Calls an exported function with Rust values, in a store without asynchronous host functions.
///
/// # Errors
/// How the call ended.
#[inline]
pub(crate) fn call_typed<R: Lifted>(
    func: Func,
    store: impl AsContextMut,
    args: &mut dyn LowerArgs,
    are_flat: bool,
) -> Result<R> {
    let given = Given::Typed(Here(Cell::new(Some(args))));
    call(func, store, &given, are_flat)
}

/// Calls an exported function, and suspends while the host does.
///
/// # Errors
/// How the call ended.
pub(crate) async fn call_async<R: Lifted>(
    func: Func,
    store: impl AsContextMut<Data: Send>,
    given: &Given<'_>,
) -> Result<R> {
    // SAFETY: as in `call`.
    let typed = unsafe { TypedFunc::<Params<'_, '_>, R>::new_unchecked(func) };
    let are_flat = false;
    typed.call_async(store, Params { given, are_flat }).await
}
