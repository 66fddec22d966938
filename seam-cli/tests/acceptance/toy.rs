//! A `seam` of somebody else: the example `toy`, whose fourth backend is a runtime of its own.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use crate::support::{Ended, built_example, execute, fixture};

const SUM: &str = "seam-cli/examples/toy/sum.wat";

/// Builds the example, once, and gives its path.
fn toy() -> &'static PathBuf {
    static TOY: OnceLock<PathBuf> = OnceLock::new();
    TOY.get_or_init(|| built_example("toy"))
}

fn seam(args: &[&str]) -> Ended {
    execute(Command::new(toy()).args(args), b"")
}

#[test]
fn it_is_listed_behind_the_others() {
    let document = seam(&["backends", "--format", "json"])
        .with_status(0)
        .document();
    let backends = document["backends"].as_array().unwrap();
    let toy = backends.last().unwrap();
    assert_eq!(toy["name"], "toy");
    assert_eq!(backends.len(), 4);
    assert_eq!(toy["capabilities"]["reentrant"], "yes");
    assert_eq!(toy["capabilities"]["fuel"], "on-request");
    assert_eq!(toy["capabilities"]["deadline"], "no");
    assert_eq!(toy["validates"], false);
}

#[test]
fn it_is_invoked_and_traps_by_name() {
    seam(&["invoke", SUM, "sum-of-squares(3, 4)", "--backend", "toy"])
        .with_status(0)
        .printing("25\n");
    seam(&["invoke", SUM, "div(1, 0)", "--backend", "toy"])
        .with_status(3)
        .printing("")
        .explaining(&["toy", "integer divide by zero"]);
    seam(&["invoke", SUM, "forever()", "--backend", "toy"])
        .with_status(3)
        .explaining(&["toy", "call stack exhausted"]);
}

#[test]
fn it_is_compared_with_the_others() {
    let calls = ["--invoke", "sum-of-squares(3, 4)", "--invoke", "div(-7, 2)"];
    let backends = ["--backend", "wasmtime", "--backend", "toy"];
    let command: Vec<&str> = ["diff", SUM]
        .into_iter()
        .chain(calls)
        .chain(backends)
        .chain(["--format", "json"])
        .collect();
    let document = seam(&command).with_status(0).document();
    assert_eq!(document["verdict"], "match", "{document:#}");
}

#[test]
fn what_guests_keep_is_the_same_as_elsewhere() {
    let calls = [
        "sum-of-squares(3, 4)",
        "apply(0, 6)",
        "apply(1, 6)",
        "apply(2, 6)",
        "apply-none()",
        "load(4)",
        "load(65529)",
        "load(-1)",
        "grow(1)",
        "grow(1)",
        "load(65529)",
    ];
    let mut command = vec!["diff", SUM, "--snapshot", "", "--format", "json"];
    for call in calls {
        command.extend(["--invoke", call]);
    }
    for backend in ["wasmtime", "wasmi", "toy"] {
        command.extend(["--backend", backend]);
    }
    let document = seam(&command).with_status(0).document();
    assert_eq!(document["verdict"], "match", "{document:#}");
}

/// The layer makes components of any engine: strings go through the guest's memory and `realloc`.
#[test]
fn it_runs_a_component() {
    let echo = "seam-cli/examples/toy/echo.wat";
    let mut command = vec!["diff", echo, "--snapshot", "", "--format", "json"];
    command.extend(["--invoke", "echo(\"toy story\")", "--invoke", "echo(\"\")"]);
    for backend in ["wasmtime", "toy"] {
        command.extend(["--backend", backend]);
    }
    let document = seam(&command).with_status(0).document();
    assert_eq!(document["verdict"], "match", "{document:#}");
    let call = ["invoke", echo, "echo(\"toy story\")", "--backend", "toy"];
    seam(&call).with_status(0).printing("\"toy story\"\n");
}

#[test]
fn what_it_lacks_it_says() {
    let calc = fixture("core/calc.wat");
    seam(&["invoke", &calc, "add(1, 2)", "--backend", "toy"])
        .with_status(5)
        .complaining(&["toy", "expected a module of the toy's subset"]);
    let deadline = ["invoke", SUM, "div(1, 1)", "--backend", "toy"];
    seam(&[&deadline[..], &["--deadline", "9s"]].concat())
        .with_status(2)
        .complaining(&[
            "expected a backend with `deadline`, for --deadline",
            "`toy`",
        ]);
}

/// Its default build counts no fuel. For `--fuel`, the command asks the layer for another build, and
/// the layer asks the engine.
#[test]
fn fuel_is_counted_by_another_build_of_it() {
    let invoke =
        |call: &str, fuel: &str| seam(&["invoke", SUM, call, "--backend", "toy", "--fuel", fuel]);
    invoke("div(6, 2)", "3").with_status(0).printing("3\n");
    for (call, fuel) in [("div(6, 2)", "2"), ("forever()", "100")] {
        invoke(call, fuel)
            .with_status(4)
            .explaining(&["toy", "all fuel consumed"]);
    }
}
