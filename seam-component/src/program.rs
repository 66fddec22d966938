//! Loading: one kind of program for each kind of artifact.

use std::sync::Arc;

use seam_core::{Artifact, ArtifactKind, CoreEngine, Program, Result};

use crate::component::ComponentProgram;
use crate::core_module::CoreProgram;

/// Loads an artifact on an engine; errors are without operation and backend.
pub(crate) fn load(
    engine: Arc<dyn CoreEngine>,
    backend: &str,
    artifact: &Artifact,
) -> Result<Box<dyn Program>> {
    match artifact.kind() {
        ArtifactKind::CoreModule => Ok(Box::new(CoreProgram::load(engine, backend, artifact)?)),
        ArtifactKind::Component => Ok(Box::new(ComponentProgram::load(engine, backend, artifact)?)),
    }
}
