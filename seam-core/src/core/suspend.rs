//! Calls of a guest that a host function suspends.

use std::any::Any;
use std::fmt;

use crate::{Capability, CoreType, Error, Result};

/// A guest's call that a host function has suspended.
///
/// [`CoreStore::resume`](crate::CoreStore::resume) continues it, once. Dropping it abandons the
/// call: the guest's code never runs on, and what the call has changed stays changed.
///
/// A store can have any number of suspended calls, which can be resumed in any order.
pub struct Suspended {
    store: u32,
    results: Box<[CoreType]>,
    state: Box<dyn Any + Send>,
}

impl Suspended {
    /// # For implementors
    /// Creates a suspended call of the store with this number.
    ///
    /// `results` are the result types of the host function that suspended it. `state` is what the
    /// engine needs to resume it.
    #[must_use]
    pub fn new<T: Any + Send>(store: u32, results: impl Into<Box<[CoreType]>>, state: T) -> Self {
        Self {
            store,
            results: results.into(),
            state: Box::new(state),
        }
    }

    /// Returns the types of the values that resume the call: the results of the host function that
    /// suspended it.
    #[must_use]
    pub fn results(&self) -> &[CoreType] {
        &self.results
    }

    /// # For implementors
    /// Returns the state of a call that the store with this number has suspended.
    ///
    /// # Errors
    /// `Misuse` if another store has suspended it.
    pub fn into_state<T: Any>(self, store: u32) -> Result<T> {
        let foreign =
            || Error::misuse("expected a call that this store suspended, found one of another");
        if self.store != store {
            return Err(foreign());
        }
        self.state
            .downcast()
            .map(|state| *state)
            .map_err(|_| foreign())
    }

    /// The error of an engine that cannot suspend calls.
    pub(super) fn unsupported() -> Error {
        let message = "expected an engine that can suspend calls, found one that cannot";
        Error::unsupported(Capability::SuspendedCalls, message)
    }
}

impl fmt::Debug for Suspended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Suspended")
            .field("store", &self.store)
            .field("results", &self.results)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_call_of_another_store_is_misuse() {
        let call = || Suspended::new(3, [CoreType::I32], 7u8);
        assert_eq!(call().results(), [CoreType::I32]);
        assert_eq!(call().into_state::<u8>(3).unwrap(), 7);
        assert!(call().into_state::<u8>(4).is_err());
        assert!(call().into_state::<u16>(3).is_err());
    }

    #[test]
    fn only_the_error_of_a_suspension_suspends() {
        let suspension = Error::suspend().during("call f");
        assert!(suspension.suspends());
        let ended = suspension.without_suspension();
        assert!(!ended.suspends());
        let wanted = crate::ErrorKind::Unsupported(Capability::SuspendedCalls);
        assert_eq!(*ended.kind(), wanted);
    }
}
