//! Built-ins of the asynchronous part of the specification.
//!
//! The built-ins that synchronous calls can use work too: `context.get`, `context.set`,
//! `backpressure.inc` and `backpressure.dec`. The others are accepted at instantiation and return
//! `Unsupported` when they are called.

use std::sync::Arc;

use seam_core::{
    CanonTrap, Capability, CoreFunc, CoreFuncType, CoreStore, CoreValue, Error, HostFn, Result,
};
use seam_decode::Builtin;

use crate::state::Running;

/// Creates the core function of an asynchronous built-in.
///
/// # Errors
/// Those of [`CoreStore::host_func`].
pub(crate) fn core_func(
    store: &mut dyn CoreStore,
    builtin: &Builtin,
    ty: CoreFuncType,
    instance: u32,
) -> Result<CoreFunc> {
    let func: HostFn = match *builtin {
        Builtin::ContextGet(slot) => context_get(slot),
        Builtin::ContextSet(slot) => context_set(slot),
        Builtin::BackpressureInc => backpressure(instance, |count| count.checked_add(1)),
        Builtin::BackpressureDec => backpressure(instance, |count| count.checked_sub(1)),
        Builtin::Other(ref name) => unsupported(name.clone(), instance),
    };
    store.host_func(ty, func)
}

fn context_get(slot: u32) -> HostFn {
    Arc::new(move |caller, _, results| {
        let value = *Running::of(caller.as_store())?.context(slot)?;
        match results {
            // The value of a slot that a 32-bit built-in reads was written by a 32-bit built-in.
            [result @ CoreValue::I32(_)] => *result = CoreValue::from(value as u32),
            [result] => *result = CoreValue::I64(i64::from_ne_bytes(value.to_ne_bytes())),
            _ => return Err(mistyped(results.len())),
        }
        Ok(())
    })
}

fn context_set(slot: u32) -> HostFn {
    Arc::new(move |caller, args, _| {
        let value = match *args {
            [CoreValue::I32(value)] => u64::from(u32::from_ne_bytes(value.to_ne_bytes())),
            [CoreValue::I64(value)] => u64::from_ne_bytes(value.to_ne_bytes()),
            _ => return Err(mistyped(args.len())),
        };
        *Running::of(caller.as_store())?.context(slot)? = value;
        Ok(())
    })
}

/// Changes the backpressure counter, which is only kept for its trap.
///
/// It would hold back asynchronous calls, which do not exist here.
fn backpressure(instance: u32, step: fn(u16) -> Option<u16>) -> HostFn {
    Arc::new(move |caller, _, _| {
        let instance = Running::of(caller.as_store())?.instance(instance)?;
        let count = step(instance.backpressure);
        instance.backpressure =
            count.ok_or_else(|| Error::trap(CanonTrap::BackpressureOverflow))?;
        Ok(())
    })
}

fn unsupported(name: String, instance: u32) -> HostFn {
    Arc::new(move |caller, _, _| {
        Running::of(caller.as_store())?.check_may_leave(instance)?;
        Err(Error::unsupported(
            Capability::ComponentAsync,
            format!("expected no asynchronous built-in to be called, found a call of `{name}`"),
        ))
    })
}

fn mistyped(found: usize) -> Error {
    Error::engine(format!(
        "expected one i32 or i64, found {found} values or another type"
    ))
}
