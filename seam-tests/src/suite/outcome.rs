//! The outcome of a directive.

use seam_core::{Error, ErrorKind};

/// The outcome of a directive.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Outcome {
    /// The assertion of the script holds.
    Passed,
    /// The assertion of the script does not hold.
    Failed {
        /// What the script expects.
        expected: String,
        /// What was found.
        found: String,
    },
    /// The directive was not tried or could not finish, because this capability is missing.
    Unsupported(String),
    /// The directive says nothing about an engine: it asserts that text cannot be parsed.
    NotCounted,
}

/// The result of one step of a directive: a value, or the reason why the directive ends here.
pub(crate) type Step<T = ()> = Result<T, Stop>;

/// The reason why a directive ends before its last step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The assertion of the script does not hold.
    Failed {
        /// What the script expects.
        expected: String,
        /// What was found.
        found: String,
    },
    /// The engine or the seam lacks this capability.
    Unsupported(String),
    /// The directive says nothing about an engine.
    NotCounted,
}

impl Stop {
    pub(crate) fn failed(expected: impl Into<String>, found: impl Into<String>) -> Self {
        Stop::Failed {
            expected: expected.into(),
            found: found.into(),
        }
    }

    /// Converts an unexpected error: `Unsupported` if it says so, otherwise `Failed`.
    pub(crate) fn unexpected(expected: impl Into<String>, found: &Error) -> Self {
        match found.kind() {
            ErrorKind::Unsupported(capability) => Stop::Unsupported(capability.to_string()),
            _ => Stop::failed(expected, found.to_string()),
        }
    }
}

impl From<Step> for Outcome {
    fn from(step: Step) -> Self {
        match step {
            Ok(()) => Outcome::Passed,
            Err(Stop::Failed { expected, found }) => Outcome::Failed { expected, found },
            Err(Stop::Unsupported(lack)) => Outcome::Unsupported(lack),
            Err(Stop::NotCounted) => Outcome::NotCounted,
        }
    }
}
