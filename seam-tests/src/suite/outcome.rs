//! How a directive of a script went.

use seam_core::{Error, ErrorKind};

/// How a directive went.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Outcome {
    /// What the script says holds.
    Passed,
    /// It does not.
    Failed {
        /// What the script says.
        expected: String,
        /// What was seen.
        found: String,
    },
    /// It was not tried, or came to nothing, for lack of this.
    Unsupported(String),
    /// It says nothing about the engine: it asserts that text cannot be parsed.
    NotCounted,
}

/// What a step of a directive gives: a value to go on with, or why the directive ends here.
pub(crate) type Step<T = ()> = Result<T, Stop>;

/// Why a directive ends before its last step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// What the script says does not hold.
    Failed {
        /// What the script says.
        expected: String,
        /// What was seen.
        found: String,
    },
    /// The engine, or the seam, lacks this.
    Unsupported(String),
    /// The directive says nothing about the engine.
    NotCounted,
}

impl Stop {
    pub(crate) fn failed(expected: impl Into<String>, found: impl Into<String>) -> Self {
        Stop::Failed {
            expected: expected.into(),
            found: found.into(),
        }
    }

    /// An error where the script expects something else: a lack if it says so, else a failure.
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
