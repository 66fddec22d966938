//! `seam witness`.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

use crate::support::{BACKENDS, Ended, Scratch, execute, fixture};

/// A module that counts the calls of `f` and of `g`, and calls what it imports.
const COUNTING: &str = r#"(module
    (import "host" "f" (func $host (result i32)))
    (global $f (export "__witness_counter_0") (mut i64) (i64.const 0))
    (global $g (export "__witness_counter_3") (mut i64) (i64.const 0))
    (func (export "__witness_row_reset"))
    (func (export "f") (param i32) (result i32)
        (global.set $f (i64.add (global.get $f) (i64.const 1)))
        (i32.add (local.get 0) (call $host)))
    (func (export "g")
        (global.set $g (i64.add (global.get $g) (i64.const 1))))
    (func (export "h") (unreachable)))"#;

/// Runs the harness with these environment variables.
fn witness(variables: &[(&str, &OsStr)], args: &[&str]) -> Ended {
    let mut command = Command::new(env!("CARGO_BIN_EXE_seam"));
    for variable in ["WITNESS_MODULE", "WITNESS_MANIFEST", "WITNESS_OUTPUT"] {
        command.env_remove(variable);
    }
    command
        .envs(variables.iter().copied())
        .arg("witness")
        .args(args);
    execute(&mut command, b"")
}

/// Runs the harness on a module, with an output file of its own. Returns the output, if there is one.
fn measured(name: &str, module: &str, args: &[&str]) -> (Ended, Option<String>) {
    let folder = Scratch::folder(name);
    let (module_file, output) = (folder.path().join("m.wat"), folder.path().join("out.json"));
    std::fs::write(&module_file, module).unwrap();
    let variables = [
        ("WITNESS_MODULE", module_file.as_os_str()),
        ("WITNESS_OUTPUT", output.as_os_str()),
    ];
    let ended = witness(&variables, args);
    let written = std::fs::read_to_string(&output).ok();
    let expected = 1 + usize::from(written.is_some());
    let files = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(files, expected, "a file is left over: {ended:#?}");
    (ended, written)
}

#[test]
fn counters_and_rows_are_written() {
    for backend in BACKENDS {
        let args = [
            "--invoke",
            "f(40)",
            "--invoke-all",
            "--invoke",
            "g()",
            "--backend",
            backend,
        ];
        // `h` traps, so it must not be among the calls.
        let module = COUNTING.replace("unreachable", "nop");
        let (ended, written) = measured(&format!("witness-rows-{backend}"), &module, &args);
        let ended = ended.with_status(0).printing("");
        assert_eq!(
            written.unwrap(),
            r#"{"schema":"witness-harness-v2","counters":{"0":1,"3":1},"rows":["#.to_string()
                + r#"{"name":"f(40)","outcome":40,"brvals":{},"brcnts":{},"trace_b64":""},"#
                + r#"{"name":"g","outcome":null,"brvals":{},"brcnts":{},"trace_b64":""},"#
                + r#"{"name":"h","outcome":null,"brvals":{},"brcnts":{},"trace_b64":""}]}"#
        );
        assert!(
            ended.stderr.contains("note: import host: stubbed\n"),
            "{ended:#?}"
        );
    }
}

#[test]
fn a_schema_without_rows_can_be_chosen() {
    let args = [
        "--invoke", "g()", "--schema", "v1", "--stub", "trap", "--format", "json",
    ];
    let (ended, written) = measured("witness-v1", COUNTING, &args);
    let ended = ended.with_status(0);
    let expected = r#"{"schema":"witness-harness-v1","counters":{"0":0,"3":1}}"#;
    assert_eq!(written.unwrap(), expected);
    assert!(
        ended.stderr.contains("note: import host: trapped\n"),
        "{ended:#?}"
    );
    let record = &ended.document()["record"];
    assert_eq!(
        record.to_string(),
        serde_json::from_str::<serde_json::Value>(expected)
            .unwrap()
            .to_string()
    );
}

#[test]
fn without_a_call_the_program_runs() {
    let counter = r#"(global $c (export "__witness_counter_0") (mut i64) (i64.const 0))"#;
    let module = format!(
        r#"(module {counter} (memory (export "memory") 1)
            (func (export "_start") (global.set $c (i64.const 9))))"#
    );
    let (ended, written) = measured("witness-run", &module, &[]);
    ended.with_status(0);
    assert_eq!(
        written.unwrap(),
        r#"{"schema":"witness-harness-v1","counters":{"0":9}}"#
    );
}

