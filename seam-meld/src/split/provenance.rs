//! Writes the provenance of the new module.

use seam_core::{Error, Result};
use seam_decode::Provenance;
use sha2::{Digest, Sha256};
use wasmparser::{Parser, Payload};

/// Length of the part before the digest: `SCPV`, the version, and two claims about the module.
const CLAIMS: usize = 7;

/// Length of the digest.
const DIGEST: usize = 32;

/// Appends the section to a module without one.
///
/// `content` is the original content, which [`Provenance::read`] has accepted. The claims about the
/// module stay. The digest, the functions' indices and the ranges of their code are those of the new
/// module.
///
/// # Errors
/// `Invalid` if the content does not follow the format after all.
pub(super) fn append(
    mut module: Vec<u8>,
    content: &[u8],
    moved: impl Fn(u32) -> u32,
) -> Result<Vec<u8>> {
    let ranges = ranges(&module)?;
    let mut rest = content;
    let mut written = take(&mut rest, CLAIMS)?.to_vec();
    take(&mut rest, DIGEST)?;
    written.extend(Sha256::digest(&module));
    let count = take(&mut rest, 4)?;
    written.extend(count);
    while !rest.is_empty() {
        let func = moved(word(&mut rest)?);
        written.extend(func.to_le_bytes());
        let length = word(&mut rest)?;
        written.extend(length.to_le_bytes());
        written.extend(take(&mut rest, length as usize)?);
        written.extend(take(&mut rest, 4)?);
        let has_range = take(&mut rest, 1)?;
        written.extend(has_range);
        if has_range == [1] {
            take(&mut rest, 8)?;
            let range = ranges.of(func).ok_or_else(malformed)?;
            written.extend(range.0.to_le_bytes());
            written.extend(range.1.to_le_bytes());
        }
    }
    let section = wasm_encoder::CustomSection {
        name: Provenance::SECTION.into(),
        data: written.into(),
    };
    wasm_encoder::Section::append_to(&section, &mut module);
    Ok(module)
}

/// The range of each function's code, relative to the content of the code section.
struct Ranges {
    imported: u32,
    bodies: Vec<(u32, u32)>,
}

impl Ranges {
    fn of(&self, func: u32) -> Option<(u32, u32)> {
        let defined = func.checked_sub(self.imported)?;
        self.bodies.get(defined as usize).copied()
    }
}

fn ranges(module: &[u8]) -> Result<Ranges> {
    let mut ranges = Ranges {
        imported: 0,
        bodies: Vec::new(),
    };
    let mut start = 0;
    for payload in Parser::new(0).parse_all(module) {
        match payload.map_err(|_| malformed())? {
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let ty = import.map_err(|_| malformed())?.ty;
                    let is_func = matches!(
                        ty,
                        wasmparser::TypeRef::Func(_) | wasmparser::TypeRef::FuncExact(_)
                    );
                    ranges.imported += u32::from(is_func);
                }
            }
            Payload::CodeSectionStart { range, .. } => start = range.start,
            Payload::CodeSectionEntry(body) => {
                let offset = |at: usize| u32::try_from(at - start).map_err(|_| malformed());
                let range = body.range();
                ranges
                    .bodies
                    .push((offset(range.start)?, offset(range.end)?));
            }
            _ => {}
        }
    }
    Ok(ranges)
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Result<&'a [u8]> {
    let (taken, left) = rest.split_at_checked(length).ok_or_else(malformed)?;
    *rest = left;
    Ok(taken)
}

fn word(rest: &mut &[u8]) -> Result<u32> {
    let bytes = take(rest, 4)?.try_into().map_err(|_| malformed())?;
    Ok(u32::from_le_bytes(bytes))
}

fn malformed() -> Error {
    let section = Provenance::SECTION;
    Error::invalid(format!(
        "expected a section `{section}` of version 3, found other bytes"
    ))
}
