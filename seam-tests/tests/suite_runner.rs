//! The runner of the official suites, on its own scripts and a scripted engine.
//!
//! It tests what passes, what fails, what is unsupported, and how the runner handles processes that
//! do not end as they should.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

#[path = "suite_runner/toy.rs"]
mod toy;

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::Duration;

use seam_tests::suite::{self, FileReport, Kind, Options, Progress, Report, Suite, Target};

fn suites(suites: &[Suite], options: &Options, told: &(dyn Fn(&Progress<'_>) + Sync)) -> Report {
    let toy = toy::Toy::new();
    suite::run(suites, &[Target::core(&toy)], options, told)
}

/// The child process: this program is started again with only this test.
///
/// Without the runner's environment variable, the test does nothing.
#[test]
fn child() {
    let toy = toy::Toy::new();
    let Some(code) = suite::serve(&[Target::core(&toy)]) else {
        return;
    };
    assert_eq!(code, ExitCode::SUCCESS, "the script could not be run");
}

fn options() -> Options {
    let mut options = Options::default();
    options.args = ["child", "--exact", "--nocapture", "--test-threads=1"]
        .map(Into::into)
        .to_vec();
    options.jobs = NonZeroUsize::new(2).unwrap();
    options
}

/// A folder with scripts, which is removed on drop.
struct Folder(PathBuf);

impl Folder {
    fn of(test: &str, scripts: &[(&str, &str)]) -> Self {
        let name = format!("seam-suite-{}-{test}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        for (path, text) in scripts {
            let path = folder.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

fn run(test: &str, scripts: &[(&str, &str)], options: &Options) -> Report {
    let folder = Folder::of(test, scripts);
    let found = Suite::find(&folder.0).unwrap();
    suites(&found, options, &|_| {})
}

fn run_one(test: &str, script: &str) -> FileReport {
    let report = run(test, &[("a.wast", script)], &options());
    report.suites[0].files[0].clone()
}

/// Returns the lines, directives, expectations and findings of all failures.
fn failures(file: &FileReport) -> Vec<(usize, &str, &str, &str)> {
    let failures = file.failures.iter();
    failures
        .map(|f| (f.line, &*f.directive, &*f.expected, &*f.found))
        .collect()
}

const MODULE: &str = "(module
  (func (export \"answer\") (result i32) (i32.const 42))
  (func (export \"trap\")) (func (export \"exhaust\")) (func (export \"throw\"))
  (func (export \"panic\")) (func (export \"abort\")) (func (export \"loop\"))
  (func (export \"lacking\"))
  (global (export \"seven\") i32 (i32.const 7)))
";

#[test]
fn every_kind_of_directive_can_pass() {
    let script = format!(
        "{MODULE}
        (register \"m\")
        (invoke \"answer\")
        (assert_return (invoke \"answer\") (i32.const 42))
        (assert_return (invoke \"answer\") (either (i32.const 41) (i32.const 42)))
        (assert_return (get \"seven\") (i32.const 7))
        (assert_trap (invoke \"trap\") \"unreachable\")
        (assert_exhaustion (invoke \"exhaust\") \"call stack exhausted\")
        (assert_exception (invoke \"throw\"))
        (assert_invalid (module (func (export \"invalid\"))) \"type mismatch\")
        (assert_malformed (module binary \"\") \"unexpected end\")
        (assert_unlinkable (module (func (export \"unlinkable\"))) \"incompatible import type\")
        (assert_unlinkable (module (import \"m\" \"none\" (func))) \"unknown import\")
        (assert_unlinkable (module (import \"nowhere\" \"f\" (func))) \"unknown import\")
        (module (import \"spectest\" \"print_i32\" (func (param i32))))
        (module (import \"m\" \"answer\" (func (result i32))))
        (module definition $D (func (export \"answer\") (result i32) (i32.const 42)))
        (module instance $I $D)
        (assert_return (invoke $I \"answer\") (i32.const 42))"
    );
    let file = run_one("pass", &script);
    assert_eq!(failures(&file), []);
    assert_eq!((file.passed, file.failed, file.unsupported), (19, 0, 0));
}

#[test]
fn a_wrong_expectation_fails_with_its_line_and_the_script_goes_on() {
    let script = "(module (func (export \"answer\") (result i32) (i32.const 42))
  (func (export \"trap\")))
(assert_return (invoke \"answer\") (i32.const 41))
(assert_trap (invoke \"answer\") \"unreachable\")

(assert_trap (invoke \"trap\") \"integer overflow\")
(assert_return (invoke \"trap\"))
(assert_exhaustion (invoke \"trap\") \"call stack exhausted\")
(assert_exception (invoke \"trap\"))
(assert_invalid (module) \"type mismatch\")
(assert_malformed (module binary \"\\00asm\\01\\00\\00\\00\") \"unexpected end\")
(assert_unlinkable (module) \"unknown import\")
(assert_return (invoke \"none\"))
(assert_return (invoke $None \"answer\"))
(assert_return (invoke \"answer\") (i32.const 42))";
    let file = run_one("fail", script);
    assert_eq!((file.passed, file.failed, file.unsupported), (2, 11, 0));
    let found = failures(&file);
    let lines: Vec<usize> = found.iter().map(|(line, ..)| *line).collect();
    assert_eq!(lines, [3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
    assert_eq!(
        found[0],
        (
            3,
            "assert_return invoke \"answer\"",
            "(i32.const 41)",
            "(i32.const 42)"
        )
    );
    assert_eq!(
        found[2],
        (
            6,
            "assert_trap invoke \"trap\"",
            "trap: integer overflow",
            "trap: unreachable"
        )
    );
}

#[test]
fn what_depends_on_an_unsupported_module_is_unsupported_too() {
    let script = "
(module $G (func (export \"needs-gc\")) (func (export \"f\")))
(assert_return (invoke \"f\"))
(register \"g\" $G)
(module $H (import \"g\" \"f\" (func)))
(assert_trap (invoke $H \"x\") \"unreachable\")
(assert_unlinkable (module (import \"g\" \"f\" (func (param i32)))) \"incompatible import type\")
(module $M (func (export \"lacking\")) (func (export \"answer\") (result i32) (i32.const 42)))
(assert_return (invoke $M \"lacking\"))
(assert_trap (invoke $M \"lacking\") \"unreachable\")
(assert_return (invoke $M \"answer\") (i32.const 42))";
    let file = run_one("lack", script);
    assert_eq!(failures(&file), []);
    assert_eq!((file.passed, file.failed, file.unsupported), (2, 0, 8));
    let missing: Vec<_> = file
        .missing
        .iter()
        .map(|(lack, n)| (lack.as_str(), *n))
        .collect();
    assert_eq!(missing, [("gc", 6), ("simd", 2)]);
}

#[test]
fn text_that_cannot_be_parsed_is_not_counted_and_nothing_executed() {
    let script = "(assert_malformed (module quote \"(func\") \"unexpected token\")";
    let file = run_one("idle", script);
    assert!(file.is_idle());
    assert_eq!(file.unsupported, 0);
}

#[test]
fn a_panic_fails_only_its_directive() {
    let script =
        format!("{MODULE}(invoke \"panic\")\n(assert_return (invoke \"answer\") (i32.const 42))");
    let file = run_one("panic", &script);
    let directive = "invoke \"panic\"";
    assert_eq!(
        failures(&file),
        [(7, directive, "no panic", "a panic: a panic of the toy")]
    );
    assert_eq!(file.passed, 2);
}

#[test]
fn an_abort_ends_one_script_and_the_report_shows_the_reason() {
    let aborts = format!("{MODULE}(invoke \"abort\")\n(invoke \"answer\")");
    let good = format!("{MODULE}(invoke \"answer\")");
    let scripts = [
        ("a/good.wast", good.as_str()),
        ("b/aborts.wast", &aborts),
        ("c/good.wast", &good),
    ];
    let report = run("abort", &scripts, &options());
    let suite = &report.suites[0];
    assert_eq!((suite.passed, suite.failed), (5, 1));
    let files: Vec<&str> = suite.files.iter().map(|file| file.file.as_str()).collect();
    assert_eq!(files, ["a/good.wast", "b/aborts.wast", "c/good.wast"]);
    let failed = failures(&suite.files[1]);
    let [(7, "invoke \"abort\"", "a running process", found)] = failed[..] else {
        panic!("{failed:?}");
    };
    assert!(found.contains("the toy aborts"), "{found}");
    #[cfg(unix)]
    assert!(found.contains("SIGABRT"), "{found}");
}

#[test]
fn a_hang_ends_at_the_deadline_of_the_directive() {
    let script = format!("{MODULE}(invoke \"answer\")\n(invoke \"loop\")\n(invoke \"answer\")");
    let mut options = options();
    options.directive_deadline = Duration::from_secs(3);
    let report = run("hang", &[("a.wast", &script)], &options);
    let file = &report.suites[0].files[0];
    assert_eq!(
        failures(file),
        [(
            8,
            "invoke \"loop\"",
            "an end before the deadline",
            "the directive was not done after 3s"
        )]
    );
    assert_eq!(file.passed, 2);
}

#[test]
fn a_hang_ends_at_the_deadline_of_the_script() {
    let script = format!("{MODULE}(invoke \"loop\")");
    let mut options = options();
    options.file_deadline = Duration::from_secs(3);
    let report = run("slow", &[("a.wast", &script)], &options);
    let failed = failures(&report.suites[0].files[0]);
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0].3, "the script was not done after 3s");
}

#[test]
fn a_child_that_cannot_start_is_a_failure_of_its_script() {
    let mut options = options();
    options.program = Some(PathBuf::from("/nonexistent/seam"));
    let report = run("start", &[("a.wast", "(module)")], &options);
    let failed = failures(&report.suites[0].files[0]);
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0].2, "a process for the script");
}

#[test]
fn a_script_that_cannot_be_read_fails() {
    let folder = Folder::of("unread", &[("a.wast", "(module)")]);
    let mut found = Suite::find(&folder.0).unwrap();
    found[0].files.push("gone.wast".into());
    let report = suites(&found, &options(), &|_| {});
    assert_eq!((report.suites[0].passed, report.suites[0].failed), (1, 1));
    let failed = failures(&report.suites[0].files[1]);
    assert_eq!(failed[0].2, "a running process");
}

#[test]
fn component_scripts_are_a_separate_suite_with_separate_targets() {
    let scripts = [
        ("core/a.wast", "(module)"),
        ("core/p/b.wast", "(module)"),
        ("cm/c.wast", "(component)"),
    ];
    let folder = Folder::of("kinds", &scripts);
    let found = Suite::find(&folder.0).unwrap();
    let kinds: Vec<_> = found.iter().map(|s| (s.kind, s.files.clone())).collect();
    assert_eq!(
        kinds,
        [
            (
                Kind::Core,
                vec!["a.wast".to_string(), "p/b.wast".to_string()]
            ),
            (Kind::Component, vec!["c.wast".to_string()]),
        ]
    );
    // No target runs components, so the component script does not run.
    let report = suites(&found, &options(), &|_| {});
    let ran: Vec<&str> = report.suites.iter().map(|s| s.suite.as_str()).collect();
    assert_eq!(ran, ["core"]);
}

#[test]
fn every_finished_script_is_reported_once() {
    let folder = Folder::of("told", &[("a.wast", "(module)"), ("b.wast", "(module)")]);
    let found = Suite::find(&folder.0).unwrap();
    let told = Mutex::new(Vec::new());
    let _ = suites(&found, &options(), &|progress| {
        let file = progress.file.file.clone();
        told.lock()
            .unwrap()
            .push((progress.done, progress.all, file));
    });
    let mut told = told.into_inner().unwrap();
    let counts: Vec<_> = told.iter().map(|(done, all, _)| (*done, *all)).collect();
    assert_eq!(counts, [(1, 2), (2, 2)]);
    told.sort_by(|a, b| a.2.cmp(&b.2));
    assert_eq!([&*told[0].2, &*told[1].2], ["a.wast", "b.wast"]);
}

#[test]
fn a_folder_without_scripts_is_misuse() {
    let folder = Folder::of("none", &[("a.txt", "")]);
    assert!(Suite::find(&folder.0).is_err());
    assert!(Suite::find(folder.0.join("none")).is_err());
}
