//! Who may vouch for a golden.

use super::golden::Golden;
use super::judge::broken;
use super::recorded::Recorded;
use crate::{Comparison, Observation, compare};
use seam_core::{ArtifactKind, Error, Result};

/// How a golden is written.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
pub enum Bless {
    /// If two independent backends agree.
    Agreement,
    /// As the backend with this name saw it.
    Oracle(String),
}

/// Returns the golden for the runs of one artifact, each with whether it did what the scenario expects.
///
/// # Errors
/// `Misuse` that says why no golden can be written.
pub(super) fn bless(how: &Bless, runs: &[(&Observation, bool)]) -> Result<Golden> {
    let good = runs.iter().filter(|(run, meets)| *meets && made(run));
    let good: Vec<&Observation> = good.map(|(run, _)| *run).collect();
    // All runs are of one artifact.
    let component = good.first().is_some_and(|run| uses_component_model(run));
    let refused = |message: String| Err(Error::misuse(format!("not blessed: {message}")));
    match how {
        Bless::Oracle(name) => match good.iter().find(|run| run.backend == *name) {
            Some(run) => Ok(Golden::of_oracle(name, Recorded::of(run))),
            None => refused(format!(
                "expected a run on the oracle `{name}` that does what is expected, found none"
            )),
        },
        Bless::Agreement => match pair(&good, component) {
            Some(run) => {
                let others = good.iter().filter(|other| agree(run, other));
                let others: Vec<&Observation> = others.copied().collect();
                let mut seen = Recorded::of(run);
                // Not every backend sees inside a component.
                let state = others.iter().find_map(|other| Recorded::of(other).state);
                seen.state = seen.state.or(state);
                let names = others.iter().map(|other| other.backend.clone());
                Ok(Golden::agreed(names.collect(), seen))
            }
            None => refused(why(&good, component)),
        },
    }
}

/// Returns whether the run was made: there was an instance, or the guest or a limit prevented it.
fn made(run: &Observation) -> bool {
    broken(run).is_none() && run.unsupported().is_none()
}

/// Returns the first run that an independent one agrees with.
fn pair<'a>(runs: &[&'a Observation], component: bool) -> Option<&'a Observation> {
    let confirmed = |run: &&&Observation| {
        runs.iter()
            .any(|other| independent(run, other, component) && agree(run, other))
    };
    runs.iter().find(confirmed).copied()
}

fn agree(left: &Observation, right: &Observation) -> bool {
    compare(left, right, Comparison::SameArtifact).is_match()
}

/// Returns whether two runs of one artifact share no implementation of what they ran.
///
/// Their core engines differ, and for a component their component models too. A preview1 module runs
/// as a component.
fn independent(left: &Observation, right: &Observation, component: bool) -> bool {
    let engine = |run: &Observation| run.engine.clone().unwrap_or_else(|| run.backend.clone());
    if engine(left) == engine(right) {
        return false;
    }
    !component || left.component_model != right.component_model
}

fn uses_component_model(run: &Observation) -> bool {
    let preview1 = || {
        let interface = seam_decode::interface(&run.artifact);
        interface.is_ok_and(|interface| {
            let mut imports = interface.imports().iter();
            imports.any(|import| &*import.name == "wasi_snapshot_preview1")
        })
    };
    run.artifact.kind() == ArtifactKind::Component || preview1()
}

/// Says why no two runs vouch for a golden.
fn why(good: &[&Observation], component: bool) -> String {
    let wanted = match component {
        true => "expected two backends that agree, with different engines and component models",
        false => "expected two backends that agree, with different engines",
    };
    let differ = good.iter().any(|one| {
        let mut others = good.iter();
        others.any(|other| independent(one, other, component))
    });
    let found: Vec<&str> = good.iter().map(|run| run.backend.as_str()).collect();
    let found = match (found.as_slice(), differ) {
        ([], _) => "none that does what is expected".to_string(),
        (found, true) => format!("that {} differ", found.join(", ")),
        ([one], false) => format!("only {one}"),
        (found, false) => format!("only {}, which are not independent", found.join(", ")),
    };
    format!("{wanted}, found {found}; `--oracle NAME` takes a backend at its word")
}
