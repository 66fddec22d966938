//! A lowered call in steps, which the store keeps between the steps.

use seam_core::{CoreStore, Result};

/// A lowered call in progress, which glue performs step by step.
pub(crate) trait Job: Send {
    /// Continues with the results of the last call, until a guest must be called or the task is
    /// done.
    ///
    /// # Errors
    /// Any error that ends the call.
    fn advance(&mut self, store: &mut dyn CoreStore, results: Vec<u64>) -> Result<Next>;
}

/// The next step of the glue.
#[derive(Debug)]
pub(crate) enum Next {
    /// Call the function with this number with these arguments.
    Call(i32, Vec<u64>),
    /// Return these results.
    Return(Vec<u64>),
}
