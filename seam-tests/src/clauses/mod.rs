//! Every clause of the contracts in seam-core, the cases that check it, and the saboteurs of these
//! cases.
//!
//! A test of this crate reads seam-core's documentation, and fails if a clause is missing here or
//! differs. Another test runs every case against its saboteur, and fails if the case passes. A
//! saboteur is an implementation that breaks one clause and keeps all others.

#[cfg(test)]
mod source;
mod table;

pub use table::CLAUSES;

/// A numbered clause of the contract of a trait or type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Clause {
    /// The trait or type whose documentation contains it.
    pub of: &'static str,
    /// Its number in this documentation.
    pub number: u32,
    /// A summary of the requirement.
    pub text: &'static str,
    /// The cases that check it.
    pub checks: &'static [Check],
}

/// A case that checks a clause, and the saboteur on which the case must fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Check {
    /// Name of the case.
    pub case: &'static str,
    /// Name of the saboteur.
    pub saboteur: &'static str,
}

impl Clause {
    /// Returns whether the case checks this clause.
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
