//! Compares an observation with the golden one.

use std::collections::BTreeMap;

use seam_core::{CoreValue, Trap, Value};

use super::limit;
use super::recorded::{End, Recorded, RecordedInstance};
use crate::compare::{bytes, endings};
use crate::{Comparison, Divergence, Ended, Observation, Open, Seen, Verdict, nan};

/// Returns the first difference between the golden observation, on the left, and a run.
pub(super) fn against(golden: &Recorded, run: &Observation) -> Verdict {
    let seen = Recorded::of(run);
    let instantiation = instantiation(golden, run);
    if !instantiation.is_match() {
        return instantiation;
    }
    let steps = steps(golden, run);
    if !steps.is_match() {
        return steps;
    }
    let difference = rest(golden, &seen);
    // Both ended alike. If each stopped at a point of its own, their effects may differ.
    match (difference, run.endings().find_map(Ended::open)) {
        (Verdict::Diverged(difference), Some(reason)) => Verdict::open(reason, difference),
        (verdict, _) => verdict,
    }
}

fn instantiation(golden: &Recorded, run: &Observation) -> Verdict {
    let at = "instantiation";
    match (&golden.instantiation, &run.failed) {
        (None, None) => Verdict::Match,
        (Some(left), Some(right)) => ended(at, left, right, None),
        (Some(left), None) => match lifted(left, None).and_then(|left| left.open()) {
            Some(reason) => Verdict::open(reason, format!("{at}: {left} | an instance")),
            None => Verdict::diverged(at, left.to_string(), "an instance"),
        },
        (None, Some(right)) => match right.open() {
            Some(reason) => Verdict::open(reason, format!("{at}: an instance | {right}")),
            None => Verdict::diverged(at, "an instance", right.to_string()),
        },
    }
}

fn steps(golden: &Recorded, run: &Observation) -> Verdict {
    let mut open = None;
    for (index, (left, right)) in golden.steps.iter().zip(&run.steps).enumerate() {
        let number = index + 1;
        if left.step != right.step {
            return Verdict::diverged(format!("step {number}"), &*left.step, &*right.step);
        }
        let at = format!("step {number}, {}", right.step);
        match (ended(&at, &left.ended, &right.ended, Some(right)), open) {
            (Verdict::Match, _) => open = open.or(right.ended.open()),
            (Verdict::Diverged(difference), Some(reason)) => {
                return Verdict::open(reason, difference);
            }
            (Verdict::Diverged(difference), None) => {
                let step = Some(index);
                return Verdict::Diverged(Divergence { step, ..difference });
            }
            (verdict, _) => return verdict,
        }
    }
    let (left, right) = (golden.steps.len(), run.steps.len());
    match left == right {
        true => Verdict::Match,
        false => Verdict::diverged("number of steps", left.to_string(), right.to_string()),
    }
}

/// Compares how a step ended.
fn ended(at: &str, left: &End, right: &Ended, seen: Option<&Seen>) -> Verdict {
    let recorded = End::of(right);
    if *left == recorded {
        return Verdict::Match;
    }
    if let Some(left) = lifted(left, seen) {
        return endings(at, &left, right, Comparison::SameArtifact);
    }
    match (left, &recorded) {
        (End::Snapshot(left), End::Snapshot(right)) => return state(at, left, right),
        (End::ReturnedCore(left), End::ReturnedCore(right)) => {
            let pairs = || left.iter().zip(right);
            let alike = pairs().all(|(l, r)| same_but_nan(l, r));
            if left.len() == right.len() && alike {
                let (left, right) = (left.join(", "), right.join(", "));
                return Verdict::open(Open::NanBits, format!("{at}: {left} | {right}"));
            }
        }
        _ => {}
    }
    match right.open() {
        Some(reason) => Verdict::open(reason, format!("{at}: {left} | {right}")),
        None => Verdict::diverged(at, left.to_string(), recorded.to_string()),
    }
}

/// Returns a golden end as it was observed, if its text says it all.
fn lifted(end: &End, seen: Option<&Seen>) -> Option<Ended> {
    Some(match end {
        End::Returned(None) => Ended::Returned(None),
        End::Returned(Some(text)) => {
            let ty = seen?.ty.as_ref()?;
            Ended::Returned(Some(Value::parse(ty, text).ok()?))
        }
        End::Exited(code) => Ended::Exited(*code),
        End::Trapped(text) => {
            let named = Trap::from_text(text);
            Ended::Trapped(named.unwrap_or_else(|| Trap::Other(text.as_str().into())))
        }
        End::Limited(name) => Ended::Limited(limit::named(name)?),
        End::NotRun => Ended::NotRun,
        End::ReturnedCore(_) | End::Snapshot(_) | End::Failed(_) => return None,
    })
}

