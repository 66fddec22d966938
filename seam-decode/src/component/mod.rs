//! The interface of a component.
//!
//! Types are those that the validator resolved: aliases, `use`s and substituted resources are its
//! business. The core instances are found by walking the definitions, since no type tells them.

mod definition;
mod item;
mod module;
mod nesting;
mod ty;
mod walk;

use seam_core::{ArtifactKind, Interface, Result};

use crate::budget::Budget;
use crate::validate::{Bodies, validate};

use definition::Definitions;
use item::Items;

/// Reads a component. What it is made of is always validated, since types come from that; function
/// bodies are if `bodies` says so.
pub(crate) fn read(bytes: &[u8], bodies: Bodies) -> Result<Interface> {
    nesting::check(bytes)?;
    let mut definitions = Definitions::new();
    let types = validate(bytes, bodies, |payload| definitions.payload(payload))?;
    let types = types.as_ref();
    let mut budget = Budget::new();
    let mut items = Items::new(types, &mut budget);
    let (imports, exports) = items.of_root(&definitions)?;
    let core_instances = walk::core_instances(bytes, &definitions, types, &mut budget)?;
    Ok(Interface::new(
        ArtifactKind::Component,
        imports,
        exports,
        core_instances,
    ))
}
