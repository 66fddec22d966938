//! The runs that make a sequence of calls together.

use seam_core::{ArtifactKind, ErrorKind};

use crate::Loaded;

use super::func::Function;

/// Runs, and the functions that each of them can call, by their indices.
pub(crate) struct Tier {
    pub(crate) runs: Vec<usize>,
    pub(crate) funcs: Vec<usize>,
    /// The functions that no larger group of runs can call.
    pub(crate) own: Vec<usize>,
}

impl Tier {
    /// Returns whether a call that does not return ends the sequence, because an instance of a
    /// component cannot be called again.
    pub(crate) fn ends_at_traps(&self, runs: &[Loaded]) -> bool {
        let mut runs = self.runs.iter().filter_map(|index| runs.get(*index));
        runs.any(|run| {
            let artifact = run.artifact();
            artifact.kind() == ArtifactKind::Component || artifact.is_typed()
        })
    }
}

/// Divides the functions among runs: first all runs with what each of them can call, then the runs on
/// the backends that can call most, if these can call more.
///
/// A backend's own component model calls only what an artifact exports. Others call the functions of
/// components inside it as well.
///
/// Functions that fewer than two runs can call are excluded. `runs` are the indices of those that can
/// be made.
pub(crate) fn tiers(loaded: &[Loaded], runs: &[usize], funcs: &mut [Function]) -> Vec<Tier> {
    let can: Vec<Vec<Result<(), String>>> = (loaded.iter().enumerate())
        .map(|(index, run)| match runs.contains(&index) {
            true => callable(run, funcs),
            false => Vec::new(),
        })
        .collect();
    let tier = |runs: Vec<usize>| {
        let by_all = |func: &usize| {
            let mut can = runs.iter().filter_map(|run| can.get(*run)?.get(*func));
            can.all(Result::is_ok)
        };
        let open = |func: &usize| funcs.get(*func).is_some_and(|f| f.excluded.is_none());
        let funcs: Vec<usize> = (0..funcs.len()).filter(open).filter(by_all).collect();
        let own = funcs.clone();
        Tier { runs, funcs, own }
    };
    let all = tier(runs.to_vec());
    let mut tiers = vec![all];
    let most = most_capable(loaded, runs, &tier);
    let more = |most: &Tier| tiers.iter().all(|all| all.funcs.len() < most.funcs.len());
    if let Some(mut most) = most.filter(more) {
        let by_all = tiers.iter().flat_map(|all| &all.funcs);
        let by_all: Vec<usize> = by_all.copied().collect();
        most.own.retain(|func| !by_all.contains(func));
        tiers.push(most);
    }
    tiers.retain(|tier| tier.runs.len() > 1 && !tier.funcs.is_empty());
    for (index, func) in funcs.iter_mut().enumerate() {
        if func.excluded.is_none() && !tiers.iter().any(|tier| tier.funcs.contains(&index)) {
            func.excluded = Some(why_not(loaded, &can, index));
        }
    }
    tiers
}

/// Returns the runs on the backends that can call most functions of all artifacts.
fn most_capable(
    loaded: &[Loaded],
    runs: &[usize],
    tier: &impl Fn(Vec<usize>) -> Tier,
) -> Option<Tier> {
    let backend = |run: &usize| loaded.get(*run).map(Loaded::backend);
    let mut alone: Vec<Tier> = Vec::new();
    for run in runs {
        let same = |other: &&usize| backend(other) == backend(run);
        let runs: Vec<usize> = runs.iter().filter(same).copied().collect();
        if alone.iter().all(|tier| tier.runs != runs) {
            alone.push(tier(runs));
        }
    }
    // A backend that runs all artifacts is preferred to one that can call more functions of some.
    let rank = |tier: &Tier| (tier.runs.len(), tier.funcs.len());
    let best = alone.iter().map(rank).max()?;
    let best = alone.into_iter().filter(|tier| rank(tier) == best);
    let mut runs: Vec<usize> = best.flat_map(|tier| tier.runs).collect();
    runs.sort_unstable();
    Some(tier(runs))
}

/// Asks an instance which of the functions it has, with the same type.
fn callable(run: &Loaded, funcs: &[Function]) -> Vec<Result<(), String>> {
    let mut instance = run.start();
    let check = |func: &Function| match instance.func(&func.name) {
        Ok(ty) if ty.same_types(&func.ty) => Ok(()),
        Ok(ty) => Err(format!("expected {}, found {ty}", func.ty)),
        Err(error) if *error.kind() == ErrorKind::Misuse => Err("it has no such function".into()),
        Err(error) => Err(error.message().to_string()),
    };
    funcs.iter().map(check).collect()
}

fn why_not(loaded: &[Loaded], can: &[Vec<Result<(), String>>], func: usize) -> String {
    let label = |run: &Loaded| format!("{} on {}", run.artifact().name(), run.backend());
    let answers = loaded.iter().zip(can);
    let answers = answers.filter_map(|(run, can)| Some((run, can.get(func)?)));
    let (mut able, mut reason) = (Vec::new(), None);
    for (run, answer) in answers {
        match answer {
            Ok(()) => able.push(label(run)),
            Err(why) => {
                reason.get_or_insert_with(|| format!("{}: {why}", label(run)));
            }
        }
    }
    match (able.as_slice(), reason) {
        ([only], _) => format!("only {only} can call it, so there is nothing to compare"),
        (_, Some(reason)) => reason,
        (_, None) => "no run can be made".to_string(),
    }
}
