//! Shrinks a sequence that diverges: to fewer calls, then to smaller values.

mod fewer;
mod value;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use seam_core::{ExportName, FuncType, Resource, Value};

use crate::{Ended, Loaded, Report, Step, Verdict};

use super::report::Found;

/// Most sequences to try.
const TRIES: usize = 4000;

/// Most time to spend.
const TIME: Duration = Duration::from_secs(60);

/// The types of the functions that steps call.
pub(crate) type Types = HashMap<ExportName, Arc<FuncType>>;

/// Shrinks steps that diverge in these runs. `report` is what was seen.
///
/// `told` hears of each try.
pub(crate) fn shrink(
    runs: &[&Loaded],
    report: Report,
    steps: Vec<Step>,
    types: &Types,
    told: &mut dyn FnMut(usize, usize),
) -> Found {
    let steps_before = steps.len();
    let mut judge = Judge {
        runs: pair(runs, &report),
        tries: 0,
        until: Instant::now() + TIME,
        told,
    };
    let reproducible = judge.diverges(&steps);
    let mut shrunk = steps.clone();
    if reproducible {
        // Smaller values can make other calls superfluous, and fewer calls other values.
        loop {
            let before = shrunk.clone();
            shrunk = fewer_steps(shrunk, &mut judge);
            shrunk = smaller_values(shrunk, types, &mut judge);
            if shrunk == before {
                break;
            }
        }
        shrunk = fewer_names(shrunk, &mut judge);
    }
    let tries = judge.tries;
    let all = runs.iter().map(|run| run.observe(&shrunk)).collect();
    let again = Report::compare(all, |_| false);
    let (steps, report) = match &again.verdict {
        Verdict::Diverged(_) => (shrunk, again),
        _ => (steps, report),
    };
    Found {
        steps,
        steps_before,
        tries,
        reproducible,
        report,
    }
}

/// Returns the reference and the first run that differs from it.
fn pair<'a>(runs: &[&'a Loaded], report: &Report) -> Vec<&'a Loaded> {
    let mut compared = report.comparisons.iter();
    let other = compared.find(|compared| matches!(compared.verdict, Verdict::Diverged(_)));
    let other = other.map(|compared| compared.index);
    let both = report.reference.into_iter().chain(other);
    both.filter_map(|index| runs.get(index).copied()).collect()
}

/// Decides whether steps diverge, until there were enough tries.
struct Judge<'a> {
    runs: Vec<&'a Loaded>,
    tries: usize,
    until: Instant,
    told: &'a mut dyn FnMut(usize, usize),
}

impl Judge<'_> {
    fn diverges(&mut self, steps: &[Step]) -> bool {
        if self.tries >= TRIES || Instant::now() >= self.until {
            return false;
        }
        self.tries += 1;
        (self.told)(self.tries, TRIES);
        let seen: Vec<_> = self.runs.iter().map(|run| run.observe(steps)).collect();
        // A step that the reference refuses is no call that a person would write.
        let refused = |ended: &Ended| matches!(ended, Ended::Failed("misuse", _));
        if seen.first().is_none_or(|run| run.endings().any(refused)) {
            return false;
        }
        matches!(
            Report::compare(seen, |_| false).verdict,
            Verdict::Diverged(_)
        )
    }
}

/// Removes steps, and with each the steps that use what it returned.
fn fewer_steps(steps: Vec<Step>, judge: &mut Judge<'_>) -> Vec<Step> {
    let mut test = |kept: &[usize]| judge.diverges(&only(&steps, kept));
    let kept = fewer::fewer((0..steps.len()).collect(), &mut test);
    only(&steps, &kept)
}

/// Returns these steps, without those that use a resource that none of them returns.
fn only(steps: &[Step], kept: &[usize]) -> Vec<Step> {
    let mut named: HashSet<Arc<str>> = HashSet::new();
    let mut found = Vec::new();
    for step in kept.iter().filter_map(|index| steps.get(*index)) {
        if uses(step).iter().all(|name| named.contains(*name)) {
            if let Step::Invoke { results, .. } = step {
                named.extend(results.iter().cloned());
            }
            found.push(step.clone());
        }
    }
    found
}

/// Returns the variables that a step uses.
fn uses(step: &Step) -> Vec<&Arc<str>> {
    match step {
        Step::Invoke { args, .. } => {
            let resources = args.iter().flat_map(|arg| {
                let owned = arg.owned();
                owned.into_iter().chain(arg.borrowed())
            });
            resources.filter_map(Resource::as_variable).collect()
        }
        Step::Drop(name) => vec![name],
        _ => Vec::new(),
    }
}

/// Makes the arguments of each call smaller, last calls first.
fn smaller_values(steps: Vec<Step>, types: &Types, judge: &mut Judge<'_>) -> Vec<Step> {
    let mut steps = steps;
    for at in (0..steps.len()).rev() {
        let Some(Step::Invoke { name, args, .. }) = steps.get(at).cloned() else {
            continue;
        };
        let params = types.get(&name).into_iter().flat_map(|ty| &ty.params);
        for (position, ((_, ty), arg)) in params.zip(args).enumerate() {
            let with = |value: &Value| with_argument(&steps, at, position, value);
            let mut test = |value: &Value| judge.diverges(&with(value));
            let smaller = value::smaller(ty, arg, &mut test);
            steps = with(&smaller);
        }
    }
    steps
}

fn with_argument(steps: &[Step], at: usize, position: usize, value: &Value) -> Vec<Step> {
    let mut steps = steps.to_vec();
    if let Some(Step::Invoke { args, .. }) = steps.get_mut(at) {
        let arg = args.get_mut(position);
        arg.into_iter().for_each(|arg| arg.clone_from(value));
    }
    steps
}

/// Removes the names of resources that no later step uses.
fn fewer_names(steps: Vec<Step>, judge: &mut Judge<'_>) -> Vec<Step> {
    let used: HashSet<Arc<str>> = steps.iter().flat_map(uses).cloned().collect();
    let mut fewer = steps.clone();
    for step in &mut fewer {
        if let Step::Invoke { results, .. } = step {
            // Names are given in order, so only the last ones can go.
            while results.last().is_some_and(|name| !used.contains(name)) {
                results.pop();
            }
        }
    }
    match fewer == steps || !judge.diverges(&fewer) {
        true => steps,
        false => fewer,
    }
}
