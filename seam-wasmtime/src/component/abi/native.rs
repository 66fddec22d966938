//! wasmtime's traits for typed functions, for types that are known only while they run.
//!
//! This is the only `unsafe` code of this crate. wasmtime trusts an implementation in three respects:
//!
//! 1. *`ComponentType::Lower` is a sequence of `ValRaw`.* Here it always is an array of them.
//! 2. *The sequence has as many `ValRaw` as the guest's function reads and writes, and those that the
//!    guest reads are initialized.* Arguments always have room for 16, the most that are passed flat,
//!    and those that are used are initialized first. A result has one or none, and the guest writes to
//!    the room of the arguments, which it shares. For host functions, wasmtime passes a slice with the
//!    number of the component's own type, and checks that `Lower` is not longer; `typecheck` here
//!    demands that it is not shorter.
//! 3. *`ABI` and `typecheck` state the layout and the type, and what is in memory is read and written
//!    accordingly.* Here the layout is read from the component's own types at each call, which wasmtime
//!    passes with it. Memory is only accessed through bounds-checked slices and through wasmtime's own
//!    implementations, which also use checked slices. So a wrong layout would end in an error or a
//!    panic, and never outside the memory.
//!
//! So none of this depends on the types that `seam-decode` read. If these differed, parts would be
//! missing or of another kind, which is an error.
#![allow(
    unsafe_code,
    reason = "wasmtime's traits for typed functions are unsafe to implement"
)]

use std::cell::Cell;
use std::mem::MaybeUninit;
use std::sync::{Arc, Mutex, PoisonError};

use seam_core::typed::LowerArgs;
use seam_core::{Error, FuncType, TypedHostCall, Value};
use wasmtime::component::__internal::{
    CanonicalAbiInfo, InstanceType, InterfaceType, LiftContext, LowerContext,
};
use wasmtime::component::{
    ComponentNamedList, ComponentType, Func, Lift, LinkerInstance, Lower, ResourceAny, TypedFunc,
};
use wasmtime::{AsContextMut, Result, StoreContextMut, ValRaw, bail, ensure, format_err};

use super::flat::{MAX_FLAT_PARAMS, flat_count};
use super::load::{self, lift};
use super::part::{Lifting, Parts};
use super::store::{Place, Writer};
use super::value;
use crate::component::host::Import;
use crate::component::state::State;

/// The most results that are returned as core values.
const MAX_FLAT_RESULTS: usize = 1;

/// Returns two consecutive core values as the pair that wasmtime's strings and lists lower to.
pub(super) fn pair(slots: &mut [MaybeUninit<ValRaw>; 2]) -> &mut MaybeUninit<[ValRaw; 2]> {
    // SAFETY: `MaybeUninit<[V; N]>` and `[MaybeUninit<V>; N]` have the same layout, and both allow
    // uninitialized contents.
    unsafe { &mut *std::ptr::from_mut(slots).cast() }
}

/// Returns room for core values as the single values.
fn slots<const N: usize>(room: &mut MaybeUninit<[ValRaw; N]>) -> &mut [MaybeUninit<ValRaw>; N] {
    // SAFETY: as in `pair`.
    unsafe { &mut *std::ptr::from_mut(room).cast() }
}

/// Initializes the first `count` core values, and returns them.
fn initialized(
    slots: &mut [MaybeUninit<ValRaw>],
    count: usize,
) -> Result<&mut [MaybeUninit<ValRaw>]> {
    let used = slots.get_mut(..count).ok_or_else(unexpected)?;
    for slot in &mut *used {
        slot.write(ValRaw::i64(0));
    }
    Ok(used)
}

fn unexpected() -> wasmtime::Error {
    format_err!("expected the number of core values that the function's type has, found another")
}

/// The arguments of a call of an exported function.
pub(crate) struct Params<'a> {
    source: Source<'a>,
    resources: Vec<ResourceAny>,
}

enum Source<'a> {
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

// SAFETY: see 1 in the module's documentation.
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

