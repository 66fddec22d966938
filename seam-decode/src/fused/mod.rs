//! Gives a fused core module the component-level types of the composition that it was made from.
//!
//! A tool such as [meld](https://github.com/pulseengine/meld) fuses the components of a composition
//! into one core module. The module keeps the core functions, memories and allocators of all of
//! them under their core names, and nothing in it says which belong together. The composition says
//! which core function stands behind each of its exports; this module finds that function in the
//! fused module, and the memory and `realloc` that it uses. It never guesses: what cannot be decided
//! is a [`Link`](seam_core::ErrorKind::Link) error that names the candidates.
//!
//! | file | what it has |
//! |---|---|
//! | `unfused` | the composition: the core function behind each function |
//! | `parts` | which component of the composition each component of the provenance is |
//! | `choose` | what is known, and the choice of a core function |
//! | `memory`, `realloc` | the choice of a memory and of a `realloc` |
//! | `export` | what the exported functions use |
//! | `import` | the imports: functions of the world, and the rest |
//! | `canonical` | imports that are asynchronous built-ins, or functions of components inside |
//! | `resource` | resource built-ins, and handle tables of the module's own |
//! | `make` | plan and interface |

mod canonical;
mod choose;
mod export;
mod import;
mod make;
mod memory;
mod parts;
mod realloc;
mod resource;
mod unfused;

use std::sync::Arc;

use seam_core::{Artifact, Result};

use choose::Known;
use unfused::Unfused;

use crate::module::{Scan, TypedModule};

/// Binds a fused core module to the composition that is attached to it.
///
/// # Errors
/// Those of [`decode_typed`](crate::decode_typed).
pub(crate) fn bind(module: &Artifact, unfused: &Artifact) -> Result<TypedModule> {
    let wasm = module.bytes();
    let ty = Arc::new(crate::pass::module_type(wasm)?);
    let fused = Scan::with_bodies(wasm, ty)?;
    let unfused = Unfused::read(unfused)?;
    let known = Known::new(&fused, &unfused, module.core_bindings());
    make::make(&known, wasm.len())
}
