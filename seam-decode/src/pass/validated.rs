//! The loop over the payloads of an artifact.
//!
//! Every proposal is on, so bytes that are invalid here are invalid everywhere. Nested namespaces
//! are off, because they are not part of the specification's current names.

use seam_core::{CoreModuleType, Error, ErrorKind, Limit, Result};
use wasmparser::types::Types;
use wasmparser::{
    FuncValidatorAllocations, Parser, Payload, ValidPayload, Validator, WasmFeatures,
};

use super::budget::Budget;
use super::definitions::Definitions;
use super::module_type::{invalid, module_type};
use super::nesting;

/// Maximum nesting depth of components and core modules.
///
/// The validator's time grows with the square of the depth, and walking the definitions takes
/// stack.
const MAX_NESTING: usize = 1_000;

/// Whether function bodies are validated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bodies {
    Validate,
    Skip,
}

/// Validates and decodes a component.
///
/// # Errors
/// `Invalid` with the offset. `Limit` if components are nested too deep.
pub(crate) fn component<'a>(
    bytes: &'a [u8],
    bodies: Bodies,
    budget: &mut Budget,
) -> Result<(Definitions<'a>, Types)> {
    let mut definitions = Definitions::new();
    let types = validate(bytes, bodies, |payload, validator| {
        definitions.payload(payload, validator, budget)
    })?;
    Ok((definitions, types))
}

/// Decodes a core module, and validates it if `bodies` requires it.
///
/// If an engine has judged the bytes, nothing needs to be validated again.
///
/// # Errors
/// `Invalid` with the offset. `Limit` if types take hundreds of megabytes.
pub(crate) fn core_module(bytes: &[u8], bodies: Bodies) -> Result<CoreModuleType> {
    if bodies == Bodies::Validate {
        validate(bytes, bodies, |_, _| Ok(()))?;
    }
    module_type(bytes)
}

/// Validates an artifact and hands each payload to `visit` after the validator has accepted it.
fn validate<'a>(
    bytes: &'a [u8],
    bodies: Bodies,
    mut visit: impl FnMut(Payload<'a>, &Validator) -> Result<()>,
) -> Result<Types> {
    let features = WasmFeatures::all().difference(WasmFeatures::CM_NESTED_NAMES);
    let mut validator = Validator::new_with_features(features);
    let mut allocations = FuncValidatorAllocations::default();
    let mut last = None;
    let mut depth = 0usize;
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload.map_err(invalid)?;
        match &payload {
            Payload::ComponentSection { .. } | Payload::ModuleSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentTypeSection(section) => nesting::check(bytes, section.range())?,
            _ => {}
        }
        if depth > MAX_NESTING {
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
            // The artifact itself ends last.
            ValidPayload::End(types) => last = Some(types),
            _ => {}
        }
        visit(payload, &validator)?;
    }
    last.ok_or_else(|| {
        Error::invalid("expected sections, found the end of the input").at(bytes.len() as u64)
    })
}
