//! Observation of the calls of intrinsics.

use std::sync::{Arc, Mutex, PoisonError};

use seam_core::{CoreValue, Result};

use crate::{AbiError, Intrinsic};

/// One call of an intrinsic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntrinsicCall {
    /// The field name of the import, e.g. `stream_read$1`.
    pub field: Arc<str>,
    /// The function that it stands for.
    pub intrinsic: Intrinsic,
    /// The arguments.
    pub args: Vec<CoreValue>,
    /// The result if the function has one, or the message of the error that ended the guest's call.
    pub result: Result<Option<CoreValue>, String>,
    /// The error code. A function without a result has one too, if it drops an invalid handle.
    pub code: Option<AbiError>,
}

/// A function that is called after every call of an intrinsic. If it returns an error, the guest's
/// call ends with this error.
pub(crate) type IntrinsicHook = dyn Fn(&IntrinsicCall) -> Result<()> + Send + Sync;

/// A list of calls of intrinsics, in order.
///
/// Clones share the list. Give one to
/// [`AsyncIntrinsics::log`](crate::AsyncIntrinsics::log), and look at it after the run.
#[derive(Clone, Debug, Default)]
pub struct IntrinsicCalls(Arc<Mutex<Vec<IntrinsicCall>>>);

impl IntrinsicCalls {
    /// Creates an empty list.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the calls so far.
    #[must_use]
    pub fn all(&self) -> Vec<IntrinsicCall> {
        self.with(|calls| calls.clone())
    }

    /// Returns the number of calls so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.with(|calls| calls.len())
    }

    /// Returns whether no intrinsic was called.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns how often a function was called, under all of its field names.
    #[must_use]
    pub fn count(&self, intrinsic: Intrinsic) -> usize {
        let of = |calls: &mut Vec<IntrinsicCall>| {
            let calls = calls.iter().filter(|call| call.intrinsic == intrinsic);
            calls.count()
        };
        self.with(of)
    }

    /// Removes all calls from the list.
    pub fn clear(&self) {
        self.with(Vec::clear);
    }

    pub(crate) fn push(&self, call: IntrinsicCall) {
        self.with(|calls| calls.push(call));
    }

    fn with<T>(&self, body: impl FnOnce(&mut Vec<IntrinsicCall>) -> T) -> T {
        body(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
