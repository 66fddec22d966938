//! `seam invoke`: calls exports in one instance.

use seam_core::{Error, Instance, OutputStream, Snapshot, Value, contain};
use seam_diff::{Call, Step, Variables, Written, read_all};
use serde::Serialize;

use crate::args;
use crate::left;
use crate::list;
use crate::output::{Captured, Output};
use crate::select::{self, Backends};
use crate::snapshot;
use crate::status::{ErrorReport, Failure, Status};
use crate::world::{self, Surroundings};

#[derive(Serialize)]
struct Document<'a> {
    artifact: &'a str,
    backend: &'a str,
    calls: Vec<Done>,
    /// The error of the last call, or of instantiation if no call was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a ErrorReport>,
    stdout: Captured<'a>,
    stderr: Captured<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    snapshot: Option<Snapshot>,
}

/// A call that was made.
#[derive(Serialize)]
struct Done {
    /// The call as the user wrote it.
    call: String,
    /// The export's full name. Omitted if a resource was dropped.
    #[serde(skip_serializing_if = "Option::is_none")]
    export: Option<String>,
    /// The result in WAVE. Omitted if the function has no result or did not return.
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<String>,
    /// What guests wrote to the streams and futures in the result.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    written: Vec<Written>,
}

pub(crate) fn execute(
    args: &args::Invoke,
    backends: &Backends,
    out: &mut Output,
) -> Result<Status, Failure> {
    let options = &args.execution;
    let (subject, calls) = args.split();
    let calls = calls.iter().map(|text| Call::parse(text));
    let calls = calls.collect::<Result<Vec<_>, _>>()?;
    let artifact = world::artifact(&subject, options)?;
    if calls.is_empty() {
        return list::execute(&artifact, out);
    }
    let surroundings = Surroundings::new(artifact.name(), &[], options)?;
    let ready = select::first_that_can(
        &select::named(backends, &options.backend)?,
        &artifact,
        &select::needs(options, &artifact),
        |backend, interface| {
            let steps = Call::resolve(&calls, interface, &artifact)?;
            let world = world::world(options, &surroundings, interface, backend)?;
            // In text format, stdout contains only the results.
            let world = match out.is_json() {
                true => world,
                false => world::shown(world, OutputStream::Stderr),
            };
            Ok((world, steps))
        },
    )?;
    let mut done = Vec::new();
    let (mut instance, mut failure, failed) = match ready.instance {
        Ok(instance) => (Some(instance), None, Box::default()),
        Err(failed) => (
            failed.instance,
            Some(Failure::from(failed.error)),
            failed.observed,
        ),
    };
    if let (Some(instance), None) = (&mut instance, &failure) {
        let steps = calls.iter().zip(&ready.prepared);
        let called = call_all(&mut **instance, steps, &mut done, out);
        failure = called
            .err()
            .map(|error| error.on(ready.backend.clone()).into());
    }
    let taken = left::globals(&mut instance, options.snapshot.as_deref(), &mut failure);
    if let (Some(taken), Some(prefix)) = (&taken, options.snapshot.as_deref()) {
        snapshot::print(taken, prefix, out);
    }
    let observed = left::observed(&mut instance, &failed);
    out.document(&Document {
        artifact: artifact.name(),
        backend: &ready.backend,
        calls: done,
        error: failure.as_ref().map(|failure| &*failure.report),
        stdout: Captured(&observed.stdout),
        stderr: Captured(&observed.stderr),
        snapshot: taken,
    });
    match failure {
        None => Ok(Status::Fine),
        Some(failure) => Err(failure.documented()),
    }
}

/// Makes the calls in order, up to the first one that does not return.
fn call_all<'a>(
    instance: &mut dyn Instance,
    steps: impl Iterator<Item = (&'a Call, &'a Step)>,
    done: &mut Vec<Done>,
    out: &mut Output,
) -> seam_core::Result<()> {
    let mut variables = Variables::new();
    for (call, step) in steps {
        let export = match step {
            Step::Invoke { name, .. } => Some(name.to_string()),
            _ => None,
        };
        let ended = contain(|| variables.perform(instance, step));
        let ended = ended.map_err(|error| match &export {
            Some(export) => error.during(format!("call {export}")),
            None => error.during(step.to_string()),
        });
        let (value, ended) = match ended {
            Ok(value) => (value, Ok(())),
            Err(error) => (None, Err(error)),
        };
        let result = value.as_ref().map(Value::to_string);
        if ended.is_ok() {
            out.line(result.as_deref().unwrap_or("()"));
        }
        let written = value.map_or_else(Vec::new, |value| read(instance, &value, out));
        done.push(Done {
            call: call.to_string(),
            export,
            result,
            written,
        });
        ended?;
    }
    Ok(())
}

/// Reads the streams and futures in a result, and prints what comes.
fn read(instance: &mut dyn Instance, result: &Value, out: &mut Output) -> Vec<Written> {
    let mut print = |end: &str, elements: &Value| out.line(&format!("{end}: {elements}"));
    let all = contain::<_, Error>(|| Ok(read_all(instance, result, &mut print)));
    let all = all.unwrap_or_default();
    for written in &all {
        match &written.failed {
            Some(failed) => out.line(&format!("{}: {failed}", written.end)),
            None if written.ended => {}
            None => out.line(&format!("{}: has not ended", written.end)),
        }
    }
    all
}
