//! A divergence for a person: who saw what, where it differs, and who is to blame.

mod aligned;
mod blame;
mod group;
mod part;

use crate::{Divergence, Ended, Observation, Report, Verdict};

use aligned::aligned;
pub(crate) use group::{grouped, places};
#[cfg(feature = "scenario")]
pub(crate) use part::differing;

/// One divergence of a report: the runs that saw the same are together.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
pub struct Shown {
    /// The place, e.g. `step 2, add(2, 3)` or `stdout, byte 17`.
    pub at: String,
    /// Who saw what. The first is the run that the others are compared with, and those that agree
    /// with it.
    pub sides: Vec<Side>,
    /// Marks the differing part of each text by `^`. Empty if they have nothing in common.
    pub mark: String,
    /// The first part of a value that differs, with both sides and their bytes, e.g. `field "name",
    /// byte 1: "é" (c3 a9) | "??" (3f 3f)`.
    pub part: Option<String>,
}

/// Runs that saw the same.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
pub struct Side {
    /// The runs, e.g. `wasmtime, wasmi` or `fused.wasm on wasmtime, wasmi`.
    pub runs: String,
    /// What they saw. Long texts are cut around the difference.
    pub text: String,
}

impl Shown {
    /// Creates a divergence from what each group of runs saw at a place.
    pub(crate) fn new(at: &str, sides: &[(String, String)], part: Option<String>) -> Self {
        let texts: Vec<&str> = sides.iter().map(|(_, text)| text.as_str()).collect();
        let (texts, mark) = aligned(&texts);
        let runs = sides.iter().map(|(runs, _)| runs.clone());
        let pairs = runs.zip(texts);
        Self {
            at: at.to_string(),
            sides: pairs.map(|(runs, text)| Side { runs, text }).collect(),
            mark,
            part,
        }
    }
}

impl Report {
    /// Returns the divergences of the runs, each place once.
    #[must_use]
    pub fn shown(&self) -> Vec<Shown> {
        places(self.diverged())
            .into_iter()
            .map(|place| self.shown_at(place))
            .collect()
    }

    /// Says in a sentence which artifact or backend differs from the others, and who is to blame.
    ///
    /// Returns `None` if no run diverged.
    #[must_use]
    pub fn blame(&self) -> Option<String> {
        blame::sentence(self)
    }

    /// Returns the names of runs, grouped by artifact: `a.wasm on wasmtime, wasmi; b.wasm on wasmi`.
    /// The artifact is left out if there is only one.
    #[must_use]
    pub fn names(&self, runs: &[&Observation]) -> String {
        let mut by_artifact: Vec<(&str, Vec<&str>)> = Vec::new();
        for run in runs {
            let name = run.artifact.name();
            match by_artifact.iter_mut().find(|(known, _)| *known == name) {
                Some((_, backends)) => backends.push(&run.backend),
                None => by_artifact.push((name, vec![&run.backend])),
            }
        }
        let all = self.observations.iter().map(|run| run.artifact.name());
        let only = all.clone().all(|name| Some(name) == all.clone().next());
        let group = |(artifact, backends): (&str, Vec<&str>)| match only {
            true => backends.join(", "),
            false => format!("{artifact} on {}", backends.join(", ")),
        };
        by_artifact
            .into_iter()
            .map(group)
            .collect::<Vec<_>>()
            .join("; ")
    }

    /// Returns the runs that diverged, with how they did.
    fn diverged(&self) -> impl Iterator<Item = (&Observation, &Divergence)> {
        self.comparisons.iter().filter_map(|compared| {
            let run = self.observations.get(compared.index)?;
            match &compared.verdict {
                Verdict::Diverged(divergence) => Some((run, divergence)),
                _ => None,
            }
        })
    }

    /// Returns the run that the others are compared with, and those that match it.
    fn agreeing(&self) -> Vec<&Observation> {
        let matching = self
            .comparisons
            .iter()
            .filter(|compared| compared.verdict.is_match());
        let indices = self
            .reference
            .into_iter()
            .chain(matching.map(|compared| compared.index));
        indices
            .filter_map(|index| self.observations.get(index))
            .collect()
    }

    fn shown_at(&self, place: &Divergence) -> Shown {
        let here = || {
            self.diverged()
                .filter(|(_, divergence)| divergence.at == place.at)
        };
        let mut sides = vec![(place.left.as_str(), self.agreeing())];
        sides.extend(
            grouped(here())
                .into_iter()
                .map(|(divergence, runs)| (divergence.right.as_str(), runs)),
        );
        let sides = sides
            .iter()
            .map(|(text, runs)| (self.names(runs), (*text).to_string()));
        let part = here().find_map(|(run, _)| self.part(place.step?, run));
        Shown::new(&place.at, &sides.collect::<Vec<_>>(), part)
    }

