//! Makes random calls until their number or the time is over, or runs diverge.

use std::time::Instant;

use seam_core::Result;

use crate::{Ended, LeftOut, Loaded, Observation, Open, Report, Step, Verdict};

use super::func::{self, Function, Functions};
use super::options::{Options, Phase, Progress};
use super::report::{Covered, Found, NotCalled, RandomReport, Stopped, Uncompared};
use super::rng::Rng;
use super::sequence::{self, Sequence};
use super::shrink;
use super::tier::{Tier, tiers};

/// Makes random calls in all runs and compares them with the first run.
///
/// Runs of one artifact are compared in everything, runs of two artifacts as a fusion.
///
/// # Errors
/// An artifact cannot be decoded.
pub fn run(
    runs: &[Loaded],
    options: &Options,
    mut told: impl FnMut(Progress),
) -> Result<RandomReport> {
    let optional = |index: usize| options.optional.get(index).copied().unwrap_or_default();
    // Without a call, so that no call is blamed for what instantiation does.
    let made = Report::compare(runs.iter().map(|run| run.observe(&[])).collect(), optional);
    let functions = functions(runs)?;
    let mut session = Random {
        runs,
        options,
        rng: Rng::new(options.seed),
        funcs: functions.funcs,
        report: RandomReport {
            verdict: made.verdict.clone(),
            seed: options.seed,
            calls: 0,
            sequences: 0,
            stopped: Stopped::NothingToCall,
            called: Vec::new(),
            not_called: Vec::new(),
            inner_unknown: functions.inner_unknown,
            inconclusive: Vec::new(),
            left_out: made.left_out.clone(),
            found: None,
        },
        deadline: options
            .time
            .and_then(|time| Instant::now().checked_add(time)),
    };
    match &made.verdict {
        Verdict::Match if first_failure(&made).is_none() => {
            session.explore(&made.left_out, &mut told);
        }
        Verdict::Diverged(_) => session.found(Found {
            steps: Vec::new(),
            steps_before: 0,
            tries: 0,
            reproducible: true,
            report: made.clone(),
        }),
        _ => {}
    }
    if let (true, Some(failed)) = (made.verdict.is_match(), first_failure(&made)) {
        let detail = format!("instantiation: {failed}");
        session.report.verdict = Verdict::open(Open::NothingToCompare, detail);
    }
    Ok(session.finish())
}

/// Returns why there is no instance in the run that the others are compared with.
fn first_failure(made: &Report) -> Option<&Ended> {
    let reference = made.observations.get(made.reference?)?;
    reference.failed.as_ref()
}

struct Random<'a> {
    runs: &'a [Loaded],
    options: &'a Options,
    rng: Rng,
    funcs: Vec<Function>,
    report: RandomReport,
    deadline: Option<Instant>,
}

/// Returns the functions of all artifacts by name. A function that not all of them have is excluded
/// later, when an instance is asked for it.
fn functions(runs: &[Loaded]) -> Result<Functions> {
    let mut all = Functions {
        funcs: Vec::new(),
        inner_unknown: None,
    };
    for (index, run) in runs.iter().enumerate() {
        let bytes = run.artifact().bytes();
        let mut before = runs.iter().take(index);
        if before.any(|other| other.artifact().bytes() == bytes) {
            continue;
        }
        let found = func::of_artifact(run.artifact())?;
        all.inner_unknown = all.inner_unknown.or(found.inner_unknown);
        for func in found.funcs {
            if !all
                .funcs
                .iter()
                .any(|known| known.name.provides(&func.name))
            {
                all.funcs.push(func);
            }
        }
    }
    Ok(all)
}