/// Returns the first part of a result that differs, for a person.
pub(super) fn part(golden: &Recorded, run: &Observation, step: usize) -> Option<String> {
    let seen = run.steps.get(step)?;
    let left = lifted(&golden.steps.get(step)?.ended, Some(seen))?;
    match (&left, &seen.ended) {
        (Ended::Returned(Some(left)), Ended::Returned(Some(right))) => {
            crate::show::differing(left, right)
        }
        _ => None,
    }
}

/// Compares everything after the steps.
fn rest(golden: &Recorded, seen: &Recorded) -> Verdict {
    let calls = |calls: &[super::recorded::RecordedCall]| -> Vec<String> {
        calls.iter().map(ToString::to_string).collect()
    };
    let parts = [
        elements(
            "host call",
            1,
            &calls(&golden.host_calls),
            &calls(&seen.host_calls),
        ),
        bytes("stdout", golden.stdout.as_slice(), seen.stdout.as_slice()),
        bytes("stderr", golden.stderr.as_slice(), seen.stderr.as_slice()),
        artefacts(&golden.artefacts, &seen.artefacts),
        held(golden, seen),
        elements("unused stub", 1, &golden.unused_stubs, &seen.unused_stubs),
        match (&golden.state, &seen.state) {
            (Some(left), Some(right)) => state("end", left, right),
            // A backend that cannot see inside the artifact has nothing to compare.
            _ => Verdict::Match,
        },
    ];
    let mut differences = parts.into_iter().filter(|verdict| !verdict.is_match());
    differences.next().unwrap_or(Verdict::Match)
}

/// Compares lists. `from` is the number of the first element.
fn elements(what: &str, from: usize, left: &[String], right: &[String]) -> Verdict {
    for index in 0..left.len().max(right.len()) {
        let (left, right) = (left.get(index), right.get(index));
        if left != right {
            let text = |it: Option<&String>| it.cloned().unwrap_or_else(|| "none".to_string());
            let at = format!("{what} {}", index + from);
            return Verdict::diverged(at, text(left), text(right));
        }
    }
    Verdict::Match
}

fn artefacts(
    left: &BTreeMap<String, Vec<String>>,
    right: &BTreeMap<String, Vec<String>>,
) -> Verdict {
    let none = Vec::new();
    for name in left.keys().chain(right.keys()) {
        let of = |all: &'_ BTreeMap<String, Vec<String>>| all.get(name).cloned();
        let (left, right) = (of(left), of(right));
        let (left, right) = (
            left.as_ref().unwrap_or(&none),
            right.as_ref().unwrap_or(&none),
        );
        let verdict = elements(&format!("{name}, element"), 0, left, right);
        if !verdict.is_match() {
            return verdict;
        }
    }
    Verdict::Match
}

fn held(golden: &Recorded, seen: &Recorded) -> Verdict {
    match (&golden.held, &seen.held) {
        (Some(left), Some(right)) => elements("end, resource that the host holds,", 1, left, right),
        _ => Verdict::Match,
    }
}

/// Compares exported state. It is undecided only if nothing but NaNs differs.
fn state(at: &str, left: &[RecordedInstance], right: &[RecordedInstance]) -> Verdict {
    let paths = |instances: &[RecordedInstance]| {
        let paths: Vec<&str> = instances.iter().map(|instance| &*instance.path).collect();
        paths.join(" ")
    };
    if paths(left) != paths(right) {
        return Verdict::diverged(format!("{at}, core instances"), paths(left), paths(right));
    }
    let mut only_nan = Verdict::Match;
    for (left, right) in left.iter().zip(right) {
        let at = format!("{at}, {}", left.path);
        for name in left.globals.keys().chain(right.globals.keys()) {
            let (left, right) = (left.globals.get(name), right.globals.get(name));
            if left == right {
                continue;
            }
            let at = format!("{at}: global {name:?}");
            let text = |it: Option<&String>| it.map_or("absent", String::as_str).to_string();
            let (left, right) = (text(left), text(right));
            if !same_but_nan(&left, &right) {
                return Verdict::diverged(at, left, right);
            }
            if only_nan.is_match() {
                only_nan = Verdict::open(Open::NanBits, format!("{at}: {left} | {right}"));
            }
        }
        for name in left.memories.keys().chain(right.memories.keys()) {
            let (left, right) = (left.memories.get(name), right.memories.get(name));
            if left != right {
                let text = |size: Option<&u64>| match size {
                    Some(size) => format!("{size} bytes"),
                    None => "absent".to_string(),
                };
                let at = format!("{at}: memory {name:?}");
                return Verdict::diverged(at, text(left), text(right));
            }
        }
    }
    only_nan
}

/// Returns whether two recorded core values are equal, except for the bits of NaNs in vectors.
fn same_but_nan(left: &str, right: &str) -> bool {
    let vector = |text: &str| {
        let digits = text.strip_prefix("v128 0x")?;
        u128::from_str_radix(digits, 16).ok().map(CoreValue::V128)
    };
    left == right
        || match (vector(left), vector(right)) {
            (Some(left), Some(right)) => nan::same_vectors(&left, &right),
            _ => false,
        }
}
