//! `seam invoke`.

use crate::support::{BACKENDS, Scratch, fixture, seam};

#[test]
fn a_core_export_is_called_alike_on_every_backend() {
    let calc = fixture("core/calc.wat");
    for backend in BACKENDS {
        seam(["invoke", &calc, "add(2,3)", "--backend", backend])
            .with_status(0)
            .printing("5\n");
    }
}

#[test]
fn calls_share_one_instance_and_print_a_line_each() {
    let calc = fixture("core/calc.wat");
    for backend in BACKENDS {
        let calls = ["store(8, -7)", "load(8)", "swap(1, 2)", "fadd(0.5, 0.25)"];
        let options = ["invoke", &calc, "--backend", backend];
        seam(options.into_iter().chain(calls))
            .with_status(0)
            .printing("()\n-7\n(2, 1)\n0.75\n");
    }
}

#[test]
fn a_trap_is_status_3_and_named() {
    let calc = fixture("core/calc.wat");
    for (call, trap) in [
        ("div_s(1, 0)", "integer divide by zero"),
        ("div_s(-2147483648, -1)", "integer overflow"),
        ("trap()", "unreachable"),
        ("load(-1)", "out of bounds memory access"),
        ("indirect(1)", "indirect call type mismatch"),
        ("recurse(1)", "call stack exhausted"),
    ] {
        for backend in BACKENDS {
            seam(["invoke", &calc, call, "--backend", backend])
                .with_status(3)
                .printing("")
                .explaining(&[backend, trap]);
        }
    }
}

#[test]
fn output_before_a_trap_is_kept() {
    let calc = fixture("core/calc.wat");
    seam(["invoke", &calc, "add(1, 1)", "div_s(1, 0)", "add(2, 2)"])
        .with_status(3)
        .printing("2\n");
}

#[test]
fn a_component_takes_and_returns_wave() {
    let greet = fixture("greet/greet.wasm");
    for backend in BACKENDS {
        for call in [
            r#"test:guest/strs#greet("bob", ["a","b"])"#,
            r#"greet("bob", ["a", "b"])"#,
        ] {
            seam(["invoke", &greet, call, "--backend", backend])
                .with_status(0)
                .printing("\"hello bob [a, b]\"\n");
        }
    }
}

#[test]
fn every_kind_of_value_goes_through_the_command_line() {
    let types = fixture("types/types.wasm");
    let calls = [
        ("test:types/echo@1.0.0#swap((1, \"x\"))", "(\"x\", 1)"),
        // Another version of the same track, and the item alone.
        ("test:types/echo@1.3.0#mirror({x: 1, y: 2})", "{x: 2, y: 1}"),
        ("next-color(red)", "green"),
        ("not-perms({read, exec})", "{write}"),
        ("measure(radius(2.0))", "ok(4)"),
        ("echo-list-option([some(1), none])", "[some(1), none]"),
        ("echo-result-err(err(\"no\"))", "err(\"no\")"),
        ("echo-list-u8([0, 255])", "[0, 255]"),
        ("echo-char('\u{e9}')", "'\u{e9}'"),
        ("echo-f64(nan)", "nan"),
        ("nothing()", "()"),
    ];
    let texts = calls.iter().map(|(call, _)| *call);
    let ended = seam(["invoke", &types].into_iter().chain(texts)).with_status(0);
    let lines: Vec<&str> = ended.stdout.lines().collect();
    assert_eq!(lines.len(), calls.len(), "{ended:#?}");
    for ((call, expected), line) in calls.iter().zip(lines) {
        assert_eq!(line, *expected, "{call}");
    }
}

