//! `seam conformance`: the kit, and the test's own scripts.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::support::{BACKENDS, seam};

/// A folder with a good and a wrong script for core modules, and a good script for components.
struct Suite(PathBuf);

impl Suite {
    fn new(test: &str) -> Self {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("suite-{test}"));
        let good = "(module (func (export \"f\") (result i32) (i32.const 42)))\n\
                    (assert_return (invoke \"f\") (i32.const 42))";
        let wrong = good.replacen("42", "41", 1);
        let component = "(component)\n(assert_invalid (component (export \"a\" (func 0))) \"\")";
        for (path, text) in [
            ("core/good.wast", good),
            ("core/wrong.wast", &wrong),
            ("components/good.wast", component),
        ] {
            let path = folder.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        Self(folder)
    }

    fn arg(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Suite {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

/// Returns suite, backend, and the numbers of passed, failed and unsupported directives.
fn totals(document: &Value) -> Vec<(&str, &str, u64, u64, u64)> {
    let suites = document["suites"].as_array().unwrap().iter();
    let totals = suites.map(|suite| {
        let count = |what: &str| suite[what].as_u64().unwrap();
        (
            suite["suite"].as_str().unwrap(),
            suite["backend"].as_str().unwrap(),
            count("passed"),
            count("failed"),
            count("unsupported"),
        )
    });
    totals.collect()
}

#[test]
fn scripts_run_on_every_backend_and_a_failure_is_reported_with_its_line() {
    let suite = Suite::new("all");
    let args = ["conformance", "--suite", suite.arg(), "--format", "json"];
    let document = seam(args).with_status(1).document();
    assert_eq!(
        totals(&document),
        [
            ("core", "wasmtime", 3, 1, 0),
            ("core", "wasmi", 3, 1, 0),
            ("component-model", "wasmtime", 2, 0, 0),
            ("component-model", "wasmtime-layered", 2, 0, 0),
            ("component-model", "wasmi", 2, 0, 0),
        ]
    );
    let files = &document["suites"][0]["files"];
    assert_eq!(
        files[1],
        json!({
            "file": "wrong.wast",
            "passed": 1,
            "failed": 1,
            "unsupported": 0,
            "failures": [{
                "line": 2,
                "directive": "assert_return invoke \"f\"",
                "expected": "(i32.const 42)",
                "found": "(i32.const 41)",
            }],
        })
    );
}

#[test]
fn a_filter_and_a_backend_choose_what_runs() {
    let suite = Suite::new("some");
    let chosen = ["--backend", "wasmi", "--filter", "good*"];
    let args = ["conformance", "--suite", suite.arg()];
    let ended = seam(args.into_iter().chain(chosen)).with_status(0);
    let lines = "core on wasmi: 1 file, 2 passed, 0 failed, 0 not supported\n\
                 component-model on wasmi: 1 file, 2 passed, 0 failed, 0 not supported\n";
    assert!(ended.stdout.ends_with(lines), "{ended:#?}");
    assert_eq!(ended.stderr, "");
}

#[test]
fn an_html_page_can_be_written() {
    let suite = Suite::new("page");
    let args = ["conformance", "--suite", suite.arg(), "--format", "html"];
    let ended = seam(args).with_status(1);
    assert!(ended.stdout.starts_with("<!doctype html>"), "{ended:#?}");
    assert!(ended.stdout.contains("wrong.wast"), "{ended:#?}");
}

#[test]
fn a_folder_without_scripts_and_a_filter_without_matches_are_wrong_input() {
    let suite = Suite::new("none");
    let missing = suite.0.join("none");
    let missing = missing.to_str().unwrap();
    seam(["conformance", "--suite", missing])
        .with_status(2)
        .complaining(&["expected to read", missing]);
    seam(["conformance", "--suite", suite.arg(), "--filter", "zzz"])
        .with_status(2)
        .complaining(&["expected a script that matches `zzz`, found none"]);
    seam([
        "conformance",
        "--suite",
        suite.arg(),
        "--format",
        "markdown",
    ])
    .with_status(2)
    .complaining(&["expected --format text, json or html", "markdown"]);
}

/// The cases of one small area, which needs a build with fuel.
const FUEL: [&str; 3] = ["conformance", "--filter", "fuel_*"];

#[test]
fn the_kit_runs_each_case_in_the_build_that_has_what_it_needs() {
    let ended = seam(FUEL).with_status(0);
    for backend in BACKENDS {
        let line = format!("{backend}: 4 cases, 4 passed, 0 failed, 0 not supported\n");
        assert!(ended.stdout.contains(&line), "{ended:#?}");
    }
    let document = seam(FUEL.into_iter().chain(["--format", "json"]))
        .with_status(0)
        .document();
    let outcome = &document["kit"][2]["outcomes"][0];
    let case = ["fuel_ends_an_endless_loop", "limits", "passed"];
    assert_eq!(
        ["case", "area", "verdict"].map(|key| &outcome[key]),
        case,
        "{document:#}"
    );
}

#[test]
fn the_kit_writes_a_table_and_a_page() {
    let run = |format| seam(FUEL.into_iter().chain(["--format", format])).with_status(0);
    let table = run("markdown").stdout;
    assert!(table.starts_with("| area | wasmtime "), "{table}");
    assert!(table.contains("\n| limits | 3/3 | 3/3 | 3/3 |"), "{table}");
    let page = run("html").stdout;
    assert!(page.starts_with("<!doctype html>"), "{page}");
    assert!(
        page.contains(
            "<th scope=\"row\">fuel_ends_an_endless_loop</th><td class=\"good\">passed</td>"
        ),
        "{page}"
    );
}

#[test]
fn the_kit_names_wrong_options() {
    for (option, value, expected) in [
        (
            "--filter",
            "zzz",
            "expected a case or an area that matches `zzz`",
        ),
        ("--with", "zzz", "expected a capability"),
        (
            "--with",
            "custom-descriptors",
            "expected a backend with `custom-descriptors`, for --with",
        ),
        (
            "--known",
            "wasmi/a",
            "expected BACKEND/CASE=REASON, found `wasmi/a`",
        ),
        (
            "--known",
            "wasmi/a=b",
            "expected the name of a case, found `a`",
        ),
        (
            "--known",
            "x/numbers_pass_unchanged=b",
            "expected a known failure of a backend that runs",
        ),
        ("--backend", "zzz", "found `zzz`"),
    ] {
        seam(["conformance", option, value])
            .with_status(2)
            .complaining(&[expected]);
    }
}
