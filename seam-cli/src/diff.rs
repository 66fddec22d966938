//! `seam diff`: runs the same steps on artifacts and backends, in the same world, and compares
//! them.

use seam_core::{Artifact, Backend, Interface};
use seam_diff::{Comparison, Ended, Observation, Report, Step, Verdict, observe};
use serde::Serialize;

use crate::args;
use crate::call::Call;
use crate::output::Output;
use crate::select::{self, Backends, Need};
use crate::status::{ErrorReport, Failure, Status};
use crate::verdict;
use crate::world::{self, Surroundings};

#[derive(Serialize)]
struct Document<'a> {
    /// The overall verdict: the first divergence, or else the first inconclusive comparison.
    #[serde(flatten)]
    verdict: &'a Verdict,
    #[serde(flatten)]
    report: &'a Report,
    left_out: &'a [LeftOut],
}

/// A run that was not made or not compared, because its backend does not support it.
#[derive(Serialize)]
pub(crate) struct LeftOut {
    pub(crate) artifact: String,
    pub(crate) backend: String,
    pub(crate) why: Box<ErrorReport>,
}

pub(crate) fn execute(
    args: &args::Diff,
    backends: &Backends,
    out: &mut Output,
) -> Result<Status, Failure> {
    let options = &args.execution;
    let chosen = select::named(backends, &options.backend)?;
    let plans = plans(args)?;
    let mut runs = Vec::new();
    let mut left_out = Vec::new();
    for plan in &plans {
        for backend in &chosen {
            match plan.run(args, *backend) {
                Ok(observation) => runs.push((plan.artifact.bytes(), observation)),
                Err(failure) if failure.is_unsupported() && options.backend.is_empty() => {
                    left_out.push(LeftOut {
                        artifact: plan.artifact.name().to_string(),
                        backend: backend.info().name.clone(),
                        why: failure.report,
                    });
                }
                Err(failure) => return Err(failure),
            }
        }
    }
    if runs.len() < 2 {
        return Err(nothing_to_compare(&runs, &left_out));
    }
    let (bytes, observations): (Vec<&[u8]>, Vec<Observation>) = runs.into_iter().unzip();
    let report = Report::from_observations(observations, |index| {
        if bytes.first() == bytes.get(index) {
            Comparison::SameArtifact
        } else {
            Comparison::Fusion
        }
    });
    if let Some(failure) = agreed_failure(&report) {
        return Err(failure);
    }
    verdict::print(&report, &left_out, options.snapshot.as_deref(), out);
    out.document(&Document {
        verdict: report.verdict(),
        report: &report,
        left_out: &left_out,
    });
    Ok(match report.verdict() {
        Verdict::Match => Status::Fine,
        Verdict::Diverged(_) | Verdict::Inconclusive(_) => Status::Diverged,
    })
}

/// An artifact and the steps to perform.
struct Plan {
    artifact: Artifact,
    interface: Interface,
    steps: Vec<Step>,
    needs: Vec<Need>,
    surroundings: Surroundings,
}

fn plans(args: &args::Diff) -> Result<Vec<Plan>, Failure> {
    let options = &args.execution;
    let calls = args.invoke.iter().map(|text| Call::parse(text));
    let calls = calls.collect::<Result<Vec<_>, _>>()?;
    // All guests get the same program name, because it would be a difference otherwise.
    let program = args.artifacts.first().map(|path| path.to_string_lossy());
    let mut surroundings = Surroundings::new(&program.unwrap_or_default(), &args.args, options)?;
    surroundings.writable_dirs = false;
    let plan = |path| {
        let artifact = world::artifact(path, options)?;
        // The backends judge whether the bytes are valid, because they may differ in it.
        let interface = seam_decode::interface(&artifact)?;
        let steps = match calls.as_slice() {
            [] => vec![Step::Run],
            calls => steps(calls, &artifact, &interface)?,
        };
        Ok(Plan {
            needs: Need::of(options, &artifact),
            surroundings: surroundings.clone(),
            artifact,
            interface,
            steps,
        })
    };
    args.artifacts.iter().map(|path| plan(path)).collect()
}

/// Returns the calls, with arguments of the types of the artifact's exports.
///
/// The types for a fused module are those of the component that it was fused from.
fn steps(
    calls: &[Call<'_>],
    artifact: &Artifact,
    interface: &Interface,
) -> Result<Vec<Step>, Failure> {
    let of = artifact
        .interface_of()
        .map(seam_decode::interface)
        .transpose()?;
    let step = |call: &Call<'_>| {
        let resolved = call.resolve(of.as_ref().unwrap_or(interface))?;
        Ok(Step::Invoke {
            name: resolved.name,
            args: resolved.args,
        })
    };
    calls.iter().map(step).collect()
}

impl Plan {
    /// Performs the steps on a backend.
    ///
    /// # Errors
    /// `Unsupported` if the backend does not support the steps.
    fn run(&self, args: &args::Diff, backend: &dyn Backend) -> Result<Observation, Failure> {
        let build = select::build(backend, &self.needs)?;
        let world = world::world(
            &args.execution,
            &self.surroundings,
            &self.interface,
            &*build,
        )?;
        let observation = observe(&*build, &self.artifact, &world, &self.steps);
        let endings = observation.steps.iter().map(|seen| &seen.ended);
        let unsupported = observation.failed.iter().chain(endings).find_map(|ended| {
            let Ended::Unsupported(capability, text) = ended else {
                return None;
            };
            let name = backend.info().name.clone();
            Some(seam_core::Error::unsupported(*capability, text.clone()).on(name))
        });
        match unsupported {
            Some(error) => Err(error.into()),
            None => Ok(observation),
        }
    }
}

fn nothing_to_compare(runs: &[(&[u8], Observation)], left_out: &[LeftOut]) -> Failure {
    let found: Vec<String> = runs
        .iter()
        .map(|(_, run)| format!("`{}` on `{}`", run.artifact, run.backend))
        .collect();
    let found = if found.is_empty() {
        "none".to_string()
    } else {
        format!("{} alone", found.join(", "))
    };
    let why: String = left_out
        .iter()
        .map(|left| format!("; left out: {}", left.why.line))
        .collect();
    Failure::input(format!("expected two runs to compare, found {found}{why}"))
}

/// Returns the failure that all runs agree on, if it is not a behaviour of the guest.
///
/// In this case the user's input is wrong, or no runtime works.
fn agreed_failure(report: &Report) -> Option<Failure> {
    if !report.verdict().is_match() {
        return None;
    }
    let first = report.observations.first()?;
    let last = first.steps.last().map(|seen| &seen.ended);
    let Ended::Failed(blame, text) = first.failed.as_ref().or(last)? else {
        return None;
    };
    let status = match *blame {
        "invalid" | "link" | "misuse" => Status::Input,
        _ => Status::Failed,
    };
    Some(Failure::new(status, blame, text.clone()))
}
