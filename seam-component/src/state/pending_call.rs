//! Calls of asynchronous host functions that have not completed.

use std::sync::Arc;

use seam_core::{HostFuture, Value};

use super::ids::WaitableId;
use seam_decode::types::FuncTy;

/// A call of an asynchronous host function that has not completed.
pub(crate) struct PendingCall {
    pub(crate) subtask: WaitableId,
    pub(crate) callee: HostFunc,
    pub(crate) args: Vec<Value>,
    pub(crate) future: HostFuture,
}

/// A host function: the index of the world's binding, and its type.
#[derive(Clone, Debug)]
pub(crate) struct HostFunc {
    pub(crate) index: usize,
    pub(crate) ty: Arc<FuncTy>,
}

impl std::fmt::Debug for PendingCall {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PendingCall")
            .field("subtask", &self.subtask)
            .field("callee", &self.callee)
            .finish_non_exhaustive()
    }
}
