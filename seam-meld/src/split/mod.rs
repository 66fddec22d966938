//! Gives each calling module its own imports of `pulseengine:async`.

mod encode;
mod origin;
mod plan;
mod provenance;
mod scan;

use std::collections::BTreeMap;

use seam_core::{Artifact, ArtifactKind, Error, Result};
use seam_decode::{Provenance, validate};

use plan::Plan;
use scan::Scan;

/// A fused module whose imports of `pulseengine:async` are split, and the memories that they mean.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Split {
    /// The module.
    pub artifact: Artifact,
    /// The exported memory of each import that needs one, by the import's field name, for
    /// [`AsyncIntrinsics::memories`](crate::AsyncIntrinsics::memories).
    ///
    /// An import is missing here if the memory of its callers cannot be decided.
    pub memories: BTreeMap<String, String>,
    /// The names of custom sections that describe the code of the original module, and were removed.
    pub dropped: Vec<String>,
}

/// Splits the imports of `pulseengine:async` that several modules share in a fused module.
///
/// In a fused module, several components can share one import of `stream_read`, and the index of the
/// memory that they pass is a constant. No host can tell which memory such a call means. This
/// function gives each component its own import, `stream_read$<component>`, and returns the memory
/// that the component uses. If a component has several core modules, each of them gets its own
/// imports: `stream_read$<component>.<n>`.
///
/// The section `component-provenance` says which component each function comes from. The memory of a
/// component is the one that its functions use. If they use none, it is the memory that is used only
/// by functions which meld made for this component, or else the only memory that no function uses. If
/// the memory is not exported, the new module exports it as `seam:memory.<index>`.
///
/// If the module exports an import or refers to it, an import with the original name remains.
///
/// The new module behaves like the original one. Its provenance and its names are updated. Other
/// sections that describe its code (debug information, relocations, an attestation) would be wrong,
/// and are removed.
///
/// ```
/// # fn main() -> seam_core::Result<()> {
/// # let fused = seam_core::Artifact::from_bytes("empty", *b"\0asm\x01\0\0\0")?;
/// use seam_core::World;
/// use seam_meld::{AsyncIntrinsics, split_async_imports};
///
/// let split = split_async_imports(&fused)?;
/// let world = AsyncIntrinsics::new().memories(split.memories).add_to(World::new());
/// // Run `split.artifact` in this world.
/// # let _ = world;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// `Invalid` for a module that does not validate, or whose provenance is malformed. `Misuse` for a
/// component. `Link` if the module has imports of `pulseengine:async` but no provenance, or if a
/// function without an origin calls one.
pub fn split_async_imports(fused: &Artifact) -> Result<Split> {
    split(fused).map_err(|e| e.during(format!("split the imports of {}", fused.name())))
}

fn split(fused: &Artifact) -> Result<Split> {
    if fused.kind() != ArtifactKind::CoreModule {
        return Err(Error::misuse(format!(
            "expected a core module, found a {}",
            fused.kind()
        )));
    }
    validate(fused)?;
    let scan = Scan::of(fused.bytes())?;
    if scan.imports.is_empty() {
        return Ok(Split {
            artifact: fused.clone(),
            memories: BTreeMap::new(),
            dropped: Vec::new(),
        });
    }
    let content = scan.provenance.ok_or_else(|| {
        Error::link(format!(
            "expected a section `{}`, found none; meld writes it by default",
            Provenance::SECTION
        ))
    })?;
    let plan = Plan::new(&scan, &Provenance::read(content)?)?;
    let (bytes, dropped) = encode::encode(fused.bytes(), &scan, &plan)?;
    let bytes = provenance::append(bytes, content, |func| plan.moved(&scan, func))?;
    let mut artifact = Artifact::from_bytes(fused.name(), bytes)?;
    if let Some(unfused) = fused.interface_of() {
        artifact = artifact.with_interface_of(unfused);
    }
    Ok(Split {
        artifact,
        memories: plan.memories,
        dropped,
    })
}
