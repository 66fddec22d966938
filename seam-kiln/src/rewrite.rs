//! Rewrites a module for kiln: imports get neutral names, and the start function becomes an export.
//!
//! kiln finds the target of an import by name alone, drops versions from the name, and intercepts
//! some names (`[resource-drop]…`). So imports get names without meaning, which no other instance of
//! the store uses. A start function that kiln itself runs would call host functions before the host
//! has the instance whose memory they read. As an export it is called after instantiation.

use seam_core::{Error, Result};
use wasm_encoder::{ExportKind, ExportSection, Module, RawSection};
use wasmparser::{BinaryReader, Parser, Payload};

use crate::scan::unreadable;

/// A module as kiln loads it.
#[derive(Debug)]
pub(crate) struct Rewritten {
    pub(crate) wasm: Vec<u8>,
    /// The name of the export that is the start function, if the module has one.
    pub(crate) start: Option<String>,
}

/// The names of a module's imports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Names {
    /// The module's own names.
    Own,
    /// Neutral names, for the instance with this number.
    Neutral(u32),
}

/// How many imports share a module name: kiln allows 256.
const SHARED: usize = 200;

impl Names {
    /// Returns the module and field name of the import at this position, or `None` if it keeps its
    /// own.
    pub(crate) fn of(self, position: usize) -> Option<(String, String)> {
        match self {
            Names::Own => None,
            Names::Neutral(number) => {
                let group = position / SHARED;
                Some((format!("i{number}-{group}"), position.to_string()))
            }
        }
    }
}

/// Rewrites a valid module.
///
/// # Errors
/// `Engine` if valid bytes cannot be read.
pub(crate) fn rewrite(wasm: &[u8], names: Names) -> Result<Rewritten> {
    let start = start(wasm)?;
    let mut module = Module::new();
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload.map_err(unreadable)?;
        let Some((id, range)) = payload.as_section() else {
            continue;
        };
        let content = wasm.get(range).ok_or_else(lost)?;
        let data = match (&payload, &start) {
            (Payload::ImportSection(_), _) => imports(content, names)?,
            (Payload::ExportSection(_), Some(start)) => with_one_more(content, start)?,
            (Payload::StartSection { .. }, Some(start)) => {
                // This is where an export section belongs.
                if !start.has_exports {
                    let mut exports = ExportSection::new();
                    exports.export(&start.export, ExportKind::Func, start.func);
                    module.section(&exports);
                }
                continue;
            }
            _ => content.to_vec(),
        };
        module.section(&RawSection { id, data: &data });
    }
    Ok(Rewritten {
        wasm: module.finish(),
        start: start.map(|start| start.export),
    })
}

/// A start function, and the name that it is exported by.
struct Start {
    func: u32,
    export: String,
    has_exports: bool,
}

fn start(wasm: &[u8]) -> Result<Option<Start>> {
    let (mut names, mut has_exports) = (Vec::new(), false);
    for payload in Parser::new(0).parse_all(wasm) {
        match payload.map_err(unreadable)? {
            Payload::ExportSection(section) => {
                has_exports = true;
                for export in section {
                    names.push(export.map_err(unreadable)?.name.to_string());
                }
            }
            Payload::StartSection { func, .. } => {
                let mut export = String::from("start");
                while names.contains(&export) {
                    export.push('\'');
                }
                return Ok(Some(Start {
                    func,
                    export,
                    has_exports,
                }));
            }
            Payload::CodeSectionStart { .. } => break,
            _ => {}
        }
    }
    Ok(None)
}

