//! The observation of one run.

use std::collections::BTreeMap;
use std::fmt;

use seam_core::{
    Artifact, Backend, BackendExt, Capability, Error, ErrorKind, ExportName, Failed,
    HostCallRecord, Instance, InstanceExt, Limit, Memories, Observed, ProgramExt, Query, Snapshot,
    Trap, Value, World,
};
use serde::Serialize;

use crate::{Open, Step};

/// Everything that was observed while an artifact ran on a backend.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
#[non_exhaustive]
pub struct Observation {
    /// Name of the artifact.
    pub artifact: String,
    /// Name of the backend.
    pub backend: String,
    /// The reason why there was no instance to perform steps on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed: Option<Ended>,
    /// The steps in order, up to the first that did not return.
    pub steps: Vec<Seen>,
    /// Captured standard output.
    #[serde(serialize_with = "captured")]
    pub stdout: Vec<u8>,
    /// Captured standard error.
    #[serde(serialize_with = "captured")]
    pub stderr: Vec<u8>,
    /// Calls of host functions, in order.
    pub host_calls: Vec<HostCallRecord>,
    /// Stubbed imports that were not called.
    pub unused_stubs: Vec<ExportName>,
    /// The state that the world shows at the end, e.g. a file system's tree.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub artefacts: BTreeMap<String, Value>,
    /// Exported globals and memories of all core instances at the end.
    ///
    /// `None` if the backend cannot see inside the artifact, or if there was no instance.
    pub state: Option<Snapshot>,
    /// Fuel used, in the backend's own unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fuel: Option<u64>,
}

/// A step and how it ended.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Seen {
    /// The step, written as a call.
    pub step: String,
    /// How it ended.
    pub ended: Ended,
}

/// How a step ended.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Ended {
    /// The call returned this value, or returned without a result.
    Returned(Option<Value>),
    /// The step took this snapshot.
    Snapshot(Snapshot),
    /// The guest exited with this code.
    Exited(i32),
    /// The guest trapped.
    Trapped(Trap),
    /// A limit was reached.
    Limited(Limit),
    /// The backend does not support the step. Holds the missing capability and the message.
    Unsupported(Capability, String),
    /// Any other error. Holds who is to blame, in one word, and the message.
    Failed(&'static str, String),
}

impl Ended {
    fn of(error: &Error) -> Self {
        let failed = |blame| Ended::Failed(blame, error.message().to_string());
        match error.kind() {
            ErrorKind::Exit(code) => Ended::Exited(*code),
            ErrorKind::Trap(trap) => Ended::Trapped(trap.clone()),
            ErrorKind::Limit(limit) => Ended::Limited(*limit),
            ErrorKind::Unsupported(capability) => {
                Ended::Unsupported(*capability, error.message().to_string())
            }
            ErrorKind::Invalid { .. } => failed("invalid"),
            ErrorKind::Link => failed("link"),
            ErrorKind::Host => failed("host"),
            ErrorKind::Misuse => failed("misuse"),
            _ => failed("engine"),
        }
    }

    /// Returns whether the next step can be performed.
    #[must_use]
    pub fn returned(&self) -> bool {
        matches!(self, Ended::Returned(_) | Ended::Snapshot(_))
    }

    /// Returns what the specification leaves open about such an end, if anything.
    #[must_use]
    pub fn open(&self) -> Option<Open> {
        Some(match self {
            Ended::Trapped(Trap::StackExhausted) => Open::StackDepth,
            Ended::Trapped(Trap::AllocationTooLarge) => Open::OutOfMemory,
            Ended::Limited(Limit::Fuel) => Open::FuelPoint,
            Ended::Limited(Limit::Deadline) => Open::DeadlinePoint,
            Ended::Limited(Limit::EngineCapacity) => Open::OutOfMemory,
            Ended::Unsupported(capability, _) => Open::Unsupported(*capability),
            _ => return None,
        })
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ended::Returned(None) => f.write_str("()"),
            Ended::Returned(Some(value)) => value.fmt(f),
            Ended::Snapshot(snapshot) => {
                write!(f, "snapshot of {} core instances", snapshot.instances.len())
            }
            Ended::Exited(code) => write!(f, "exit code {code}"),
            Ended::Trapped(trap) => write!(f, "trap: {trap}"),
            Ended::Limited(limit) => write!(f, "limit: {limit}"),
            Ended::Unsupported(capability, text) => write!(f, "unsupported {capability}: {text}"),
            Ended::Failed(blame, text) => write!(f, "{blame}: {text}"),
        }
    }
}

