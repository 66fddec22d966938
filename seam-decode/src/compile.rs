//! Compiles a core module on an engine and attaches its type.

use std::ops::Range;

use seam_core::{Artifact, CoreEngine, CoreModule, Result};

use crate::feature;
use crate::pass::module_type;

/// Compiles a core module on an engine, and attaches its imports and exports.
///
/// The engine's own verdict on the bytes comes first. For an engine that does not validate
/// ([`EngineInfo::validates`](seam_core::EngineInfo::validates)), this validates the bytes before
/// the engine sees them, with the proposals that the engine states.
///
/// Use this to drive a [`CoreEngine`] by hand, because the engine alone returns a module without a
/// type.
///
/// # Errors
/// Those of [`CoreEngine::compile`]; `Invalid` and `Unsupported` from validation.
pub fn compile(engine: &dyn CoreEngine, wasm: &[u8]) -> Result<CoreModule> {
    Ok(compile_untyped(engine, wasm)?.with_type(module_type(wasm)?))
}

/// Like [`compile`], but attaches no type.
///
/// It is for callers that get the type elsewhere and attach it with [`CoreModule::with_type`]: they
/// have it already, or decode it after the engine has accepted the bytes.
///
/// # Errors
/// Those of [`compile`].
pub fn compile_untyped(engine: &dyn CoreEngine, wasm: &[u8]) -> Result<CoreModule> {
    judge(engine, wasm)?;
    engine.compile(wasm)
}

/// Like [`compile_untyped`], for the core module in a range of an artifact. The engine can share the
/// artifact's bytes.
///
/// # Errors
/// Those of [`compile`], with offsets in the module. `Invalid` if the range is out of bounds.
pub fn compile_part(
    engine: &dyn CoreEngine,
    artifact: &Artifact,
    range: Range<usize>,
) -> Result<CoreModule> {
    let wasm = artifact.bytes().get(range.clone());
    judge(engine, wasm.unwrap_or_default())?;
    engine.compile_shared(artifact.shared_bytes(), range)
}

/// Validates the bytes if the engine does not.
fn judge(engine: &dyn CoreEngine, wasm: &[u8]) -> Result<()> {
    let info = engine.info();
    match info.validates {
        true => Ok(()),
        false => feature::validate(wasm, &info.capabilities),
    }
}