// SAFETY: see 2 and 3 in the module's documentation. `ty` is the tuple of the function's parameters.
// If it does not fit flat, the guest's function has one parameter, the address.
unsafe impl Lower for Params<'_> {
    fn linear_lower_to_flat<T>(
        &self,
        cx: &mut LowerContext<'_, T>,
        ty: InterfaceType,
        dst: &mut MaybeUninit<Self::Lower>,
    ) -> Result<()> {
        let abi = cx.types.canonical_abi(&ty);
        let slots = slots(dst);
        let (place, flat) = match abi.flat_count(MAX_FLAT_PARAMS) {
            Some(count) => (Place::Flat(0), initialized(slots, count)?),
            None => {
                let ptr = cx.realloc(0, 0, abi.align32, usize::try_from(abi.size32)?)?;
                let [first, ..] = slots;
                first.write(ValRaw::i64(i64::try_from(ptr)?));
                (Place::Memory(ptr), &mut [][..])
            }
        };
        let writer = Writer::new(cx, ty, place, flat, &self.resources);
        writer.write(|to| match &self.source {
            Source::Values(ty, args) => value::lower_args(ty, args, to),
            Source::Typed(Here(args)) => match args.take() {
                Some(args) => args.lower(to),
                None => Err(Error::engine("expected to lower the arguments once")),
            },
        })
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

// SAFETY: see 1 in the module's documentation.
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

// SAFETY: see 2 and 3 in the module's documentation. `ty` is the tuple of the function's results. No
// core value is read unless the function has returned it.
unsafe impl<const N: usize> Lift for Lifted<N> {
    fn linear_lift_from_flat(
        cx: &mut LiftContext<'_>,
        ty: InterfaceType,
        src: &Self::Lower,
    ) -> Result<Self> {
        let abi = cx.types.canonical_abi(&ty);
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
        let mut parts = Lifting::new();
        lift(cx, ty, place, &mut parts)?;
        Ok(Self(Parts::new(parts)))
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
    let params = match args {
        Given::Lowered(params) => params,
        Given::Typed(args) => Params {
            source: Source::Typed(Here(Cell::new(Some(args)))),
            resources: Vec::new(),
        },
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

/// The arguments of a host function, lifted from `N` core values or from memory.
struct Args<const N: usize>(Parts);

// SAFETY: see 1 in the module's documentation.
unsafe impl<const N: usize> ComponentType for Args<N> {
    type Lower = [ValRaw; N];

    /// The size is not used: `linear_lift_from_memory` takes it from the type.
    const ABI: CanonicalAbiInfo = CanonicalAbiInfo::ZERO;

    fn typecheck(ty: &InterfaceType, types: &InstanceType<'_>) -> Result<()> {
        match types.types.canonical_abi(ty).flat_count(MAX_FLAT_PARAMS) {
            Some(count) if count != N => Err(unexpected()),
            _ => Ok(()),
        }
    }
}

// SAFETY: the methods expect the tuple of the function's parameters.
unsafe impl<const N: usize> ComponentNamedList for Args<N> {}

// SAFETY: see 2 and 3 in the module's documentation.
unsafe impl<const N: usize> Lift for Args<N> {
    fn linear_lift_from_flat(
        cx: &mut LiftContext<'_>,
        ty: InterfaceType,
        src: &Self::Lower,
    ) -> Result<Self> {
        let mut parts = Lifting::new();
        lift(cx, ty, load::Place::Flat(src), &mut parts)?;
        Ok(Self(Parts::new(parts)))
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
        let size = cx.types.canonical_abi(&ty).size32 as usize;
        let bytes = bytes.and_then(|bytes| bytes.get(..size));
        let mut parts = Lifting::new();
        lift(
            cx,
            ty,
            load::Place::Memory(bytes.ok_or_else(unexpected)?),
            &mut parts,
        )?;
        Ok(Self(Parts::new(parts)))
    }
}

/// What a host function returned.
pub(crate) enum Returned {
    /// Its result, whose type has been checked, with the handles in it in their order.
    Value(Option<Value>, Vec<ResourceAny>),
    /// A call over Rust types, whose result lowers itself.
    Typed(TypedHostCall),
}

/// The result of a host function, lowered to `N` core values or to memory.
struct Return<const N: usize> {
    ty: Arc<FuncType>,
    // Makes it `Sync`, which wasmtime demands of everything that is lowered.
    returned: Mutex<Returned>,
}

impl<const N: usize> Return<N> {
    fn new(import: &Import, returned: Returned) -> Self {
        Self {
            ty: import.ty.clone(),
            returned: Mutex::new(returned),
        }
    }

    fn lower<T>(
        &self,
        cx: &mut LowerContext<'_, T>,
        ty: InterfaceType,
        place: Place,
        flat: &mut [MaybeUninit<ValRaw>],
    ) -> Result<()> {
        let returned = self.returned.lock();
        let returned = returned.unwrap_or_else(PoisonError::into_inner);
        match &*returned {
            Returned::Value(value, resources) => {
                let writer = Writer::new(cx, ty, place, flat, resources);
                writer.write(|to| match (&self.ty.result, value) {
                    (Some(ty), Some(value)) => value::lower(ty, value, to),
                    _ => Ok(()),
                })
            }
            Returned::Typed(call) => {
                let writer = Writer::new(cx, ty, place, flat, &[]);
                writer.write(|to| call.lower_result(to).map_err(|e| call.lower_error(e)))
            }
        }
    }
}

// SAFETY: see 1 in the module's documentation.
unsafe impl<const N: usize> ComponentType for Return<N> {
    type Lower = [ValRaw; N];

    const ABI: CanonicalAbiInfo = CanonicalAbiInfo::ZERO;

    fn typecheck(ty: &InterfaceType, types: &InstanceType<'_>) -> Result<()> {
        match types.types.canonical_abi(ty).flat_count(MAX_FLAT_RESULTS) {
            Some(count) if count != N => Err(unexpected()),
            _ => Ok(()),
        }
    }
}

// SAFETY: the methods expect the tuple of the function's results.
unsafe impl<const N: usize> ComponentNamedList for Return<N> {}

// SAFETY: see 2 and 3 in the module's documentation. wasmtime has checked that the address is aligned
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

/// Defines a synchronous host function.
fn define_as<const N: usize, const M: usize>(
    instance: &mut LinkerInstance<'_, State>,
    name: &str,
    import: Import,
) -> Result<()> {
    instance.func_wrap(
        name,
        move |store: StoreContextMut<'_, State>, Args::<N>(args)| {
            let returned = import.call(store, args).map_err(wasmtime::Error::new)?;
            Ok(Return::<M>::new(&import, returned))
        },
    )
}

/// Defines a host function that can suspend the guest.
fn define_async_as<const N: usize, const M: usize>(
    instance: &mut LinkerInstance<'_, State>,
    name: &str,
    import: Import,
) -> Result<()> {
    instance.func_wrap_async(
        name,
        move |store: StoreContextMut<'_, State>, Args::<N>(args)| {
            let import = import.clone();
            Box::new(async move {
                let returned = import.call_async(store, args).await;
                Ok(Return::<M>::new(
                    &import,
                    returned.map_err(wasmtime::Error::new)?,
                ))
            })
        },
    )
}

macro_rules! by_count {
    ($define:ident, $instance:expr, $name:expr, $import:expr; $($count:literal)*) => {{
        let ty = &$import.ty;
        let params = ty.params.iter().map(|(_, ty)| ty);
        let params = flat_count(params, MAX_FLAT_PARAMS).unwrap_or(0);
        let results = flat_count(&ty.result, MAX_FLAT_RESULTS).unwrap_or(0);
        match (params, results) {
            $(
                ($count, 0) => $define::<$count, 0>($instance, $name, $import),
                ($count, _) => $define::<$count, 1>($instance, $name, $import),
            )*
            _ => Err(unexpected()),
        }
    }};
}

/// Defines a synchronous host function.
///
/// # Errors
/// The engine's reason for refusing it.
pub(crate) fn define(
    instance: &mut LinkerInstance<'_, State>,
    name: &str,
    import: Import,
) -> Result<()> {
    by_count!(define_as, instance, name, import; 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16)
}

/// Defines a host function that can suspend the guest.
///
/// # Errors
/// The engine's reason for refusing it.
pub(crate) fn define_async(
    instance: &mut LinkerInstance<'_, State>,
    name: &str,
    import: Import,
) -> Result<()> {
    by_count!(define_async_as, instance, name, import; 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16)
}
