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
//! | `scan` | index spaces of a core module; what function bodies use |
//! | `unfused` | the composition: the core function behind each function |
//! | `parts` | which component of the composition each component of the provenance is |
//! | `choose` | what is known, and the choice of a core function |
//! | `memory`, `realloc` | the choice of a memory and of a `realloc` |
//! | `need` | whether a function type needs them |
//! | `export` | what the exported functions use |
//! | `import` | the imports: functions of the world, and the rest |
//! | `resource` | resource built-ins, and handle tables of the module's own |
//! | `make` | plan and interface |

mod choose;
mod export;
mod import;
mod make;
mod memory;
mod need;
mod parts;
mod realloc;
mod resource;
mod scan;
mod unfused;

use std::sync::Arc;

use seam_core::{Artifact, ArtifactKind, Error, Result};

pub use choose::{Chosen, Reason};
pub use export::{BoundExport, ExportChoice};
pub use import::BoundImport;
pub use make::Fused;

use choose::Known;
use scan::Scan;
use unfused::Unfused;

/// Binds a fused core module to the composition that is attached to it.
///
/// # For implementors
/// Call this after the engine has accepted the bytes: the engine's own verdict comes first.
///
/// # Errors
/// `Misuse` if the artifact is not a core module, or if no component is attached to it. `Invalid` if
/// the provenance section cannot be read. `Link` if an import or a destructor cannot be bound, or if
/// none of the exports can: the module was made from another composition. An export that alone
/// cannot be bound is [`Func::Undecided`](crate::Func::Undecided) in the plan. Errors of decoding
/// either artifact.
pub fn decode_fused(artifact: &Artifact) -> Result<Fused> {
    let fused = read(artifact);
    fused.map_err(|e| e.during(format!("bind {}", artifact.name())))
}

fn read(artifact: &Artifact) -> Result<Fused> {
    let Some(unfused) = artifact.interface_of() else {
        return Err(Error::misuse(
            "expected a core module with the interface of a component, found none attached",
        ));
    };
    if artifact.kind() != ArtifactKind::CoreModule {
        return Err(Error::misuse(
            "expected a core module, found a component, which has an interface of its own",
        ));
    }
    let wasm = artifact.bytes();
    let ty = Arc::new(crate::pass::module_type(wasm)?);
    let fused = Scan::with_bodies(wasm, ty)?;
    let unfused = Unfused::read(unfused)?;
    let known = Known::new(&fused, &unfused, artifact.core_bindings());
    make::make(&known, wasm.len())
}
