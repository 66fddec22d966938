//! The one taxonomy of traps: a variant per observable cause.

use std::fmt;
use std::sync::Arc;

use crate::CanonTrap;

/// Why a guest trapped.
///
/// Backends map their engine's own trap to the cause here, so that two runtimes can be compared.
/// `Display` gives the seam's spelling; [`Trap::matches`] knows those of the official test suites.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Trap {
    /// `unreachable` was executed.
    Unreachable,
    /// A load, store or bulk operation reached past the end of a memory (or a data segment past its
    /// end).
    MemoryOutOfBounds,
    /// A table access or bulk operation reached past the end of a table (or an element segment past
    /// its end).
    TableOutOfBounds,
    /// An array access or bulk operation reached past the end of an array.
    ArrayOutOfBounds,
    /// An indirect call through an index past the end of the table.
    UndefinedElement,
    /// An indirect call through a null table entry.
    UninitializedElement,
    /// An indirect call of a function with another type.
    BadSignature,
    /// A null reference where a non-null one is needed.
    NullReference,
    /// An integer operation whose result has no representation, e.g. `i32.div_s(i32::MIN, -1)`.
    IntegerOverflow,
    /// An integer division or remainder by zero.
    IntegerDivideByZero,
    /// Conversion of a NaN to an integer.
    BadConversionToInteger,
    /// The call stack is exhausted.
    StackExhausted,
    /// A reference is not of the type it is cast to.
    CastFailure,
    /// An exception (`throw`) that no handler caught left the guest.
    UncaughtException,
    /// An allocation (array, table, ...) is larger than the engine can ever make.
    AllocationTooLarge,
    /// An atomic access to an address that is not naturally aligned.
    UnalignedAtomic,
    /// An atomic wait on a memory that is not shared.
    AtomicWaitNonShared,
    /// Suspending to a tag that no handler is active for.
    UnhandledTag,
    /// Resuming a continuation a second time.
    ContinuationConsumed,
    /// A trap that the canonical ABI asks for.
    Canon(CanonTrap),
    /// An import that was stubbed with [`Stub::Trap`](crate::Stub::Trap) was called; holds the
    /// import's name.
    StubbedImport(Arc<str>),
    /// A trap of the engine that has no name here; holds the engine's own text.
    Other(Arc<str>),
}

