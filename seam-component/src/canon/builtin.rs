//! Built-ins of the asynchronous part of the specification: accepted at instantiation, and `Unsupported` when called.

use std::sync::Arc;

use seam_core::core::{CoreFunc, CoreFuncType, CoreStore, HostFn};
use seam_core::{Capability, Error, Result};
use wasmparser::CanonicalFunction;

use crate::component::state::Running;

/// The core function of an asynchronous built-in, of the type that the module importing it expects.
///
/// # Errors
/// As [`CoreStore::host_func`].
pub(crate) fn unsupported(
    store: &mut dyn CoreStore,
    builtin: &CanonicalFunction,
    ty: CoreFuncType,
    instance: u32,
) -> Result<CoreFunc> {
    let name = name(builtin);
    let checks_may_leave = !matches!(
        builtin,
        CanonicalFunction::ContextGet { .. }
            | CanonicalFunction::ContextSet { .. }
            | CanonicalFunction::BackpressureInc
            | CanonicalFunction::BackpressureDec
    );
    let func: HostFn = Arc::new(move |caller, _, _| {
        if checks_may_leave {
            Running::of(caller.as_store())?.check_may_leave(instance)?;
        }
        Err(Error::unsupported(
            Capability::ComponentAsync,
            format!("expected no asynchronous built-in to be called, found a call of `{name}`"),
        ))
    });
    store.host_func(ty, func)
}

/// The definition's name in kebab-case, e.g. `task-return`.
fn name(builtin: &CanonicalFunction) -> String {
    let debug = format!("{builtin:?}");
    let variant = debug.split([' ', '(', '{']).next().unwrap_or_default();
    let mut name = String::new();
    for c in variant.chars() {
        if c.is_uppercase() && !name.is_empty() {
            name.push('-');
        }
        name.extend(c.to_lowercase());
    }
    name
}
