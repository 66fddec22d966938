//! How a preview1 guest's own exit code bypasses the official adapter.

use seam_core::{Error, Result};
use wasm_encoder::{
    CodeSection, EntityType, ExportKind, ExportSection, Function, FunctionSection, ImportSection,
    Module, TypeSection, ValType,
};
use wasmparser::{Parser, Payload};
use wit_component::StringEncoding;
use wit_parser::Resolve;

/// The import module of WASI preview1.
pub(crate) const MODULE: &str = "wasi_snapshot_preview1";

/// Full name of the exit function that a wrapped module imports in addition to WASI.
///
/// Its type is `func(code: u32)`. It must end the guest with this exit code.
pub const EXIT: &str = "seam:preview1/exit@0.1.0#exit";

/// The module name that imports of `proc_exit` get. It has the same length as the original name.
pub(crate) const ADAPTER: &str = "seam_preview1_procexit";

const INTERFACE: &str = "seam:preview1/exit@0.1.0";

const WIT: &str = "
package seam:preview1@0.1.0;

interface exit {
  exit: func(code: u32);
}

world adapter {
  import exit;
}
";

/// Returns the module with its import of `proc_exit` renamed.
///
/// If the import section has an unusual encoding, the module is returned unchanged. It then has
/// only the exit codes of the official adapter.
pub(crate) fn rename(wasm: &[u8]) -> Vec<u8> {
    const { assert!(ADAPTER.len() == MODULE.len()) }
    let mut renamed = wasm.to_vec();
    for at in imports(wasm) {
        // The module's name comes first: its length in one byte, then its text.
        let text = at + 1..at + 1 + MODULE.len();
        let written = renamed.get(text.clone()) == Some(MODULE.as_bytes());
        if let Some(name) = renamed.get_mut(text).filter(|_| written) {
            name.copy_from_slice(ADAPTER.as_bytes());
        }
    }
    renamed
}

/// Returns the offsets of the imports of `proc_exit`.
fn imports(wasm: &[u8]) -> Vec<usize> {
    let sections = Parser::new(0).parse_all(wasm).map_while(Result::ok);
    let imports = sections.filter_map(|payload| match payload {
        Payload::ImportSection(section) => Some(section.into_imports_with_offsets()),
        _ => None,
    });
    imports
        .flatten()
        .map_while(Result::ok)
        .filter(|(_, import)| import.module == MODULE && import.name == "proc_exit")
        .map(|(at, _)| at)
        .collect()
}

/// Builds the adapter module, whose `proc_exit` calls [`EXIT`] and never returns.
pub(crate) fn adapter() -> Result<Vec<u8>> {
    let mut wasm = module();
    let mut resolve = Resolve::default();
    let embedded = resolve.push_source("exit.wit", WIT).and_then(|package| {
        let world = resolve.select_world(&[package], Some("adapter"))?;
        wit_component::embed_component_metadata(&mut wasm, &resolve, world, StringEncoding::UTF8)
    });
    embedded.map_err(|e| Error::engine(format!("the adapter for exit codes is faulty: {e:#}")))?;
    Ok(wasm)
}

fn module() -> Vec<u8> {
    let mut types = TypeSection::new();
    types.ty().function([ValType::I32], []);
    let mut imports = ImportSection::new();
    imports.import(INTERFACE, "exit", EntityType::Function(0));
    let mut functions = FunctionSection::new();
    functions.function(0);
    let mut exports = ExportSection::new();
    exports.export("proc_exit", ExportKind::Func, 1);
    let mut body = Function::new([]);
    body.instructions().local_get(0).call(0).unreachable().end();
    let mut code = CodeSection::new();
    code.function(&body);
    let mut module = Module::new();
    module
        .section(&types)
        .section(&imports)
        .section(&functions)
        .section(&exports)
        .section(&code);
    module.finish()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use seam_core::Artifact;

    #[test]
    fn renaming_changes_the_one_name_and_no_offset() {
        let wat = r#"(module
            (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "proc_exit" (func (param i32)))
            (memory (export "memory") 1))"#;
        let module = Artifact::from_wat("a", wat).unwrap();
        let renamed = rename(module.bytes());
        assert_eq!(renamed.len(), module.bytes().len());
        let names: Vec<_> = Parser::new(0)
            .parse_all(&renamed)
            .filter_map(|payload| match payload.unwrap() {
                Payload::ImportSection(section) => Some(section.into_imports_with_offsets()),
                _ => None,
            })
            .flatten()
            .map(|import| import.unwrap().1)
            .map(|import| (import.module.to_owned(), import.name.to_owned()))
            .collect();
        let expected = [(MODULE, "fd_write"), (ADAPTER, "proc_exit")];
        assert_eq!(names, expected.map(|(m, n)| (m.to_owned(), n.to_owned())));
    }
}
