//! What every operation of kiln's runner goes through.

use std::panic::{AssertUnwindSafe, catch_unwind};

use seam_core::{Error, Result};

use crate::error::of_panic;
use crate::kiln::{KilnError, KilnResult};

/// The backend's name in reports.
pub(super) const NAME: &str = "kiln-runner";

/// Runs an operation of kiln.
///
/// # Errors
/// kiln's own error, mapped by `map`; `Engine` for a panic.
pub(super) fn guarded<T>(
    map: impl FnOnce(KilnError) -> Error,
    operation: impl FnOnce() -> KilnResult<T>,
) -> Result<T> {
    match catch_unwind(AssertUnwindSafe(operation)) {
        Ok(outcome) => outcome.map_err(map),
        Err(panic) => Err(of_panic(&*panic)),
    }
}
