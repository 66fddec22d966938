//! Core modules that have component-level types.

use seam_core::{Artifact, ArtifactKind, Error, Interface, Result};

use crate::decoded::interface;
use crate::module::TypedModule;
use crate::{component_type, fused};

/// Binds a core module to its component-level types: those of the composition that is attached to it
/// ([`Artifact::with_interface_of`]), or those of its own `component-type` sections
/// ([`Artifact::with_component_type`]).
///
/// # For implementors
/// Call this after the engine has accepted the bytes: the engine's own verdict comes first.
///
/// # Errors
/// `Misuse` if the artifact is not a core module, or has no component-level types. `Invalid`, with the
/// offset, if the provenance section or a `component-type` section cannot be read. `Link` if an import
/// or a destructor cannot be bound.
///
/// With a composition: `Link` if none of the exports can be bound, because the module was made from
/// another composition. An export that alone cannot be bound is [`Func::Undecided`](crate::Func::Undecided)
/// in the plan. Errors of decoding the composition.
///
/// With sections: `Link` if two of them disagree, or if any export cannot be bound.
pub fn decode_typed(artifact: &Artifact) -> Result<TypedModule> {
    let bound = bind(artifact);
    bound.map_err(|e| e.during(format!("bind {}", artifact.name())))
}

/// Returns the interface with whose types the functions of an artifact are called.
///
/// For a fused module, it is that of the attached composition, whether or not the module can be bound
/// to it.
///
/// # Errors
/// Those of [`decode`](crate::decode) and [`decode_typed`].
pub fn typed_interface(artifact: &Artifact) -> Result<Interface> {
    match (artifact.kind(), artifact.interface_of()) {
        (ArtifactKind::CoreModule, Some(unfused)) => interface(unfused),
        (ArtifactKind::CoreModule, None) if artifact.is_typed() => {
            Ok((*decode_typed(artifact)?.interface).clone())
        }
        _ => interface(artifact),
    }
}

fn bind(artifact: &Artifact) -> Result<TypedModule> {
    if !artifact.is_typed() {
        return Err(Error::misuse(
            "expected a core module with the interface of a component, found none attached",
        ));
    }
    if artifact.kind() != ArtifactKind::CoreModule {
        return Err(Error::misuse(
            "expected a core module, found a component, which has an interface of its own",
        ));
    }
    match artifact.interface_of() {
        Some(unfused) => fused::bind(artifact, unfused),
        None => component_type::bind(artifact),
    }
}
