//! What the store must know of a module beside its imports and exports.

use seam_core::{Error, Result};
use wasmparser::{CompositeInnerType, ElementItems, Parser, Payload};

use crate::caps::{self, Count};

/// The parts of a module that decide how it is linked.
#[derive(Debug, Default)]
pub(crate) struct Shape {
    /// Index of each export in the index space of its kind, in the order of the exports.
    pub(crate) exports: Vec<u32>,
    /// The start function.
    pub(crate) start: Option<u32>,
}

/// Reads a valid module.
///
/// # Errors
/// `Limit(EngineCapacity)` for what kiln has no room for; `Engine` for bytes that were found valid
/// and cannot be read.
pub(crate) fn read(wasm: &[u8]) -> Result<Shape> {
    let mut shape = Shape::default();
    for payload in Parser::new(0).parse_all(wasm) {
        match payload.map_err(unreadable)? {
            Payload::TypeSection(section) => {
                for group in section {
                    for ty in group.map_err(unreadable)?.types() {
                        if let CompositeInnerType::Func(ty) = &ty.composite_type.inner {
                            caps::check(Count::Parameters, ty.params().len())?;
                            caps::check(Count::Results, ty.results().len())?;
                        }
                    }
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    shape.exports.push(export.map_err(unreadable)?.index);
                }
            }
            Payload::StartSection { func, .. } => shape.start = Some(func),
            Payload::ElementSection(section) => {
                for element in section {
                    let items = match element.map_err(unreadable)?.items {
                        ElementItems::Functions(items) => items.count(),
                        ElementItems::Expressions(_, items) => items.count(),
                    };
                    caps::check(Count::ElementItems, items as usize)?;
                }
            }
            Payload::CodeSectionEntry(body) => {
                let locals = body.get_locals_reader().map_err(unreadable)?;
                caps::check(Count::LocalRuns, locals.get_count() as usize)?;
            }
            _ => {}
        }
    }
    let moved = usize::from(shape.start.is_some());
    caps::check(Count::Exports, shape.exports.len() + moved)?;
    Ok(shape)
}

/// Reads of a valid module that went wrong.
pub(crate) fn unreadable(error: wasmparser::BinaryReaderError) -> Error {
    Error::engine(format!(
        "expected to read a module that was found valid: {error}"
    ))
    .with_source(error)
}
