//! The reason why a case failed.

use std::fmt;

use seam_core::{Capability, Error, ErrorKind, Failed};

/// The result of a case: `Ok`, or what was expected and what was found instead.
pub type Checked = Result<(), Failure>;

/// The reason why a case failed: an expectation that was not met, or an unexpected error of the
/// seam.
#[derive(Debug)]
pub struct Failure {
    message: String,
    stage: Stage,
    error: Option<Error>,
}

/// The operation that an error came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Loading an artifact or compiling a module.
    Load,
    /// Creating an instance or a store.
    Instantiate,
    /// Any use of an instance or a store.
    Use,
}

impl Stage {
    /// Returns the first operation that needs the capability. A backend that lacks it must fail
    /// there.
    #[must_use]
    pub fn of(capability: Capability) -> Self {
        match capability {
            Capability::Fuel
            | Capability::Deadline
            | Capability::MemoryLimit
            | Capability::TableLimit
            | Capability::InstanceLimit
            | Capability::AsyncHostSuspends
            | Capability::AsyncHostBlocks
            | Capability::ScheduleSeed
            | Capability::SystemWasi => Stage::Instantiate,
            Capability::InnerGlobals
            | Capability::InnerFuncs
            | Capability::Reentrant
            | Capability::SuspendedCalls
            | Capability::StackfulAsync
            | Capability::Frames
            | Capability::FailedInstance => Stage::Use,
            _ => Stage::Load,
        }
    }

    /// Returns whether a backend that lacks the capability may fail at this operation.
    ///
    /// A component may load although its asynchronous parts cannot be called, since they may never
    /// be.
    #[must_use]
    pub fn fits(self, capability: Capability) -> bool {
        let may_load = capability == Capability::ComponentAsync;
        self == Stage::of(capability) || (may_load && self == Stage::Use)
    }
}

impl Failure {
    /// Creates the failure of an expectation. The message says what was expected and what was
    /// found.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            stage: Stage::Use,
            error: None,
        }
    }

    /// Creates the failure for an unexpected error of this operation.
    #[must_use]
    pub fn of(stage: Stage, error: Error) -> Self {
        Self {
            message: format!("expected no error, found {error:?}"),
            stage,
            error: Some(error),
        }
    }

    /// Returns whether the backend lacks a capability.
    #[cfg(feature = "wasi")]
    pub(crate) fn is_unsupported(&self) -> bool {
        let kind = self.error.as_ref().map(Error::kind);
        matches!(kind, Some(ErrorKind::Unsupported(_)))
    }

    /// Adds what the failure is about.
    #[must_use]
    pub fn about(mut self, what: impl fmt::Display) -> Self {
        self.message = format!("{what}: {}", self.message);
        self
    }

    /// Returns the capability that the backend lacks and the operation that reported it.
    ///
    /// Returns `None` if the case failed for another reason.
    #[must_use]
    pub fn unsupported(&self) -> Option<(Capability, Stage)> {
        match self.error.as_ref()?.kind() {
            ErrorKind::Unsupported(capability) => Some((*capability, self.stage)),
            _ => None,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.error
            .as_ref()
            .map(|error| error as &(dyn std::error::Error + 'static))
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::of(Stage::Use, error)
    }
}

impl From<Failed> for Failure {
    fn from(failed: Failed) -> Self {
        Self::of(Stage::Instantiate, failed.error)
    }
}
