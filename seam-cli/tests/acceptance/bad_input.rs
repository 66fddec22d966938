//! Wrong input from the user: status 2, and one line that says what was expected.

use crate::support::{BACKENDS, Scratch, fixture, root, seam};

/// Asserts that the command exits with status 2, prints no output, and reports all parts in one
/// line.
#[track_caller]
fn refused(args: &[&str], parts: &[&str]) {
    seam(args).with_status(2).printing("").complaining(parts);
}

#[test]
fn a_file_that_cannot_be_read() {
    refused(
        &["inspect", "nowhere.wasm"],
        &["nowhere.wasm", "expected a readable file"],
    );
    refused(
        &["invoke", "seam-tests", "f()"],
        &["expected a readable file"],
    );
}

#[test]
fn bytes_that_are_not_wasm() {
    for (name, bytes, parts) in [
        ("empty", &b""[..], &["an empty input", "offset 0x0"][..]),
        ("elf", b"\x7fELF\x02\x01", &["7f, 45, 4c, 46", "offset 0x0"]),
        ("prose", b"This is text.", &["found text", "offset 0x0"]),
        ("header", b"\0asm\x01", &["end of the input", "offset 0x5"]),
        ("version", b"\0asm\x02\0\0\0", &["version 1", "offset 0x4"]),
        (
            "wat",
            b"(module (func)",
            &["expected `)`", "line 1, column 15"],
        ),
    ] {
        let file = Scratch::file(name, bytes);
        for command in [
            &["inspect", file.text()][..],
            &["invoke", file.text(), "f()"],
            &["diff", file.text(), "--invoke", "f()"],
        ] {
            refused(command, parts);
        }
        let ended = seam(["run", file.text()]).with_status(125);
        ended.printing("").complaining(parts);
    }
}

#[test]
fn an_artifact_that_does_not_validate() {
    let invalid = Scratch::file("invalid.wat", "(module (func (export \"f\") (result i32)))");
    let calc = std::fs::read(root().join(fixture("greet/greet.wasm"))).unwrap();
    let cut = Scratch::file("cut.wasm", &calc[..calc.len() / 2]);
    refused(&["inspect", invalid.text()], &["at offset 0x"]);
    refused(&["inspect", cut.text()], &["at offset 0x"]);
    for backend in BACKENDS {
        refused(
            &["invoke", invalid.text(), "f()", "--backend", backend],
            &[backend, "at offset 0x"],
        );
    }
    refused(
        &["invoke", cut.text(), "f()", "--backend", "wasmtime"],
        &["wasmtime", "at offset 0x"],
    );
}

#[test]
fn an_unknown_export_lists_near_ones() {
    let (calc, greet) = (fixture("core/calc.wat"), fixture("greet/greet.wasm"));
    refused(&["invoke", &calc, "ad(1, 2)"], &["`ad`", "`add`"]);
    refused(
        &["invoke", &greet, "test:guest/strs#gret(\"a\", [])"],
        &["near matches", "`test:guest/strs#greet`"],
    );
    refused(
        &["invoke", &greet, "gret(\"a\", [])"],
        &["near matches: `test:guest/strs#greet`"],
    );
    refused(
        &["invoke", &calc, "something-else()"],
        &["`something-else`", "`add`", "`fib`"],
    );
    refused(&["diff", &calc, "--invoke", "ad(1, 2)"], &["`ad`", "`add`"]);
}

#[test]
fn an_ambiguous_export_lists_the_full_names() {
    let reseller = fixture("compose/composed.wasm");
    let document = seam(["inspect", &reseller, "--format", "json"]).document();
    let exports = document["exports"].as_array().unwrap();
    let types = fixture("types/types.wasm");
    assert!(!exports.is_empty());
    refused(
        &[
            "invoke",
            &types,
            "test:types/echo9@1.0.0#mirror({x: 1, y: 2})",
        ],
        &["`test:types/echo@1.0.0#mirror`"],
    );
}

#[test]
fn an_ill_typed_argument_names_its_path() {
    let (calc, greet) = (fixture("core/calc.wat"), fixture("greet/greet.wasm"));
    refused(
        &["invoke", &calc, "add(1, \"x\")"],
        &["call add", "argument 2", "expected s32"],
    );
    refused(
        &["invoke", &greet, "greet(\"bob\", [\"a\", 7])"],
        &["argument 2, element 2", "expected string"],
    );
    refused(&["invoke", &calc, "add(1)"], &["expected 2 arguments"]);
    refused(&["invoke", &calc, "add(1, 2, 3)"], &["2 arguments"]);
    refused(
        &["invoke", &calc, "add(1, 99999999999)"],
        &["argument 2", "99999999999"],
    );
}

#[test]
fn text_that_is_not_a_call() {
    let calc = fixture("core/calc.wat");
    for call in ["add", "add(1, 2", "(1, 2)", "", "add 1 2"] {
        refused(
            &["invoke", &calc, call],
            &["expected a call like `f(1, \"x\")`", call],
        );
    }
    refused(&["invoke", &calc, "add(1, )x, 2)"], &["argument 2"]);
    refused(&["invoke", &calc, "add(1 2)"], &["call add", "expected"]);
}

#[test]
fn a_missing_import_is_named_with_its_type_and_the_way_to_stub_it() {
    let imports = fixture("core/imports.wat");
    for backend in BACKENDS {
        refused(
            &["invoke", &imports, "say()", "--backend", backend],
            &[
                backend,
                "missing import `env#log` of type func(p0: s32, p1: s32)",
                "`--stub trap`",
                "`--stub default`",
            ],
        );
    }
}

