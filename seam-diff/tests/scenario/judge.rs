//! Runs are judged by expectations, the golden and each other.

use seam_diff::scenario::{Judged, Outcome, Word};

use crate::support::{Folder, steps};

const CALLS: &str = r#"
[[step]]
invoke = "add(2, 3)"
expect = "5"
[[step]]
invoke = "trap()"
expect-trap = "unreachable"
[[step]]
core = "both(0x10, -0.5)"
expect = "-0.5, 0x10"
[[step]]
snapshot = "calls"
"#;

fn words(outcome: &Outcome) -> Vec<Word> {
    outcome.cells.iter().map(|cell| cell.word).collect()
}

/// Blesses the calls, changes the golden, and returns the outcome.
fn changed(from: &str, to: &str) -> Outcome {
    let folder = Folder::new();
    let outcome = folder.bless(&steps(CALLS));
    assert_eq!(outcome.verdict, Judged::Passed, "{outcome:#?}");
    let golden = folder.read("s.golden.json");
    assert!(golden.contains(from), "{golden}");
    folder.write("s.golden.json", &golden.replacen(from, to, 1));
    folder.check(&steps(CALLS))
}

#[test]
fn one_byte_of_the_golden_that_differs_is_the_first_difference() {
    for (from, to, reason) in [
        (
            "\"5\"",
            "\"6\"",
            "step 1, add(2, 3): the golden: 6 | wasmtime, wasmi: 5",
        ),
        (
            "\"unreachable\"",
            "\"unreachablf\"",
            "step 2, trap(): the golden: trap: unreachablf | wasmtime, wasmi: trap: unreachable",
        ),
        (
            "f32 -0.5",
            "f32 -1.5",
            "step 3, core both(0x00000000000000000000000000000010, -0.5): the golden: f32 -1.5, v128 \
             0x00000000000000000000000000000010 | wasmtime, wasmi: f32 -0.5, v128 \
             0x00000000000000000000000000000010",
        ),
        (
            "i32 1",
            "i32 2",
            "step 4, snapshot calls, 0: global \"calls\": the golden: i32 2 | wasmtime, wasmi: i32 1",
        ),
        (
            "\"stdout\": \"\"",
            "\"stdout\": \"x\"",
            "stdout, byte 0: the golden: \"x\" | wasmtime, wasmi: the end",
        ),
        (
            "add(2, 3)",
            "add(2, 4)",
            "step 1: the golden: add(2, 4) | wasmtime, wasmi: add(2, 3)",
        ),
    ] {
        let outcome = changed(from, to);
        assert_eq!(outcome.verdict, Judged::Failed);
        assert_eq!(outcome.reason, reason);
        assert_eq!(words(&outcome), [Word::Differs, Word::Differs]);
        let blame = outcome.blame.unwrap();
        assert!(
            blame.starts_with("wasmtime and wasmi differ from the golden"),
            "{blame}"
        );
    }
}

#[test]
fn a_golden_that_is_no_golden_is_named_with_its_place() {
    let outcome = changed("\"steps\"", "\"stops\"");
    assert!(outcome.reason.contains("s.golden.json:"), "{outcome:#?}");
    assert!(
        outcome.reason.contains("missing field `steps`"),
        "{outcome:#?}"
    );
    let outcome = changed("{", "[");
    assert!(outcome.reason.contains("s.golden.json:2:"), "{outcome:#?}");
    assert_eq!(outcome.verdict, Judged::Failed);
}

#[test]
fn a_golden_of_another_version_says_how_to_migrate() {
    let outcome = changed("\"golden\": 1", "\"golden\": 2");
    assert_eq!(outcome.verdict, Judged::Failed);
    for part in [
        "expected `\"golden\": 1`, the version that this `seam` reads, found version 2: to migrate, ",
        "then run `seam scenario --bless ",
    ] {
        assert!(outcome.reason.contains(part), "{outcome:#?}");
    }
}

