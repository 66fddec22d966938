//! Compiled modules.

use seam_core::{Capabilities, Result};
use wasmi::{Engine, Module};

use crate::error::of_compilation;
use crate::scan::indirect_calls;
use crate::start::{Moved, moved};

/// What `compile` keeps of a module.
pub(crate) struct Compiled {
    pub(crate) module: Module,
    /// The export that stands for the start function.
    pub(crate) start: Option<String>,
    pub(crate) indirect_calls: bool,
    /// The engine that compiled the module.
    pub(crate) engine: u32,
}

impl Compiled {
    /// Compiles a module on the engine with this number, which has these capabilities.
    ///
    /// # Errors
    /// `Invalid`, `Unsupported`, `Limit`.
    pub(crate) fn new(
        engine: &Engine,
        number: u32,
        has: &Capabilities,
        wasm: &[u8],
    ) -> Result<Self> {
        let rejected = |error| of_compilation(error, wasm, has);
        let indirect_calls = indirect_calls(wasm)?;
        let moved = match start_of(engine, wasm).map_err(rejected)? {
            true => moved(wasm)?,
            false => None,
        };
        let (wasm, start) = match &moved {
            Some(Moved { wasm, export }) => (wasm.as_slice(), Some(export.clone())),
            None => (wasm, None),
        };
        Ok(Self {
            module: Module::new(engine, wasm).map_err(rejected)?,
            start,
            indirect_calls,
            engine: number,
        })
    }
}

/// Whether a module has a start section. If it has, the engine validates the bytes as they are,
/// before they are rewritten.
fn start_of(engine: &Engine, wasm: &[u8]) -> Result<bool, wasmi::Error> {
    let payloads = wasmparser::Parser::new(0).parse_all(wasm);
    let mut payloads = payloads.map_while(Result::ok);
    let found = payloads.any(|p| matches!(p, wasmparser::Payload::StartSection { .. }));
    if found {
        Module::validate(engine, wasm)?;
    }
    Ok(found)
}
