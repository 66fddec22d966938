//! Compiling a core module on an engine, with its type attached.

use seam_core::{CoreEngine, CoreModule, Result};

use crate::feature;
use crate::pass::module_type;

/// Compiles a core module on an engine, and attaches its imports and exports.
///
/// The engine's own verdict on the bytes comes first. For an engine that does not validate
/// ([`EngineInfo::validates`](seam_core::EngineInfo::validates)), this validates the bytes before
/// the engine sees them, with the proposals that the engine states.
///
/// Use this to drive a [`CoreEngine`] by hand: the engine alone gives a module without a type.
///
/// # Errors
/// Those of [`CoreEngine::compile`]; `Invalid` and `Unsupported` from validation.
pub fn compile(engine: &dyn CoreEngine, wasm: &[u8]) -> Result<CoreModule> {
    Ok(compile_untyped(engine, wasm)?.with_type(module_type(wasm)?))
}

/// As [`compile`], without a type: for a caller that has the type, or gets it after the engine's
/// verdict from its own decoding, and attaches it with [`CoreModule::with_type`].
///
/// # Errors
/// As [`compile`].
pub fn compile_untyped(engine: &dyn CoreEngine, wasm: &[u8]) -> Result<CoreModule> {
    let info = engine.info();
    if !info.validates {
        feature::validate(wasm, &info.capabilities)?;
    }
    engine.compile(wasm)
}