#[test]
fn a_missing_golden_is_a_failure_even_if_all_runs_agree() {
    let folder = Folder::new();
    let outcome = folder.check(&steps(CALLS));
    assert_eq!(outcome.verdict, Judged::Failed);
    assert!(
        outcome.reason.starts_with("expected the golden file "),
        "{outcome:#?}"
    );
    assert_eq!(words(&outcome), [Word::Match, Word::Match]);
}

#[test]
fn an_expectation_that_is_not_met_names_both_sides() {
    for (step, found) in [
        (
            "invoke = \"add(2, 3)\"\nexpect = \"6\"",
            "expected: 6 | wasmtime, wasmi: 5",
        ),
        (
            "invoke = \"add(2, 3)\"\nexpect-trap = \"unreachable\"",
            "expected: trap: unreachable | wasmtime, wasmi: 5",
        ),
        (
            "invoke = \"trap()\"\nexpect = \"()\"",
            "expected: () | wasmtime, wasmi: trap: unreachable",
        ),
        (
            "invoke = \"trap()\"\nexpect-trap = \"integer overflow\"",
            "expected: trap: integer overflow | wasmtime, wasmi: trap: unreachable",
        ),
        (
            "invoke = \"trap()\"\nexpect-exit = 1",
            "expected: exit code 1 | wasmtime, wasmi: trap: unreachable",
        ),
        (
            "core = \"add(2, 3)\"\nexpect = \"6\"",
            "expected: 6 | wasmtime, wasmi: 5",
        ),
        (
            "invoke = \"trap()\"\nexpect-limit = \"fuel\"",
            "expected: limit: fuel | wasmtime, wasmi: trap: unreachable",
        ),
    ] {
        let folder = Folder::new();
        let outcome = folder.check(&steps(&format!("[[step]]\n{step}")));
        assert_eq!(outcome.verdict, Judged::Failed);
        assert!(outcome.reason.ends_with(found), "{}", outcome.reason);
    }
}

#[test]
fn a_limit_that_is_reached_on_all_backends_can_be_expected() {
    let text =
        steps("[limits]\nfuel = 10000\n[[step]]\ninvoke = \"spin()\"\nexpect-limit = \"fuel\"");
    let folder = Folder::new();
    assert_eq!(folder.bless(&text).verdict, Judged::Passed);
    assert_eq!(folder.check(&text).verdict, Judged::Passed);
}

#[test]
fn steps_after_a_trap_in_a_component_are_counted_as_not_run() {
    let folder = Folder::new();
    let component = r#"(component
        (core module $m (func (export "f")) (func (export "trap") unreachable))
        (core instance $m (instantiate $m))
        (func (export "f") (canon lift (core func $m "f")))
        (func (export "trap") (canon lift (core func $m "trap"))))"#;
    folder.write("f.wat", component);
    let head = "schema = 1\n[[artifact]]\nfile = \"f.wat\"\n";
    let calls =
        "[[step]]\ninvoke = \"f()\"\n[[step]]\ninvoke = \"trap()\"\n[[step]]\ninvoke = \"f()\"\n";
    let text = format!("{head}{calls}");
    let outcome = folder.bless(&text);
    assert_eq!(outcome.verdict, Judged::Passed, "{outcome:#?}");
    assert_eq!((outcome.steps, outcome.not_run), (3, 1));
    assert!(folder.read("s.golden.json").contains("\"not-run\""));
    // What is expected of a step that was not run is not met.
    let outcome = folder.check(&format!("{text}expect = \"()\"\n"));
    assert_eq!(
        outcome.reason,
        "step 3, f(): expected: () | wasmtime, wasmi: not run"
    );
}