impl Random<'_> {
    fn explore(&mut self, left_out: &[LeftOut], told: &mut dyn FnMut(Progress)) {
        let made = |index: &usize| !left_out.iter().any(|left| left.index == *index);
        let made: Vec<usize> = (0..self.runs.len()).filter(made).collect();
        let tiers = tiers(self.runs, &made, &mut self.funcs);
        let weights: Vec<usize> = tiers.iter().map(|tier| self.weight(tier)).collect();
        let mut idle = 0;
        while self.report.calls < self.options.calls {
            if self
                .deadline
                .is_some_and(|deadline| Instant::now() >= deadline)
            {
                self.report.stopped = Stopped::Time;
                return;
            }
            told(self.progress());
            // Every tier has a turn before one has two.
            let turn = match self.report.sequences.checked_sub(tiers.len()) {
                None => self.report.sequences,
                Some(_) => weighted(&weights, &mut self.rng),
            };
            let Some(tier) = tiers.get(turn) else {
                return;
            };
            let most = self.options.calls - self.report.calls;
            let made = sequence::explore(self.runs, tier, &mut self.funcs, &mut self.rng, most);
            let Some(made) = made.filter(|made| !made.steps.is_empty()) else {
                idle += 1;
                // What can be called was called, or needs what nobody makes.
                if idle > 20 {
                    return;
                }
                continue;
            };
            idle = 0;
            self.report.stopped = Stopped::Count;
            self.report.calls += made.calls();
            self.report.sequences += 1;
            if self.compare(tier, made, told) {
                return;
            }
        }
    }

    /// Returns how often a tier's turn comes: by the number of functions whose arguments vary.
    fn weight(&self, tier: &Tier) -> usize {
        let funcs = tier.funcs.iter().filter_map(|index| self.funcs.get(*index));
        let varying = funcs.filter(|func| !func.ty.params.is_empty());
        1 + 4 * varying.count()
    }

    fn progress(&self) -> Progress {
        Progress {
            phase: Phase::Calling,
            done: self.report.calls,
            of: self.options.calls,
        }
    }

    /// Makes the calls of a sequence in the other runs and compares them. Returns whether they
    /// diverged.
    fn compare(&mut self, tier: &Tier, made: Sequence, told: &mut dyn FnMut(Progress)) -> bool {
        let runs: Vec<&Loaded> = tier
            .runs
            .iter()
            .filter_map(|run| self.runs.get(*run))
            .collect();
        let others = runs.iter().skip(1).map(|run| run.observe(&made.steps));
        let observations = std::iter::once(made.observation).chain(others);
        let report = Report::compare(observations.collect(), |_| false);
        if let Verdict::Diverged(_) = report.verdict {
            self.shrink(&runs, report, made.steps, told);
            return true;
        }
        for (index, func) in made.funcs.iter().enumerate() {
            if let Some(func) = func.and_then(|func| self.funcs.get_mut(func)) {
                func.runs.extend(&tier.runs);
                func.limited += usize::from(limited(&report.observations, index));
                func.compared += usize::from(compared(&report.observations, index));
            }
        }
        if let Verdict::Inconclusive(why) = &report.verdict {
            if why.reason == Open::Undecided {
                self.exclude_undecided(&report.observations, &made.funcs);
            }
            let mut known = self.report.inconclusive.iter_mut();
            match known.find(|known| known.why.reason == why.reason) {
                Some(known) => known.sequences += 1,
                None => self.report.inconclusive.push(Uncompared {
                    sequences: 1,
                    why: why.clone(),
                }),
            }
        }
        false
    }

    /// Excludes the function that a fused module could not be called for.
    fn exclude_undecided(&mut self, observations: &[Observation], funcs: &[Option<usize>]) {
        for run in observations {
            let mut steps = run.steps.iter().zip(funcs);
            let undecided = steps.find_map(|(seen, func)| match &seen.ended {
                Ended::Failed("link", why) => Some((why, *func)),
                _ => None,
            });
            let Some((why, Some(index))) = undecided else {
                continue;
            };
            if let Some(func) = self.funcs.get_mut(index) {
                func.excluded = Some(why.clone());
            }
        }
    }

    fn shrink(
        &mut self,
        runs: &[&Loaded],
        report: Report,
        steps: Vec<Step>,
        told: &mut dyn FnMut(Progress),
    ) {
        let types = self
            .funcs
            .iter()
            .map(|func| (func.name.clone(), func.ty.clone()));
        let types = types.collect();
        let shrunk = shrink::shrink(runs, report, steps, &types, &mut |done, of| {
            told(Progress {
                phase: Phase::Shrinking,
                done,
                of,
            });
        });
        self.found(shrunk);
    }

    fn found(&mut self, found: Found) {
        self.report.verdict = found.report.verdict.clone();
        self.report.stopped = Stopped::Divergence;
        self.report.found = Some(found);
    }

    /// Lists the functions that were called and those that were not.
    fn finish(mut self) -> RandomReport {
        for func in &self.funcs {
            let name = func.name.clone();
            if func.calls > 0 {
                let runs = func.runs.iter().filter_map(|run| self.runs.get(*run));
                let mut backends: Vec<String> = runs.map(|run| run.backend().into()).collect();
                backends.sort_unstable();
                backends.dedup();
                self.report.called.push(Covered {
                    name: name.clone(),
                    calls: func.calls,
                    compared: func.compared,
                    backends,
                });
            }
            let excluded = func.excluded.clone().map(|reason| (reason, false));
            let not_called = excluded.or_else(|| self.not_reached(func));
            self.report
                .not_called
                .extend(not_called.map(|(reason, reachable)| NotCalled {
                    name,
                    reason,
                    reachable,
                }));
        }
        let compared = self.funcs.iter().any(|func| func.compared > 0);
        if self.report.verdict.is_match() && !compared {
            let why = self
                .report
                .inconclusive
                .first()
                .map(|first| first.why.clone());
            let none = Verdict::open(Open::NothingToCompare, "no call was compared");
            self.report.verdict = why.map_or(none, Verdict::Inconclusive);
        }
        self.report
    }

    /// Returns why a function that can be called was not called, and whether it was only not its turn.
    fn not_reached(&self, func: &Function) -> Option<(String, bool)> {
        if func.calls > 0 {
            return None;
        }
        let turn = |what: &str| (format!("{what} before its turn"), true);
        Some(match (self.report.stopped, func.needs().first()) {
            (Stopped::Time, _) => turn("the time was over"),
            (Stopped::Divergence, _) => turn("a sequence diverged"),
            (_, Some(resource)) => {
                let label = resource.label();
                (
                    format!("no call returned the `{label}` that it needs"),
                    false,
                )
            }
            (_, None) => turn("all calls were made"),
        })
    }
}

/// Returns a random index, in proportion to the weights.
fn weighted(weights: &[usize], rng: &mut Rng) -> usize {
    let mut rest = rng.below(weights.iter().sum());
    let chosen = weights
        .iter()
        .position(|weight| match rest.checked_sub(*weight) {
            Some(left) => {
                rest = left;
                false
            }
            None => true,
        });
    chosen.unwrap_or_default()
}

/// Returns whether a step ended at a limit in some run.
fn limited(observations: &[Observation], step: usize) -> bool {
    let mut steps = observations.iter().filter_map(|run| run.steps.get(step));
    steps.any(|seen| matches!(seen.ended, Ended::Limited(_)))
}

/// Returns whether a step of runs that did not diverge was compared: neither it nor a step before it
/// ended in something that the specification leaves open.
fn compared(observations: &[Observation], step: usize) -> bool {
    observations.iter().all(|run| {
        let steps = run.steps.iter().take(step + 1);
        let undecided = |ended: &Ended| matches!(ended, Ended::Failed("link", _));
        steps
            .map(|seen| &seen.ended)
            .all(|ended| ended.open().is_none() && !undecided(ended))
    })
}
