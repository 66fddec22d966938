//! Judges the runs of a scenario.

use super::against::{against, part};
use super::golden::Golden;
use super::outcome::{Cell, Judged, Outcome, Word};
use super::steps::Expected;
use crate::show::{grouped, places};
use crate::{Compared, Ended, Observation, Open, Report, Shown, Verdict};

/// A run of one artifact.
pub(super) struct Made {
    /// The index of the artifact.
    pub(super) subject: usize,
    pub(super) seen: Observation,
}

/// What runs are judged by.
pub(super) struct Judge<'a> {
    /// The golden, or why there is none.
    pub(super) golden: &'a Result<Golden, String>,
    /// What the steps of each artifact must end with.
    pub(super) expected: &'a [&'a [Option<Expected>]],
    /// Whether a backend that lacks a capability may be left out.
    pub(super) optional: bool,
}

/// A run that was judged by itself.
struct Single {
    subject: usize,
    /// The position in the order in which runs are shown.
    place: usize,
    unmet: Option<Unmet>,
    golden: Verdict,
}

/// An expectation that a run does not meet.
pub(super) struct Unmet {
    at: String,
    expected: String,
    found: String,
}

impl Judge<'_> {
    /// Judges the runs, which are in the order of artifacts and backends.
    pub(super) fn outcome(&self, made: Vec<Made>) -> Outcome {
        let mut singles = Vec::new();
        let mut observations = Vec::new();
        for (place, Made { subject, seen }) in made.into_iter().enumerate() {
            let expected = self.expected.get(subject).copied().unwrap_or_default();
            let golden = match (subject, self.golden) {
                (0, Ok(golden)) => against(&golden.seen, &seen),
                _ => Verdict::Match,
            };
            let unmet = unmet(&seen, expected);
            singles.push(Single {
                subject,
                place,
                unmet,
                golden,
            });
            observations.push(seen);
        }
        let (singles, observations) = good_first(singles, observations);
        let report = Report::compare(observations, |_| self.optional);
        self.summed_up(&singles, &report)
    }

    fn summed_up(&self, singles: &[Single], report: &Report) -> Outcome {
        let runs: Vec<(&Single, &Observation)> = singles.iter().zip(&report.observations).collect();
        let mut cells: Vec<(usize, Cell)> = runs
            .iter()
            .enumerate()
            .map(|(index, (single, seen))| (single.place, cell(index, single, seen, report)))
            .collect();
        cells.sort_by_key(|(place, _)| *place);
        let cells: Vec<Cell> = cells.into_iter().map(|(_, cell)| cell).collect();
        let unmet = unmet_shown(&runs, report);
        let golden = self.golden_shown(&runs, report);
        let blame = match golden.is_empty() {
            true => report.blame(),
            false => Some(blame(&runs)),
        };
        let mut differences = unmet;
        differences.extend(golden);
        // A place at which runs differ from what they should be is shown once. The golden says nothing
        // about the artifacts after the first.
        let places: Vec<String> = differences.iter().map(|shown| shown.at.clone()).collect();
        let unjudged = |at: &str| {
            let mut there = report.comparisons.iter().filter(|compared| {
                matches!(&compared.verdict, Verdict::Diverged(divergence) if divergence.at == at)
            });
            there.any(|compared| {
                let single = singles.get(compared.index);
                single.is_some_and(|single| single.subject != 0 && single.unmet.is_none())
            })
        };
        let among_runs = report.shown().into_iter();
        differences
            .extend(among_runs.filter(|shown| !places.contains(&shown.at) || unjudged(&shown.at)));
        let first = report
            .reference
            .and_then(|index| report.observations.get(index));
        let not_run = first.map_or(0, |first| {
            let endings = first
                .steps
                .iter()
                .filter(|seen| seen.ended == Ended::NotRun);
            endings.count()
        });
        let (verdict, reason) = self.verdict(&cells, &differences);
        Outcome {
            about: None,
            verdict,
            reason,
            steps: self.expected.first().map_or(0, |steps| steps.len()),
            not_run,
            differences,
            blame,
            notes: notes(&runs, self.golden),
            golden_of: match self.golden {
                Ok(golden) => golden
                    .agreed
                    .iter()
                    .chain(&golden.oracle)
                    .cloned()
                    .collect(),
                Err(_) => Vec::new(),
            },
            blessed: None,
            cells,
        }
    }

    /// Returns the verdict and the reason for it.
    fn verdict(&self, cells: &[Cell], differences: &[Shown]) -> (Judged, String) {
        let of = |judged: Judged| cells.iter().find(|cell| cell.word.judged() == judged);
        let text = |cell: &Cell| {
            let details = cell.details.first().map_or("", String::as_str);
            format!("{} on {}: {details}", cell.artifact, cell.backend)
        };
        if let Some(shown) = differences.first() {
            let sides = shown
                .sides
                .iter()
                .map(|side| format!("{}: {}", side.runs, side.text));
            let sides: Vec<String> = sides.collect();
            return (
                Judged::Failed,
                format!("{}: {}", shown.at, sides.join(" | ")),
            );
        }
        if let Some(cell) = of(Judged::Failed) {
            return (Judged::Failed, text(cell));
        }
        if let Err(message) = self.golden {
            return (Judged::Failed, message.clone());
        }
        match of(Judged::Inconclusive) {
            Some(cell) => (Judged::Inconclusive, text(cell)),
            None => (Judged::Passed, String::new()),
        }
    }

    /// Shows the differences from the golden, each with the runs that saw it.
    fn golden_shown(&self, runs: &[(&Single, &Observation)], report: &Report) -> Vec<Shown> {
        let Ok(golden) = self.golden else {
            return Vec::new();
        };
        let diverged = || {
            runs.iter()
                .filter_map(|(single, seen)| match &single.golden {
                    Verdict::Diverged(divergence) => Some((*seen, divergence)),
                    _ => None,
                })
        };
        let shown = places(diverged()).into_iter().map(|place| {
            let here = || diverged().filter(|(_, divergence)| divergence.at == place.at);
            let mut sides = vec![("the golden".to_string(), place.left.clone())];
            let groups = grouped(here()).into_iter();
            sides.extend(groups.map(|(seen, runs)| (report.names(&runs), seen.right.clone())));
            let part = here().find_map(|(seen, found)| part(&golden.seen, seen, found.step?));
            Shown::new(&place.at, &sides, part)
        });
        shown.collect()
    }
}

