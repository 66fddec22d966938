//! `seam inspect`.

use crate::support::{Scratch, fixture, seam, seam_with_input};

#[test]
fn a_component_is_shown_as_wit() {
    let greet = fixture("greet/greet.wasm");
    let ended = seam(["inspect", &greet]).with_status(0);
    for line in [
        &format!("// {greet}\ncomponent\n"),
        "test:guest/strs: interface {",
        "greet: func(name: string, tags: list<string>) -> string;",
        "bytes-sum: func(b: list<u8>) -> u64;",
    ] {
        assert!(ended.stdout.contains(line), "expected {line}: {ended:#?}");
    }
    assert_eq!(ended.stderr, "");
}

#[test]
fn resources_and_named_types_are_shown_as_their_author_wrote_them() {
    let hosted = fixture("hosted/hosted.wasm");
    let ended = seam(["inspect", &hosted]).with_status(0);
    for line in [
        "test:host/store@1.2.0: interface {",
        "resource item {",
        "constructor(name: string);",
        "total: func(items: list<borrow<item>>) -> u32;",
        "record point { x: s32, y: s32 }",
        "scale: func(s: shape, by: s32) -> shape;",
        "enum level { debug, info, error }",
    ] {
        assert!(ended.stdout.contains(line), "expected {line}: {ended:#?}");
    }
}

#[test]
fn a_resource_of_another_interface_is_used_from_there() {
    let composed = fixture("compose/composed.wasm");
    let ended = seam(["inspect", &composed]).with_status(0);
    let cart = "  export test:shop/cart@1.0.0: interface {\n    \
                use test:shop/stock@1.0.0.{item};\n";
    assert!(ended.stdout.contains(cart), "{ended:#?}");
}

#[test]
fn a_core_module_is_shown_with_core_types() {
    let imports = fixture("core/imports.wat");
    let ended = seam(["inspect", &imports]).with_status(0);
    for line in [
        "core module imports",
        "import env.log: func(i32, i32)",
        "export memory: memory 1",
    ] {
        assert!(ended.stdout.contains(line), "expected {line}: {ended:#?}");
    }
}

#[test]
fn each_import_is_real_stubbed_or_missing() {
    let status = |artifact: &str, stub: &str, import: &str| {
        let artifact = fixture(artifact);
        let document = seam(["inspect", &artifact, "--stub", stub, "--format", "json"])
            .with_status(0)
            .document();
        let imports = document["imports"].as_array().unwrap();
        let found = imports.iter().find(|entry| entry["name"] == import);
        found.unwrap_or_else(|| panic!("no {import}: {document:#}"))["status"].clone()
    };
    let calc = "core/imports.wat";
    assert_eq!(status(calc, "deny", "env#log"), "missing");
    assert_eq!(status(calc, "trap", "env#log")["stubbed"], "trap");
    assert_eq!(status(calc, "default", "env#log")["stubbed"], "default");
    let fd_write = "wasi_snapshot_preview1#fd_write";
    assert_eq!(status("command/command.wasm", "deny", fd_write), "real");

    let text = seam(["inspect", &fixture(calc)]).with_status(0).stdout;
    let line = text.lines().last().unwrap();
    assert!(line.starts_with("missing "), "{line}");
    assert!(line.ends_with(" env#log, next, mix"), "{line}");
}

#[test]
fn functions_that_refuse_every_call_are_denied() {
    let text = "(component
        (import \"wasi:sockets/network@0.2.0\" (instance $sockets
            (export \"network\" (type (sub resource)))))
        (alias export $sockets \"network\" (type $network))
        (import \"wasi:sockets/instance-network@0.2.0\" (instance
            (export \"network\" (type $used (eq $network)))
            (export \"instance-network\" (func (result (own $used))))))
        (import \"wasi:random/random@0.2.0\" (instance
            (export \"get-random-u64\" (func (result u64)))
            (export \"get-random-bytes\" (func (result u64)))
            (export \"no-such\" (func)))))";
    let file = Scratch::file("denied.wat", text);
    let text = seam(["inspect", file.text()]).with_status(0).stdout;
    for line in [
        "denied             wasi:sockets/instance-network@0.2.0#instance-network\n",
        "real               wasi:random/random@0.2.0#get-random-u64\n",
        "mismatched         wasi:random/random@0.2.0#get-random-bytes\n",
        "missing            wasi:random/random@0.2.0#no-such\n",
    ] {
        assert!(text.contains(line), "expected {line} in {text}");
    }
    let document = seam(["inspect", file.text(), "--format", "json"]).document();
    assert_eq!(document["imports"][0]["status"], "denied");
}

#[test]
fn the_document_has_exports_cores_and_wit() {
    let greet = fixture("greet/greet.wasm");
    let document = seam(["inspect", &greet, "--format", "json"])
        .with_status(0)
        .document();
    assert_eq!(document["artifact"], greet);
    assert_eq!(document["kind"], "component");
    assert_eq!(document["imports"].as_array().unwrap().len(), 0);
    let exports = document["exports"].as_array().unwrap();
    let greet = exports
        .iter()
        .find(|export| export["name"] == "test:guest/strs#greet");
    assert_eq!(
        greet.unwrap()["type"],
        "func(name: string, tags: list<string>) -> string"
    );
    assert_eq!(document["cores"][0]["path"], "0");
    assert!(document["wit"].as_str().unwrap().contains("interface {"));
}

/// A core module as a fusion leaves it: imports of WASI under their core names.
#[test]
fn what_is_called_real_is_what_instantiation_links() {
    let text = r#"(module
        (import "wasi:random/random@0.2.0" "get-random-u64" (func (result i64)))
        (import "wasi:random/random@0.2.0" "get-random-bytes" (func (param i64 i32)))
        (import "wasi:io/error@0.2.0" "[resource-drop]error$2" (func (param i32)))
        (func (export "f")))"#;
    let file = Scratch::file("fused-imports.wat", text);
    let text = seam(["inspect", file.text()]).with_status(0).stdout;
    for line in [
        "real               wasi:random/random@0.2.0#get-random-u64\n",
        "mismatched         wasi:random/random@0.2.0#get-random-bytes\n",
        "missing            wasi:io/error@0.2.0#[resource-drop]error$2\n",
    ] {
        assert!(text.contains(line), "expected {line} in {text}");
    }
    let ended = seam(["invoke", file.text(), "f()"]).with_status(2);
    for named in ["get-random-bytes`", "[resource-drop]error$2`"] {
        assert!(ended.stderr.contains(named), "{ended:#?}");
    }
    assert!(!ended.stderr.contains("get-random-u64`"), "{ended:#?}");
}

#[test]
fn an_artifact_comes_from_standard_input_too() {
    let text = b"(module (func (export \"f\")))";
    let ended = seam_with_input(["inspect", "-"], text).with_status(0);
    assert!(ended.stdout.starts_with("// -\ncore module"), "{ended:#?}");
    seam_with_input(["invoke", "-", "f()"], text)
        .with_status(0)
        .printing("()\n");
    let diff = [
        "diff",
        "-",
        "--invoke",
        "f()",
        "--backend",
        "wasmi",
        "--backend",
        "wasmi",
    ];
    seam_with_input(diff, text).with_status(0);
    seam_with_input(["invoke", "-", "f()", "--stdin", "-"], text)
        .with_status(2)
        .complaining(&["expected one use of standard input"]);
}
