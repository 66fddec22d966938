//! Steps that may be pending.

use std::task::Poll;

use seam_core::Result;

/// Turns a step that may be pending into the poll of a future.
pub(crate) fn flip<T>(step: Result<Poll<T>>) -> Poll<Result<T>> {
    match step {
        Ok(polled) => polled.map(Ok),
        Err(error) => Poll::Ready(Err(error)),
    }
}
