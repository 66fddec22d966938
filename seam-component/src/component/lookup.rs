//! Looking up what a plan refers to by index.

use seam_core::{Error, Result};

pub(super) fn narrow(index: usize) -> Result<u32> {
    u32::try_from(index).map_err(|_| missing())
}

pub(super) fn at<T>(made: &[T], index: usize) -> Result<&T> {
    made.get(index).ok_or_else(missing)
}

/// Returns the error for a missing result of an earlier step.
///
/// Either the engine's instance lacks an export of its module, or the plan is faulty.
pub(super) fn missing() -> Error {
    Error::engine("expected the result of an earlier step of the plan, found none")
}
