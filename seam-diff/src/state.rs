//! Compares exported state.

use std::collections::BTreeMap;

use seam_core::{CoreSnapshot, CoreValue, Origin, Snapshot};

use crate::nan;
use crate::verdict::{Open, Verdict};

/// The first difference between two snapshots of one artifact.
pub(crate) fn same_artifact(at: &str, left: &Snapshot, right: &Snapshot) -> Verdict {
    let differences = left.diff(right);
    let Some(first) = differences.first() else {
        return Verdict::Match;
    };
    if only_nan_bits(left, right) {
        return Verdict::open(Open::NanBits, format!("{at}: {first}"));
    }
    let at = format!("{at}, {}", first.at);
    Verdict::diverged(at, first.left.clone(), first.right.clone())
}

/// Returns whether two snapshots would be equal if all NaNs were equal.
fn only_nan_bits(left: &Snapshot, right: &Snapshot) -> bool {
    left.instances.len() == right.instances.len()
        && left.instances.iter().zip(&right.instances).all(|(l, r)| {
            l.path == r.path
                && l.module == r.module
                && l.origin == r.origin
                && l.globals.len() == r.globals.len()
                && l.globals
                    .iter()
                    .zip(r.globals.iter())
                    .all(|((l_name, l), (r_name, r))| {
                        l_name == r_name && (l == r || nan::same_vectors(l, r))
                    })
                && memories_alike(l, r)
        })
}

fn memories_alike(left: &CoreSnapshot, right: &CoreSnapshot) -> bool {
    left.memories.len() == right.memories.len()
        && left.memories.iter().zip(&right.memories).all(|(l, r)| {
            let ((l_name, l), (r_name, r)) = (l, r);
            l_name == r_name
                && match (&l.bytes, &r.bytes) {
                    (Some(l), Some(r)) => nan::same_bytes(l, r),
                    _ => l.size == r.size && l.digest == r.digest,
                }
        })
}

/// Returns the first difference between the globals that an artifact and its fused form both export.
///
/// Fusion drops some globals and makes others. If two components export a global of one name, it
/// adds a suffix to the second one, or drops it where all components share one memory. Therefore
/// each value in the fused form must be one of those in the artifact, and no value may occur more
/// often.
pub(crate) fn fusion(at: &str, left: &Snapshot, right: &Snapshot) -> Verdict {
    let (left, right) = (globals(left), globals(right));
    for (name, l) in &left {
        let Some(r) = right.get(name) else {
            continue;
        };
        // Instances have no common order, so the sorted values are compared.
        let sorted = |values: &[CoreValue]| {
            let mut values: Vec<String> = values.iter().map(ToString::to_string).collect();
            values.sort();
            values
        };
        let (l, r) = (sorted(l), sorted(r));
        let mut left = l.clone();
        let kept = |value: &String| {
            let position = left.iter().position(|other| other == value);
            position.map(|position| left.remove(position)).is_some()
        };
        if !r.iter().all(kept) {
            let at = format!("{at}, global {name:?}");
            return Verdict::diverged(at, l.join(", "), r.join(", "));
        }
    }
    Verdict::Match
}

/// Collects the exported globals of all instances by name.
///
/// A fused module adds a suffix like `$1` to the second global with a name; it is removed here.
fn globals(snapshot: &Snapshot) -> BTreeMap<String, Vec<CoreValue>> {
    let mut globals: BTreeMap<String, Vec<CoreValue>> = BTreeMap::new();
    for instance in snapshot
        .instances
        .iter()
        .filter(|i| i.origin == Origin::Main)
    {
        for (name, value) in instance.globals.iter() {
            let plain = match name.rsplit_once('$') {
                Some((plain, suffix)) if suffix.parse::<u32>().is_ok() => plain,
                _ => name,
            };
            globals.entry(plain.to_string()).or_default().push(*value);
        }
    }
    globals
}
