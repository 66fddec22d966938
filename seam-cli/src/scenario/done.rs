//! A scenario that was run, with what the reports need.

use std::time::Duration;

use seam_diff::scenario::{Judged, Outcome};

use super::find::File;

/// A scenario that was run.
pub(super) struct Done {
    pub(super) file: File,
    /// What came of it, or what is wrong in its file.
    pub(super) outcome: Result<Outcome, String>,
    /// What became of the golden, if it was to be written.
    pub(super) golden: Option<String>,
    pub(super) time: Duration,
}

impl Done {
    /// Returns the verdict; `None` if the file is wrong.
    pub(super) fn verdict(&self) -> Option<Judged> {
        self.outcome.as_ref().ok().map(|outcome| outcome.verdict)
    }

    /// Returns what differs or is wrong, in one line. Empty if the scenario passed.
    pub(super) fn reason(&self) -> &str {
        match &self.outcome {
            Ok(outcome) => &outcome.reason,
            Err(message) => message,
        }
    }
}
