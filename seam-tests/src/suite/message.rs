//! What a child process and the runner tell each other.

use super::outcome::Outcome;

/// The environment variable that makes a process a child: it holds a [`Job`] in JSON.
pub(super) const JOB: &str = "SEAM_SUITE_JOB";

/// How every line of a child's messages begins: what else is on its stdout is passed over.
const MARK: &str = "seam-suite ";

/// What a child is to do.
#[derive(Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct Job {
    /// Name of the target's suite.
    pub(super) suite: String,
    /// Name of the target.
    pub(super) target: String,
    /// Path of the script.
    pub(super) script: String,
}

/// What a child tells.
#[derive(Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) enum Message {
    /// A directive begins.
    Begin {
        /// Its line, from 1.
        line: usize,
        /// What it is.
        directive: String,
    },
    /// That directive has ended.
    End(Outcome),
    /// The script has ended. A child that ends without a word of it was killed.
    Done,
}

impl Message {
    /// The message as a line, without its end.
    pub(super) fn to_line(&self) -> String {
        let text = serde_json::to_string(self).unwrap_or_default();
        format!("{MARK}{text}")
    }

    /// The message of a line, if it is one.
    pub(super) fn from_line(line: &str) -> Option<Self> {
        // What a test harness prints first may stand on the same line.
        let (_, text) = line.split_once(MARK)?;
        serde_json::from_str(text).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_read_back_and_other_lines_are_none() {
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
            let line = message.to_line();
            assert!(!line.contains('\n'), "{line}");
            assert_eq!(
                Message::from_line(&format!("test a ... {line}")),
                Some(message)
            );
        }
        assert_eq!(Message::from_line("running 1 test"), None);
        assert_eq!(Message::from_line("seam-suite nonsense"), None);
    }
}
