//! Built-ins of asynchronous components with a fault.
//!
//! The component layer makes them host functions of the store. The store knows them by the names of
//! the imports that they satisfy: in the cases of the kit, those are the names of the specification.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use seam_core::{CanonTrap, CoreExtern, CoreFunc, CoreModule, CoreValue, Error, Result};

use crate::fault::Fault;

/// The name of a host function, as soon as it is imported.
pub(crate) type Name = Arc<OnceLock<String>>;

/// The host functions of a store, by their handles.
#[derive(Default)]
pub(crate) struct Names(HashMap<CoreFunc, Name>);

/// What a faulty store remembers of built-ins.
#[derive(Default)]
pub(crate) struct Called {
    /// How often backpressure was raised more than lowered.
    closed: i32,
    /// Whether a task has returned.
    returned: bool,
}

impl Names {
    pub(crate) fn add(&mut self, func: CoreFunc, name: Name) {
        self.0.insert(func, name);
    }

    /// Names the host functions among the imports of a module.
    pub(crate) fn learn(&self, module: &CoreModule, imports: &[CoreExtern]) -> Result<()> {
        for ((_, name, _), import) in module.ty()?.imports.iter().zip(imports) {
            if let CoreExtern::Func(func) = import {
                if let Some(known) = self.0.get(func) {
                    known.get_or_init(|| name.to_string());
                }
            }
        }
        Ok(())
    }
}

/// Replaces a call of a built-in. Returns `None` if the built-in itself is called.
pub(crate) fn instead(fault: Fault, name: &str, results: &mut [CoreValue]) -> Option<Result<()>> {
    let forgets = match fault {
        Fault::ForgetsJoins => name == "waitable.join",
        Fault::ForgetsBackpressure => name.starts_with("backpressure."),
        Fault::ForgetsCancellations => name.contains(".cancel") && name != "task.cancel",
        Fault::ForgetsDrops => name.contains(".drop"),
        Fault::ForgetsThreads => name == "thread.resume-later",
        _ => false,
    };
    if !forgets {
        return None;
    }
    // BLOCKED, for those that have a result.
    results.fill(CoreValue::I32(-1));
    Some(Ok(()))
}

/// Changes the results of a built-in or lowered function.
pub(crate) fn returned(fault: Fault, name: &str, called: &mut Called, results: &mut [CoreValue]) {
    match name {
        "backpressure.inc" => called.closed += 1,
        "backpressure.dec" => called.closed -= 1,
        "task.return" => called.returned = true,
        _ => {}
    }
    if let [CoreValue::I32(result)] = results {
        let copies = name == "stream.read" || name == "stream.write";
        match fault {
            Fault::MiscountsCopies if copies && *result != -1 => *result += 0x10,
            // Every built-in has a dot in its name.
            Fault::ReportsCallsAsStarting if !name.contains('.') => *result &= !0xf,
            _ => {}
        }
    }
}

/// Replaces a call of a core function by the layer.
pub(crate) fn entered(
    fault: Fault,
    called: &Called,
    args: &[CoreValue],
    results: &mut [CoreValue],
) -> Option<Result<()>> {
    match (fault, args, results) {
        (Fault::HoldsBackEverything, _, _) if called.closed > 0 => {
            Some(Err(Error::trap(CanonTrap::Deadlock)))
        }
        // A callback: it exits.
        (Fault::AbandonsReturnedTasks, [_, _, _], [result]) if called.returned => {
            *result = CoreValue::I32(0);
            Some(Ok(()))
        }
        _ => None,
    }
}
