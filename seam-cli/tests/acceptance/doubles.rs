//! A `seam` with backends that misbehave: the example `doubles`, in `tests/doubles`.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use crate::support::{Ended, built_example, execute, fixture, root};

fn seam(args: &[&str]) -> Ended {
    static DOUBLES: OnceLock<PathBuf> = OnceLock::new();
    let doubles = DOUBLES.get_or_init(|| built_example("doubles"));
    execute(Command::new(doubles).args(args), b"")
}

#[test]
fn what_a_backend_can_do_is_found_out_by_loading() {
    // It states no `components`, and runs them.
    let greet = fixture("greet/greet.wasm");
    seam(&["invoke", &greet, "shout(\"hi\")", "--backend", "modest"])
        .with_status(0)
        .printing("\"HI\"\n");
    let command = fixture("command/command.component.wasm");
    seam(&["run", &command, "--backend", "modest", "--", "args", "one"])
        .with_status(0)
        .printing("one\n");
}

#[test]
fn a_panic_is_an_error_of_the_engine_wherever_it_happens() {
    let calc = fixture("core/calc.wat");
    for (backend, text) in [
        ("panics-at-load", "no more ideas at load"),
        ("panics-at-instantiate", "no more ideas at instantiate"),
        ("engine-panics-at-compile", "no more ideas at compile"),
        (
            "engine-panics-at-instantiate",
            "no more ideas at instantiate",
        ),
        ("engine-panics-at-call", "no more ideas at call"),
    ] {
        let command = ["invoke", &calc, "add(2, 3)", "--backend", backend];
        seam(&command)
            .with_status(5)
            .complaining(&[backend, "the engine panicked", text]);
        let json = [&command[..], &["--format", "json"]].concat();
        let document = seam(&json).with_status(5).document();
        assert_eq!(document["error"]["kind"], "engine", "{document:#}");
        assert_eq!(document["error"]["backend"], backend, "{document:#}");
    }
}

#[test]
fn a_backend_that_aborts_or_hangs_loses_only_its_own_runs_of_a_scenario() {
    let calc = fixture("core/calc.scenario.toml");
    let command = [
        "scenario",
        &calc,
        "--timeout",
        "15s",
        "--backend",
        "wasmi",
        "--backend",
    ];
    for (backend, text) in [
        (
            "aborts-at-load",
            "calc.wat on aborts-at-load: expected a running process, but it ended with signal: 6 (SIGABRT)",
        ),
        (
            "hangs-at-load",
            "calc.wat on hangs-at-load: it was not done after 15s",
        ),
        (
            "panics-at-load",
            "instantiation: expected: an instance | panics-at-load: engine: the engine panicked: no more ideas at load",
        ),
    ] {
        let ended = seam(&[&command[..], &[backend]].concat()).with_status(1);
        let first = format!("failed: seam-tests/fixtures/core/calc: {text}");
        let found = ended.stdout.lines().next().unwrap();
        assert!(found.starts_with(&first), "{ended:#?}");
        assert!(ended.stdout.contains("  wasmi; "), "{ended:#?}");
        assert!(
            ended.stdout.ends_with("1 scenario: 0 passed, 1 failed\n"),
            "{ended:#?}"
        );
        assert_eq!(ended.stderr, "");
        // It must not be blessed as if it had agreed.
        let golden = std::fs::read_to_string(root().join(fixture("core/calc.golden.json")));
        assert!(!golden.unwrap().contains(backend));
    }
}

#[test]
fn the_results_of_other_backends_stay_when_one_panics() {
    let calc = fixture("core/calc.wat");
    let calls = ["--invoke", "add(2, 3)", "--invoke", "add(1, 1)"];
    for backend in ["panics-at-load", "engine-panics-at-call"] {
        let backends = ["--backend", "wasmi", "--backend", backend];
        let command = [
            &["diff", &calc],
            &calls[..],
            &backends,
            &["--format", "json"],
        ]
        .concat();
        let document = seam(&command).with_status(5).document();
        let runs = document["observations"].as_array().unwrap();
        assert_eq!(
            runs[0]["steps"][1]["ended"]["returned"], "2",
            "{document:#}"
        );
        // Nothing more is asked of an engine that has panicked.
        assert_eq!(runs[1]["steps"][1]["ended"], "not-run", "{document:#}");
        assert_eq!(document["verdict"], "diverged", "{document:#}");
    }
}

#[test]
fn a_backend_that_aborts_or_hangs_loses_only_the_case() {
    let (abort, hang) = ("aborts-at-load", "hangs-at-load");
    let command = [
        "conformance",
        "--filter",
        "numbers_pass_unchanged",
        "--timeout",
        "3s",
        "--format",
        "json",
    ];
    let backends = ["--backend", abort, "--backend", hang, "--backend", "wasmi"];
    let document = seam(&[&command[..], &backends].concat())
        .with_status(1)
        .document();
    let verdict = |at: usize| &document["kit"][at]["outcomes"][0]["verdict"];
    let failed = |at: usize| verdict(at)["failed"].as_str().unwrap_or_default();
    assert!(failed(0).contains("the process died"), "{document:#}");
    assert!(failed(0).contains("signal"), "{document:#}");
    assert!(failed(1).contains("still running"), "{document:#}");
    assert_eq!(verdict(2), "passed", "{document:#}");
}

#[test]
fn a_known_failure_of_the_kit_must_fail() {
    let run = |backend: &str| {
        let known = format!("{backend}/numbers_pass_unchanged=it is a double");
        let filter = ["--filter", "numbers_pass_unchanged"];
        let command = ["conformance", "--backend", backend, "--known", &known];
        seam(&[&command[..], &filter].concat())
    };
    let ended = run("panics-at-load").with_status(0);
    let line = "panics-at-load: 1 case, 0 passed, 0 failed, 0 not supported, 1 failed as known\n";
    assert!(ended.stdout.ends_with(line), "{ended:#?}");
    let ended = run("wasmi").with_status(1);
    assert!(ended.stdout.contains("unexpected pass"), "{ended:#?}");
}