#[test]
fn a_trap_or_a_wrong_call_writes_nothing() {
    for (name, args, status, part) in [
        (
            "trap",
            &["--invoke", "g()", "--invoke", "h()"][..],
            3,
            "unreachable",
        ),
        ("stub", &["--invoke", "f(1)", "--stub", "trap"], 3, "host"),
        ("name", &["--invoke", "nothing()"], 2, "nothing"),
        (
            "snapshot",
            &["--invoke", "g()", "--snapshot", "c"],
            2,
            "--snapshot",
        ),
        ("type", &["--invoke", "f(\"a\")"], 2, "argument 1"),
        ("entry", &[], 2, "expected"),
        ("deny", &["--invoke", "g()", "--stub", "deny"], 2, "host"),
        (
            "backend",
            &["--invoke", "g()", "--backend", "none"],
            2,
            "none",
        ),
    ] {
        let (ended, written) = measured(&format!("witness-{name}"), COUNTING, args);
        let ended = ended.with_status(status);
        assert_eq!(written, None, "{ended:#?}");
        let error = ended
            .stderr
            .lines()
            .find(|line| line.starts_with("error: "));
        assert!(error.is_some_and(|line| line.contains(part)), "{ended:#?}");
    }
}

#[test]
fn an_artifact_that_is_not_instrumented_is_wrong_input() {
    let (ended, written) = measured(
        "witness-bare",
        "(module (func (export \"f\")))",
        &["--invoke", "f()"],
    );
    ended
        .with_status(2)
        .complaining(&["expected an artifact that witness has instrumented"]);
    assert_eq!(written, None);
}

/// Asserts that there is one error line, and that it has this part.
#[track_caller]
fn refused(ended: Ended, part: &str) {
    let ended = ended.with_status(2);
    let errors = ended
        .stderr
        .lines()
        .filter(|line| line.starts_with("error: "));
    let errors: Vec<&str> = errors.collect();
    assert!(errors.len() == 1 && errors[0].contains(part), "{ended:#?}");
}

#[test]
fn the_environment_must_be_set_and_usable() {
    let module = Scratch::file("witness-env.wat", COUNTING);
    let manifest = Scratch::file(
        "witness-env.json",
        r#"{"branches": [{"id": 0}, {"id": 4}]}"#,
    );
    let broken = Scratch::file("witness-broken.json", "{");
    let folder = Scratch::folder("witness-env");
    let (module, manifest, broken) = (module.path(), manifest.path(), broken.path());
    let output = folder.path().join("out.json");
    let nowhere = folder.path().join("no/file");
    let set = |module: Option<&Path>, output: Option<&Path>, manifest: Option<&Path>| {
        let variables = [
            ("WITNESS_MODULE", module),
            ("WITNESS_OUTPUT", output),
            ("WITNESS_MANIFEST", manifest),
        ];
        let variables = variables.iter();
        let variables = variables.filter_map(|(name, path)| Some((*name, (*path)?.as_os_str())));
        witness(&variables.collect::<Vec<_>>(), &["--invoke", "g()"])
    };
    let expected = "expected the environment variable";
    refused(
        set(None, Some(&output), None),
        &format!("{expected} WITNESS_MODULE"),
    );
    refused(
        set(Some(module), None, None),
        &format!("{expected} WITNESS_OUTPUT"),
    );
    refused(set(Some(&nowhere), Some(&output), None), "no/file");
    let expected = "WITNESS_MANIFEST: expected a manifest of witness";
    refused(set(Some(module), Some(&output), Some(&nowhere)), expected);
    refused(set(Some(module), Some(&output), Some(broken)), expected);
    let expected = "branch 3 is in one of them only";
    refused(set(Some(module), Some(&output), Some(manifest)), expected);
    let expected = "WITNESS_OUTPUT: expected a file that can be written";
    refused(set(Some(module), Some(&nowhere), None), expected);
    refused(set(Some(module), Some(folder.path()), None), expected);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_component_is_measured_alike_on_every_backend() {
    let greet = fixture("greet/greet.wasm");
    let mut records = Vec::new();
    for backend in BACKENDS {
        let output = Scratch::folder(&format!("witness-greet-{backend}"));
        let output = output.path().join("out.json");
        let variables = [
            ("WITNESS_MODULE", OsStr::new(&greet)),
            ("WITNESS_OUTPUT", output.as_os_str()),
        ];
        let args = ["--invoke", "greet(\"bob\", [\"a\"])", "--backend", backend];
        witness(&variables, &args).with_status(0);
        records.push(std::fs::read_to_string(&output).unwrap());
    }
    let expected = r#"{"schema":"witness-harness-v1","counters":{"0":1,"1":0}}"#;
    assert_eq!(records, [expected; 3]);
}
