//! Reads the artifacts of a scenario.

use std::path::Path;

use seam_core::{Artifact, ArtifactKind, CoreBinding, Error, ExportName, Result};

use super::file::{ArtifactFile, Bind, Scenario};
use super::text::At;

/// Reads all artifacts, with the types that the scenario gives to core modules.
///
/// # Errors
/// `Misuse` with the place in the file: a file cannot be read or is not WebAssembly, components cannot
/// be composed, or there are two artifacts of one name.
pub(super) fn read(scenario: &Scenario) -> Result<Vec<Artifact>> {
    let mut artifacts: Vec<Artifact> = Vec::new();
    for file in &scenario.artifacts {
        let artifact = one(scenario, file, &artifacts)?;
        if artifacts
            .iter()
            .any(|known| known.name() == artifact.name())
        {
            let name = artifact.name();
            let message = format!("expected a `name` of its own, found a second `{name}`");
            return Err(scenario.text.fault(file.at, message));
        }
        artifacts.push(artifact);
    }
    Ok(artifacts)
}

fn one(scenario: &Scenario, file: &ArtifactFile, earlier: &[Artifact]) -> Result<Artifact> {
    let artifact = match &file.file {
        Some(path) => scenario.artifact(path, file.name.as_deref())?,
        None => composed(scenario, file)?,
    };
    let of = match &file.interface_of {
        None => return described(scenario, file, artifact),
        Some(of) => of,
    };
    let known = earlier.iter().find(|artifact| artifact.name() == of.value);
    let unfused = match known {
        Some(unfused) => unfused.clone(),
        None => scenario.artifact(of, None)?,
    };
    let fault = |message: String| Err(scenario.text.fault(of.at, message));
    if unfused.kind() == ArtifactKind::CoreModule {
        return fault(format!(
            "`interface-of`: expected a component, found the core module `{}`",
            of.value
        ));
    }
    if artifact.kind() == ArtifactKind::Component {
        return fault(format!(
            "`interface-of`: expected a core module to give the types to, found the component `{}`",
            artifact.name()
        ));
    }
    let typed = artifact.with_interface_of(&unfused);
    file.bind
        .iter()
        .try_fold(typed, |typed, bind| bind_one(scenario, typed, bind))
}

/// Gives a core module the types of its own `component-type` sections.
fn described(scenario: &Scenario, file: &ArtifactFile, artifact: Artifact) -> Result<Artifact> {
    if let Some(bind) = file.bind.first() {
        let message = "`bind`: expected `interface-of` too, found only `bind`";
        return Err(scenario.text.fault(bind.name.at, message));
    }
    let module = artifact.kind() == ArtifactKind::CoreModule;
    let describes_itself = module && seam_decode::has_component_type(artifact.bytes());
    Ok(match describes_itself && !file.core_types {
        true => artifact.with_component_type(),
        false => artifact,
    })
}

fn bind_one(scenario: &Scenario, typed: Artifact, bind: &Bind) -> Result<Artifact> {
    let name: ExportName = bind.name.value.parse().map_err(|error: Error| {
        scenario
            .text
            .fault(bind.name.at, format!("`bind`: {}", error.message()))
    })?;
    let part = |export: &Option<String>| export.as_deref().map(Into::into);
    let binding = CoreBinding {
        func: part(&bind.func),
        memory: part(&bind.memory),
        realloc: part(&bind.realloc),
        post_return: part(&bind.post_return),
    };
    Ok(typed.with_core_binding(name, binding))
}

#[cfg(feature = "compose")]
fn composed(scenario: &Scenario, file: &ArtifactFile) -> Result<Artifact> {
    let components = file
        .compose
        .iter()
        .map(|path| scenario.artifact(path, None));
    let components = components.collect::<Result<Vec<_>>>()?;
    let composed = crate::compose(&components);
    let composed = composed.map_err(|error| scenario.text.fault(file.at, error.message()))?;
    match &file.name {
        Some(name) => Artifact::from_bytes(name.as_str(), composed.bytes()),
        None => Ok(composed),
    }
}

#[cfg(not(feature = "compose"))]
fn composed(scenario: &Scenario, file: &ArtifactFile) -> Result<Artifact> {
    let at = file.compose.first().map_or(file.at, |path| path.at);
    let message = "`compose`: expected a build with the feature `compose`";
    Err(scenario.text.fault(at, message))
}

impl Scenario {
    /// Reads a file that the scenario names, relative to the scenario.
    ///
    /// # Errors
    /// `Misuse` with the place of the name.
    pub(super) fn bytes(&self, path: &At<String>) -> Result<Vec<u8>> {
        std::fs::read(self.beside(&path.value)).map_err(|error| {
            let file = &path.value;
            let message = format!("expected a readable file, found `{file}`: {error}");
            self.text.fault(path.at, message)
        })
    }

    /// Returns the path of a file that the scenario names.
    pub(super) fn beside(&self, path: &str) -> std::path::PathBuf {
        self.path.parent().unwrap_or(Path::new("")).join(path)
    }

    fn artifact(&self, path: &At<String>, name: Option<&str>) -> Result<Artifact> {
        let bytes = self.bytes(path)?;
        let file = Path::new(&path.value).file_name().unwrap_or_default();
        let name = name.map_or_else(|| file.to_string_lossy().into_owned(), str::to_owned);
        let read = Artifact::from_binary_or_text(name, bytes);
        read.map_err(|error| {
            let (file, message) = (&path.value, error.message());
            self.text.fault(
                path.at,
                format!("expected WebAssembly in `{file}`: {message}"),
            )
        })
    }
}