/// Returns the content of an import section with other names.
fn imports(content: &[u8], names: Names) -> Result<Vec<u8>> {
    if names == Names::Own {
        return Ok(content.to_vec());
    }
    let section = wasmparser::ImportSectionReader::new(BinaryReader::new(content, 0));
    let section = section.map_err(unreadable)?;
    let mut out = Vec::with_capacity(content.len());
    leb128(section.count(), &mut out);
    let starts: std::result::Result<Vec<usize>, _> = section
        .into_imports_with_offsets()
        .map(|import| import.map(|(offset, _)| offset))
        .collect();
    let starts = starts.map_err(unreadable)?;
    let ends = starts.iter().skip(1).copied().chain([content.len()]);
    for (position, (start, end)) in starts.iter().copied().zip(ends).enumerate() {
        let import = content.get(start..end).ok_or_else(lost)?;
        let mut reader = BinaryReader::new(import, 0);
        reader.read_string().map_err(unreadable)?;
        reader.read_string().map_err(unreadable)?;
        let (module, field) = names.of(position).unwrap_or_default();
        name(&module, &mut out);
        name(&field, &mut out);
        out.extend_from_slice(import.get(reader.original_position()..).ok_or_else(lost)?);
    }
    Ok(out)
}

/// Returns the content of an export section with the start function as one more export.
fn with_one_more(content: &[u8], start: &Start) -> Result<Vec<u8>> {
    let mut reader = BinaryReader::new(content, 0);
    let count = reader.read_var_u32().map_err(unreadable)?;
    let entries = content.get(reader.original_position()..).ok_or_else(lost)?;
    let mut out = Vec::with_capacity(content.len() + start.export.len() + 12);
    leb128(count.checked_add(1).ok_or_else(lost)?, &mut out);
    out.extend_from_slice(entries);
    name(&start.export, &mut out);
    out.push(ExportKind::Func as u8);
    leb128(start.func, &mut out);
    Ok(out)
}

fn name(text: &str, out: &mut Vec<u8>) {
    leb128(u32::try_from(text.len()).unwrap_or(u32::MAX), out);
    out.extend_from_slice(text.as_bytes());
}

fn leb128(mut value: u32, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push((value as u8) | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn lost() -> Error {
    Error::engine("expected a section inside the module, found one past its end")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use seam_core::{Artifact, CoreModuleType};

    fn rewritten(wat: &str) -> (CoreModuleType, Option<String>) {
        let artifact = Artifact::from_wat("a", wat).unwrap();
        let Rewritten { wasm, start } = rewrite(artifact.bytes(), Names::Neutral(7)).unwrap();
        wasmparser::validate(&wasm).unwrap();
        (seam_decode::module_type(&wasm).unwrap(), start)
    }

    #[test]
    fn imports_get_neutral_names_and_keep_their_types() {
        let (ty, start) = rewritten(
            r#"(module
                (import "ns:pkg/iface@1.0.0" "[resource-drop]r" (func (param i32)))
                (import "a::b" "" (memory 1 300))
                (import "a::b" "" (global (mut i64)))
                (func (export "f")))"#,
        );
        let imports: Vec<_> = ty
            .imports
            .iter()
            .map(|(module, field, ty)| format!("{module} {field} {ty}"))
            .collect();
        assert_eq!(
            imports,
            [
                "i7-0 0 (func (param i32))",
                "i7-0 1 (memory 1 300)",
                "i7-0 2 (global (mut i64))"
            ]
        );
        assert_eq!(start, None);
    }

    #[test]
    fn a_start_function_becomes_an_export_with_an_unused_name() {
        let (ty, start) = rewritten(
            r#"(module (memory (export "start") 1) (func $f) (start $f)
                (data (i32.const 0) "x"))"#,
        );
        assert_eq!(start.as_deref(), Some("start'"));
        let names: Vec<_> = ty.exports.iter().map(|(name, _)| &**name).collect();
        assert_eq!(names, ["start", "start'"]);
        let (ty, start) =
            rewritten("(module (table 1 funcref) (func $f) (start $f) (elem (i32.const 0) $f))");
        assert_eq!(start.as_deref(), Some("start"));
        assert_eq!(ty.exports.len(), 1);
    }

    #[test]
    fn many_imports_are_spread_over_module_names() {
        assert_eq!(Names::Neutral(1).of(199).unwrap().0, "i1-0");
        assert_eq!(Names::Neutral(1).of(200).unwrap().0, "i1-1");
        assert_eq!(Names::Own.of(0), None);
    }
}
