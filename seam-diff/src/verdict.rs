//! What two runs have to say about each other.

use std::fmt;

use seam_core::Capability;

/// Whether two runs were seen to do the same.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(tag = "verdict", rename_all = "kebab-case")]
pub enum Verdict {
    /// They were.
    Match,
    /// They were not.
    Diverged(Divergence),
    /// Nothing can be said: they differ in what the specification leaves open, or one could not be
    /// observed.
    Inconclusive(Inconclusive),
}

/// The first difference between two runs, for a person.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Divergence {
    /// What differs, e.g. `step 2, add(2, 3)` or `stdout, byte 17`.
    pub at: String,
    /// The left side.
    pub left: String,
    /// The right side.
    pub right: String,
}

/// Why nothing can be said.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Inconclusive {
    /// What is left open.
    pub reason: Open,
    /// What was found, e.g. the difference that does not count.
    pub detail: String,
}

/// What the specification, or the seam, leaves open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Open {
    /// The depth of calls at which the stack is exhausted.
    StackDepth,
    /// The point where fuel runs out, each engine counting its own unit.
    FuelPoint,
    /// The point where time runs out.
    DeadlinePoint,
    /// Sign and payload of a NaN.
    NanBits,
    /// Whether memory can be allocated.
    OutOfMemory,
    /// Causes of traps that only the engine has a name for.
    UnnamedTrap,
    /// The backend lacks something that was asked for.
    Unsupported(Capability),
}

impl Verdict {
    /// Whether the runs were seen to do the same.
    #[must_use]
    pub fn is_match(&self) -> bool {
        matches!(self, Verdict::Match)
    }

    pub(crate) fn diverged(
        at: impl Into<String>,
        left: impl Into<String>,
        right: impl Into<String>,
    ) -> Self {
        Verdict::Diverged(Divergence {
            at: at.into(),
            left: left.into(),
            right: right.into(),
        })
    }

    pub(crate) fn open(reason: Open, detail: impl fmt::Display) -> Self {
        Verdict::Inconclusive(Inconclusive {
            reason,
            detail: detail.to_string(),
        })
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Verdict::Match => f.write_str("match"),
            Verdict::Diverged(divergence) => write!(f, "diverged at {divergence}"),
            Verdict::Inconclusive(why) => {
                write!(f, "inconclusive: {} ({})", why.reason, why.detail)
            }
        }
    }
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} | {}", self.at, self.left, self.right)
    }
}

impl fmt::Display for Open {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Open::StackDepth => f.write_str("the depth of the stack is left open"),
            Open::FuelPoint => f.write_str("engines count fuel in units of their own"),
            Open::DeadlinePoint => f.write_str("the point where time runs out is left open"),
            Open::NanBits => f.write_str("the bits of a NaN are left open"),
            Open::OutOfMemory => f.write_str("whether memory can be allocated is left open"),
            Open::UnnamedTrap => f.write_str("only the engine has a name for the trap"),
            Open::Unsupported(capability) => write!(f, "the backend lacks {capability}"),
        }
    }
}

/// One word; the capability is in the detail.
impl serde::Serialize for Open {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(match self {
            Open::StackDepth => "stack-depth",
            Open::FuelPoint => "fuel-point",
            Open::DeadlinePoint => "deadline-point",
            Open::NanBits => "nan-bits",
            Open::OutOfMemory => "out-of-memory",
            Open::UnnamedTrap => "unnamed-trap",
            Open::Unsupported(_) => "unsupported",
        })
    }
}