/// Puts runs that are as they should be first within each artifact, because the others are compared
/// with the first.
fn good_first(
    singles: Vec<Single>,
    observations: Vec<Observation>,
) -> (Vec<Single>, Vec<Observation>) {
    let mut pairs: Vec<(Single, Observation)> = singles.into_iter().zip(observations).collect();
    pairs.sort_by_key(|(single, _)| {
        let good = single.golden.is_match() && single.unmet.is_none();
        (single.subject, !good, single.place)
    });
    pairs.into_iter().unzip()
}

/// Returns the first expectation that a run does not meet. A run that its backend cannot make meets
/// none and breaks none.
pub(super) fn unmet(seen: &Observation, expected: &[Option<Expected>]) -> Option<Unmet> {
    if seen.unsupported().is_some() {
        return None;
    }
    if let (Some(failed), true) = (&seen.failed, expected.iter().any(Option::is_some)) {
        return Some(Unmet {
            at: "instantiation".to_string(),
            expected: "an instance".to_string(),
            found: failed.to_string(),
        });
    }
    let pairs = seen.steps.iter().zip(expected).enumerate();
    let mut unmet = pairs.filter_map(|(index, (seen, expected))| {
        let expected = expected
            .as_ref()
            .filter(|expected| !expected.holds(&seen.ended))?;
        Some(Unmet {
            at: format!("step {}, {}", index + 1, seen.step),
            expected: expected.to_string(),
            found: seen.ended.to_string(),
        })
    });
    unmet.next()
}

/// Shows the expectations that runs do not meet, each with the runs that saw the same.
fn unmet_shown(runs: &[(&Single, &Observation)], report: &Report) -> Vec<Shown> {
    let mut groups: Vec<(&Unmet, Vec<&Observation>)> = Vec::new();
    for (single, seen) in runs {
        let Some(unmet) = &single.unmet else {
            continue;
        };
        let same = |known: &Unmet| (&known.at, &known.found) == (&unmet.at, &unmet.found);
        match groups.iter_mut().find(|(known, _)| same(known)) {
            Some((_, group)) => group.push(seen),
            None => groups.push((unmet, vec![seen])),
        }
    }
    let shown = groups.into_iter().map(|(unmet, group)| {
        let sides = [
            ("expected".to_string(), unmet.expected.clone()),
            (report.names(&group), unmet.found.clone()),
        ];
        Shown::new(&unmet.at, &sides, None)
    });
    shown.collect()
}

