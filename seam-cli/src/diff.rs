//! `seam diff`: runs the same steps on artifacts and backends, in the same world, and compares
//! them.

use seam_core::Backend;
use seam_diff::{Call, Loaded, Observation, Report, Step};

use crate::args;
use crate::ending;
use crate::output::Output;
use crate::plan::{self, Plan};
use crate::random;
use crate::select::{self, Backends};
use crate::status::{Failure, Status};
use crate::verdict;

pub(crate) fn execute(
    args: &args::Diff,
    backends: &Backends,
    out: &mut Output,
) -> Result<Status, Failure> {
    let options = &args.execution;
    if args.time.is_some() && args.random.is_none() {
        let message = "--time: expected --random too, found only --time";
        return Err(Failure::input(message));
    }
    let chosen = select::named(backends, &options.backend)?;
    let calls = args.invoke.iter().map(|text| Call::parse(text));
    let calls = calls.collect::<Result<Vec<_>, _>>()?;
    let plans = plan::plans(args)?;
    if let ([plan], [backend]) = (plans.as_slice(), chosen.as_slice()) {
        let (artifact, backend) = (plan.artifact.name(), &backend.info().name);
        return Err(Failure::input(format!(
            "expected two runs to compare, found `{artifact}` on `{backend}` alone"
        )));
    }
    if let Some(count) = args.random {
        return random::execute(args, count, &plans, &chosen, out);
    }
    let mut observations = Vec::new();
    for plan in &plans {
        let steps = steps(&calls, plan)?;
        for backend in &chosen {
            observations.push(observe(plan, args, *backend, &steps)?);
        }
    }
    // A backend that the user names must make its runs. Artifacts are always named by the user.
    let named = !options.backend.is_empty();
    let report = Report::compare(observations, |_| !named);
    if let Some(failure) = ending::agreed_failure(&report) {
        return Err(failure);
    }
    verdict::print(&report, options.snapshot.as_deref(), out);
    out.document(&report);
    Ok(ending::status(&report))
}

/// Returns the calls, with arguments of the types of the artifact's exports, or a run.
fn steps(calls: &[Call], plan: &Plan) -> Result<Vec<Step>, Failure> {
    if calls.is_empty() {
        return Ok(vec![Step::Run]);
    }
    let interface = seam_decode::typed_interface(&plan.artifact)?;
    Ok(Call::resolve(calls, &interface, &plan.artifact)?)
}

/// Performs the steps on a backend. If the backend cannot perform them, this is an observation too.
///
/// # Errors
/// The options are wrong.
fn observe(
    plan: &Plan,
    args: &args::Diff,
    backend: &dyn Backend,
    steps: &[Step],
) -> Result<Observation, Failure> {
    let make = |loaded: Loaded| loaded.observe(steps);
    let lacked = |seen: &Observation| seen.unsupported().map(|(capability, _)| capability);
    let made = plan.load(args, backend, make, lacked)?;
    Ok(made.unwrap_or_else(|error| Observation::refused(&plan.artifact, backend, &error, steps)))
}