#[test]
fn a_fusion_is_compared_with_the_first_artifact() {
    let folder = Folder::new();
    let module =
        |value: u32| format!("(module (func (export \"f\") (result i32) (i32.const {value})))");
    folder.write("one.wat", &module(1));
    folder.write("two.wat", &module(2));
    let text = "schema = 1\n[[artifact]]\nfile = \"one.wat\"\n[[artifact]]\nfile = \"two.wat\"\n\
                [[step]]\ninvoke = \"f()\"\n";
    let outcome = folder.bless(text);
    // The golden is about the first artifact, and two backends agree on it.
    assert!(outcome.blessed.is_some());
    assert_eq!(outcome.verdict, Judged::Failed);
    use Word::{Differs, Match};
    assert_eq!(words(&outcome), [Match, Match, Differs, Differs]);
    assert_eq!(
        outcome.blame.unwrap(),
        "wasmtime and wasmi agree on each artifact; two.wat differs: the fusion is to blame"
    );
}

/// A scenario about a module of this text, without a golden's help.
fn about(text: &str) -> (Folder, &'static str) {
    let folder = Folder::new();
    folder.write("m.wat", text);
    let head = "schema = 1\n[[artifact]]\nfile = \"m.wat\"\n[[step]]\ninvoke = \"f()\"\n";
    assert_eq!(folder.bless(head).verdict, Judged::Passed);
    (folder, head)
}

#[test]
fn a_nan_that_differs_hides_no_other_difference() {
    let (folder, scenario) = about(
        r#"(module
            (global (export "a") v128 (v128.const f32x4 nan 0 0 0))
            (global (export "b") i32 (i32.const 1))
            (func (export "f")))"#,
    );
    let golden = folder.read("s.golden.json");
    let other_nan = golden.replace("7fc00000", "7fc00001");
    assert_ne!(golden, other_nan);
    folder.write("s.golden.json", &other_nan);
    let outcome = folder.check(scenario);
    assert_eq!(outcome.verdict, Judged::Inconclusive, "{outcome:#?}");
    folder.write("s.golden.json", &other_nan.replace("i32 1", "i32 2"));
    let outcome = folder.check(scenario);
    assert_eq!(outcome.verdict, Judged::Failed, "{outcome:#?}");
    assert!(outcome.reason.contains("global \"b\""), "{outcome:#?}");
}

#[test]
fn a_golden_that_ended_at_a_point_of_its_engine_is_not_contradicted() {
    let (folder, scenario) = about(r#"(module (func (export "f")))"#);
    let golden = folder.read("s.golden.json");
    for (end, verdict) in [
        (r#"{ "limited": "fuel" }"#, Judged::Inconclusive),
        (r#"{ "trapped": "unreachable" }"#, Judged::Failed),
    ] {
        let failed = format!("\"instantiation\": {end},\n\"steps\"");
        folder.write("s.golden.json", &golden.replacen("\"steps\"", &failed, 1));
        let outcome = folder.check(scenario);
        assert_eq!(outcome.verdict, verdict, "{outcome:#?}");
    }
}

#[test]
fn a_fusion_that_differs_where_the_golden_does_is_shown_too() {
    let folder = Folder::new();
    let module =
        |value: u32| format!("(module (func (export \"f\") (result i32) (i32.const {value})))");
    folder.write("one.wat", &module(1));
    folder.write("two.wat", &module(2));
    let text = "schema = 1\n[[artifact]]\nfile = \"one.wat\"\n[[artifact]]\nfile = \"two.wat\"\n\
                [[step]]\ninvoke = \"f()\"\n";
    folder.bless(text);
    let golden = folder.read("s.golden.json");
    let changed = golden.replacen("\"1\"", "\"3\"", 1);
    assert_ne!(golden, changed);
    folder.write("s.golden.json", &changed);
    let outcome = folder.check(text);
    let sides = |index: usize| {
        let sides = outcome.differences[index].sides.iter();
        let sides: Vec<&str> = sides.map(|side| side.runs.as_str()).collect();
        sides.join(" | ")
    };
    assert_eq!(outcome.differences.len(), 2, "{outcome:#?}");
    assert_eq!(sides(0), "the golden | one.wat on wasmtime, wasmi");
    assert!(
        sides(1).ends_with("two.wat on wasmtime, wasmi"),
        "{outcome:#?}"
    );
}
