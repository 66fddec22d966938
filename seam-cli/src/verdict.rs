//! Prints the result of `seam diff` for a person.

use seam_core::ArtifactKind;
use seam_diff::{Compared, Ended, LeftOut, Observation, Open, Report, Shown, Verdict};

use crate::output::{self, Output, Tone};
use crate::snapshot;

/// Prints the steps with the results that all runs agree on, and then the verdict on each run.
pub(crate) fn print(report: &Report, snapshot: Option<&str>, out: &mut Output) {
    let first = report
        .reference
        .and_then(|index| report.observations.get(index));
    if let Some(first) = first {
        print_agreed(report, first, snapshot, out);
        // A divergence lists the runs that agree.
        if !matches!(report.verdict, Verdict::Diverged(_)) {
            print_matches(report, first, out);
        }
    }
    print_divergences(report, out);
    for compared in &report.comparisons {
        print_inconclusive(report, first, compared, out);
    }
    if !out.is_json() {
        print_notes(report);
    }
}

/// Returns the observations that were made and compared with the first one.
fn others(report: &Report) -> impl Iterator<Item = (&Compared, &Observation)> {
    let compared = report.comparisons.iter();
    compared.filter_map(|compared| Some((compared, report.observations.get(compared.index)?)))
}

/// Prints what all runs agree on.
///
/// These are the steps up to the first one that ended differently in some run. If nothing differs,
/// these are also the output and the globals that the user selected.
fn print_agreed(report: &Report, first: &Observation, snapshot: Option<&str>, out: &mut Output) {
    let made = |(_, run): &(&Compared, &Observation)| run.unsupported().is_none();
    let others: Vec<&Observation> = others(report).filter(made).map(|(_, run)| run).collect();
    if let Some(failed) = &first.failed
        && others.iter().all(|run| run.failed.as_ref() == Some(failed))
    {
        out.line(&format!("instantiate = {failed}"));
    }
    for (index, seen) in first.steps.iter().enumerate() {
        let same = |run: &&Observation| {
            let other = run.steps.get(index);
            other.is_some_and(|other| other.ended == seen.ended)
        };
        if !others.iter().all(same) {
            break;
        }
        out.line(&format!("{} = {}", seen.step, seen.ended));
    }
    if !report.verdict.is_match() {
        return;
    }
    for line in agreed_output(first) {
        out.line(&line);
    }
    let held = first.held_text();
    if !held.is_empty() {
        out.line(&format!("held at the end: {}", held.join(", ")));
    }
    if let Some((state, prefix)) = first.state.as_ref().zip(snapshot) {
        let taken = snapshot::with_prefix(state, prefix);
        snapshot::print(&taken, prefix, out);
    }
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

/// Prints one line for all runs that match the first one.
fn print_matches(report: &Report, first: &Observation, out: &mut Output) {
    let matching = others(report).filter(|(compared, _)| compared.verdict.is_match());
    let runs: Vec<&Observation> = std::iter::once(first)
        .chain(matching.map(|(_, run)| run))
        .collect();
    if runs.len() < 2 {
        return;
    }
    let word = match summary(first, runs.len()) {
        summary if summary.is_empty() => "match:".to_string(),
        summary => format!("match ({summary}):"),
    };
    let labels: Vec<String> = runs.iter().map(|run| label(report, run)).collect();
    let engines = match one_engine(&runs).as_slice() {
        [] => String::new(),
        backends => format!(" ({} share one engine)", backends.join(" and ")),
    };
    let word = out.paint(Tone::Good, &word);
    out.line(&format!("{word} {}{engines}", labels.join(", ")));
}

/// Describes what matched: how many calls were made, and how they ended.
///
/// The description is empty for a single call that returned. `runs` is the number of runs.
fn summary(first: &Observation, runs: usize) -> String {
    let all = if runs == 2 { "both" } else { "all" };
    let calls = first.steps.len();
    let made: Vec<&Ended> = (first.steps.iter().map(|seen| &seen.ended))
        .filter(|ended| **ended != Ended::NotRun)
        .collect();
    let count = match made.len() {
        made if made < calls => format!("{made} of {calls} calls"),
        _ => format!("{calls} calls"),
    };
    if let Some(how) = first.failed.as_ref().and_then(stop) {
        return format!("{all} {how} at instantiation, {count}");
    }
    let endings = endings(&made);
    match (calls, made.as_slice()) {
        (0 | 1, made) => {
            let how = made.first().and_then(|ended| stop(ended));
            how.map_or_else(String::new, |how| format!("{all} {how}"))
        }
        _ if endings.is_empty() => count,
        _ => format!("{count}: {endings}"),
    }
}

/// Says how calls ended, e.g. `1 returned, 1 trapped alike`. Empty if none was stopped.
fn endings(made: &[&Ended]) -> String {
    let trapped = made.iter().filter(|ended| stop(ended) == Some("trap"));
    let limited = made
        .iter()
        .filter(|ended| stop(ended) == Some("hit a limit"));
    let (trapped, limited) = (trapped.count(), limited.count());
    let others = made.len() - trapped - limited;
    if others == made.len() {
        return String::new();
    }
    let parts = [
        (others, "returned"),
        (trapped, "trapped alike"),
        (limited, "hit the same limit"),
    ];
    let parts = parts.iter().filter(|(count, _)| *count > 0);
    let parts: Vec<String> = parts.map(|(count, how)| format!("{count} {how}")).collect();
    parts.join(", ")
}

/// Says what stopped a call, if something did.
fn stop(ended: &Ended) -> Option<&'static str> {
    match ended {
        Ended::Trapped(_) => Some("trap"),
        Ended::Limited(_) => Some("hit a limit"),
        _ => None,
    }
}

