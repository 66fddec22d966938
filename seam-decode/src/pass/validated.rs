//! The loop over the payloads of an artifact.
//!
//! Every proposal is on, so bytes that are invalid here are invalid everywhere. Nested namespaces
//! are off, because they are not part of the specification's current names.

use seam_core::{CoreModuleType, Error, ErrorKind, Limit, Result};
use wasmparser::types::Types;
use wasmparser::{
    Chunk, FuncValidatorAllocations, Parser, Payload, ValidPayload, Validator, WasmFeatures,
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

/// Whether function bodies, element segments and data segments of core modules are validated.
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
    let mut definitions = Definitions::new(bytes);
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
///
/// If bodies are skipped, the contents of code sections are not even split into bodies, and the validator
/// does not see element and data segments.
fn validate<'a>(
    bytes: &'a [u8],
    bodies: Bodies,
    mut visit: impl FnMut(Payload<'a>, &Validator) -> Result<()>,
) -> Result<Types> {
    let features = WasmFeatures::all().difference(WasmFeatures::CM_NESTED_NAMES);
    let mut validator = Validator::new_with_features(features);
    let mut allocations = FuncValidatorAllocations::default();
    let mut payloads = Payloads::new(bytes, bodies);
    while let Some(payload) = payloads.read()? {
        match &payload {
            Payload::ComponentTypeSection(section) => nesting::check(bytes, section.range())?,
            // No type depends on segments. The validator compares their number with the declared one.
            Payload::ElementSection(_)
            | Payload::DataCountSection { .. }
            | Payload::DataSection(_)
                if bodies == Bodies::Skip =>
            {
                continue;
            }
            _ => {}
        }
        // The result is matched where it is: it has room for all types, and moving it takes longer than
        // most payloads.
        match validator.payload(&payload) {
            Ok(ValidPayload::Func(func, body)) if bodies == Bodies::Validate => {
                let mut func = func.into_validator(allocations);
                func.validate(&body).map_err(invalid)?;
                allocations = func.into_allocations();
            }
            Ok(ValidPayload::End(types)) if payloads.is_done() => {
                visit(payload, &validator)?;
                return Ok(types);
            }
            Ok(_) => {}
            Err(error) => return Err(invalid(error)),
        }
        visit(payload, &validator)?;
    }
    Err(end_of_input(bytes.len()))
}

/// The payloads of an artifact, and of everything nested in it.
struct Payloads<'a> {
    rest: &'a [u8],
    bodies: Bodies,
    /// The number of bytes of the artifact.
    len: usize,
    /// The parsers of the components and modules that are open, innermost last.
    open: Vec<Parser>,
}

impl<'a> Payloads<'a> {
    fn new(bytes: &'a [u8], bodies: Bodies) -> Self {
        Self {
            rest: bytes,
            bodies,
            len: bytes.len(),
            open: vec![Parser::new(0)],
        }
    }

    /// Returns whether the end of the artifact itself has been read.
    fn is_done(&self) -> bool {
        self.open.is_empty()
    }

    /// Reads the next payload, or returns `None` after the end of the artifact.
    // Out of line, each payload would be moved twice more.
    #[inline(always)]
    fn read(&mut self) -> Result<Option<Payload<'a>>> {
        let Some(parser) = self.open.last_mut() else {
            return Ok(None);
        };
        let Chunk::Parsed { consumed, payload } = parser.parse(self.rest, true).map_err(invalid)?
        else {
            return Err(end_of_input(self.len));
        };
        self.advance(consumed)?;
        match &payload {
            Payload::ComponentSection { parser, .. } | Payload::ModuleSection { parser, .. } => {
                self.open.push(parser.clone());
            }
            Payload::CodeSectionStart { size, .. } if self.bodies == Bodies::Skip => {
                if let Some(parser) = self.open.last_mut() {
                    parser.skip_section();
                }
                self.advance(*size as usize)?;
            }
            Payload::End(_) => {
                self.open.pop();
            }
            _ => {}
        }
        if self.open.len() > MAX_NESTING + 1 {
            let limit = ErrorKind::Limit(Limit::EngineCapacity);
            let message = format!("expected components nested at most {MAX_NESTING} deep");
            return Err(Error::new(limit, message));
        }
        Ok(Some(payload))
    }

    fn advance(&mut self, by: usize) -> Result<()> {
        self.rest = self.rest.get(by..).ok_or_else(|| end_of_input(self.len))?;
        Ok(())
    }
}

fn end_of_input(len: usize) -> Error {
    Error::invalid("expected sections, found the end of the input").at(len as u64)
}
