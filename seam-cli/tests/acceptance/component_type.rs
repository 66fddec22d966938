//! Core modules that carry component-level types in a section.

use crate::support::{Scratch, fixture, root, seam};

fn module() -> String {
    fixture("counters/counters.module.wasm")
}

const LIVE: &str = "test:guest-res/counters@0.2.0#live";

#[test]
fn a_core_module_with_a_section_is_called_with_its_types() {
    let ended = seam(["invoke", module().as_str(), "make(2)", "live()"]).with_status(0);
    assert!(ended.stdout.ends_with("\n2\n"), "{ended:#?}");
    let types = fixture("types/types.module.wasm");
    let call = r#"upper(["h\u{e9}llo"])"#;
    for backend in ["wasmtime", "wasmtime-layered", "wasmi"] {
        let ended = seam(["invoke", types.as_str(), call, "--backend", backend]).with_status(0);
        assert_eq!(ended.stdout, "[\"H\u{c9}LLO\"]\n");
    }
}

#[test]
fn a_core_module_and_its_component_are_one_in_diff() {
    let component = fixture("types/types.wasm");
    let types = fixture("types/types.module.wasm");
    let command = [
        "diff",
        component.as_str(),
        types.as_str(),
        "--invoke",
        r#"upper(["a"])"#,
    ];
    let ended = seam(command).with_status(0);
    let all = ["types.wasm on wasmtime", "types.module.wasm on wasmi"];
    for part in all {
        assert!(ended.stdout.contains(part), "{ended:#?}");
    }
}

#[test]
fn core_types_are_an_option() {
    let stubs = ["--stub", "trap", "--core-types"];
    let text = module();
    let text = text.as_str();
    let command = ["invoke", text, "live()"];
    let ended = seam(command.into_iter().chain(stubs)).with_status(0);
    assert_eq!(ended.stdout, "0\n");
    let command = ["invoke", text, "--core-types"];
    let listed = seam(command).with_status(0).stdout;
    assert!(
        listed.contains("func(p0: s32) -> s32") && !listed.contains("borrow"),
        "{listed}"
    );
    let composed = fixture("counters/counters.wasm");
    let both = [
        "invoke",
        text,
        "--core-types",
        "--interface-of",
        composed.as_str(),
    ];
    seam(both)
        .with_status(2)
        .explaining(&["--core-types", "--interface-of"]);
}

#[test]
fn inspect_says_where_the_types_come_from() {
    let inspect = |options: &[&str]| {
        let text = module();
        let command = ["inspect", text.as_str()];
        seam(command.into_iter().chain(options.iter().copied())).with_status(0)
    };
    let typed = inspect(&[]).stdout;
    for part in [
        "// with the types of its component-type section; --core-types ignores it\n",
        "    live: func() -> u32;\n",
        "test:guest-res/counters@0.2.0#make\n  \
           function     test:guest-res/counters@0.2.0#make  (by its name)\n  \
           memory       memory  (by its name)\n",
    ] {
        assert!(typed.contains(part), "expected {part} in {typed}");
    }
    let document = inspect(&["--format", "json"]).document();
    assert_eq!(document["types"], "component-type");
    assert_eq!(document["kind"], "core-module");
    let first = &document["bindings"]["exports"][0];
    assert_eq!(first["core"]["why"], "by its name");
    let core = inspect(&["--core-types", "--format", "json"]).document();
    assert_eq!(core["types"], "core");
    assert!(core["bindings"].is_null());
}

#[test]
fn a_section_that_cannot_be_used_is_the_inputs_fault() {
    let bytes = std::fs::read(root().join(module())).unwrap();
    let change = |name: &str, from: &[u8], to: &[u8]| {
        let mut bytes = bytes.clone();
        let at = bytes.windows(from.len()).position(|it| it == from);
        let at = at.unwrap();
        bytes[at..at + from.len()].copy_from_slice(to);
        Scratch::file(name, bytes)
    };
    // The export that the section describes has another name.
    let export = format!("{LIVE}\0");
    let other = export.replace("live", "left");
    let unfit = change("unfit.wasm", export.as_bytes(), other.as_bytes());
    let export = format!("export `{LIVE}`");
    let complaint = [export.as_str(), "found none"];
    seam(["invoke", unfit.text(), "live()"]).complaining(&complaint);
    let encoding = b"wit-component-encoding\x04";
    let newer = b"wit-component-encoding\x05";
    let newer = change("newer.wasm", encoding, newer);
    let complaint = ["section `component-type", "version 4, found 5"];
    seam(["inspect", newer.text()]).complaining(&complaint);
    let ignored = ["inspect", newer.text(), "--core-types"];
    seam(ignored).with_status(0);
}
