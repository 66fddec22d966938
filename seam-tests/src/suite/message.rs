//! The messages that a child process sends to the runner.

use super::outcome::Outcome;

/// The environment variable that makes a process a child: it holds a [`Job`] in JSON.
pub(super) const JOB: &str = "SEAM_SUITE_JOB";

/// The prefix of every message line. The runner ignores other output on the child's stdout.
pub(super) const MARK: &str = "seam-suite ";

/// The job of a child process.
#[derive(Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct Job {
    /// Name of the target's suite.
    pub(super) suite: String,
    /// Name of the target.
    pub(super) target: String,
    /// Path of the script.
    pub(super) script: String,
}

/// A message from a child process.
#[derive(Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) enum Message {
    /// A directive begins.
    Begin {
        /// Its line number, from 1.
        line: usize,
        /// The directive's keyword, and what it invokes.
        directive: String,
    },
    /// That directive has ended.
    End(Outcome),
    /// The script has ended. A child that exits without this message was killed.
    Done,
}

impl Message {
    /// Parses a message without its mark. Returns `None` if it is none.
    pub(super) fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_round_trip_and_other_text_parses_as_none() {
        let messages = [
            Message::Begin {
                line: 3,
                directive: "invoke \"a\\nb\"\n".into(),
            },
            Message::End(Outcome::Passed),
            Message::End(Outcome::Failed {
                expected: "\u{0}".into(),
                found: "\"".into(),
            }),
            Message::End(Outcome::Unsupported("gc".into())),
            Message::Done,
        ];
        for message in messages {
            let text = serde_json::to_string(&message).expect("JSON");
            assert!(!text.contains('\n'), "{text}");
            assert_eq!(Message::parse(&text), Some(message));
        }
        assert_eq!(Message::parse("nonsense"), None);
    }
}
