//! Compares two observations.

use std::collections::BTreeMap;

use seam_core::{CanonTrap, CoreValue, HostCallRecord, Snapshot, Trap, Value};

use crate::nan;
use crate::{Divergence, Ended, Observation, Open, Seen, Verdict, state};

/// How strictly two observations are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Comparison {
    /// For one artifact on two backends: compares everything.
    SameArtifact,
    /// For two artifacts, one fused from the other: compares what a fusion must preserve.
    Fusion,
}

impl Comparison {
    /// Returns how two runs are compared: in everything if the artifacts' bytes are equal,
    /// otherwise as a fusion.
    #[must_use]
    pub fn of(left: &Observation, right: &Observation) -> Self {
        match left.artifact.bytes() == right.artifact.bytes() {
            true => Self::SameArtifact,
            false => Self::Fusion,
        }
    }
}

/// Returns the first significant difference between two observations.
#[must_use]
pub fn compare(left: &Observation, right: &Observation, by: Comparison) -> Verdict {
    let parts: [&dyn Fn() -> Verdict; 2] =
        [&|| loading(left, right, by), &|| steps(left, right, by)];
    if let Some(difference) = first(&parts) {
        return difference;
    }
    // Both ended alike. If each stopped at a point of its own, their effects may differ.
    let open = left.endings().find_map(Ended::open);
    let parts: [&dyn Fn() -> Verdict; 6] = [
        &|| host_calls(&left.host_calls, &right.host_calls, by),
        &|| bytes("stdout", &left.stdout, &right.stdout),
        &|| bytes("stderr", &left.stderr, &right.stderr),
        &|| artefacts(&left.artefacts, &right.artefacts),
        &|| held(left, right),
        &|| rest(left, right, by),
    ];
    match (first(&parts), open) {
        (Some(Verdict::Diverged(difference)), Some(reason)) => Verdict::open(reason, difference),
        (Some(difference), _) => difference,
        // What neither backend supports was not observed.
        (None, Some(reason @ Open::Unsupported(capability))) => Verdict::open(reason, capability),
        (None, _) => Verdict::Match,
    }
}

/// Returns the first verdict that is not a match.
fn first(parts: &[&dyn Fn() -> Verdict]) -> Option<Verdict> {
    let mut verdicts = parts.iter().map(|part| part());
    verdicts.find(|verdict| !verdict.is_match())
}

fn loading(left: &Observation, right: &Observation, by: Comparison) -> Verdict {
    match (&left.failed, &right.failed) {
        (None, None) => Verdict::Match,
        (Some(left), Some(right)) => endings("instantiation", left, right, by),
        (left, right) => {
            let text = |ended: &Option<Ended>| match ended {
                Some(ended) => ended.to_string(),
                None => "an instance".into(),
            };
            let (l, r) = (text(left), text(right));
            match left.iter().chain(right).find_map(Ended::open) {
                Some(reason) => Verdict::open(reason, format!("instantiation: {l} | {r}")),
                None => Verdict::diverged("instantiation", l, r),
            }
        }
    }
}

fn steps(left: &Observation, right: &Observation, by: Comparison) -> Verdict {
    // If both ended a step at a point of their own, later observations may differ.
    let mut open = None;
    for (index, (l, r)) in left.steps.iter().zip(&right.steps).enumerate() {
        let at = format!("step {}, {}", index + 1, l.step);
        let untyped = by == Comparison::Fusion && (left.has_core_types() || right.has_core_types());
        let verdict = match differing_types(l, r) {
            Some((l, r)) if untyped => Verdict::open(Open::CoreTypes, format!("{at}: {l} | {r}")),
            Some((l, r)) => Verdict::diverged(at, l, r),
            None => endings(&at, &l.ended, &r.ended, by),
        };
        match (verdict, open) {
            (Verdict::Match, _) => open = open.or(l.ended.open()),
            (Verdict::Diverged(difference), Some(reason)) => {
                return Verdict::open(reason, difference);
            }
            (Verdict::Diverged(difference), None) => {
                return Verdict::Diverged(Divergence {
                    step: Some(index),
                    ..difference
                });
            }
            (verdict, _) => return verdict,
        }
    }
    let (l, r) = (left.steps.len(), right.steps.len());
    if l == r {
        return Verdict::Match;
    }
    Verdict::diverged("number of steps", l.to_string(), r.to_string())
}

