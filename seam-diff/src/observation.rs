//! The observation of one run.

use std::collections::BTreeMap;

use seam_core::{
    Artifact, ArtifactKind, Backend, Capability, Error, ExportName, HostCallRecord, Observed,
    Resource, Snapshot, Type, Value,
};
use serde::{Serialize, Serializer};

use crate::{Ended, Step};

/// Everything that was observed while an artifact ran on a backend.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Observation {
    /// The artifact. Reports show its name.
    #[serde(serialize_with = "name")]
    pub artifact: Artifact,
    /// Name of the backend.
    pub backend: String,
    /// Name and version of the backend's core engine, if the backend reports it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub engine: Option<String>,
    /// The implementation of the Component Model, as the backend names it.
    #[serde(skip)]
    pub component_model: String,
    /// The reason why there was no instance to perform steps on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed: Option<Ended>,
    /// Every step in order, including those that were not performed.
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
    /// The state that the world shows at the end, e.g. a file system's tree. Also what guests wrote to
    /// each stream and future that a step returned: `step 2, stream<#0>`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub artefacts: BTreeMap<String, Value>,
    /// The guest-defined resources that the host still owns at the end, in the order in which it
    /// received them. A guest that returns a resource and never gets it back leaks it.
    ///
    /// `None` if there was no instance, or if a step did not return: what became of its arguments is
    /// unknown then.
    #[serde(serialize_with = "resources")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held: Option<Vec<Resource>>,
    /// Exported globals and memories of all core instances at the end.
    ///
    /// `None` if the backend cannot see inside the artifact, or if there was no instance.
    pub state: Option<Snapshot>,
    /// Fuel used, in the backend's own unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fuel: Option<u64>,
}

/// A step and how it ended.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Seen {
    /// The step, written as a call.
    pub step: String,
    /// How it ended.
    pub ended: Ended,
    /// The type of the called function's result, as the artifact declares it.
    #[serde(rename = "type", serialize_with = "text")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ty: Option<Type>,
}

impl Seen {
    /// Records a step that was not performed.
    pub(crate) fn not_run(step: &Step) -> Self {
        Self {
            step: step.to_string(),
            ended: Ended::NotRun,
            ty: None,
        }
    }
}

impl Observation {
    /// Creates an observation of a backend, without content.
    pub(crate) fn without_content(artifact: Artifact, by: Ran) -> Self {
        Self {
            artifact,
            backend: by.backend,
            engine: by.engine,
            component_model: by.component_model,
            failed: None,
            steps: Vec::new(),
            stdout: Vec::new(),
            stderr: Vec::new(),
            host_calls: Vec::new(),
            unused_stubs: Vec::new(),
            artefacts: BTreeMap::new(),
            held: None,
            state: None,
            fuel: None,
        }
    }

    /// Creates the observation of a run that could not begin, e.g. because no build of the backend
    /// has the capabilities that it needs.
    #[must_use]
    pub fn refused(
        artifact: &Artifact,
        backend: &dyn Backend,
        error: &Error,
        steps: &[Step],
    ) -> Self {
        Self {
            failed: Some(Ended::of(error)),
            steps: steps.iter().map(Seen::not_run).collect(),
            ..Self::without_content(artifact.clone(), Ran::of(backend))
        }
    }

    /// Returns the capability that the backend lacks for this run, and its message.
    ///
    /// Returns `None` if the run was completed.
    #[must_use]
    pub fn unsupported(&self) -> Option<(Capability, &str)> {
        self.endings().find_map(|ended| match ended {
            Ended::Unsupported(capability, text) => Some((*capability, text.as_str())),
            _ => None,
        })
    }

    /// Returns what this run is evidence for: the core engine for a core module, otherwise the
    /// backend.
    ///
    /// Two runs with the same witness do not confirm each other.
    ///
    /// wasmtime and wasmtime-layered run a core module with the same code, but a component with two
    /// implementations of the component model.
    #[must_use]
    pub fn witness(&self) -> &str {
        match (self.artifact.kind(), &self.engine) {
            (ArtifactKind::CoreModule, Some(engine)) => engine,
            _ => &self.backend,
        }
    }

    /// Returns whether values only have the types of core signatures, because the artifact is a core
    /// module without a component-level interface.
    #[must_use]
    pub fn has_core_types(&self) -> bool {
        self.artifact.kind() == ArtifactKind::CoreModule && !self.artifact.is_typed()
    }

    /// Describes the [resources](Observation::held) that the host still owns, e.g.
    /// `own<#0> of a:b/c#counter`.
    #[must_use]
    pub fn held_text(&self) -> Vec<String> {
        self.held.iter().flatten().map(held_text).collect()
    }

    /// Records what was observed of the world.
    pub(crate) fn take(&mut self, observed: &Observed) {
        self.stdout.clone_from(&observed.stdout);
        self.stderr.clone_from(&observed.stderr);
        self.host_calls.clone_from(&observed.host_calls);
        self.unused_stubs.clone_from(&observed.unused_stubs);
        self.artefacts.clone_from(&observed.artefacts);
    }

    /// Iterates over how loading and each step ended.
    pub fn endings(&self) -> impl Iterator<Item = &Ended> {
        let steps = self.steps.iter().map(|seen| &seen.ended);
        self.failed.iter().chain(steps)
    }
}

/// The names of a backend and of what it consists of.
#[derive(Clone)]
pub(crate) struct Ran {
    pub(crate) backend: String,
    /// Name and version of the core engine.
    pub(crate) engine: Option<String>,
    pub(crate) component_model: String,
}

impl Ran {
    pub(crate) fn of(backend: &dyn Backend) -> Self {
        let info = backend.info();
        let engine = backend.core_engine().map(|engine| engine.info());
        Self {
            backend: info.name.clone(),
            engine: engine.map(|engine| format!("{} {}", engine.name, engine.version)),
            component_model: info.component_model.clone(),
        }
    }
}

fn name<S: Serializer>(artifact: &Artifact, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(artifact.name())
}

fn text<S: Serializer>(ty: &Option<Type>, serializer: S) -> Result<S::Ok, S::Error> {
    match ty {
        Some(ty) => serializer.collect_str(ty),
        None => serializer.serialize_none(),
    }
}

fn resources<S: Serializer>(
    held: &Option<Vec<Resource>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let held = held.iter().flatten().map(held_text);
    serializer.collect_seq(held)
}

fn held_text(resource: &Resource) -> String {
    let value = Value::Own(resource.clone());
    format!("{value} of {}", resource.ty().name())
}

/// Serializes captured bytes as text, or as numbers if they are not UTF-8.
fn captured<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    match std::str::from_utf8(bytes) {
        Ok(text) => serializer.serialize_str(text),
        Err(_) => bytes.serialize(serializer),
    }
}