/// Returns the backends that ran the same core module on the same engine.
fn one_engine<'a>(runs: &[&'a Observation]) -> Vec<&'a str> {
    let mut found: Vec<&str> = Vec::new();
    for (index, run) in runs.iter().enumerate() {
        let same = |other: &&&Observation| {
            other.backend != run.backend
                && other.witness() == run.witness()
                && other.artifact.bytes() == run.artifact.bytes()
        };
        let core = run.artifact.kind() == ArtifactKind::CoreModule;
        let before = runs.iter().take(index).find(same).filter(|_| core);
        if let Some(before) = before {
            for backend in [&before.backend, &run.backend] {
                if !found.contains(&backend.as_str()) {
                    found.push(backend);
                }
            }
        }
    }
    found
}

/// Prints the places at which runs differ, and who is to blame.
fn print_divergences(report: &Report, out: &mut Output) {
    for shown in report.shown() {
        for line in shown_lines(&shown, |text| out.paint(Tone::Bad, text)) {
            out.line(&line);
        }
    }
    if let Some(blame) = report.blame() {
        out.line(&blame);
    }
}

/// Returns the lines that show a divergence: its place, who saw what, and a mark below what differs.
/// `paint` colours what is wrong.
pub(crate) fn shown_lines(shown: &Shown, paint: impl Fn(&str) -> String) -> Vec<String> {
    let mut lines = vec![format!("{} {}", paint("diverged:"), shown.at)];
    let width = shown.sides.iter().map(|side| side.runs.chars().count());
    let width = width.max().unwrap_or_default();
    for side in &shown.sides {
        lines.push(format!("  {:width$}  {}", side.runs, side.text));
    }
    if !shown.mark.is_empty() {
        lines.push(format!("  {:width$}  {}", "", paint(&shown.mark)));
    }
    lines.extend(shown.part.iter().map(|part| format!("  {part}")));
    lines
}

/// Prints the line about a run that could not be compared with the first one.
fn print_inconclusive(
    report: &Report,
    first: Option<&Observation>,
    compared: &Compared,
    out: &mut Output,
) {
    let (Some(run), Verdict::Inconclusive(why)) =
        (report.observations.get(compared.index), &compared.verdict)
    else {
        return;
    };
    let right = label(report, run);
    let word = out.paint(Tone::Faint, "inconclusive:");
    let (reason, detail) = (&why.reason, &why.detail);
    match (reason, first) {
        (Open::Unsupported(capability), _) => {
            let (artifact, backend) = (run.artifact.name(), &run.backend);
            out.line(&format!(
                "{word} {artifact} could not be run on {backend}: {detail} (it lacks {capability})"
            ));
        }
        (_, Some(first)) => {
            let left = label(report, first);
            out.line(&format!("{word} {left}, {right}: {reason} ({detail})"));
        }
        (_, None) => out.line(&format!("{word} {right}: {reason} ({detail})")),
    }
}

/// Prints notes in addition to the verdicts.
fn print_notes(report: &Report) {
    print_left_out(&report.left_out);
    let open = |reason: Open| {
        let mut verdicts = report.comparisons.iter().map(|compared| &compared.verdict);
        verdicts
            .any(|verdict| matches!(verdict, Verdict::Inconclusive(why) if why.reason == reason))
    };
    if open(Open::CoreTypes) {
        output::say(
            "note: --interface-of COMPONENT gives the exports of a fused module their types",
        );
    }
    if open(Open::Undecided) {
        output::say(
            "note: --bind NAME=func:F,memory:M,realloc:R,post-return:P says what an export uses",
        );
    }
}

/// Notes on stderr which runs were left out.
pub(crate) fn print_left_out(left_out: &[LeftOut]) {
    for left in left_out {
        let (artifact, backend, reason) = (&left.artifact, &left.backend, &left.reason);
        output::say(&format!(
            "note: left out: {artifact} on {backend}: {reason}"
        ));
    }
}

/// Returns a label for a run, which distinguishes it from the others.
fn label(report: &Report, run: &Observation) -> String {
    let runs = &report.observations;
    let one_artifact = runs
        .iter()
        .all(|other| other.artifact.name() == run.artifact.name());
    match one_artifact {
        true => run.backend.clone(),
        false => format!("{} on {}", run.artifact.name(), run.backend),
    }
}
