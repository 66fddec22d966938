//! Maps kiln's errors to the seam's.

use std::any::Any;

use seam_core::{CanonTrap, Error, ErrorKind, Limit, Trap, panic_text};

use crate::kiln::KilnError;

/// How kiln's message for running out of fuel begins.
const OUT_OF_FUEL: &str = "fuel exhausted";

/// The message of the only canonical ABI trap that kiln's runner has.
const BAD_CHAR: &str = "direct-hosting char result is not a valid Unicode scalar value";

/// Traps by their messages: nearly all have the same category and code.
const TRAPS: &[(&str, Trap)] = &[
    ("unreachable", Trap::Unreachable),
    ("out of bounds memory access", Trap::MemoryOutOfBounds),
    ("integer divide by zero", Trap::IntegerDivideByZero),
    ("integer overflow", Trap::IntegerOverflow),
    (
        "invalid conversion to integer",
        Trap::BadConversionToInteger,
    ),
    ("uninitialized element", Trap::UninitializedElement),
    ("undefined element", Trap::UndefinedElement),
    ("indirect call type mismatch", Trap::BadSignature),
    ("call stack exhausted", Trap::StackExhausted),
    ("exception", Trap::UncaughtException),
    ("null reference", Trap::NullReference),
    ("null function reference", Trap::NullReference),
    ("null structure reference", Trap::NullReference),
    ("null array reference", Trap::NullReference),
    ("null i31 reference", Trap::NullReference),
    ("null exception reference", Trap::NullReference),
    ("out of bounds table access", Trap::TableOutOfBounds),
    ("Table access out of bounds", Trap::TableOutOfBounds),
    ("out of bounds array access", Trap::ArrayOutOfBounds),
    ("cast failure", Trap::CastFailure),
    ("unaligned atomic access", Trap::UnalignedAtomic),
    ("Memory read out of bounds", Trap::MemoryOutOfBounds),
    ("Memory write out of bounds", Trap::MemoryOutOfBounds),
];

/// Maps the error that ended a call.
pub(crate) fn of_execution(error: KilnError) -> Error {
    if error.message.starts_with(OUT_OF_FUEL) {
        return Error::limit(Limit::Fuel).with_source(error);
    }
    let known = TRAPS.iter().find(|(text, _)| *text == error.message);
    match known {
        Some((_, trap)) => Error::trap(trap.clone()).with_source(error),
        None if error.category == KilnError::RUNTIME && error.code == KilnError::TRAP => {
            let text = error.message.to_string();
            Error::trap(Trap::Other(text.into())).with_source(error)
        }
        None => other(error),
    }
}

/// Maps the error that ended an instantiation, without the start function, which is called later.
pub(crate) fn of_instantiation(error: KilnError) -> Error {
    match error.category {
        KilnError::CAPACITY => capacity(error),
        // A data segment does not fit.
        KilnError::MEMORY => Error::trap(Trap::MemoryOutOfBounds).with_source(error),
        _ => of_execution(error),
    }
}

/// Maps the error of kiln's runner for a component that it should instantiate.
pub(crate) fn of_component(error: KilnError) -> Error {
    match error.category {
        KilnError::CAPACITY => capacity(error),
        _ => {
            let message = format!("expected kiln's runner to instantiate a component: {error}");
            Error::engine(message).with_source(error)
        }
    }
}

/// Maps the error that ended a call in kiln's runner.
pub(crate) fn of_component_call(error: KilnError) -> Error {
    if error.message == BAD_CHAR {
        return Error::trap(CanonTrap::InvalidChar).with_source(error);
    }
    of_execution(error)
}

/// Maps the error of loading or linking a valid module.
pub(crate) fn of_loading(error: KilnError) -> Error {
    match error.category {
        KilnError::CAPACITY => capacity(error),
        _ => {
            let message = format!("expected kiln to load a valid module, found: {error}");
            Error::engine(message).with_source(error)
        }
    }
}

/// Maps the error of an operation on a memory, table or global.
pub(crate) fn of_object(error: KilnError) -> Error {
    other(error)
}

fn capacity(error: KilnError) -> Error {
    let kind = ErrorKind::Limit(Limit::EngineCapacity);
    Error::new(kind, error.to_string()).with_source(error)
}

fn other(error: KilnError) -> Error {
    Error::engine(error.to_string()).with_source(error)
}

/// Maps a panic of kiln. It is always kiln's fault, whatever the input was.
pub(crate) fn of_panic(payload: &(dyn Any + Send)) -> Error {
    let text = panic_text(payload);
    Error::engine(format!("kiln panicked: {text}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::error::Error as _;

    fn trapped(category: u8, code: u16, message: &'static str) -> Error {
        of_execution(KilnError::new(category, code, message))
    }

    /// kiln 0.4.4 has these messages.
    #[test]
    fn each_message_maps_to_its_trap() {
        for (message, trap) in [
            ("unreachable", Trap::Unreachable),
            ("out of bounds memory access", Trap::MemoryOutOfBounds),
            ("integer divide by zero", Trap::IntegerDivideByZero),
            ("integer overflow", Trap::IntegerOverflow),
            (
                "invalid conversion to integer",
                Trap::BadConversionToInteger,
            ),
            ("uninitialized element", Trap::UninitializedElement),
            ("undefined element", Trap::UndefinedElement),
            ("indirect call type mismatch", Trap::BadSignature),
            ("call stack exhausted", Trap::StackExhausted),
            ("exception", Trap::UncaughtException),
            ("null function reference", Trap::NullReference),
            ("out of bounds table access", Trap::TableOutOfBounds),
        ] {
            let error = trapped(KilnError::RUNTIME, KilnError::TRAP, message);
            assert_eq!(error.as_trap(), Some(&trap), "{message}");
        }
        let table = trapped(KilnError::RESOURCE, 2000, "Table access out of bounds");
        assert_eq!(table.as_trap(), Some(&Trap::TableOutOfBounds));
        let data = of_instantiation(KilnError::new(KilnError::MEMORY, 4000, "data segment"));
        assert_eq!(data.as_trap(), Some(&Trap::MemoryOutOfBounds));
        let fuel = trapped(
            KilnError::RUNTIME,
            KilnError::TRAP,
            "fuel exhausted: execution exceeded the configured instruction budget",
        );
        assert_eq!(*fuel.kind(), ErrorKind::Limit(Limit::Fuel));
    }

    #[test]
    fn the_source_has_category_and_code() {
        let error = trapped(KilnError::RUNTIME, KilnError::TRAP, "unreachable");
        let source = error.source().map(ToString::to_string);
        let expected = "unreachable (category 7, code 8601)";
        assert_eq!(source.as_deref(), Some(expected));
    }

    #[test]
    fn an_error_that_is_not_a_trap_is_an_engine_error_or_a_capacity() {
        let missing = trapped(KilnError::RUNTIME, 2010, "Export not found");
        assert_eq!(*missing.kind(), ErrorKind::Engine);
        let odd = trapped(KilnError::RUNTIME, KilnError::TRAP, "struct.new: odd");
        assert!(matches!(odd.as_trap(), Some(Trap::Other(_))));
        let full = of_loading(KilnError::new(KilnError::CAPACITY, 1016, "full"));
        let limit = ErrorKind::Limit(Limit::EngineCapacity);
        assert_eq!(*full.kind(), limit);
    }
}