#[test]
fn the_snapshot_shows_counters_inside_a_component() {
    let greet = fixture("greet/greet.wasm");
    let calls = ["greet(\"a\", [])", "greet(\"b\", [])", "shout(\"c\")"];
    let options = ["--snapshot", "__witness_counter_", "--format", "json"];
    for backend in BACKENDS {
        let command = ["invoke", &greet, "--backend", backend];
        let document = seam(command.into_iter().chain(calls).chain(options))
            .with_status(0)
            .document();
        let instances = document["snapshot"]["instances"].as_array().unwrap();
        let instance = &instances[0];
        assert_eq!(instances.len(), 1, "{document:#}");
        assert_eq!(instance["path"], "0");
        assert_eq!(instance["origin"], "main");
        assert_eq!(instance["globals"]["__witness_counter_0"]["value"], 2);
        assert_eq!(instance["globals"]["__witness_counter_1"]["value"], 1);
    }
}

#[test]
fn the_snapshot_is_taken_after_a_trap_too() {
    let calc = fixture("core/calc.wat");
    for backend in BACKENDS {
        let ended = seam([
            "invoke",
            &calc,
            "--backend",
            backend,
            "add(1, 1)",
            "div_s(1, 0)",
            "--snapshot",
            "__witness_counter_",
        ])
        .with_status(3);
        assert!(
            ended.stdout.contains("__witness_counter_0: i64 = 1"),
            "{ended:#?}"
        );
        assert!(
            ended.stdout.contains("__witness_counter_1: i32 = 1"),
            "{ended:#?}"
        );
    }
}

#[test]
fn a_trapping_start_function_leaves_a_snapshot() {
    let start_trap = fixture("core/start-trap.wat");
    for backend in BACKENDS {
        let ended = seam([
            "invoke",
            &start_trap,
            "--backend",
            backend,
            "never()",
            "--snapshot",
            "__witness_counter_",
        ])
        .with_status(3);
        assert!(
            ended.stdout.contains("__witness_counter_0: i64 = 1"),
            "{ended:#?}"
        );
    }
}

#[test]
fn the_document_has_calls_results_and_the_error() {
    let calc = fixture("core/calc.wat");
    let ended = seam([
        "invoke",
        &calc,
        "--backend",
        "wasmi",
        "add(1, 1)",
        "trap()",
        "--format",
        "json",
    ])
    .with_status(3);
    let document = ended.document();
    assert_eq!(document["artifact"], calc);
    assert_eq!(document["backend"], "wasmi");
    assert_eq!(document["calls"][0]["call"], "add(1, 1)");
    assert_eq!(document["calls"][0]["export"], "add");
    assert_eq!(document["calls"][0]["result"], "2");
    assert_eq!(document["calls"][1]["call"], "trap()");
    assert!(document["calls"][1].get("result").is_none());
    assert_eq!(document["error"]["kind"], "trap");
    assert_eq!(document["error"]["message"], "unreachable");
    assert_eq!(document["error"]["backend"], "wasmi");
    ended.explaining(&["unreachable"]);
}

#[test]
fn stubs_answer_for_missing_imports() {
    let imports = fixture("core/imports.wat");
    for backend in BACKENDS {
        let with = |stub: &'static str| {
            seam([
                "invoke",
                &imports,
                "mix(1, 2, 3, 4)",
                "--backend",
                backend,
                "--stub",
                stub,
            ])
        };
        with("default").with_status(0).printing("0\n");
        // The start function calls `log`.
        with("trap").with_status(3).explaining(&["env#log"]);
    }
}

#[test]
fn the_first_capable_backend_is_used() {
    let greet = fixture("greet/greet.wasm");
    let document = seam(["invoke", &greet, "shout(\"a\")", "--format", "json"])
        .with_status(0)
        .document();
    assert_eq!(document["backend"], "wasmtime");
    assert_eq!(document["calls"][0]["result"], "\"A\"");
    assert_eq!(document["calls"][0]["export"], "test:guest/strs#shout");
}

