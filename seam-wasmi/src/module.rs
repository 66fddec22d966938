//! Compiled modules.

use std::ops::Range;
use std::sync::Arc;

use seam_core::{Capabilities, Result};
use wasmi::{Engine, Module};

use crate::error::of_compilation;
use crate::export::Exports;
use crate::scan::{IndirectCalls, sections};
use crate::start::{Moved, moved};

/// What `compile` keeps of a module.
pub(crate) struct Compiled {
    pub(crate) module: Module,
    /// The export that stands for the start function.
    pub(crate) start: Option<String>,
    pub(crate) indirect_calls: Arc<IndirectCalls>,
    pub(crate) exports: Exports,
    /// The engine that compiled the module.
    pub(crate) engine: u32,
}

impl Compiled {
    /// Compiles the module in a range of bytes on the engine with this number, which has these
    /// capabilities.
    ///
    /// # Errors
    /// `Invalid`, `Unsupported`, `Limit`.
    pub(crate) fn new(
        engine: &Engine,
        number: u32,
        has: &Capabilities,
        bytes: &Arc<[u8]>,
        range: Range<usize>,
    ) -> Result<Self> {
        let start = range.start;
        let wasm = bytes.get(range).unwrap_or_default();
        let rejected = |error| of_compilation(error, wasm, has);
        let sections = sections(wasm)?;
        let indirect_calls = Arc::new(IndirectCalls::of(bytes, start, &sections));
        let moved = match sections.has_start {
            true => {
                // The engine judges the bytes as they are, before they are rewritten.
                Module::validate(engine, wasm).map_err(rejected)?;
                moved(wasm)?
            }
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
            exports: Exports::of(&sections),
            engine: number,
        })
    }
}
