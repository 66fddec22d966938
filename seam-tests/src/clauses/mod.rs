//! Every clause of the contracts in seam-core, the cases that check it, and what shows that each
//! case can fail.
//!
//! A test of this crate reads seam-core's documentation and fails for a clause that is missing here,
//! or differs; another runs every case against its saboteur, an implementation that breaks the
//! clause and keeps the rest, and fails if the case passes.

#[cfg(test)]
mod source;
mod table;

pub use table::CLAUSES;

/// A numbered clause of the contract of a trait or type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Clause {
    /// The trait or type whose documentation has it.
    pub of: &'static str,
    /// Its number there.
    pub number: u32,
    /// What it demands, in short.
    pub text: &'static str,
    /// What checks it.
    pub checks: &'static [Check],
}

/// A case that checks a clause, and the saboteur that it is seen to fail on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Check {
    /// Name of the case.
    pub case: &'static str,
    /// Name of the saboteur.
    pub saboteur: &'static str,
}

impl Clause {
    /// Whether the case checks this clause.
    #[must_use]
    pub fn is_checked_by(&self, case: &str) -> bool {
        self.checks.iter().any(|check| check.case == case)
    }
}

impl std::fmt::Display for Clause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}: {}", self.of, self.number, self.text)
    }
}
