//! Loads artifacts: each kind of artifact has its own kind of program.

use std::sync::Arc;

use seam_core::{Artifact, ArtifactKind, CoreEngine, Program, Result};

use crate::component::ComponentProgram;
use crate::core_module::CoreProgram;

/// Loads an artifact on an engine. Errors have no operation and backend yet.
pub(crate) fn load(
    engine: Arc<dyn CoreEngine>,
    backend: &str,
    artifact: &Artifact,
) -> Result<Box<dyn Program>> {
    match artifact.kind() {
        ArtifactKind::CoreModule if artifact.is_typed() => Ok(Box::new(
            ComponentProgram::load_typed(engine, backend, artifact)?,
        )),
        ArtifactKind::CoreModule => Ok(Box::new(CoreProgram::load(engine, backend, artifact)?)),
        ArtifactKind::Component => Ok(Box::new(ComponentProgram::load(engine, backend, artifact)?)),
    }
}
