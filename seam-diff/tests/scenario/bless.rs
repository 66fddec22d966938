//! Who may vouch for a golden.

use seam_core::Backend;
use seam_diff::scenario::{Bless, Judged};
use seam_wasmi::Wasmi;
use seam_wasmtime::Wasmtime;

use crate::support::{Folder, both, steps};

const ADD: &str = "[[step]]\ninvoke = \"add(2, 3)\"";

/// A component with one function.
const COMPONENT: &str = r#"(component
    (core module $m (func (export "f") (param i32) (result i32) local.get 0))
    (core instance $m (instantiate $m))
    (func (export "f") (param "x" u8) (result u8) (canon lift (core func $m "f"))))"#;

const F: &str =
    "schema = 1\n[[artifact]]\nfile = \"f.wat\"\n[[step]]\ninvoke = \"f(7)\"\nexpect = \"7\"\n";

fn refusal(folder: &Folder, text: &str, backends: &[Box<dyn Backend>]) -> String {
    let outcome = folder.run(text, backends, Some(Bless::Agreement));
    assert_eq!(outcome.verdict, Judged::Failed, "{outcome:#?}");
    assert_eq!(outcome.blessed, None);
    outcome.reason
}

#[test]
fn two_engines_that_agree_are_enough_for_a_core_module() {
    let folder = Folder::new();
    let outcome = folder.bless(&steps(ADD));
    assert_eq!(outcome.verdict, Judged::Passed, "{outcome:#?}");
    assert_eq!(outcome.golden_of, ["wasmtime", "wasmi"]);
    let outcome = folder.check(&steps(ADD));
    assert_eq!(outcome.verdict, Judged::Passed, "{outcome:#?}");
    assert_eq!(outcome.golden_of, ["wasmtime", "wasmi"]);
}

#[test]
fn backends_over_one_engine_do_not_vouch_for_each_other() {
    let folder = Folder::new();
    let backends: Vec<Box<dyn Backend>> =
        vec![Box::new(Wasmtime::new()), Box::new(Wasmtime::layered())];
    assert_eq!(
        refusal(&folder, &steps(ADD), &backends),
        "not blessed: expected two backends that agree, with different engines, found only \
         wasmtime, wasmtime-layered, which are not independent; `--oracle NAME` takes a backend at \
         its word"
    );
    let alone: Vec<Box<dyn Backend>> = vec![Box::new(Wasmi::new())];
    assert!(refusal(&folder, &steps(ADD), &alone).contains("found only wasmi;"));
}

#[test]
fn backends_with_one_component_model_do_not_vouch_for_a_component() {
    let folder = Folder::new();
    folder.write("f.wat", COMPONENT);
    let layered: Vec<Box<dyn Backend>> =
        vec![Box::new(Wasmtime::layered()), Box::new(Wasmi::new())];
    let refused = refusal(&folder, F, &layered);
    assert!(
        refused.contains("with different engines and component models, found only"),
        "{refused}"
    );
    let outcome = folder.run(F, &both(), Some(Bless::Agreement));
    assert_eq!(outcome.golden_of, ["wasmtime", "wasmi"], "{outcome:#?}");
    // Each engine differs from the other one's, and one has its own component model.
    let all: Vec<Box<dyn Backend>> = vec![
        Box::new(Wasmtime::layered()),
        Box::new(Wasmi::new()),
        Box::new(Wasmtime::new()),
    ];
    let outcome = folder.run(F, &all, Some(Bless::Agreement));
    assert_eq!(
        outcome.golden_of,
        ["wasmtime-layered", "wasmi", "wasmtime"],
        "{outcome:#?}"
    );
}

#[test]
fn an_oracle_is_taken_at_its_word_and_named() {
    let folder = Folder::new();
    let alone: Vec<Box<dyn Backend>> = vec![Box::new(Wasmi::new())];
    let oracle = |name: &str| Some(Bless::Oracle(name.to_string()));
    let outcome = folder.run(&steps(ADD), &alone, oracle("wasmi"));
    assert_eq!(outcome.golden_of, ["wasmi"], "{outcome:#?}");
    let golden = outcome.blessed.unwrap();
    assert!(golden.contains("\"oracle\": \"wasmi\""), "{golden}");
    let outcome = folder.run(&steps(ADD), &alone, oracle("other"));
    assert_eq!(
        outcome.reason,
        "not blessed: expected a run on the oracle `other` that does what is expected, found none"
    );
}

#[test]
fn what_does_not_meet_its_expectations_is_not_blessed() {
    let folder = Folder::new();
    let wrong = format!("{}expect = \"6\"\n", steps(ADD));
    let outcome = folder.bless(&wrong);
    assert_eq!(outcome.blessed, None);
    assert_eq!(
        outcome.reason,
        "step 1, add(2, 3): expected: 6 | wasmtime, wasmi: 5"
    );
}

#[test]
fn a_scenario_that_cannot_be_instantiated_is_not_blessed() {
    let folder = Folder::new();
    folder.write("f.wat", r#"(module (import "env" "f" (func)))"#);
    let text = "schema = 1\n[[artifact]]\nfile = \"f.wat\"\n[[step]]\nsnapshot = \"\"\n";
    let outcome = folder.bless(text);
    assert_eq!(outcome.blessed, None);
    assert!(
        outcome.reason.starts_with("f.wat on wasmtime: link: "),
        "{outcome:#?}"
    );
}
