//! Why a case failed.

use std::fmt;

use seam_core::{Capability, Error, ErrorKind, Failed};

/// Why a case failed: an expectation that was not met, or an error of the seam where none was
/// expected.
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
    /// Making an instance or a store.
    Instantiate,
    /// Anything done with an instance or a store.
    Use,
}

impl Stage {
    /// Where a backend that lacks the capability must say so: at the first operation that needs it.
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
            | Capability::SystemWasi => Stage::Instantiate,
            Capability::InnerGlobals
            | Capability::Reentrant
            | Capability::Frames
            | Capability::FailedInstance => Stage::Use,
            _ => Stage::Load,
        }
    }
}

impl Failure {
    /// An expectation that was not met; the message says what was expected and what was found.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            stage: Stage::Use,
            error: None,
        }
    }

    /// An error that was not expected, from this operation.
    #[must_use]
    pub fn of(stage: Stage, error: Error) -> Self {
        Self {
            message: format!("expected no error, found {error:?}"),
            stage,
            error: Some(error),
        }
    }

    /// The same, said of something.
    #[must_use]
    pub fn about(mut self, what: impl fmt::Display) -> Self {
        self.message = format!("{what}: {}", self.message);
        self
    }

    /// The capability that the backend said it lacks, if that is why the case failed, and the
    /// operation that said so.
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
