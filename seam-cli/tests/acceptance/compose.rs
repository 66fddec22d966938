//! `--compose`.

use crate::support::{fixture, seam};

/// Returns a file of the fixture `text`.
fn text(file: &str) -> String {
    fixture(&format!("fused/text/{file}"))
}

/// The options that compose `back` and `front`.
fn composing() -> [String; 4] {
    [
        "--compose".into(),
        text("back.wasm"),
        "--compose".into(),
        text("front.wasm"),
    ]
}

const SHOUT: &str = "test:text/text@0.1.0#shout(\"héllo\")";

#[test]
fn a_composition_is_compared_with_its_fusion() {
    let fused = text("multi.wasm");
    let compose = composing();
    let composed = format!("{}+{}", compose[1], compose[3]);
    let rest = [
        fused.as_str(),
        "--invoke",
        SHOUT,
        "--backend",
        "wasmtime",
        "--backend",
        "wasmi",
    ];
    let command = ["diff"]
        .into_iter()
        .chain(compose.iter().map(String::as_str));
    seam(command.clone().chain(rest)).with_status(0).printing(&format!(
        "{SHOUT} = \"<HÉLLO!>\"\n\
         match: {composed} on wasmtime, {composed} on wasmi, {fused} on wasmtime, {fused} on wasmi\n"
    ));
    // The composition alone is compared on all backends.
    let ended = seam(command.chain(["--invoke", SHOUT])).with_status(0);
    assert!(
        ended
            .stdout
            .contains("match: wasmtime, wasmtime-layered, wasmi\n"),
        "{ended:#?}"
    );
}

#[test]
fn a_composition_is_invoked_and_inspected() {
    let compose = composing();
    let on = |command: &'static str, rest: &[&str]| {
        let options = compose.iter().map(String::as_str);
        seam(
            [command]
                .into_iter()
                .chain(options)
                .chain(rest.iter().copied()),
        )
    };
    on("invoke", &[SHOUT])
        .with_status(0)
        .printing("\"<HÉLLO!>\"\n");
    let listed = on("invoke", &[]).with_status(0);
    let call = "\ntest:text/text@0.1.0#shout(\"\")";
    assert!(listed.stdout.contains(call), "{listed:#?}");
    let shown = on("inspect", &[]).with_status(0);
    assert!(
        shown
            .stdout
            .contains("export test:text/text@0.1.0: interface {"),
        "{shown:#?}"
    );
    // The types of `text` are the ones of `base`, which `back` provides.
    let base = "export test:text/base@0.1.0: interface {";
    assert!(shown.stdout.contains(base), "{shown:#?}");
    let both = "expected an artifact or --compose, found `x.wasm` and --compose";
    on("inspect", &["x.wasm"])
        .with_status(2)
        .complaining(&[both]);
}

#[test]
fn a_composed_command_runs() {
    let file = |name: &str| fixture(&format!("fused/wasi/{name}.wasm"));
    let (lines, command) = (file("lines"), file("command"));
    let run = [
        "run",
        "--compose",
        &lines,
        "--compose",
        &command,
        "--",
        "fail",
    ];
    let ended = seam(run).with_status(1);
    assert_eq!(ended.stderr, "told to fail\n");
}

#[test]
fn components_that_do_not_fit_are_wrong_input() {
    let (back, chain) = (text("back.wasm"), fixture("fused/chain/leaf.wasm"));
    seam(["inspect", "--compose", &back])
        .with_status(2)
        .complaining(&["expected two components or more", "alone"]);
    seam(["inspect", "--compose", &back, "--compose", &chain])
        .with_status(2)
        .complaining(&[
            "expected a later component that imports",
            "`test:text/base@0.1.0`",
        ]);
    let module = text("multi.wasm");
    seam(["invoke", "--compose", &module, "--compose", &back, "f()"])
        .with_status(2)
        .complaining(&["expected a component, found the core module"]);
}
