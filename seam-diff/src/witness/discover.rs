//! Finds the exports that can be called without arguments.

use seam_core::{Entry, ExportName, Interface};

use super::probe::PREFIX;

/// Returns every exported function without parameters, in declaration order, as witness's
/// `--invoke-all` does.
///
/// Left out are the functions of witness itself, and the entries `_start`, `_initialize` and
/// `wasi:cli/run`.
#[must_use]
pub fn discover(interface: &Interface) -> Vec<ExportName> {
    let entry = Entry::of(interface).ok();
    let is_entry = |name: &ExportName| match &entry {
        Some(Entry::Run(run)) if name == run => true,
        _ => name.instance().is_none() && ["_start", "_initialize"].contains(&name.item()),
    };
    let found = interface.export_funcs().iter();
    let found = found.filter(|(name, ty)| {
        ty.params.is_empty() && !name.item().starts_with(PREFIX) && !is_entry(name)
    });
    found.map(|(name, _)| name.clone()).collect()
}