/// Serializes as `{"returned": "5"}`, `{"trapped": "unreachable"}` and so on.
///
/// The returned value is WAVE text, or `null` if there is none.
impl serde::Serialize for Ended {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap;
        let mut out = serializer.serialize_map(Some(1))?;
        match self {
            Ended::Returned(value) => {
                out.serialize_entry("returned", &value.as_ref().map(ToString::to_string))?;
            }
            Ended::Snapshot(snapshot) => out.serialize_entry("snapshot", snapshot)?,
            Ended::Exited(code) => out.serialize_entry("exited", code)?,
            Ended::Trapped(trap) => out.serialize_entry("trapped", &trap.to_string())?,
            Ended::Limited(limit) => out.serialize_entry("limited", limit)?,
            Ended::Unsupported(capability, _) => out.serialize_entry("unsupported", capability)?,
            Ended::Failed(_, _) => out.serialize_entry("failed", &self.to_string())?,
        }
        out.end()
    }
}

/// Serializes captured bytes as text, or as numbers if they are not UTF-8.
fn captured<S: serde::Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    match std::str::from_utf8(bytes) {
        Ok(text) => serializer.serialize_str(text),
        Err(_) => bytes.serialize(serializer),
    }
}

/// Performs the steps in one instance, up to the first that does not return, and records host calls
/// whatever the world says. Blocks the calling thread; needs no executor.
#[must_use]
pub fn observe(
    backend: &dyn Backend,
    artifact: &Artifact,
    world: &World,
    steps: &[Step],
) -> Observation {
    let mut seen = Observation::empty(artifact.name(), &backend.info().name);
    let world = world.clone().record(true);
    let made = backend
        .load_blocking(artifact)
        .map_err(Failed::from)
        .and_then(|program| program.instantiate_blocking(&world));
    let instance = match made {
        Ok(mut instance) => {
            for step in steps {
                let ended = perform(&mut *instance, step);
                let over = !ended.returned();
                let step = step.to_string();
                seen.steps.push(Seen { step, ended });
                if over {
                    break;
                }
            }
            Some(instance)
        }
        Err(failed) => {
            seen.failed = Some(Ended::of(&failed.error));
            seen.take(&failed.observed);
            failed.instance
        }
    };
    if let Some(mut instance) = instance {
        seen.look_at(&mut *instance);
    }
    seen
}

fn perform(instance: &mut dyn Instance, step: &Step) -> Ended {
    let ended = match step {
        Step::Invoke { name, args } => instance.func(name).and_then(|func| {
            let value = instance.call_blocking(&func, args)?;
            Ok(Ended::Returned(value))
        }),
        Step::Run => instance.run_blocking().map(|exit| Ended::Exited(exit.code)),
        Step::Snapshot(query) => instance.snapshot(query).map(Ended::Snapshot),
    };
    ended.unwrap_or_else(|error| Ended::of(&error))
}

impl Observation {
    /// Creates an observation without content.
    pub(crate) fn empty(artifact: &str, backend: &str) -> Self {
        Self {
            artifact: artifact.to_string(),
            backend: backend.to_string(),
            failed: None,
            steps: Vec::new(),
            stdout: Vec::new(),
            stderr: Vec::new(),
            host_calls: Vec::new(),
            unused_stubs: Vec::new(),
            artefacts: BTreeMap::new(),
            state: None,
            fuel: None,
        }
    }

    /// Returns the capability that the backend lacks for these steps, if any.
    #[must_use]
    pub fn unsupported(&self) -> Option<Capability> {
        self.endings().find_map(|ended| match ended {
            Ended::Unsupported(capability, _) => Some(*capability),
            _ => None,
        })
    }

    /// Iterates over how loading and each step ended.
    pub(crate) fn endings(&self) -> impl Iterator<Item = &Ended> {
        let steps = self.steps.iter().map(|seen| &seen.ended);
        self.failed.iter().chain(steps)
    }

    /// Records the state of the instance at the end.
    fn look_at(&mut self, instance: &mut dyn Instance) {
        self.take(instance.observed());
        self.fuel = instance.fuel_consumed();
        // The bytes distinguish NaN bits from significant differences. If a backend cannot see
        // inside a component, it has no snapshot. This is not a failure of a step.
        let query = Query::new().with_memories(Memories::Bytes);
        self.state = instance.snapshot(&query).ok();
    }

    fn take(&mut self, observed: &Observed) {
        self.stdout.clone_from(&observed.stdout);
        self.stderr.clone_from(&observed.stderr);
        self.host_calls.clone_from(&observed.host_calls);
        self.unused_stubs.clone_from(&observed.unused_stubs);
        self.artefacts.clone_from(&observed.artefacts);
    }
}
