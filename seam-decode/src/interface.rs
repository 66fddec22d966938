//! The interface of an artifact, read from its bytes.

use std::sync::Arc;

use seam_core::{Artifact, ArtifactKind, Interface, Result};

use crate::validate::{Bodies, validate as validated};
use crate::{component, core_module, module_type};

/// Reads what an artifact imports and exports.
///
/// Of a core module, this decodes sections and validates nothing. Of a component, it validates
/// everything except the function bodies of the core modules, because types come from validation.
///
/// The interface of [`Artifact::interface_of`] is not merged in.
///
/// # For implementors
/// Call this after the engine has accepted the bytes: the engine's own verdict comes first.
///
/// # Errors
/// As [`validate`], for the parts that this reads.
pub fn interface(artifact: &Artifact) -> Result<Interface> {
    read(artifact, Bodies::Skip)
}

/// Validates an artifact, including function bodies and with every proposal on, and reads what it
/// imports and exports.
///
/// This is the seam's own verdict. Engines judge the bytes themselves: a backend uses
/// [`interface`], after its engine.
///
/// The interface of [`Artifact::interface_of`] is not merged in.
///
/// # Errors
/// `Invalid`, with the offset, for bytes that do not validate; `Limit` for a component that would
/// make tens of thousands of instances, or whose types take hundreds of megabytes.
pub fn validate(artifact: &Artifact) -> Result<Interface> {
    read(artifact, Bodies::Validate)
}

fn read(artifact: &Artifact, bodies: Bodies) -> Result<Interface> {
    let read = match artifact.kind() {
        ArtifactKind::CoreModule => core_interface(artifact.bytes(), bodies),
        ArtifactKind::Component => component::read(artifact.bytes(), bodies),
    };
    read.map_err(|e| e.during(format!("read {}", artifact.name())))
}

fn core_interface(bytes: &[u8], bodies: Bodies) -> Result<Interface> {
    if bodies == Bodies::Validate {
        validated(bytes, bodies, |_| Ok(()))?;
    }
    let ty = Arc::new(module_type(bytes)?);
    Ok(core_module::interface(&ty, bytes.len()))
}
