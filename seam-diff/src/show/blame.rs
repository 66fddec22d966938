//! Who is to blame, in a sentence.

use super::group::grouped;
use crate::{Attributed, Attribution, Observation, Report};

/// Returns the sentence, or `None` if no run diverged.
pub(crate) fn sentence(report: &Report) -> Option<String> {
    report.diverged().next()?;
    let sentences: Vec<String> = (report.attributions.iter())
        .filter_map(|found| attributed(report, found))
        .collect();
    if !sentences.is_empty() {
        return Some(sentences.join("; "));
    }
    let mut made = report
        .observations
        .iter()
        .filter(|run| run.unsupported().is_none());
    let first = made.next()?;
    match made.find(|run| run.artifact.bytes() != first.artifact.bytes()) {
        Some(other) => Some(format!(
            "{} differs from {} on {} alone; a second backend would show whether the fusion or {} \
             is to blame",
            other.artifact.name(),
            first.artifact.name(),
            first.backend,
            first.backend
        )),
        None => Some(among_backends(report)),
    }
}

/// Describes an attribution, or returns `None` if the runs agree.
fn attributed(report: &Report, found: &Attributed) -> Option<String> {
    let (oracle, other) = (&found.oracle, &found.other);
    let mut names = report.observations.iter().map(|run| run.artifact.name());
    let unfused = names.next()?;
    let fused = names
        .find(|name| *name != unfused)
        .unwrap_or("the other artifact");
    Some(match found.attribution {
        Attribution::None => return None,
        Attribution::Fusion => format!(
            "{oracle} and {other} agree on each artifact; {fused} differs: the fusion is to blame"
        ),
        Attribution::Backend => format!(
            "{other} differs from {oracle} on both artifacts: {other} is to blame, or {oracle}"
        ),
        Attribution::FusionOnBackend => format!(
            "{other} differs from {oracle} on {fused} only: {other} is to blame, on the fused \
             artifact"
        ),
        Attribution::Artifact => format!(
            "{other} differs from {oracle} on {unfused} only: {other} is to blame, on the un-fused \
             artifact"
        ),
        Attribution::Undetermined => format!(
            "{oracle} and {other} differ in more than one way: who is to blame is undetermined"
        ),
    })
}

/// Says which backend stands alone with what it saw of the only artifact.
fn among_backends(report: &Report) -> String {
    let mut groups = vec![report.agreeing()];
    groups.extend(grouped(report.diverged()).into_iter().map(|(_, runs)| runs));
    let names = |group: &[&Observation]| {
        let names: Vec<&str> = group.iter().map(|run| run.backend.as_str()).collect();
        names.join(" and ")
    };
    match groups.as_slice() {
        [one, two] => match (one.as_slice(), two.as_slice()) {
            ([one], [two]) => format!(
                "{} and {} differ; a third backend would show which of them stands alone",
                one.backend, two.backend
            ),
            ([alone], others) | (others, [alone]) => {
                format!("{} stands alone: {} agree", alone.backend, names(others))
            }
            (one, two) => format!(
                "{} against {}: {}, and {}",
                number(one.len()),
                number(two.len()),
                names(one),
                names(two)
            ),
        },
        groups => format!(
            "{} groups of backends each saw something else",
            number(groups.len())
        ),
    }
}

fn number(count: usize) -> String {
    match count {
        2 => "two".to_string(),
        3 => "three".to_string(),
        4 => "four".to_string(),
        count => count.to_string(),
    }
}
