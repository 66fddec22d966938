//! What an artifact is, decoded once.

use std::sync::Arc;

use seam_core::{Artifact, ArtifactKind, Error, Interface, Result};

use crate::interface::{of_component, of_core_module};
use crate::pass::{self, Bodies, Budget};
use crate::plan::{self, Plan};

/// Decodes an artifact, in one pass over its bytes.
///
/// Of a core module, this decodes sections and validates nothing. Of a component, it validates
/// everything except the function bodies of the core modules, because types come from validation.
///
/// The interface of [`Artifact::interface_of`] is not merged in.
///
/// # For implementors
/// If the engine judges whole artifacts, call this after the engine has accepted the bytes: the
/// engine's own verdict comes first.
///
/// # Errors
/// As [`validate`], for the parts that this reads.
pub fn decode(artifact: &Artifact) -> Result<Decoded> {
    read(artifact, Bodies::Skip)
}

/// As [`decode`], for a caller that needs the interface alone.
///
/// # Errors
/// As [`decode`].
pub fn interface(artifact: &Artifact) -> Result<Interface> {
    decode(artifact).map(Decoded::into_interface)
}

/// Validates an artifact, including function bodies and with every proposal on, and reads what it
/// imports and exports.
///
/// This is the seam's own verdict. Engines judge the bytes themselves: a backend uses [`decode`].
///
/// The interface of [`Artifact::interface_of`] is not merged in.
///
/// # Errors
/// `Invalid`, with the offset, for bytes that do not validate; `Limit` for a component that would
/// make tens of thousands of instances, or whose types take hundreds of megabytes.
pub fn validate(artifact: &Artifact) -> Result<Interface> {
    read(artifact, Bodies::Validate).map(Decoded::into_interface)
}

/// An artifact, decoded.
#[derive(Debug)]
pub struct Decoded {
    interface: Arc<Interface>,
    /// `None` for a core module.
    plan: Option<Result<Plan>>,
}

impl Decoded {
    /// What the artifact imports and exports.
    #[must_use]
    pub fn interface(&self) -> &Arc<Interface> {
        &self.interface
    }

    /// The interface alone.
    #[must_use]
    pub fn into_interface(self) -> Interface {
        Arc::unwrap_or_clone(self.interface)
    }

    /// How the component is instantiated.
    ///
    /// # Errors
    /// `Misuse` for a core module, which has no plan. `Invalid` for a component that the
    /// specification does not allow although the validator accepts it: a type of 2^28 bytes or more,
    /// a start function of the component. `Limit` for a component whose instances have more than
    /// 16 MiB of definitions in all, or types of hundreds of megabytes.
    pub fn into_plan(self) -> Result<Plan> {
        let no_plan = || Error::misuse("expected a component, found a core module");
        self.plan.ok_or_else(no_plan)?
    }
}

fn read(artifact: &Artifact, bodies: Bodies) -> Result<Decoded> {
    let bytes = artifact.bytes();
    let read = match artifact.kind() {
        ArtifactKind::CoreModule => core_module(bytes, bodies),
        ArtifactKind::Component => component(bytes, bodies),
    };
    read.map_err(|e| e.during(format!("read {}", artifact.name())))
}

fn core_module(bytes: &[u8], bodies: Bodies) -> Result<Decoded> {
    let ty = Arc::new(pass::core_module(bytes, bodies)?);
    Ok(Decoded {
        interface: Arc::new(of_core_module(&ty, bytes.len())),
        plan: None,
    })
}

fn component(bytes: &[u8], bodies: Bodies) -> Result<Decoded> {
    let mut budget = Budget::new();
    let (definitions, types) = pass::component(bytes, bodies, &mut budget)?;
    let items = of_component(&definitions, types.as_ref(), &mut budget)?;
    let (interface, plan) = plan::make(&definitions, types.as_ref(), items, &mut budget)?;
    Ok(Decoded {
        interface: Arc::new(interface),
        plan: Some(plan),
    })
}