    /// Describes the part of a step's result in which a run differs from the reference.
    fn part(&self, step: usize, run: &Observation) -> Option<String> {
        let first = self.observations.get(self.reference?)?;
        let value = |run: &Observation| match &run.steps.get(step)?.ended {
            Ended::Returned(value) => value.clone(),
            _ => None,
        };
        part::differing(&value(first)?, &value(run)?)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::Seen;
    use crate::testing::{COMPONENT, MODULE, observation};
    use seam_core::Value;

    fn run(artifact: &str, backend: &str, value: &str) -> Observation {
        let header = if artifact == "fused" {
            MODULE
        } else {
            COMPONENT
        };
        let mut run = observation(artifact, header, backend);
        run.engine = Some(backend.into());
        run.steps = vec![Seen {
            step: "f()".into(),
            ended: Ended::Returned(Some(Value::from(value))),
            ty: None,
        }];
        run
    }

    fn report(runs: &[(&str, &str, &str)]) -> Report {
        let runs = runs
            .iter()
            .map(|(artifact, backend, value)| run(artifact, backend, value));
        Report::compare(runs.collect(), |_| false)
    }

    #[test]
    fn runs_that_saw_the_same_are_together() {
        let report = report(&[
            ("a", "one", "aé"),
            ("a", "two", "a?"),
            ("a", "three", "aé"),
            ("a", "four", "a?"),
        ]);
        let shown = report.shown();
        assert_eq!(shown.len(), 1);
        assert_eq!(shown[0].at, "step 1, f()");
        let sides = [("one, three", "\"aé\""), ("two, four", "\"a?\"")];
        let sides = sides.map(|(runs, text)| Side {
            runs: runs.into(),
            text: text.into(),
        });
        assert_eq!(shown[0].sides, sides);
        assert_eq!(shown[0].mark, "  ^");
        let part = "byte 1: \"é\" (c3 a9) | \"?\" (3f)";
        assert_eq!(shown[0].part.as_deref(), Some(part));
        assert!(
            report.blame().unwrap().starts_with("two against two"),
            "{:?}",
            report.blame()
        );
    }

    #[test]
    fn a_run_that_saw_nothing_at_a_place_does_not_agree_with_the_first() {
        let mut runs = ["one", "two", "three"].map(|backend| run("a", backend, "x"));
        for at in [0, 2] {
            runs[at].unused_stubs = vec!["a:b/c#f".parse().unwrap()];
        }
        let report = Report::compare(runs.to_vec(), |_| false);
        let shown = report.shown();
        assert_eq!(shown[0].at, "unused stubs");
        let sides = [("one, three", "a:b/c#f"), ("two", "")];
        let sides = sides.map(|(runs, text)| Side {
            runs: runs.into(),
            text: text.into(),
        });
        assert_eq!(shown[0].sides, sides);
        assert_eq!(
            report.blame().unwrap(),
            "two stands alone: one and three agree"
        );
    }

    #[test]
    fn runs_that_saw_the_same_text_at_two_places_are_apart() {
        let mut runs = ["one", "two", "three"].map(|backend| run("a", backend, "x"));
        for run in &mut runs {
            run.steps.push(run.steps[0].clone());
        }
        for (at, step) in [(1, 0), (2, 1)] {
            runs[at].steps[step].ended = Ended::Returned(Some(Value::from("y")));
        }
        let report = Report::compare(runs.to_vec(), |_| false);
        assert_eq!(report.shown().len(), 2);
        assert_eq!(
            report.blame().unwrap(),
            "three groups of backends each saw something else"
        );
    }

    #[test]
    fn artifacts_are_named_if_there_are_several() {
        let report = report(&[
            ("unfused", "one", "x"),
            ("unfused", "two", "x"),
            ("fused", "one", "y"),
            ("fused", "two", "y"),
        ]);
        let shown = report.shown();
        let runs: Vec<&str> = shown[0].sides.iter().map(|side| &*side.runs).collect();
        assert_eq!(runs, ["unfused on one, two", "fused on one, two"]);
        assert_eq!(
            report.blame().unwrap(),
            "one and two agree on each artifact; fused differs: the fusion is to blame"
        );
    }

    #[test]
    fn the_sentence_says_who_stands_alone_or_that_it_cannot() {
        let blame = |runs: &[(&str, &str, &str)]| report(runs).blame();
        assert_eq!(blame(&[("a", "one", "x"), ("a", "two", "x")]), None);
        assert_eq!(
            blame(&[("a", "one", "x"), ("a", "two", "y"), ("a", "three", "x")]).unwrap(),
            "two stands alone: one and three agree"
        );
        assert_eq!(
            blame(&[("a", "one", "y"), ("a", "two", "x"), ("a", "three", "x")]).unwrap(),
            "one stands alone: two and three agree"
        );
        assert_eq!(
            blame(&[("a", "one", "x"), ("a", "two", "y")]).unwrap(),
            "one and two differ; a third backend would show which of them stands alone"
        );
        assert_eq!(
            blame(&[("unfused", "one", "x"), ("fused", "one", "y")]).unwrap(),
            "fused differs from unfused on one alone; a second backend would show whether the \
             fusion or one is to blame"
        );
        let on_both = [
            ("unfused", "one", "x"),
            ("unfused", "two", "y"),
            ("fused", "one", "x"),
            ("fused", "two", "y"),
        ];
        assert_eq!(
            blame(&on_both).unwrap(),
            "two differs from one on both artifacts: two is to blame, or one"
        );
        let on_fused = [
            ("unfused", "one", "x"),
            ("unfused", "two", "x"),
            ("fused", "one", "x"),
            ("fused", "two", "y"),
        ];
        assert_eq!(
            blame(&on_fused).unwrap(),
            "two differs from one on fused only: two is to blame, on the fused artifact"
        );
    }
}
