//! Wrapping real preview1 modules.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use seam_core::{Artifact, CoreModuleType, Entry, ErrorKind, Origin};
use seam_wasi::{EXIT, imports_preview1, wrap_preview1};

fn fixture(path: &str) -> Artifact {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../seam-tests/fixtures/");
    Artifact::from_file(format!("{root}{path}")).unwrap()
}

fn wat(text: &str) -> Artifact {
    Artifact::from_wat("test.wat", text).unwrap()
}

#[test]
fn a_command_becomes_a_component_that_runs() {
    let wrapped = wrap_preview1(&fixture("command/command.wasm")).unwrap();
    let interface = seam_decode::validate(wrapped.component()).unwrap();
    assert!(matches!(Entry::of(&interface), Ok(Entry::Run(_))));
}

#[test]
fn the_component_imports_a_function_for_the_exit_code() {
    let wrapped = wrap_preview1(&fixture("command/command.wasm")).unwrap();
    let interface = seam_decode::validate(wrapped.component()).unwrap();
    let imports = interface.import_funcs();
    let exit = imports.iter().find(|(name, _)| name.to_string() == EXIT);
    assert_eq!(exit.unwrap().1.to_string(), "func(code: u32)");
}

#[test]
fn the_guests_module_changes_only_in_one_import_name() {
    for path in ["command/command.wasm", "reactor/reactor.wasm"] {
        let module = fixture(path);
        let wrapped = wrap_preview1(&module).unwrap();
        let interface = seam_decode::validate(wrapped.component()).unwrap();
        let cores = wrapped.cores(&interface);
        let mains: Vec<_> = (cores.iter())
            .filter(|(_, _, origin)| *origin == Origin::Main)
            .collect();
        assert_eq!(mains.len(), 1, "{path}");
        let (main, at, _) = mains[0];
        assert_eq!(at.to_string(), "0");
        let range = main.range.clone().unwrap();
        assert_eq!(range.len(), module.bytes().len(), "{path}");
        let own = seam_decode::module_type(module.bytes()).unwrap();
        assert_eq!(main.module.exports, own.exports);
        assert!(
            cores
                .iter()
                .any(|(_, _, origin)| *origin == Origin::Adapter)
        );
    }
}

#[test]
fn only_modules_that_import_preview1_count_as_preview1() {
    let command = seam_decode::module_type(fixture("command/command.wasm").bytes()).unwrap();
    assert!(imports_preview1(&command));
    assert!(!imports_preview1(&CoreModuleType::default()));
}

#[test]
fn an_import_that_a_component_cannot_have_is_named() {
    let module = wat(r#"(module
            (import "wasi_snapshot_preview1" "sched_yield" (func (result i32)))
            (import "env" "log" (func (param i32))))"#);
    let error = wrap_preview1(&module).unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Link);
    assert!(error.message().contains("`env#log`"), "{error}");
}

#[test]
fn a_function_that_preview1_does_not_have_is_named() {
    let module = wat(r#"(module (import "wasi_snapshot_preview1" "fly" (func)))"#);
    let error = wrap_preview1(&module).unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Link);
    assert!(error.message().contains("fly"), "{error}");
}
