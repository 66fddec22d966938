//! Calls over bits and copies between memories, without the engine's checks of each call, and compiled
//! code from the cache.
//!
//! This is the only module of the crate's core half with unsafe code. wasmtime's safe interface
//! checks the type of every argument and allocates, or needs signatures that are known when the host
//! is compiled. The unchecked interface needs neither, and its conditions hold for functions over
//! numbers whose types the engine itself has stated.
#![allow(
    unsafe_code,
    reason = "the engine's interface without checks of each call is unsafe; each use has its proof"
)]

use std::mem::MaybeUninit;
use std::ptr;

use seam_core::{CoreFuncType, CoreType};
use smallvec::{SmallVec, smallvec};
use wasmtime::component::Component;
use wasmtime::{AsContextMut, Caller, Engine, Func, FuncType, Memory, Module, Result, ValRaw};

/// The most numbers of a call that need no allocation. The canonical ABI has at most 17.
const INLINE: usize = 17;

/// A function over numbers of one store.
///
/// It is only made from the type that the engine states for the function.
#[derive(Clone, Copy)]
pub(crate) struct Numeric {
    func: Func,
    /// The number of parameters or of results, whichever is larger.
    len: usize,
}

impl Numeric {
    /// Returns the function, or `None` if it is not over numbers. `ty` must be the engine's type of
    /// `func`. The callers of [`func_handle_of`](crate::convert::func_handle_of) guarantee this: they
    /// have the type of the function itself, of an export over numbers of its module, or of a host
    /// function over numbers that was made with this type.
    pub(crate) fn of(func: Func, ty: &CoreFuncType) -> Option<Self> {
        let len = ty.numeric_len()?;
        Some(Self { func, len })
    }

    /// Returns the length that the slice of a call must have at least.
    pub(crate) fn len(self) -> usize {
        self.len
    }

    /// Calls the function on the stack of the calling thread.
    ///
    /// The store must be the function's, and the call must not be made within an asynchronous call
    /// of the engine, as [`Way`](crate::call::Way) ensures. The engine panics for a function of
    /// another store.
    pub(crate) fn call(self, ctx: impl AsContextMut, bits: &mut [u64]) -> wasmtime::Result<()> {
        let mut room: SmallVec<[ValRaw; INLINE]> = smallvec![ValRaw::u64(0); self.len];
        let values = room.as_mut_slice();
        for (value, bits) in values.iter_mut().zip(&*bits) {
            *value = ValRaw::u64(*bits);
        }
        // SAFETY:
        // - `values` is a valid slice of `len` values, all of them initialised, and `len` is at
        //   least the number of parameters and the number of results of the engine's own type.
        // - All parameters and results are numbers (`Numeric::of`). Every bit pattern is a valid
        //   number, and `ValRaw::u64` sets all bits that a number of any type is read from. So the
        //   arguments have the correct types whatever the caller passed, and there are no
        //   references that would have to be rooted.
        // - `call` states that it is not made within an asynchronous call.
        unsafe { self.func.call_unchecked(ctx, ptr::from_mut(values))? };
        for (value, bits) in values.iter().zip(bits) {
            *bits = value.get_u64();
        }
        Ok(())
    }
}

/// Creates a host function over numbers. `native` must be the engine's form of `ty`.
///
/// `call` gets the arguments and leaves the results at the beginning of the slice. Returns `None` if
/// a parameter or result is not a number.
pub(crate) fn host_func<T: 'static>(
    ctx: impl AsContextMut<Data = T>,
    native: FuncType,
    ty: &CoreFuncType,
    call: impl Fn(&mut Caller<'_, T>, &mut [u64]) -> wasmtime::Result<()> + Send + Sync + 'static,
) -> Option<Func> {
    let len = ty.numeric_len()?;
    let params: Box<[bool]> = ty.params.iter().map(is_wide).collect();
    let results = ty.results.len();
    let body = move |mut caller: Caller<'_, T>, values: &mut [MaybeUninit<ValRaw>]| {
        let mut room: SmallVec<[u64; INLINE]> = smallvec![0; len];
        let bits = room.as_mut_slice();
        for ((bits, value), wide) in bits.iter_mut().zip(&*values).zip(&params) {
            // SAFETY: the engine has initialised the parameters, which come first and of which
            // there are `params.len()`. It has initialised as many bytes as the parameter's type
            // has, and no more are read here.
            let value = unsafe { value.assume_init_ref() };
            *bits = match wide {
                true => value.get_u64(),
                false => value.get_u32().into(),
            };
        }
        call(&mut caller, bits)?;
        for (value, bits) in values.iter_mut().zip(&*bits).take(results) {
            value.write(ValRaw::u64(*bits));
        }
        Ok(())
    };
    // SAFETY: all parameters and results are numbers. `body` reads each parameter in its type, and
    // writes all results in all bytes that a number of any type is read from. The engine passes a
    // slice of `len` values.
    Some(unsafe { Func::new_unchecked(ctx, native, body) })
}

fn is_wide(ty: &CoreType) -> bool {
    matches!(ty, CoreType::I64 | CoreType::F64)
}

/// Copies bytes from one memory of a store to another, or within one. Returns `None` if a range is
/// out of bounds.
///
/// Neither memory may be shared between threads, which the type says.
pub(crate) fn copy(
    ctx: &mut impl AsContextMut,
    (from, from_offset): (Memory, u64),
    (to, to_offset): (Memory, u64),
    len: u64,
) -> Option<()> {
    let range = |memory: Memory, offset: u64| {
        let size = memory.data_size(&*ctx);
        let (offset, len) = (usize::try_from(offset).ok()?, usize::try_from(len).ok()?);
        let end = offset.checked_add(len)?;
        (end <= size).then_some((offset, len))
    };
    let (from_offset, len) = range(from, from_offset)?;
    let (to_offset, _) = range(to, to_offset)?;
    let (from, to) = (from.data_ptr(&*ctx), to.data_ptr(&*ctx));
    // SAFETY:
    // - Both ranges are within their memories, whose sizes were read just now. No code of the guest
    //   or the host runs in between, so the memories neither move nor shrink.
    // - `ctx` is borrowed mutably, so nothing else accesses the memories of the store meanwhile.
    // - `ptr::copy` allows the ranges to overlap, which happens if both memories are the same.
    unsafe { ptr::copy(from.add(from_offset), to.add(to_offset), len) };
    Some(())
}

/// Returns the component of code that [`Component::serialize`] made.
///
/// # Errors
/// The code is of another version or build of the engine.
pub(crate) fn component(engine: &Engine, compiled: &[u8]) -> Result<Component> {
    // SAFETY: only the cache calls this, with the content of a file that it has written. It has checked
    // that the file is that of this artifact and engine, and that each of its bytes is as it was
    // written. Nobody else may write to the folder, which the documentation of `Builder::cache` demands.
    unsafe { Component::deserialize(engine, compiled) }
}

/// Returns the module of code that [`Module::serialize`] made.
///
/// # Errors
/// The code is of another version or build of the engine.
pub(crate) fn module(engine: &Engine, compiled: &[u8]) -> Result<Module> {
    // SAFETY: as in `component`.
    unsafe { Module::deserialize(engine, compiled) }
}
