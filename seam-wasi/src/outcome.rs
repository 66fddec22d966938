//! The future that says how a stream has ended: `future<result<_, error-code>>`.

use std::sync::{Arc, Mutex, PoisonError};

use seam_core::{HostCall, List, Result, Supply, Value};

use crate::files::Code;

/// How a stream has ended, as soon as it has.
///
/// The stream keeps it. If the stream is dropped without an error, it has ended well.
pub(crate) struct Outcome(Arc<Mutex<Option<Value>>>);

impl Outcome {
    /// Creates the outcome of a stream, and the future that a guest gets for it.
    pub(crate) fn new(call: &mut HostCall<'_>) -> (Self, Value) {
        let shared = Arc::new(Mutex::new(None::<Value>));
        let outcome = shared.clone();
        let future = call.future(move |_: &mut HostCall<'_>, _: usize| {
            let outcome = outcome.lock().unwrap_or_else(PoisonError::into_inner);
            Ok(match &*outcome {
                Some(value) => Supply::Elements(List::Values(vec![value.clone()])),
                None => Supply::Pending,
            })
        });
        (Self(shared), future)
    }

    /// Ends the stream with an error of the file system.
    pub(crate) fn fail(&self, code: Code) {
        self.end(Value::err(Some(Value::variant(code.name(), None))));
    }

    /// Ends the stream with this result, unless it has ended.
    pub(crate) fn end(&self, value: Value) {
        let mut outcome = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        outcome.get_or_insert(value);
    }
}

impl Drop for Outcome {
    fn drop(&mut self) {
        self.end(Value::ok(None));
    }
}

/// A stream that a guest reads, with its outcome, as 0.3 returns both.
pub(crate) fn reading(
    call: &mut HostCall<'_>,
    mut next: impl FnMut(&mut HostCall<'_>, &Outcome, usize) -> Result<Supply> + Send + 'static,
) -> Value {
    let (outcome, future) = Outcome::new(call);
    let mut outcome = Some(outcome);
    let stream = call.stream(move |call: &mut HostCall<'_>, max: usize| {
        let supply = match &outcome {
            Some(kept) => next(call, kept, max)?,
            None => Supply::End,
        };
        if supply == Supply::End {
            outcome = None;
        }
        Ok(supply)
    });
    Value::Tuple(vec![stream, future])
}