/// Returns two results, each with its type if the types differ, because such values may print
/// alike.
fn differing_types(left: &Seen, right: &Seen) -> Option<(String, String)> {
    let (Ended::Returned(Some(l)), Ended::Returned(Some(r))) = (&left.ended, &right.ended) else {
        return None;
    };
    if l == r || left.ty == right.ty {
        return None;
    }
    let typed = |value: &Value, seen: &Seen| match &seen.ty {
        Some(ty) => format!("{value} ({ty})"),
        None => format!("{value} ({})", value.kind()),
    };
    Some((typed(l, left), typed(r, right)))
}

pub(crate) fn endings(at: &str, left: &Ended, right: &Ended, by: Comparison) -> Verdict {
    let same = match (left, right) {
        (Ended::Snapshot(left), Ended::Snapshot(right)) => {
            return snapshots(at, left, right, by);
        }
        (Ended::ReturnedCore(left), Ended::ReturnedCore(right)) => {
            return core_values(at, left, right);
        }
        // A fused module implements the traps of the canonical ABI itself, so causes may differ.
        (Ended::Trapped(_), Ended::Trapped(_)) if by == Comparison::Fusion => true,
        (Ended::Trapped(Trap::Other(l)), Ended::Trapped(Trap::Other(r))) if l != r => {
            return Verdict::open(Open::UnnamedTrap, format!("{at}: {l} | {r}"));
        }
        (Ended::Trapped(left), Ended::Trapped(right)) => left == right || one_code(left, right),
        // Messages of engines are not observations, but messages of the world's functions are.
        (Ended::Failed(l, left), Ended::Failed(r, right)) => {
            l == r && (*l != "host" || left == right)
        }
        (left, right) => left == right,
    };
    if same {
        return Verdict::Match;
    }
    let (l, r) = (left.to_string(), right.to_string());
    // The seam could not decide what an export of the fused module uses, so it did not call it.
    let undecided = |ended: &Ended| matches!(ended, Ended::Failed("link", _));
    if by == Comparison::Fusion && undecided(left) != undecided(right) {
        return Verdict::open(Open::Undecided, format!("{at}: {l} | {r}"));
    }
    match left.open().or(right.open()) {
        Some(reason) => Verdict::open(reason, format!("{at}: {l} | {r}")),
        None => Verdict::diverged(at, l, r),
    }
}

/// Compares the results of a call of a core instance.
fn core_values(at: &str, left: &[CoreValue], right: &[CoreValue]) -> Verdict {
    if left == right {
        return Verdict::Match;
    }
    let pairs = || left.iter().zip(right);
    let alike = pairs().all(|(l, r)| l == r || nan::same_vectors(l, r));
    let text = |values: &[CoreValue]| Ended::ReturnedCore(values.to_vec()).to_string();
    let (l, r) = (text(left), text(right));
    match left.len() == right.len() && alike {
        true => Verdict::open(Open::NanBits, format!("{at}: {l} | {r}")),
        false => Verdict::diverged(at, l, r),
    }
}

/// Returns whether an engine has one code for both causes, so that it cannot distinguish them.
///
/// wasmi has one code for a call and for an access beyond the end of a table. Between two
/// components, wasmtime has one code for a list and for the result of `realloc` for this list.
fn one_code(left: &Trap, right: &Trap) -> bool {
    const TABLE: [Trap; 2] = [Trap::UndefinedElement, Trap::TableOutOfBounds];
    const LIST: [Trap; 2] = [
        Trap::Canon(CanonTrap::ListOutOfBounds),
        Trap::Canon(CanonTrap::ReallocOutOfBounds),
    ];
    [TABLE, LIST]
        .iter()
        .any(|causes| causes.contains(left) && causes.contains(right))
}

