//! Compiles a core module on an engine and attaches its type.

use seam_core::{CoreEngine, CoreModule, Result};

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
    let info = engine.info();
    if !info.validates {
        feature::validate(wasm, &info.capabilities)?;
    }
    engine.compile(wasm)
}
