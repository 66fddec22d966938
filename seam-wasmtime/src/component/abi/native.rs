//! wasmtime's traits for typed functions, for types that are known only while they run.
//!
//! The traits are implemented in [`export`](super::export) and [`import`](super::import). With this
//! file, they have all `unsafe` code for components. wasmtime trusts an implementation in three
//! respects:
//!
//! 1. *`ComponentType::Lower` is a sequence of `ValRaw`.* Here it always is an array of them.
//! 2. *The sequence has as many `ValRaw` as the guest's function reads and writes, and those that the
//!    guest reads are initialized.* Arguments always have room for 16, the most that are passed flat,
//!    and those that are used are initialized first, or one by one in
//!    [`flat_store`](super::flat_store), which fails unless all have been. A result has one or none,
//!    and the guest writes to the room of the arguments, which it shares. For host functions, wasmtime
//!    passes a slice with the number of the component's own type, and checks that `Lower` is not
//!    longer; `typecheck` here demands that it is not shorter.
//! 3. *`ABI` and `typecheck` state the layout and the type, and what is in memory is read and written
//!    accordingly.* Here the layout is read from the component's own types at each call, which wasmtime
//!    passes with it. Memory is only accessed through bounds-checked slices and through wasmtime's own
//!    implementations, which also use checked slices. So a wrong layout would end in an error or a
//!    panic, and never outside the memory.
//!
//! Therefore none of this depends on the types that `seam-decode` read. If these differed, parts would be
//! missing or of another kind, which is an error.
#![allow(
    unsafe_code,
    reason = "wasmtime's traits for typed functions are unsafe to implement"
)]

use std::mem::MaybeUninit;

use wasmtime::component::__internal::wasmtime_environ::component::TypeTuple;
use wasmtime::component::__internal::{ComponentTypes, InterfaceType};
use wasmtime::{Result, ValRaw, format_err};

/// Returns the tuple of a function's parameters or results.
#[inline]
pub(super) fn tuple(types: &ComponentTypes, ty: InterfaceType) -> Result<&TypeTuple> {
    match ty {
        InterfaceType::Tuple(index) => Ok(&types[index]),
        _ => Err(unexpected()),
    }
}

/// Returns two consecutive core values as the pair that wasmtime's strings and lists lower to.
pub(super) fn pair(slots: &mut [MaybeUninit<ValRaw>; 2]) -> &mut MaybeUninit<[ValRaw; 2]> {
    // SAFETY: `MaybeUninit<[V; N]>` and `[MaybeUninit<V>; N]` have the same layout, and both allow
    // uninitialized contents.
    unsafe { &mut *std::ptr::from_mut(slots).cast() }
}

/// Returns room for core values as the single values.
pub(super) fn slots<const N: usize>(
    room: &mut MaybeUninit<[ValRaw; N]>,
) -> &mut [MaybeUninit<ValRaw>; N] {
    // SAFETY: as in `pair`.
    unsafe { &mut *std::ptr::from_mut(room).cast() }
}

/// Initializes the first `count` core values, and returns them.
pub(super) fn initialized(
    slots: &mut [MaybeUninit<ValRaw>],
    count: usize,
) -> Result<&mut [MaybeUninit<ValRaw>]> {
    let used = slots.get_mut(..count).ok_or_else(unexpected)?;
    for slot in &mut *used {
        slot.write(ValRaw::i64(0));
    }
    Ok(used)
}

#[cold]
pub(super) fn unexpected() -> wasmtime::Error {
    format_err!("expected core values of the function's type, found others")
}