fn host_calls(left: &[HostCallRecord], right: &[HostCallRecord], by: Comparison) -> Verdict {
    let same = |l: &HostCallRecord, r: &HostCallRecord| match by {
        Comparison::SameArtifact => l == r,
        Comparison::Fusion => {
            l.name.track() == r.name.track() && l.args == r.args && l.result == r.result
        }
    };
    let text = |call: Option<&HostCallRecord>| match call {
        None => "none".to_string(),
        Some(HostCallRecord { name, args, result }) => {
            let args: Vec<String> = args.iter().map(ToString::to_string).collect();
            let result = match result {
                Ok(None) => "()".to_string(),
                Ok(Some(value)) => value.to_string(),
                Err(message) => format!("error: {message}"),
            };
            format!("{name}({}) -> {result}", args.join(", "))
        }
    };
    for index in 0..left.len().max(right.len()) {
        let (l, r) = (left.get(index), right.get(index));
        if !matches!((l, r), (Some(l), Some(r)) if same(l, r)) {
            return Verdict::diverged(format!("host call {}", index + 1), text(l), text(r));
        }
    }
    Verdict::Match
}

/// Compares bytes of output. A difference is shown from the first differing byte on.
pub(crate) fn bytes(what: &str, left: &[u8], right: &[u8]) -> Verdict {
    if left == right {
        return Verdict::Match;
    }
    let equal = left.iter().zip(right).take_while(|(l, r)| l == r).count();
    let show = |bytes: &[u8]| {
        let rest = bytes.get(equal..).unwrap_or_default();
        let shown = rest.get(..40).unwrap_or(rest);
        match rest.len() {
            0 => "the end".to_string(),
            len if len > shown.len() => format!("{:?}...", String::from_utf8_lossy(shown)),
            _ => format!("{:?}", String::from_utf8_lossy(shown)),
        }
    };
    Verdict::diverged(format!("{what}, byte {equal}"), show(left), show(right))
}

/// Compares the state that the world shows. For lists, the first differing elements are shown.
fn artefacts(left: &BTreeMap<String, Value>, right: &BTreeMap<String, Value>) -> Verdict {
    let text = |value: Option<&Value>| match value {
        None => "none".to_string(),
        Some(value) => {
            let text: String = value.to_string().chars().take(80).collect();
            text
        }
    };
    for name in left.keys().chain(right.keys()) {
        let (l, r) = (left.get(name), right.get(name));
        if l == r {
            continue;
        }
        let (Some(Value::List(l)), Some(Value::List(r))) = (l, r) else {
            return Verdict::diverged(name, text(l), text(r));
        };
        let index = l.iter().zip(r.iter()).take_while(|(l, r)| l == r).count();
        let (l, r) = (l.at(index), r.at(index));
        let at = format!("{name}, element {index}");
        return Verdict::diverged(at, text(l.as_ref()), text(r.as_ref()));
    }
    Verdict::Match
}

/// Compares the resources that the host still owns. A difference is a leak or a lost resource.
fn held(left: &Observation, right: &Observation) -> Verdict {
    let (Some(l), Some(r)) = (&left.held, &right.held) else {
        return Verdict::Match;
    };
    if l == r {
        return Verdict::Match;
    }
    let text = |seen: &Observation| match seen.held_text().as_slice() {
        [] => "none".to_string(),
        held => held.join(", "),
    };
    Verdict::diverged(
        "end, resources that the host holds",
        text(left),
        text(right),
    )
}

fn snapshots(at: &str, left: &Snapshot, right: &Snapshot, by: Comparison) -> Verdict {
    match by {
        Comparison::SameArtifact => state::same_artifact(at, left, right),
        Comparison::Fusion => state::fusion(at, left, right),
    }
}

/// Compares the state that the instances leave behind.
fn rest(left: &Observation, right: &Observation, by: Comparison) -> Verdict {
    if by == Comparison::SameArtifact && left.unused_stubs != right.unused_stubs {
        let text = |seen: &Observation| {
            let names: Vec<String> = seen.unused_stubs.iter().map(ToString::to_string).collect();
            names.join(", ")
        };
        return Verdict::diverged("unused stubs", text(left), text(right));
    }
    match (&left.state, &right.state) {
        (Some(left), Some(right)) => snapshots("end", left, right, by),
        // There is nothing to compare if a backend cannot see inside the artifact.
        _ => Verdict::Match,
    }
}

#[cfg(test)]
mod tests;
