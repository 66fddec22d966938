//! The end of a command: its exit status and its error message.

use std::error::Error as _;

use seam_core::{Capability, Error, ErrorKind, Frame, Limit};
use serde::Serialize;

/// The end of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// Success.
    Fine,
    /// The guest of `run` exited with this code.
    Guest(i32),
    /// Two runs differ, or could not be compared.
    Diverged,
    /// The user's input is wrong.
    Input,
    /// The guest trapped, or exited where it should have returned.
    Trapped,
    /// A limit was reached.
    Limited,
    /// The runtime, the host or an output failed. Neither the guest nor the user is to blame.
    Failed,
}

impl Status {
    /// Returns the exit status of the process. `run` leaves the low numbers to the guest.
    pub(crate) fn code(self, run: bool) -> u8 {
        match (self, run) {
            (Status::Fine, _) => 0,
            // A code that does not fit must not become 0.
            (Status::Guest(code), _) => u8::try_from(code).unwrap_or(u8::MAX),
            (Status::Diverged, _) => 1,
            (Status::Input, false) => 2,
            (Status::Trapped, false) => 3,
            (Status::Limited, false) => 4,
            (Status::Failed, false) => 5,
            (Status::Limited, true) => 124,
            (Status::Input | Status::Failed, true) => 125,
            (Status::Trapped, true) => 134,
        }
    }

    /// Returns the status for an error, according to who is to blame.
    pub(crate) fn of(kind: &ErrorKind) -> Self {
        match kind {
            ErrorKind::Invalid { .. }
            | ErrorKind::Link
            | ErrorKind::Misuse
            | ErrorKind::Unsupported(_) => Status::Input,
            ErrorKind::Trap(_) | ErrorKind::Exit(_) => Status::Trapped,
            ErrorKind::Limit(_) => Status::Limited,
            _ => Status::Failed,
        }
    }
}

/// The reason why a command failed.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) status: Status,
    pub(crate) report: Box<ErrorReport>,
    /// The capability that the backend lacks, if this is the reason. Another backend may be tried.
    pub(crate) lacked: Option<Capability>,
    /// Whether a document on stdout already reports it.
    pub(crate) documented: bool,
}

/// An error in a document.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ErrorReport {
    /// Who is to blame, in one word.
    pub(crate) kind: &'static str,
    /// One line that says what was expected and what was found.
    pub(crate) message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) operation: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) backend: Option<String>,
    /// Offset of the fault in an invalid artifact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) offset: Option<u64>,
    /// The limit that was reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) limit: Option<Limit>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) frames: Vec<Frame>,
    /// The whole error as one line, as on stderr.
    #[serde(skip)]
    pub(crate) line: String,
}

impl Failure {
    /// Creates the failure for wrong input of the user.
    pub(crate) fn input(message: impl Into<String>) -> Self {
        Self::new(Status::Input, "misuse", message)
    }

    /// Creates a failure with this status and a kind of one word.
    pub(crate) fn new(status: Status, kind: &'static str, message: impl Into<String>) -> Self {
        let message = one_line(&message.into());
        let report = ErrorReport {
            kind,
            line: message.clone(),
            message,
            operation: None,
            backend: None,
            offset: None,
            limit: None,
            frames: Vec::new(),
        };
        Self {
            status,
            report: Box::new(report),
            lacked: None,
            documented: false,
        }
    }

    /// Marks the failure as reported in a document on stdout.
    pub(crate) fn documented(mut self) -> Self {
        self.documented = true;
        self
    }
}

impl ErrorReport {
    pub(crate) fn of(error: &Error) -> Self {
        Self {
            kind: kind_name(error.kind()),
            message: one_line(error.message()),
            operation: error.operation().map(one_line),
            backend: error.backend().map(String::from),
            offset: match error.kind() {
                ErrorKind::Invalid { offset } => *offset,
                _ => None,
            },
            limit: match error.kind() {
                ErrorKind::Limit(limit) => Some(*limit),
                _ => None,
            },
            frames: error.frames().to_vec(),
            line: one_line(&error.to_string()),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let mut report = ErrorReport::of(&error);
        // Other messages are the seam's own and complete. Here only the engine knows the details.
        if let (ErrorKind::Engine, Some(source)) = (error.kind(), error.source()) {
            report.line = format!("{} ({})", report.line, one_line(&source.to_string()));
        }
        Self {
            status: Status::of(error.kind()),
            report: Box::new(report),
            lacked: match error.kind() {
                ErrorKind::Unsupported(capability) => Some(*capability),
                _ => None,
            },
            documented: false,
        }
    }
}

/// Returns who is to blame for an error, in one word.
fn kind_name(kind: &ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Invalid { .. } => "invalid",
        ErrorKind::Link => "link",
        ErrorKind::Trap(_) => "trap",
        ErrorKind::Exit(_) => "exit",
        ErrorKind::Host => "host",
        ErrorKind::Limit(_) => "limit",
        ErrorKind::Unsupported(_) => "unsupported",
        ErrorKind::Misuse => "misuse",
        _ => "engine",
    }
}

/// Joins the lines of a text, because engines and parsers often write several.
pub(crate) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use seam_core::Trap;

    #[test]
    fn the_blame_decides_the_status() {
        let status = |error: Error| Failure::from(error).status;
        assert_eq!(status(Error::misuse("x")).code(false), 2);
        assert_eq!(status(Error::invalid("x")).code(true), 125);
        assert_eq!(status(Error::trap(Trap::Unreachable)).code(false), 3);
        assert_eq!(status(Error::trap(Trap::Unreachable)).code(true), 134);
        assert_eq!(status(Error::limit(Limit::Fuel)).code(false), 4);
        assert_eq!(status(Error::limit(Limit::Fuel)).code(true), 124);
        assert_eq!(status(Error::engine("x")).code(false), 5);
    }

    #[test]
    fn an_exit_code_that_does_not_fit_is_not_success() {
        assert_eq!(Status::Guest(7).code(true), 7);
        assert_eq!(Status::Guest(256).code(true), 255);
        assert_eq!(Status::Guest(-1).code(true), 255);
    }

    #[test]
    fn a_message_of_several_lines_becomes_one() {
        assert_eq!(
            Failure::input("expected\n   `)`\n").report.line,
            "expected `)`"
        );
    }
}
