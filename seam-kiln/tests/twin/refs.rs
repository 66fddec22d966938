//! References in kiln's shape: functions by instance and index, the host's by a number.

use std::collections::HashMap;

use seam_kiln::{KilnError, KilnFuncRef, KilnResult, KilnValue};
use wasmi::{ExternRef, F32, F64, Func, Instance, Nullable, Store, V128, Val};

use super::module::hidden;

/// Instances that failed, so that the twin did not see them, have numbers from here on.
const UNSEEN: u32 = 1 << 20;

/// The targets of references, as the store's data.
#[derive(Default)]
pub(crate) struct Refs {
    places: HashMap<String, (u32, u32)>,
    funcs: HashMap<(u32, u32), Func>,
    externs: HashMap<u32, ExternRef>,
    unseen: u32,
    /// Whether any code calls through a table: wasmi has the same trap for calls and accesses.
    pub(crate) indirect_calls: bool,
}

impl Refs {
    /// Returns the function at a place.
    pub(crate) fn func(&self, instance: u32, index: u32) -> Option<Func> {
        self.funcs.get(&(instance, index)).copied()
    }
}

/// Identifies a function. wasmi's handles cannot be compared, but they print as their number.
fn identity(func: Func) -> String {
    format!("{func:?}")
}

/// Adds all functions of a new instance. A function that another instance defines keeps its place.
pub(crate) fn enter(store: &mut Store<Refs>, instance: &Instance, number: u32, funcs: u32) {
    for index in 0..funcs {
        if let Some(func) = instance.get_func(&*store, &hidden(index)) {
            let refs = store.data_mut();
            refs.places.entry(identity(func)).or_insert((number, index));
            refs.funcs.insert((number, index), func);
        }
    }
}

/// Converts a value to kiln.
pub(crate) fn to_kiln(store: &mut Store<Refs>, value: &Val) -> KilnValue {
    match value {
        Val::I32(value) => KilnValue::I32(*value),
        Val::I64(value) => KilnValue::I64(*value),
        Val::F32(value) => KilnValue::F32(value.to_bits()),
        Val::F64(value) => KilnValue::F64(value.to_bits()),
        Val::V128(value) => KilnValue::V128(value.as_u128().to_le_bytes()),
        Val::FuncRef(Nullable::Null) => KilnValue::FuncRef(None),
        Val::FuncRef(Nullable::Val(func)) => KilnValue::FuncRef(Some(place(store, *func))),
        Val::ExternRef(Nullable::Null) => KilnValue::ExternRef(None),
        Val::ExternRef(Nullable::Val(host)) => {
            KilnValue::ExternRef(host.data(&*store).downcast_ref().copied())
        }
    }
}

fn place(store: &mut Store<Refs>, func: Func) -> KilnFuncRef {
    let refs = store.data_mut();
    let known = refs.places.get(&identity(func)).copied();
    let (instance, index) = known.unwrap_or_else(|| {
        let place = (UNSEEN + refs.unseen, 0);
        refs.unseen += 1;
        refs.places.insert(identity(func), place);
        refs.funcs.insert(place, func);
        place
    });
    KilnFuncRef {
        index,
        instance: Some(instance),
    }
}

/// Converts a value from kiln.
pub(crate) fn to_wasmi(store: &mut Store<Refs>, value: &KilnValue) -> KilnResult<Val> {
    Ok(match value {
        KilnValue::I32(value) => Val::I32(*value),
        KilnValue::I64(value) => Val::I64(*value),
        KilnValue::F32(bits) => Val::F32(F32::from_bits(*bits)),
        KilnValue::F64(bits) => Val::F64(F64::from_bits(*bits)),
        KilnValue::V128(bytes) => Val::V128(V128::from(u128::from_le_bytes(*bytes))),
        KilnValue::FuncRef(None) => Val::FuncRef(Nullable::Null),
        KilnValue::FuncRef(Some(func)) => {
            let found = store.data().func(func.instance.unwrap_or(0), func.index);
            let lost = KilnError::new(KilnError::RUNTIME, 2010, "Function index not found");
            Val::from(found.ok_or(lost)?)
        }
        KilnValue::ExternRef(None) => Val::ExternRef(Nullable::Null),
        KilnValue::ExternRef(Some(number)) => {
            let number = *number;
            if let Some(known) = store.data().externs.get(&number) {
                return Ok(Val::from(*known));
            }
            let made = ExternRef::new(&mut *store, number);
            store.data_mut().externs.insert(number, made);
            Val::from(made)
        }
        other => {
            let _ = other.kind();
            let message = "the twin has no such value";
            return Err(KilnError::new(KilnError::RUNTIME, 8002, message));
        }
    })
}
