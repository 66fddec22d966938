//! The limits of an instance that the layer enforces itself.

use seam_core::{CoreEngine, Error, Limit, Limits, Result, check_core_limits};

/// Checks how many core instances an artifact makes, and returns the limits of the engine's store.
///
/// The layer counts the instances itself, so the engine need not be able to. The store's limits have
/// no limit on instances, because the store would also count providers and glue, which do not belong
/// to the artifact.
///
/// # Errors
/// `Unsupported` for a limit that this build cannot enforce. `Limit(Instances)`.
pub(crate) fn of_store(
    engine: &dyn CoreEngine,
    limits: &Limits,
    core_instances: usize,
) -> Result<Limits> {
    let mut limits = limits.clone();
    let most = limits.instances.take().unwrap_or(u64::MAX);
    check_core_limits(&limits, &engine.info().capabilities)?;
    if core_instances as u64 > most {
        return Err(Error::limit(Limit::Instances));
    }
    Ok(limits)
}
