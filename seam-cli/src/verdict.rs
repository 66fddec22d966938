//! Prints the result of `seam diff` for a person.

use seam_core::{CoreSnapshot, Snapshot};
use seam_diff::{Observation, Report, Verdict};

use crate::diff::LeftOut;
use crate::output::{self, Output, Tone};
use crate::snapshot;

/// Prints the steps with the results that all runs agree on, and then the verdict on each run.
pub(crate) fn print(
    report: &Report,
    left_out: &[LeftOut],
    snapshot: Option<&str>,
    out: &mut Output,
) {
    let Some((first, others)) = report.observations.split_first() else {
        return;
    };
    for line in agreed_steps(first, others) {
        out.line(&line);
    }
    if report.verdict().is_match() {
        for line in agreed_output(first) {
            out.line(&line);
        }
        let state = first.state.as_ref().zip(snapshot);
        let taken = state.map(|(state, prefix)| with_prefix(state, prefix));
        for line in taken.iter().flat_map(snapshot::lines) {
            out.line(&line);
        }
    }
    let labels = labels(report);
    let label = |index: usize| labels.get(index).map_or("", String::as_str);
    let agreeing = report.comparisons.iter().filter(|c| c.verdict.is_match());
    let agreeing: Vec<&str> = agreeing.map(|compared| label(compared.index)).collect();
    if !agreeing.is_empty() {
        let word = out.paint(Tone::Good, "match:");
        out.line(&format!("{word} {}, {}", label(0), agreeing.join(", ")));
    }
    for compared in &report.comparisons {
        let (left, right) = (label(0), label(compared.index));
        match &compared.verdict {
            Verdict::Diverged(found) => {
                let word = out.paint(Tone::Bad, "diverged:");
                out.line(&format!("{word} {}", found.at));
                let width = left.chars().count().max(right.chars().count());
                out.line(&format!("  {left:width$}  {}", found.left));
                out.line(&format!("  {right:width$}  {}", found.right));
            }
            Verdict::Inconclusive(why) => {
                let word = out.paint(Tone::Faint, "inconclusive:");
                let (reason, detail) = (&why.reason, &why.detail);
                out.line(&format!("{word} {left}, {right}: {reason} ({detail})"));
            }
            Verdict::Match => {}
        }
    }
    for left in left_out.iter().filter(|_| !out.is_json()) {
        output::say(&format!("note: left out: {}", left.why.line));
    }
}

/// Returns how each step ended, up to the first step that ended differently in some run.
fn agreed_steps(first: &Observation, others: &[Observation]) -> Vec<String> {
    let failed = first.failed.iter().filter(|failed| {
        others
            .iter()
            .all(|other| other.failed.as_ref() == Some(*failed))
    });
    let failed = failed.map(|failed| format!("instantiate = {failed}"));
    let steps = first.steps.iter().enumerate().take_while(|(index, seen)| {
        others.iter().all(|other| {
            let same = other.steps.get(*index);
            same.is_some_and(|other| other.ended == seen.ended)
        })
    });
    let steps = steps.map(|(_, seen)| format!("{} = {}", seen.step, seen.ended));
    failed.chain(steps).collect()
}

/// Returns the guest's output, with the name of the stream before each line.
fn agreed_output(first: &Observation) -> Vec<String> {
    let mut lines = Vec::new();
    for (stream, bytes) in [("stdout", &first.stdout), ("stderr", &first.stderr)] {
        let text = String::from_utf8_lossy(bytes);
        lines.extend(text.lines().map(|line| format!("{stream}: {line}")));
    }
    lines
}

/// Returns a label for each run, which distinguishes it from the others.
fn labels(report: &Report) -> Vec<String> {
    let runs = &report.observations;
    let one_artifact = runs.windows(2).all(|pair| match pair {
        [a, b] => a.artifact == b.artifact,
        _ => true,
    });
    let label = |run: &Observation| match one_artifact {
        true => run.backend.clone(),
        false => format!("{} on {}", run.artifact, run.backend),
    };
    runs.iter().map(label).collect()
}

/// Returns the part of a snapshot that the user selected.
fn with_prefix(snapshot: &Snapshot, prefix: &str) -> Snapshot {
    let instances = snapshot.instances.iter().map(|instance| {
        let globals = instance.globals.iter();
        let wanted = globals.filter(|(name, _)| name.starts_with(prefix));
        CoreSnapshot {
            globals: wanted.map(|(name, value)| (name.clone(), *value)).collect(),
            ..instance.clone()
        }
    });
    Snapshot {
        instances: instances.collect(),
    }
}