/// Judges a run by itself and by its comparison with the first.
fn cell(index: usize, single: &Single, seen: &Observation, report: &Report) -> Cell {
    let mut details = Vec::new();
    let mut words = Vec::new();
    let mut say = |word: Word, detail: String| {
        words.push(word);
        details.push(detail);
    };
    if let Some(unmet) = &single.unmet {
        let Unmet {
            at,
            expected,
            found,
        } = unmet;
        say(
            Word::Differs,
            format!("{at}: expected {expected}, found {found}"),
        );
    }
    if let Some(text) = broken(seen) {
        say(Word::Failed, text);
    }
    if let Some((capability, text)) = seen.unsupported() {
        let left_out = report.left_out.iter().any(|left| left.index == index);
        let word = if left_out {
            Word::LeftOut
        } else {
            Word::Unsupported
        };
        say(word, format!("it lacks {capability}: {text}"));
    } else {
        let compared = |compared: &&Compared| compared.index == index;
        let by = report
            .comparisons
            .iter()
            .find(compared)
            .map(|by| &by.verdict);
        let both = [("the golden", Some(&single.golden)), ("the first run", by)];
        for (other, verdict) in both {
            match verdict {
                Some(Verdict::Diverged(divergence)) => {
                    let (at, left, right) = (&divergence.at, &divergence.left, &divergence.right);
                    say(Word::Differs, format!("{at}: {left} ({other}), {right}"));
                }
                Some(Verdict::Inconclusive(why)) if why.reason != Open::NothingToCompare => {
                    let (reason, detail) = (&why.reason, &why.detail);
                    say(Word::Inconclusive, format!("{reason} ({detail})"));
                }
                _ => {}
            }
        }
    }
    Cell {
        artifact: seen.artifact.name().to_string(),
        backend: seen.backend.clone(),
        word: words.first().copied().unwrap_or(Word::Match),
        details,
    }
}

/// Returns the failure of a run that could not be performed as it was meant to be.
pub(super) fn broken(seen: &Observation) -> Option<String> {
    let mut endings = seen.endings();
    endings.find_map(|ended| match ended {
        Ended::Failed(blame, _) if *blame != "host" => Some(ended.to_string()),
        _ => None,
    })
}

/// Says who differs from the golden.
fn blame(runs: &[(&Single, &Observation)]) -> String {
    // A run that the golden neither confirms nor contradicts is not to blame.
    let judged = runs.iter().copied().filter(|(single, seen)| {
        single.subject == 0
            && match &single.golden {
                Verdict::Match => seen.unsupported().is_none(),
                Verdict::Diverged(_) => true,
                Verdict::Inconclusive(_) => false,
            }
    });
    let (good, wrong): (Vec<_>, Vec<_>) = judged.partition(|(single, _)| single.golden.is_match());
    let names = |runs: &[(&Single, &Observation)]| {
        let names: Vec<&str> = runs.iter().map(|(_, seen)| seen.backend.as_str()).collect();
        match names.split_last() {
            Some((last, others)) if !others.is_empty() => {
                format!("{} and {last}", others.join(", "))
            }
            _ => names.concat(),
        }
    };
    let (agreeing, differing) = (names(&good), names(&wrong));
    match (good.len(), wrong.len()) {
        (0, 1) => format!("{differing} alone was run, and differs from the golden"),
        (0, _) => format!(
            "{differing} differ from the golden: the artifact or the scenario has changed, or the \
             golden is wrong"
        ),
        (1, 1) => format!("{differing} stands alone: {agreeing} agrees with the golden"),
        (_, 1) => format!("{differing} stands alone: {agreeing} agree with the golden"),
        (1, _) => format!("{differing} differ from the golden, with which {agreeing} agrees"),
        _ => format!("{differing} differ from the golden, with which {agreeing} agree"),
    }
}

/// Says what was not compared.
fn notes(runs: &[(&Single, &Observation)], golden: &Result<Golden, String>) -> Vec<String> {
    let mut notes = Vec::new();
    if golden
        .as_ref()
        .is_ok_and(|golden| golden.seen.state.is_some())
    {
        let blind = runs.iter().filter(|(single, seen)| {
            single.subject == 0 && seen.state.is_none() && seen.failed.is_none()
        });
        let blind: Vec<&str> = blind.map(|(_, seen)| seen.backend.as_str()).collect();
        if !blind.is_empty() {
            notes.push(format!(
                "exported globals are not visible on {}",
                blind.join(" and ")
            ));
        }
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{MODULE, observation};

    #[test]
    fn only_runs_that_contradict_the_golden_are_to_blame() {
        let observations = ["one", "two", "three"].map(|name| observation("a", MODULE, name));
        let goldens = [
            Verdict::Match,
            Verdict::open(Open::StackDepth, "step 1"),
            Verdict::diverged("step 1", "1", "2"),
        ];
        let singles = goldens.map(|golden| Single {
            subject: 0,
            place: 0,
            unmet: None,
            golden,
        });
        let runs: Vec<_> = singles.iter().zip(&observations).collect();
        let expected = "three stands alone: one agrees with the golden";
        assert_eq!(blame(&runs), expected);
    }
}
