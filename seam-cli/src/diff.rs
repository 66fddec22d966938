//! `seam diff`: runs the same steps on artifacts and backends, in the same world, and compares
//! them.

use std::path::PathBuf;

use seam_core::{Artifact, Backend, Capability, Error, ErrorKind, Interface};
use seam_diff::{Ended, Observation, Report, Step, Verdict, observe};

use crate::args;
use crate::call::Call;
use crate::output::Output;
use crate::select::{self, Backends, Need};
use crate::source;
use crate::status::{Failure, Status};
use crate::verdict;
use crate::world::{self, Surroundings};

pub(crate) fn execute(
    args: &args::Diff,
    backends: &Backends,
    out: &mut Output,
) -> Result<Status, Failure> {
    let options = &args.execution;
    let chosen = select::named(backends, &options.backend)?;
    let plans = plans(args)?;
    if let ([plan], [backend]) = (plans.as_slice(), chosen.as_slice()) {
        let (artifact, backend) = (plan.artifact.name(), &backend.info().name);
        return Err(Failure::input(format!(
            "expected two runs to compare, found `{artifact}` on `{backend}` alone"
        )));
    }
    let mut observations = Vec::new();
    for plan in &plans {
        for backend in &chosen {
            observations.push(plan.run(args, *backend)?);
        }
    }
    // A backend that the user names must make its runs. Artifacts are always named by the user.
    let named = !options.backend.is_empty();
    let report = Report::compare(observations, |_| !named);
    if let Some(failure) = agreed_failure(&report) {
        return Err(failure);
    }
    verdict::print(&report, options.snapshot.as_deref(), out);
    out.document(&report);
    Ok(status(&report))
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
    let artifacts = artifacts(args)?;
    // All guests get the same program name, because it would be a difference otherwise.
    let program = artifacts.first().map_or("", Artifact::name);
    let mut surroundings = Surroundings::new(program, &args.args, options)?;
    surroundings.writable_dirs = false;
    let plan = |artifact: Artifact| {
        bindable(&artifact)?;
        // The backends judge whether the bytes are valid, because they may differ in it.
        let interface = seam_decode::interface(&artifact)?;
        let steps = match calls.as_slice() {
            [] => vec![Step::Run],
            calls => steps(calls, &artifact)?,
        };
        Ok(Plan {
            needs: Need::of(options, &artifact),
            surroundings: surroundings.clone(),
            artifact,
            interface,
            steps,
        })
    };
    artifacts.into_iter().map(plan).collect()
}

/// Reads the artifacts. The composition of `--compose` is the first one.
///
/// Core modules get the types of the component that `--interface-of` names, or of the composition.
fn artifacts(args: &args::Diff) -> Result<Vec<Artifact>, Failure> {
    let options = &args.execution;
    let composed = match args.compose.as_slice() {
        [] => None,
        components => Some(source::composition(components)?),
    };
    let of = world::interface_of(&options.types)?.or_else(|| composed.clone());
    let read = |path: &PathBuf| {
        world::check_stdin(source::is_stdin(path), options)?;
        world::typed(source::artifact(path)?, of.as_ref(), &options.types)
    };
    let named = args.artifacts.iter().map(read);
    composed.into_iter().map(Ok).chain(named).collect()
}

/// Checks that a core module can be bound to the component-level types that it was given.
///
/// # Errors
/// It has other exports, or a binding names an export that does not exist.
fn bindable(artifact: &Artifact) -> Result<(), Failure> {
    if !artifact.is_typed() {
        return Ok(());
    }
    match seam_decode::decode_typed(artifact) {
        Err(error) if *error.kind() == ErrorKind::Link => Err(error.into()),
        // The backends judge everything else.
        _ => Ok(()),
    }
}

/// Returns the calls, with arguments of the types of the artifact's exports.
fn steps(calls: &[Call<'_>], artifact: &Artifact) -> Result<Vec<Step>, Failure> {
    let interface = seam_decode::typed_interface(artifact)?;
    let step = |call: &Call<'_>| {
        let resolved = call.resolve(&interface, artifact)?;
        Ok(Step::Invoke {
            name: resolved.name,
            args: resolved.args,
        })
    };
    calls.iter().map(step).collect()
}

impl Plan {
    /// Performs the steps on a backend. If the backend cannot perform them, this is an observation
    /// too.
    ///
    /// # Errors
    /// The options are wrong.
    fn run(&self, args: &args::Diff, backend: &dyn Backend) -> Result<Observation, Failure> {
        let make = |build: &dyn Backend| -> Result<Observation, Error> {
            let world = world::world(&args.execution, &self.surroundings, &self.interface, build)?;
            Ok(observe(build, &self.artifact, &world, &self.steps))
        };
        let lacked = |attempt: &Result<Observation, Error>| -> Option<Capability> {
            let observation = attempt.as_ref().ok()?;
            observation.unsupported().map(|(capability, _)| capability)
        };
        match select::attempt(backend, &self.needs, make, lacked).flatten() {
            Ok(observation) => Ok(observation),
            Err(error) => match error.kind() {
                ErrorKind::Unsupported(_) | ErrorKind::Engine => Ok(Observation::refused(
                    &self.artifact,
                    backend,
                    &error,
                    &self.steps,
                )),
                _ => Err(error.into()),
            },
        }
    }
}

/// Returns the status for a report. If an engine failed in any run, the command failed.
fn status(report: &Report) -> Status {
    let failed = |run: &Observation| {
        let mut endings = run.endings();
        endings.any(|ended| matches!(ended, Ended::Failed("engine", _)))
    };
    if report.observations.iter().any(failed) {
        return Status::Failed;
    }
    match report.verdict {
        Verdict::Match => Status::Fine,
        Verdict::Diverged(_) | Verdict::Inconclusive(_) => Status::Diverged,
    }
}

/// Returns the failure that all runs agree on, if it is not a behaviour of the guest.
///
/// In this case the user's input is wrong, or no runtime works.
fn agreed_failure(report: &Report) -> Option<Failure> {
    if !report.verdict.is_match() {
        return None;
    }
    let reference = report.observations.get(report.reference?)?;
    let mut endings = reference.endings();
    let (blame, text) = endings.find_map(|ended| match ended {
        Ended::Failed(blame, text) => Some((*blame, text)),
        _ => None,
    })?;
    let status = match blame {
        "invalid" | "link" | "misuse" => Status::Input,
        _ => Status::Failed,
    };
    Some(Failure::new(status, blame, text.clone()))
}