#[test]
fn an_unknown_backend_lists_the_known_ones() {
    let calc = fixture("core/calc.wat");
    for command in [
        &["backends", "--backend", "v8"][..],
        &["invoke", &calc, "add(1, 2)", "--backend", "v8"],
        &["diff", &calc, "--invoke", "add(1, 2)", "--backend", "v8"],
    ] {
        refused(command, &["found `v8`", "`wasmtime`", "`wasmi`"]);
    }
}

#[test]
fn a_backend_that_lacks_a_capability_names_it() {
    let command = fixture("command/command.component.wasm");
    refused(
        &[
            "invoke",
            &command,
            "run()",
            "--backend",
            "wasmi",
            "--wasi",
            "system",
        ],
        &["`system-wasi`", "import wasi:cli/", "`wasmi` lacks it"],
    );
}

#[test]
fn a_wrong_command_line() {
    let calc = fixture("core/calc.wat");
    for (args, parts) in [
        (&["frobnicate"][..], &["frobnicate"][..]),
        (&["invoke"], &["ARTIFACT"]),
        (&["diff", &calc], &["--invoke", "--run"]),
        (&["inspect", &calc, "--stub", "maybe"], &["maybe", "deny"]),
        (&["inspect", &calc, "--format", "xml"], &["xml", "json"]),
        (
            &["invoke", &calc, "add(1, 2)", "--deadline", "5"],
            &["`5`", "expected a duration like `5s`"],
        ),
        (
            &["invoke", &calc, "add(1, 2)", "--max-memory", "big"],
            &["expected a size like", "found `big`"],
        ),
        (
            &["invoke", &calc, "add(1, 2)", "--env", "A"],
            &["expected KEY=VALUE, found `A`"],
        ),
        (
            &["invoke", &calc, "add(1, 2)", "--dir", "A"],
            &["expected HOST::GUEST, found `A`"],
        ),
        (
            &["invoke", &calc, "add(1, 2)", "--deadline", "0s"],
            &["expected a duration like", "found `0s`"],
        ),
        (
            &["invoke", &calc, "add(1, 2)", "--fuel", "-1"],
            &["--fuel", "expected a whole number", "found `-1`"],
        ),
        (
            &["invoke", &calc, "add(1, 2)", "--seed", "x"],
            &["--seed", "expected a whole number", "found `x`"],
        ),
        (
            &["invoke", &calc, "add(1, 2)", "--wall-clock", "noon"],
            &["--wall-clock", "expected a date like", "found `noon`"],
        ),
        (
            &["invoke", &calc, "add(1, 2)", "--wasi", "none"],
            &["none", "hermetic", "system"],
        ),
    ] {
        refused(args, parts);
    }
}

#[test]
fn files_that_options_name() {
    let command = fixture("command/command.component.wasm");
    seam(["run", &command, "--stdin", "nowhere.txt"])
        .with_status(125)
        .complaining(&["--stdin", "nowhere.txt"]);
    seam(["run", &command, "--dir", "nowhere::/"])
        .with_status(125)
        .complaining(&["--dir", "expected a folder", "nowhere"]);
    let calc = fixture("core/calc.wat");
    refused(
        &[
            "invoke",
            &calc,
            "add(1, 2)",
            "--interface-of",
            "nowhere.wasm",
        ],
        &["nowhere.wasm", "expected a readable file"],
    );
    // This also holds if the guest would not use it.
    for (option, value) in [("--stdin", "nowhere.txt"), ("--dir", "nowhere::/")] {
        let command = ["invoke", &calc, "add(1, 2)", option, value];
        refused(&command, &[option, "nowhere"]);
    }
    refused(
        &["invoke", &calc, "add(1, 2)", "--interface-of", &calc],
        &["--interface-of", "expected a component", "core module"],
    );
}

#[test]
fn options_that_exclude_each_other() {
    let calc = fixture("core/calc.wat");
    for (option, value) in [("--seed", "1"), ("--wall-clock", "0")] {
        let command = ["invoke", &calc, "add(1, 2)", "--wasi", "system"];
        let command = command.into_iter().chain([option, value]);
        refused(
            &command.collect::<Vec<_>>(),
            &[option, "expected `--wasi hermetic`"],
        );
    }
}

#[test]
fn a_refusal_is_a_document_too() {
    let calc = fixture("core/calc.wat");
    let document = |args: &[&str]| seam(args).with_status(2).document();
    let unknown = document(&["invoke", &calc, "ad(1, 2)", "--format", "json"]);
    assert_eq!(unknown["error"]["kind"], "misuse");
    let invalid = Scratch::file("refused.wasm", b"\0asm\x02\0\0\0");
    let invalid = document(&["inspect", invalid.text(), "--format", "json"]);
    assert_eq!(invalid["error"]["kind"], "invalid");
    assert_eq!(invalid["error"]["offset"], 4);
    let missing = fixture("core/imports.wat");
    let missing = document(&["invoke", &missing, "say()", "--format", "json"]);
    assert_eq!(missing["error"]["kind"], "link");
    assert_eq!(missing["error"]["operation"], "instantiate");
    // The format is honoured even if the command line cannot be parsed.
    for format in [&["--format", "json"][..], &["--format=json"]] {
        let words = ["invoke", &calc, "add(1, 2)", "--bogus"];
        let unknown = document(&words.iter().chain(format).copied().collect::<Vec<_>>());
        assert_eq!(unknown["error"]["kind"], "misuse");
        let message = unknown["error"]["message"].as_str().unwrap();
        assert!(message.contains("--bogus"), "{message}");
    }
    refused(
        &["invoke", &calc, "--bogus", "--", "--format=json"],
        &["--bogus"],
    );
}
