//! Calls of asynchronous host functions that have not completed.

use std::sync::Arc;
use std::task::{Context, Poll};

use seam_core::{HostFuture, Result, TypedHostCall, TypedHostFuture, Value};

use super::ids::WaitableId;
use seam_decode::types::FuncTy;

/// A call of an asynchronous host function that has not completed.
pub(crate) struct PendingCall {
    pub(crate) subtask: WaitableId,
    pub(crate) callee: HostFunc,
    pub(crate) future: CallFuture,
}

/// The future of a host function.
pub(crate) enum CallFuture {
    /// One that takes and returns values, and its arguments.
    Values(Vec<Value>, HostFuture),
    /// One over Rust types.
    Typed(TypedHostFuture),
}

/// The output of such a future.
pub(crate) enum Completed {
    Values(Vec<Value>, Result<Option<Value>>),
    Typed(Result<TypedHostCall>),
}

impl CallFuture {
    /// Polls the future. The arguments are taken when it is ready.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Completed> {
        match self {
            Self::Values(args, future) => {
                let result = future.as_mut().poll(cx);
                result.map(|result| Completed::Values(std::mem::take(args), result))
            }
            Self::Typed(future) => future.as_mut().poll(cx).map(Completed::Typed),
        }
    }
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