#[test]
fn without_a_call_the_exports_are_listed_as_calls() {
    let greet = fixture("greet/greet.wasm");
    let ended = seam(["invoke", &greet]).with_status(0);
    let line = ended.stdout.lines().next().unwrap();
    let (call, ty) = line.split_once("  // ").unwrap();
    assert_eq!(call.trim_end(), r#"test:guest/strs#greet("", [""])"#);
    assert_eq!(ty, "func(name: string, tags: list<string>) -> string");
    // What is listed can be called as it stands.
    seam(["invoke", &greet, call]).with_status(0);
    let document = seam(["invoke", &greet, "--format", "json"])
        .with_status(0)
        .document();
    let exports = document["exports"].as_array().unwrap();
    assert_eq!(exports.len(), ended.stdout.lines().count());
    assert_eq!(exports[0]["call"], call.trim_end());
}

/// An asynchronous component needs another build of wasmtime, which nobody has to ask for.
#[test]
fn an_asynchronous_component_is_run_on_the_build_that_it_needs() {
    let text = r#"(component
        (core module $m (func (export "f") (result i32) i32.const 42))
        (core instance $m (instantiate $m))
        (func (export "f") async (result u32) (canon lift (core func $m "f"))))"#;
    let component = Scratch::file("asynchronous.wat", text);
    seam(["invoke", component.text(), "f()", "--backend", "wasmtime"])
        .with_status(0)
        .printing("42\n");
}

#[test]
fn resources_are_named_passed_and_dropped() {
    let lists = fixture("fused/lists/composed.wasm");
    let calls = [
        "$c, $d = test:lists/store@0.1.0#fill([\"c\", \"d\"])",
        "sizes([$c, $d])",
        "$g = collect([$c, $d])",
        "drop $g",
        "test:lists/store@0.1.0#drops()",
    ];
    let ended = seam(["invoke", &lists].into_iter().chain(calls)).with_status(0);
    let expected = "[own<#0>, own<#1>]\n[1, 1]\nsome(own<#2>)\n()\n3\n";
    let document = ["--format", "json"];
    let document = seam(["invoke", &lists].into_iter().chain(calls).chain(document));
    let document = document.with_status(0).document();
    assert_eq!(document["calls"][0]["call"], calls[0]);
    assert_eq!(document["calls"][3]["call"], "drop $g");
    assert!(document["calls"][3]["export"].is_null());
    ended.printing(expected);
    for (calls, part) in [
        (&["sizes([$c])"][..], "`$c`"),
        (
            &["$c = test:lists/store@0.1.0#drops()"],
            "expected a result with a resource",
        ),
        (&["drop c"], "expected a call like"),
        (&[calls[0], calls[2], "drop $d"], "took away"),
    ] {
        let command = ["invoke", &lists].into_iter().chain(calls.iter().copied());
        seam(command)
            .with_status(2)
            .printing("")
            .complaining(&[part]);
    }
}

#[test]
fn a_name_for_a_resource_that_was_not_returned_is_unknown() {
    let lists = fixture("fused/lists/composed.wasm");
    let calls = ["$g = collect([])", "drop $g"];
    seam(["invoke", &lists].into_iter().chain(calls))
        .with_status(2)
        .printing("none\n")
        .complaining(&[
            "drop $g",
            "expected a resource that an earlier call returned, found `$g`",
        ]);
}

#[test]
fn compiled_code_is_kept_in_a_folder_on_request() {
    let folder = Scratch::folder("invoke-cache");
    let calc = fixture("core/calc.wat");
    let files = || {
        let files = std::fs::read_dir(folder.path()).unwrap();
        let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
        files.sort();
        files
    };
    let add = |backend: &str| {
        let options = ["--backend", backend, "--cache", folder.text()];
        seam(["invoke", &calc, "add(2,3)"].into_iter().chain(options))
            .with_status(0)
            .printing("5\n");
    };
    add("wasmi");
    assert_eq!(files().len(), 0);
    add("wasmtime");
    let kept = files();
    assert_eq!(kept.len(), 1);
    let content = std::fs::read(&kept[0]).unwrap();
    for stale in [&content[..content.len() / 2], b"of another version"] {
        std::fs::write(&kept[0], stale).unwrap();
        add("wasmtime");
        assert_eq!(files(), kept);
        assert_eq!(std::fs::read(&kept[0]).unwrap(), content);
    }
}
