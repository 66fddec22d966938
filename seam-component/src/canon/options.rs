//! Canonical options: from the core items of a plan to a memory and functions.

use seam_core::{Capability, CoreExtern, CoreMemory, CoreStore, Error, Result};
use seam_decode::Options as Planned;

use crate::abi::Options;
use crate::canon::signature;

/// The core items that a canonical definition refers to.
pub(crate) trait Items {
    /// Returns the core item at an index of [`Plan::core_items`](seam_decode::Plan::core_items).
    ///
    /// # Errors
    /// `Engine` if it is missing. `Unsupported` if it cannot be used so.
    fn item(&mut self, item: usize) -> Result<CoreExtern>;

    /// Returns the store that has the items.
    fn store(&mut self) -> &mut dyn CoreStore;
}

/// Looks up the core items of canonical options.
///
/// # Errors
/// Those of [`Items::item`]. `Unsupported` for references of the GC proposal and for a 64-bit memory.
pub(crate) fn options(planned: &Planned, items: &mut dyn Items) -> Result<Options> {
    if planned.gc {
        return Err(Error::unsupported(
            Capability::Gc,
            "expected the linear-memory canonical ABI, found the gc canonical ABI",
        ));
    }
    let memory = planned.memory.map(|item| memory(item, items)).transpose()?;
    let realloc = match planned.realloc {
        None => None,
        Some(item) => match items.item(item)? {
            CoreExtern::Func(func) => Some(signature::realloc(func)?),
            _ => return Err(wrong("a function")),
        },
    };
    let instance = planned.instance;
    Ok(Options {
        instance: u32::try_from(instance)
            .map_err(|_| Error::engine(format!("expected an instance, found index {instance}")))?,
        memory,
        realloc,
        encoding: planned.encoding,
    })
}

/// Looks up a memory.
///
/// # Errors
/// Those of [`Items::item`]. `Unsupported` for a 64-bit memory.
pub(crate) fn memory(item: usize, items: &mut dyn Items) -> Result<CoreMemory> {
    let CoreExtern::Memory(memory) = items.item(item)? else {
        return Err(wrong("a memory"));
    };
    match items.store().memory_type(memory)?.memory64 {
        false => Ok(memory),
        true => Err(Error::unsupported(
            Capability::Memory64,
            "expected a canonical definition with a 32-bit memory, found a 64-bit one",
        )),
    }
}

/// Returns the error for a core item of another kind.
pub(crate) fn wrong(expected: &str) -> Error {
    Error::engine(format!(
        "expected {expected}, found a core item of another kind"
    ))
}
