//! What one run was seen to do.

use std::collections::BTreeMap;
use std::fmt;

use seam_core::{
    Artifact, Backend, BackendExt, Capability, Error, ErrorKind, ExportName, Failed,
    HostCallRecord, Instance, Limit, Memories, ProgramExt, Query, Snapshot, Trap, Value, World,
};
use serde::Serialize;

use crate::{Open, Step};

/// What an artifact was seen to do on a backend.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
#[non_exhaustive]
pub struct Observation {
    /// Name of the artifact.
    pub artifact: String,
    /// Name of the backend.
    pub backend: String,
    /// Why there was no instance to perform steps on.
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
    /// What the world shows of its own state at the end, e.g. a file system's tree.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub artefacts: BTreeMap<String, Value>,
    /// Exported globals and memories of all core instances at the end; nothing where the backend
    /// cannot see inside, or there was no instance.
    pub state: Option<Snapshot>,
    /// Fuel used, in the backend's own unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fuel: Option<u64>,
}

/// A step and how it ended.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Seen {
    /// The step, as a call is written.
    pub step: String,
    /// How it ended.
    pub ended: Ended,
}

/// How a step ended.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Ended {
    /// The call returned this, if anything.
    Returned(Option<Value>),
    /// The snapshot.
    Snapshot(Snapshot),
    /// The guest ended with this exit code.
    Exited(i32),
    /// The guest trapped.
    Trapped(Trap),
    /// A limit was reached.
    Limited(Limit),
    /// The backend cannot do it, in these words.
    Unsupported(Capability, String),
    /// Anything else: whom the error blames, in one word, and what it says.
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

    /// Whether the next step can be made.
    #[must_use]
    pub fn returned(&self) -> bool {
        matches!(self, Ended::Returned(_) | Ended::Snapshot(_))
    }

    /// What is left open about a run that ended so.
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

/// `{"returned": "5"}` with the value in WAVE (`null` if there is none), `{"trapped": "unreachable"}`
/// and so on.
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

/// Captured bytes: text, or numbers where they are not UTF-8.
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
        Err(Failed { error, instance }) => {
            seen.failed = Some(Ended::of(&error));
            instance
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
            let mut out = Vec::with_capacity(1);
            instance.call_blocking(&func, args, &mut out)?;
            Ok(Ended::Returned(out.pop()))
        }),
        Step::Run => instance.run_blocking().map(|exit| Ended::Exited(exit.code)),
        Step::Snapshot(query) => instance.snapshot(query).map(Ended::Snapshot),
    };
    ended.unwrap_or_else(|error| Ended::of(&error))
}

impl Observation {
    /// Nothing seen yet.
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

    /// What the backend lacks for these steps, if anything.
    #[must_use]
    pub fn unsupported(&self) -> Option<Capability> {
        self.endings().find_map(|ended| match ended {
            Ended::Unsupported(capability, _) => Some(*capability),
            _ => None,
        })
    }

    /// How loading and the steps ended.
    pub(crate) fn endings(&self) -> impl Iterator<Item = &Ended> {
        let steps = self.steps.iter().map(|seen| &seen.ended);
        self.failed.iter().chain(steps)
    }

    /// Takes what is left in the instance at the end.
    fn look_at(&mut self, instance: &mut dyn Instance) {
        let observed = instance.observed();
        self.stdout.clone_from(&observed.stdout);
        self.stderr.clone_from(&observed.stderr);
        self.host_calls.clone_from(&observed.host_calls);
        self.unused_stubs.clone_from(&observed.unused_stubs);
        self.artefacts.clone_from(&observed.artefacts);
        self.fuel = instance.fuel_consumed();
        // The bytes are needed to tell the bits of a NaN from a difference that counts. A backend
        // that cannot see inside a component has no snapshot, and that is no failure of a step.
        let query = Query::new().with_memories(Memories::Bytes);
        self.state = instance.snapshot(&query).ok();
    }
}
