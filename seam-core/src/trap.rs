//! The taxonomy of traps, with one variant per observable cause.

use std::fmt;
use std::sync::Arc;

use crate::CanonTrap;

/// Why a guest trapped.
///
/// A backend maps its engine's own trap to one of these causes, so that two runtimes can be
/// compared. `Display` prints the seam's spelling. [`Trap::matches`] also knows those of the
/// official test suites.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Trap {
    /// `unreachable` was executed.
    Unreachable,
    /// A load, store or bulk operation was out of bounds of a memory or data segment.
    MemoryOutOfBounds,
    /// A table access or bulk operation was out of bounds of a table or element segment.
    TableOutOfBounds,
    /// An array access or bulk operation was out of bounds of an array.
    ArrayOutOfBounds,
    /// An indirect call used an index that is out of bounds of the table.
    UndefinedElement,
    /// An indirect call used a null table entry.
    UninitializedElement,
    /// An indirect call reached a function of another type.
    BadSignature,
    /// A null reference was used where a non-null reference is needed.
    NullReference,
    /// The result of an integer operation is not representable, e.g. `i32.div_s(i32::MIN, -1)`.
    IntegerOverflow,
    /// An integer division or remainder had a zero divisor.
    IntegerDivideByZero,
    /// A NaN was converted to an integer.
    BadConversionToInteger,
    /// The call stack is exhausted.
    StackExhausted,
    /// A reference is not of the type that it is cast to.
    CastFailure,
    /// An exception left the guest uncaught.
    UncaughtException,
    /// An allocation (array, table, ...) exceeds what the engine can ever allocate.
    AllocationTooLarge,
    /// An atomic access used an address that is not naturally aligned.
    UnalignedAtomic,
    /// An atomic wait used a memory that is not shared.
    AtomicWaitNonShared,
    /// The guest suspended to a tag that has no active handler.
    UnhandledTag,
    /// The guest resumed a continuation a second time.
    ContinuationConsumed,
    /// A trap that the canonical ABI requires.
    Canon(CanonTrap),
    /// An import that is stubbed with [`Stub::Trap`](crate::Stub::Trap) was called. Holds its name.
    StubbedImport(Arc<str>),
    /// A trap of the engine that has no variant here. Holds the engine's own text.
    Other(Arc<str>),
}

impl Trap {
    /// The causes whose text is fixed, for printing and parsing.
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

    /// Texts of engines for causes without a variant, each with the suite's text for the same
    /// cause.
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

    /// Returns whether the text of an `assert_trap` or `assert_exhaustion` names this cause.
    ///
    /// The official test suites spell some causes in several ways. As in their reference
    /// interpreter, a prefix of a spelling matches.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        let text = text.strip_prefix("wasm trap: ").unwrap_or(text);
        let spellings: &[&str] = match self {
            Trap::Unreachable => &["wasm `unreachable` instruction executed"],
            Trap::UndefinedElement => &[
                "undefined element: out of bounds table access",
                "out of bounds table access",
            ],
            // The core suite uses either spelling for bulk operations and accesses of a table.
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
        // The suite's text may also be longer, e.g. `uninitialized element 7`: then the spelling is
        // a prefix of the text.
        let own = self.to_string();
        spellings
            .iter()
            .copied()
            .chain([own.as_str()])
            .any(|s| s.starts_with(text) || text.starts_with(s))
    }

    /// Returns the cause with this `Display` text, if its text is fixed.
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
    fn every_named_cause_round_trips() {
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
