//! Start functions, moved to an export.
//!
//! The engine runs a module's start function inside instantiation: it cannot be resumed there after
//! a fuel slice, and a trap leaves no instance to look at. So the module is written anew with the
//! start section replaced by one more export, which is called after instantiation.

use seam_core::{Error, Result};
use wasm_encoder::{ExportKind, ExportSection, Module, RawSection};
use wasmparser::{BinaryReader, Parser, Payload};

/// What the name of the added export begins with: nothing that a toolchain or a host would ask for.
pub(crate) const PREFIX: &str = "\u{1}moved start";

/// A module without a start section.
pub(crate) struct Moved {
    pub(crate) wasm: Vec<u8>,
    /// The export that stands for it; no export of the module's own has this name.
    pub(crate) export: String,
}

/// Moves the start function of a valid module to an export. Returns `None` if the module has no start
/// function.
///
/// # Errors
/// `Engine` for bytes that the engine holds valid and that cannot be read here.
pub(crate) fn moved(wasm: &[u8]) -> Result<Option<Moved>> {
    let Some(Start {
        func,
        exports,
        names,
    }) = find(wasm)?
    else {
        return Ok(None);
    };
    let mut export = String::from(PREFIX);
    while names.contains(&export) {
        export.push('\'');
    }
    let mut entry = ExportSection::new();
    entry.export(&export, ExportKind::Func, func);
    let mut module = Module::new();
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload.map_err(unreadable)?;
        match &payload {
            Payload::ExportSection(_) => {
                let data = with_one_more(exports.unwrap_or_default(), &export, func)?;
                module.section(&RawSection {
                    id: EXPORT,
                    data: &data,
                });
            }
            // The start section comes right after the exports.
            Payload::StartSection { .. } if exports.is_none() => {
                module.section(&entry);
            }
            Payload::StartSection { .. } => {}
            other => {
                if let Some((id, range)) = other.as_section() {
                    let data = wasm.get(range).ok_or_else(lost)?;
                    module.section(&RawSection { id, data });
                }
            }
        }
    }
    Ok(Some(Moved {
        wasm: module.finish(),
        export,
    }))
}

/// Id of the export section.
const EXPORT: u8 = 7;

/// What a module with a start section has.
struct Start<'a> {
    func: u32,
    /// The content of the export section.
    exports: Option<&'a [u8]>,
    names: Vec<String>,
}

fn find(wasm: &[u8]) -> Result<Option<Start<'_>>> {
    let (mut exports, mut names) = (None, Vec::new());
    for payload in Parser::new(0).parse_all(wasm) {
        match payload.map_err(unreadable)? {
            Payload::ExportSection(section) => {
                exports = Some(wasm.get(section.range()).ok_or_else(lost)?);
                for export in section {
                    names.push(export.map_err(unreadable)?.name.to_string());
                }
            }
            Payload::StartSection { func, .. } => {
                return Ok(Some(Start {
                    func,
                    exports,
                    names,
                }));
            }
            Payload::CodeSectionStart { .. } => break,
            _ => {}
        }
    }
    Ok(None)
}

/// The content of an export section with one more export at its end.
fn with_one_more(content: &[u8], name: &str, func: u32) -> Result<Vec<u8>> {
    let mut reader = BinaryReader::new(content, 0);
    let count = reader.read_var_u32().map_err(unreadable)?;
    let entries = content.get(reader.original_position()..).ok_or_else(lost)?;
    let mut out = Vec::with_capacity(content.len() + name.len() + 12);
    leb128(count.checked_add(1).ok_or_else(lost)?, &mut out);
    out.extend_from_slice(entries);
    leb128(u32::try_from(name.len()).map_err(|_| lost())?, &mut out);
    out.extend_from_slice(name.as_bytes());
    out.push(ExportKind::Func as u8);
    leb128(func, &mut out);
    Ok(out)
}

fn leb128(mut value: u32, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push((value as u8) | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn unreadable(error: wasmparser::BinaryReaderError) -> Error {
    Error::engine(format!(
        "expected to read a module that the engine holds valid: {error}"
    ))
    .with_source(error)
}

fn lost() -> Error {
    Error::engine("expected a section within the module, found one past its end")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use seam_core::Artifact;
    use seam_decode::module_type;

    fn names(wasm: &[u8]) -> Vec<String> {
        let exports = module_type(wasm).unwrap().exports;
        exports.iter().map(|(name, _)| name.to_string()).collect()
    }

    fn moved_from(wat: &str) -> Option<Moved> {
        moved(Artifact::from_wat("a", wat).unwrap().bytes()).unwrap()
    }

    #[test]
    fn a_module_without_a_start_function_stays_as_it_is() {
        assert!(moved_from("(module (func (export \"start\")))").is_none());
    }

    #[test]
    fn the_export_has_a_name_of_its_own() {
        let wat = r#"(module
            (memory (export "\01moved start'") 1)
            (func $f (export "\01moved start"))
            (start $f)
            (data (i32.const 0) "abc"))"#;
        let Moved { wasm, export } = moved_from(wat).unwrap();
        let own = ["\u{1}moved start'", "\u{1}moved start"];
        assert!(!own.contains(&export.as_str()), "{export}");
        assert_eq!(names(&wasm), [own[0], own[1], export.as_str()]);
        assert!(moved(&wasm).unwrap().is_none());
        wasmi::Module::new(&wasmi::Engine::default(), &wasm).unwrap();
    }

    #[test]
    fn a_module_without_exports_gets_the_one() {
        let wat = "(module (table 1 funcref) (func $f) (start $f) (elem (i32.const 0) $f))";
        let Moved { wasm, export } = moved_from(wat).unwrap();
        assert_eq!(names(&wasm), [export]);
        wasmi::Module::new(&wasmi::Engine::default(), &wasm).unwrap();
    }

    #[test]
    fn numbers_are_encoded_as_leb128() {
        for (value, bytes) in [
            (0, &[0][..]),
            (127, &[127]),
            (128, &[0x80, 1]),
            (300, &[0xac, 2]),
        ] {
            let mut out = Vec::new();
            leb128(value, &mut out);
            assert_eq!(out, bytes);
        }
    }
}
