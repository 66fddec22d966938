//! The error of a benchmark that cannot be run.

use std::fmt;

/// The reason why a benchmark cannot be run: an error of seam or of an engine.
pub struct Failure(Box<dyn std::error::Error + Send + Sync>);

impl Failure {
    /// Adds the row, so that the message says where the failure belongs.
    pub(crate) fn of_row(self, row: &str) -> Self {
        Self(format!("{row}: {self}").into())
    }
}

impl<E: Into<Box<dyn std::error::Error + Send + Sync>>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