impl Trap {
    /// The causes whose text is fixed, for tables and for parsing.
    const NAMED: &'static [(Trap, &'static str)] = &[
        (Trap::Unreachable, "unreachable"),
        (Trap::MemoryOutOfBounds, "out of bounds memory access"),
        (Trap::TableOutOfBounds, "out of bounds table access"),
        (Trap::ArrayOutOfBounds, "out of bounds array access"),
        (Trap::UndefinedElement, "undefined element"),
        (Trap::UninitializedElement, "uninitialized element"),
        (Trap::BadSignature, "indirect call type mismatch"),
        (Trap::NullReference, "null reference"),
        (Trap::IntegerOverflow, "integer overflow"),
        (Trap::IntegerDivideByZero, "integer divide by zero"),
        (
            Trap::BadConversionToInteger,
            "invalid conversion to integer",
        ),
        (Trap::StackExhausted, "call stack exhausted"),
        (Trap::CastFailure, "cast failure"),
        (Trap::UncaughtException, "uncaught exception"),
        (Trap::AllocationTooLarge, "allocation size too large"),
        (Trap::UnalignedAtomic, "unaligned atomic"),
        (Trap::AtomicWaitNonShared, "expected shared memory"),
        (Trap::UnhandledTag, "unhandled tag"),
        (Trap::ContinuationConsumed, "continuation already consumed"),
    ];

    /// Texts of engines for causes without a name here, and the suite's for the same.
    const OTHER_SPELLINGS: &[(&str, &str)] = &[
        (
            "cannot read after being notified that the writable end dropped",
            "cannot read from stream after being notified that the writable end dropped",
        ),
        (
            "cannot write after being notified that the readable end dropped",
            "cannot write to stream after being notified that the readable end dropped",
        ),
        (
            "cannot write after being notified that the readable end dropped",
            "cannot write to future after previous write succeeded or readable end dropped",
        ),
    ];

    /// Whether `text`, the expectation of an `assert_trap` or `assert_exhaustion` of an official
    /// test suite, names this cause. The suites spell one cause in several ways; a text matches as
    /// a prefix, as their reference interpreter compares it.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        let text = text.strip_prefix("wasm trap: ").unwrap_or(text);
        let spellings: &[&str] = match self {
            Trap::Unreachable => &["wasm `unreachable` instruction executed"],
            Trap::UndefinedElement => &[
                "undefined element: out of bounds table access",
                "out of bounds table access",
            ],
            // Bulk operations and accesses of the same table are spelled either way by the core
            // suite.
            Trap::TableOutOfBounds => &[
                "undefined element",
                "undefined element: out of bounds table access",
            ],
            Trap::UninitializedElement => &["uninitialized"],
            Trap::NullReference => &[
                "null function reference",
                "null structure reference",
                "null array reference",
                "null i31 reference",
                "null exception reference",
                "null continuation reference",
            ],
            Trap::CastFailure => &["cast failure"],
            Trap::UncaughtException => &["unhandled exception"],
            Trap::AtomicWaitNonShared => &["atomic wait on non-shared memory"],
            Trap::Canon(trap) => return trap.matches(text),
            Trap::Other(own) => {
                let mut alike = Self::OTHER_SPELLINGS.iter();
                return own.contains(text)
                    || alike.any(|(engine, suite)| **engine == **own && *suite == text);
            }
            Trap::StubbedImport(_) => return self.to_string().contains(text),
            _ => &[],
        };
        // `uninitialized element 7` is the suite's text for an entry: the cause is a prefix of the
        // expectation.
        let own = self.to_string();
        spellings
            .iter()
            .copied()
            .chain([own.as_str()])
            .any(|s| s.starts_with(text) || text.starts_with(s))
    }

    /// The cause whose `Display` text this is, if it is one with a fixed text.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        let core = Self::NAMED
            .iter()
            .find(|(_, own)| *own == text)
            .map(|(trap, _)| trap.clone());
        core.or_else(|| CanonTrap::from_text(text).map(Trap::Canon))
    }
}

impl fmt::Display for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trap::Canon(trap) => trap.fmt(f),
            Trap::StubbedImport(name) => write!(f, "stubbed import `{name}` was called"),
            Trap::Other(text) => f.write_str(text),
            named => {
                let text = Self::NAMED
                    .iter()
                    .find(|(trap, _)| trap == named)
                    .map_or("trap", |(_, text)| text);
                f.write_str(text)
            }
        }
    }
}

impl From<CanonTrap> for Trap {
    fn from(trap: CanonTrap) -> Self {
        Trap::Canon(trap)
    }
}

impl serde::Serialize for Trap {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_named_cause_reads_back() {
        for (trap, text) in Trap::NAMED {
            assert_eq!(trap.to_string(), *text);
            assert_eq!(Trap::from_text(text).as_ref(), Some(trap));
            assert!(trap.matches(text), "{trap:?} does not match its own text");
        }
    }

    #[test]
    fn official_spellings_match() {
        assert!(Trap::UninitializedElement.matches("uninitialized element 2"));
        assert!(Trap::UninitializedElement.matches("uninitialized"));
        assert!(Trap::NullReference.matches("null function reference"));
        assert!(Trap::Unreachable.matches("wasm trap: wasm `unreachable` instruction executed"));
        assert!(!Trap::Unreachable.matches("integer overflow"));
        assert!(!Trap::IntegerOverflow.matches("integer divide by zero"));
        let other =
            Trap::Other("cannot read after being notified that the writable end dropped".into());
        assert!(
            other.matches(
                "cannot read from stream after being notified that the writable end dropped"
            )
        );
        assert!(
            !other.matches(
                "cannot write to stream after being notified that the readable end dropped"
            )
        );
    }
}
