//! The verdict on two runs.

use std::fmt;

use seam_core::Capability;

/// Whether the observations of two runs agree.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(tag = "verdict", rename_all = "kebab-case")]
pub enum Verdict {
    /// They agree.
    Match,
    /// They differ.
    Diverged(Divergence),
    /// Undecided: they differ only in what the specification leaves open, or a run could not be
    /// observed.
    Inconclusive(Inconclusive),
}

/// The first difference between two runs, as text for a person.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Divergence {
    /// The place of the difference, e.g. `step 2, add(2, 3)` or `stdout, byte 17`.
    pub at: String,
    /// The left side.
    pub left: String,
    /// The right side.
    pub right: String,
    /// The index of the step that ended differently, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<usize>,
}

/// The reason why a comparison is undecided.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Inconclusive {
    /// What is left open.
    pub reason: Open,
    /// The details, e.g. the difference that does not count.
    pub detail: String,
}

/// Something that the specification or the seam leaves open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Open {
    /// The call depth at which the stack is exhausted.
    StackDepth,
    /// The point at which fuel runs out. Each engine counts in its own unit.
    FuelPoint,
    /// The point at which time runs out.
    DeadlinePoint,
    /// Sign and payload of a NaN.
    NanBits,
    /// Whether memory can be allocated.
    OutOfMemory,
    /// The cause of a trap that only the engine has a name for.
    UnnamedTrap,
    /// A core module that was given no interface has values of core types only.
    CoreTypes,
    /// It is not decided what an export of a fused module uses, so the export could not be called.
    Undecided,
    /// There are fewer than two runs.
    NothingToCompare,
    /// The backend lacks something that was asked for.
    Unsupported(Capability),
}

impl Verdict {
    /// Returns whether the observations agree.
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
            step: None,
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
            Open::StackDepth => f.write_str("the stack depth is unspecified"),
            Open::FuelPoint => f.write_str("each engine counts fuel in its own unit"),
            Open::DeadlinePoint => f.write_str("the point at which time runs out is unspecified"),
            Open::NanBits => f.write_str("the bits of a NaN are unspecified"),
            Open::OutOfMemory => f.write_str("whether memory can be allocated is unspecified"),
            Open::UnnamedTrap => f.write_str("only the engine has a name for the trap"),
            Open::CoreTypes => f.write_str("a module without an interface has core types only"),
            Open::Undecided => f.write_str("what the fused module's export uses is not decided"),
            Open::NothingToCompare => f.write_str("there are fewer than two runs to compare"),
            Open::Unsupported(capability) => write!(f, "the backend lacks {capability}"),
        }
    }
}

/// Serializes as one word. The capability is in the detail.
impl serde::Serialize for Open {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(match self {
            Open::StackDepth => "stack-depth",
            Open::FuelPoint => "fuel-point",
            Open::DeadlinePoint => "deadline-point",
            Open::NanBits => "nan-bits",
            Open::OutOfMemory => "out-of-memory",
            Open::UnnamedTrap => "unnamed-trap",
            Open::CoreTypes => "core-types",
            Open::Undecided => "undecided",
            Open::NothingToCompare => "nothing-to-compare",
            Open::Unsupported(_) => "unsupported",
        })
    }
}
