//! An artifact that has been decoded once.

use std::sync::Arc;

use seam_core::{Artifact, ArtifactKind, Error, Interface, Result};

use crate::interface::{of_component, of_core_module};
use crate::pass::{self, Bodies, Budget};
use crate::plan::{self, Plan};

/// Decodes an artifact, in one pass over its bytes.
///
/// For a core module, this decodes sections and validates nothing. For a component, it validates
/// everything that has to do with types, because types come from validation. That is everything
/// except the function bodies, element segments and data segments of core modules.
///
/// The interface of [`Artifact::interface_of`] is not merged in.
///
/// # For implementors
/// If the engine judges whole artifacts, call this after the engine has accepted the bytes: the
/// engine's own verdict comes first.
///
/// # Errors
/// Those of [`validate`], for the parts that are read.
pub fn decode(artifact: &Artifact) -> Result<Decoded> {
    read(artifact, Bodies::Skip)
}

/// Like [`decode`], but returns only the interface.
///
/// # Errors
/// Those of [`decode`].
pub fn interface(artifact: &Artifact) -> Result<Interface> {
    decode(artifact).map(Decoded::into_interface)
}

/// Validates an artifact, and reads its imports and exports.
///
/// Validation includes function bodies, and every proposal is on.
///
/// This is the seam's own verdict. Engines judge the bytes themselves: a backend uses [`decode`].
///
/// The interface of [`Artifact::interface_of`] is not merged in.
///
/// # Errors
/// `Invalid`, with the offset, if the bytes do not validate. `Limit` if a component would make tens
/// of thousands of instances, or if its types take hundreds of megabytes.
pub fn validate(artifact: &Artifact) -> Result<Interface> {
    read(artifact, Bodies::Validate).map(Decoded::into_interface)
}

/// A decoded artifact.
#[derive(Debug)]
pub struct Decoded {
    interface: Arc<Interface>,
    /// `None` for a core module.
    plan: Option<Result<Plan>>,
}

impl Decoded {
    /// Returns the imports and exports of the artifact.
    #[must_use]
    pub fn interface(&self) -> &Arc<Interface> {
        &self.interface
    }

    /// Returns only the interface.
    #[must_use]
    pub fn into_interface(self) -> Interface {
        Arc::unwrap_or_clone(self.interface)
    }

    /// Returns the plan of the component's instantiation.
    ///
    /// # Errors
    /// `Misuse` for a core module, which has no plan. `Invalid` for a component that the validator
    /// accepts although the specification forbids it: it has a type of 2^28 bytes or more, or a
    /// start function. `Limit` if the instances of a component have more than 16 MiB of
    /// definitions, or if its types take hundreds of megabytes.
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
