//! Artifacts that witness has instrumented count the same on every backend, and the same as in witness.

use std::collections::BTreeMap;

use seam_core::{Artifact, ProgramExt, World};
use seam_diff::Call;
use seam_diff::witness::{Measured, Record, measure};

use crate::fixtures;
use crate::kit::expect::same;
use crate::kit::{Checked, Failure, Subject};

macro_rules! recorded {
    ($name:literal) => {
        include_str!(concat!("../../../fixtures/coverage/", $name))
    };
}

/// Calls without arguments, in the order of the module's exports.
const CALLS: [&str; 4] = ["adult()", "child()", "day()", "guest()"];

pub(in crate::kit) fn instrumented_modules_count_as_in_witness(subject: &Subject) -> Checked {
    let record = measured(subject, &fixtures::coverage_module()?, &CALLS)?;
    same(
        "hits",
        record.counters.clone(),
        hits(recorded!("module.witness.json"))?,
    )?;
    is_recorded(&record, recorded!("module.harness.json"))
}

pub(in crate::kit) fn instrumented_components_count_as_in_witness(subject: &Subject) -> Checked {
    let artifact = fixtures::coverage()?;
    let record = measured(subject, &artifact, &["day()"])?;
    same(
        "hits",
        record.counters,
        hits(recorded!("component.witness.json"))?,
    )?;
    let calls = [
        "admits(18, true, false)",
        "admits(17, true, true)",
        "admits(40, false, true)",
        "admits(40, false, false)",
        "fare((0, 1, 5), 40)",
        "fare((2, 0, 12), 5)",
    ];
    let record = measured(subject, &artifact, &calls)?;
    is_recorded(&record, recorded!("component.harness.json"))
}

/// Makes the calls in one instance and returns what was counted.
fn measured(subject: &Subject, artifact: &Artifact, calls: &[&str]) -> Result<Record, Failure> {
    let program = subject.load(artifact)?;
    let parsed = calls.iter().map(|call| Call::parse(call));
    let parsed: Vec<Call> = parsed.collect::<seam_core::Result<_>>()?;
    let steps = Call::resolve(&parsed, program.interface(), artifact)?;
    let names = calls.iter().map(|call| call.trim_end_matches("()"));
    let steps: Vec<Measured> = names
        .zip(steps)
        .map(|(name, step)| Measured::new(name, step))
        .collect();
    let mut instance = program.instantiate_blocking(&World::new())?;
    Ok(measure(&mut *instance, &steps, None)?)
}

/// Returns how often each branch was taken, according to a record of witness.
fn hits(record: &str) -> Result<BTreeMap<u64, u64>, Failure> {
    #[derive(serde::Deserialize)]
    struct Branch {
        id: u64,
        hits: u64,
    }
    #[derive(serde::Deserialize)]
    struct Run {
        branches: Vec<Branch>,
    }
    let run: Run = serde_json::from_str(record).map_err(unreadable)?;
    let branches = run.branches.into_iter();
    Ok(branches.map(|branch| (branch.id, branch.hits)).collect())
}

/// Checks that the record is, value for value, the one that witness was given.
fn is_recorded(record: &Record, expected: &str) -> Checked {
    let expected: serde_json::Value = serde_json::from_str(expected).map_err(unreadable)?;
    let found = serde_json::to_value(record).map_err(unreadable)?;
    for part in ["schema", "counters", "rows"] {
        same(part, found.get(part), expected.get(part))?;
    }
    Ok(())
}

fn unreadable(error: serde_json::Error) -> Failure {
    Failure::new(format!("expected a record in JSON: {error}"))
}
