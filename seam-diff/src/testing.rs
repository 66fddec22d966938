//! Observations for unit tests.

use seam_core::Artifact;

use crate::Observation;
use crate::observation::Ran;

/// The header of a core module.
pub(crate) const MODULE: &[u8] = b"\0asm\x01\0\0\0";

/// The header of a component.
pub(crate) const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";

/// An observation in which nothing was seen, of an artifact of these bytes.
pub(crate) fn observation(artifact: &str, bytes: &[u8], backend: &str) -> Observation {
    let artifact = Artifact::from_bytes(artifact, bytes).expect("the bytes are a header");
    let by = Ran {
        backend: backend.to_string(),
        engine: None,
        component_model: backend.to_string(),
    };
    Observation::without_content(artifact, by)
}
