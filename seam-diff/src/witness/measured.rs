//! What is measured.

use crate::Step;

/// A step whose coverage is measured: one row of the record.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// The name of the row.
    pub name: String,
    /// The call, or the run of the canonical entry.
    pub step: Step,
}

impl Measured {
    /// Creates a step with the name of its row.
    #[must_use]
    pub fn new(name: impl Into<String>, step: Step) -> Self {
        Self {
            name: name.into(),
            step,
        }
    }
}
