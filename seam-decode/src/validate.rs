//! Validation, with every proposal on: what this crate calls invalid is invalid for everybody.

use wasmparser::types::Types;
use wasmparser::{
    FuncValidatorAllocations, Parser, Payload, ValidPayload, Validator, WasmFeatures,
};

use seam_core::{Error, ErrorKind, Limit, Result};

use crate::module_type::invalid;

/// How deep definitions of components and core modules may nest: validation takes time with the
/// square of it, and everything that walks them takes stack.
const MAX_NESTING: usize = 1_000;

/// Whether function bodies are judged too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bodies {
    Validate,
    Skip,
}

/// Validates an artifact and hands every part of it to `visit`, in order, once it is known to be
/// valid.
///
/// # Errors
/// `Invalid` with the offset; `Limit` for components nested too deep; those of `visit`.
pub(crate) fn validate<'a>(
    bytes: &'a [u8],
    bodies: Bodies,
    mut visit: impl FnMut(&Payload<'a>) -> Result<()>,
) -> Result<Types> {
    let mut validator = Validator::new_with_features(WasmFeatures::all());
    let mut allocations = FuncValidatorAllocations::default();
    let mut last = None;
    let mut nesting = 0usize;
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload.map_err(invalid)?;
        match &payload {
            Payload::ComponentSection { .. } | Payload::ModuleSection { .. } => nesting += 1,
            Payload::End(_) => nesting = nesting.saturating_sub(1),
            _ => {}
        }
        if nesting > MAX_NESTING {
            let limit = ErrorKind::Limit(Limit::EngineCapacity);
            let message = format!("expected components nested at most {MAX_NESTING} deep");
            return Err(Error::new(limit, message));
        }
        match validator.payload(&payload).map_err(invalid)? {
            ValidPayload::Func(func, body) if bodies == Bodies::Validate => {
                let mut func = func.into_validator(allocations);
                func.validate(&body).map_err(invalid)?;
                allocations = func.into_allocations();
            }
            // The last to end is the artifact itself.
            ValidPayload::End(types) => last = Some(types),
            _ => {}
        }
        visit(&payload)?;
    }
    last.ok_or_else(|| {
        Error::invalid("expected sections, found the end of the input").at(bytes.len() as u64)
    })
}
