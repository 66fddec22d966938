//! The engine's errors as the seam's.

use std::any::Any;
use std::fmt;

use seam_core::{Capabilities, Error, ErrorKind, Limit, Limits, Trap, panic_text};
use seam_decode::needed_capability;
use wasmi::TrapCode;
use wasmi::errors::{ErrorKind as Native, HostError, InstantiationError, MemoryError, TableError};

use crate::limits;

/// The error of a host function, on its way through the engine.
#[derive(Debug)]
pub(crate) struct HostFailure(pub(crate) Error);

impl fmt::Display for HostFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl HostError for HostFailure {}

impl From<HostFailure> for wasmi::Error {
    fn from(failure: HostFailure) -> Self {
        wasmi::Error::host(failure)
    }
}

/// Wraps an error of the host in one of the engine's, which carries it out unchanged.
pub(crate) fn carried(error: Error) -> wasmi::Error {
    wasmi::Error::from(HostFailure(error))
}

/// Maps the engine's reason for rejecting a module.
pub(crate) fn of_compilation(error: wasmi::Error, wasm: &[u8], has: &Capabilities) -> Error {
    if let Some(needed) = needed_capability(wasm, has) {
        let message = format!("the module needs {needed}: {error}");
        return Error::unsupported(needed, message).with_source(error);
    }
    match error.kind() {
        Native::Wasm(invalid) => {
            let (message, at) = (invalid.message().to_string(), invalid.offset());
            Error::invalid(message).at(at as u64).with_source(error)
        }
        Native::Read(_) => Error::invalid(error.to_string()).with_source(error),
        Native::Translation(_) | Native::ImplementationLimits(_) | Native::UserLimits(_) => {
            capacity(error)
        }
        _ => other(error),
    }
}

/// Maps the engine's reason why an instantiation failed before the start function ran.
pub(crate) fn of_instantiation(
    error: wasmi::Error,
    indirect_calls: impl FnOnce() -> bool,
    asked: &Limits,
) -> Error {
    let Native::Instantiation(cause) = error.kind() else {
        return of_execution(error, indirect_calls);
    };
    match cause {
        InstantiationError::ElementSegmentDoesNotFit { .. } => {
            Error::trap(Trap::TableOutOfBounds).with_source(error)
        }
        InstantiationError::TooManyInstances => Error::limit(Limit::Instances).with_source(error),
        InstantiationError::FailedToInstantiateMemory(
            MemoryError::ResourceLimiterDeniedAllocation,
        ) => limited(limits::of_memory(asked), error),
        InstantiationError::FailedToInstantiateTable(
            TableError::ResourceLimiterDeniedAllocation,
        ) => limited(limits::of_tables(asked), error),
        InstantiationError::TooManyTables
        | InstantiationError::TooManyMemories
        | InstantiationError::FailedToInstantiateMemory(_)
        | InstantiationError::FailedToInstantiateTable(_) => capacity(error),
        InstantiationError::UnexpectedStartFn { .. } => other(error),
        _ => Error::link(error.to_string()).with_source(error),
    }
}

/// Maps the engine's reason why a call ended. The error of a host function comes out unchanged.
///
/// `indirect_calls` says whether the code in the store has any.
pub(crate) fn of_execution(error: wasmi::Error, indirect_calls: impl FnOnce() -> bool) -> Error {
    if error.downcast_ref::<HostFailure>().is_some() {
        return match error.downcast::<HostFailure>() {
            Some(HostFailure(error)) => error,
            None => Error::engine("expected the error of a host function, found another error"),
        };
    }
    let cause = match error.kind() {
        Native::TrapCode(code) => of_trap_code(*code, indirect_calls),
        // For some instructions on memories and tables, the engine returns the error of its own API
        // where the specification has a trap.
        Native::Memory(cause) => of_memory(*cause),
        Native::Table(cause) => of_table(*cause),
        Native::Fuel(_) | Native::ResumableOutOfFuel(_) => Some(ErrorKind::Limit(Limit::Fuel)),
        Native::Func(_) => Some(ErrorKind::Misuse),
        Native::I32ExitStatus(code) => Some(ErrorKind::Exit(*code)),
        _ => None,
    };
    match cause {
        Some(ErrorKind::Trap(trap)) => Error::trap(trap).with_source(error),
        Some(ErrorKind::Limit(limit)) => limited(limit, error),
        Some(ErrorKind::Exit(code)) => Error::exit(code).with_source(error),
        Some(kind) => Error::new(kind, error.to_string()).with_source(error),
        None => other(error),
    }
}

fn of_trap_code(code: TrapCode, indirect_calls: impl FnOnce() -> bool) -> Option<ErrorKind> {
    Some(ErrorKind::Trap(match code {
        TrapCode::UnreachableCodeReached => Trap::Unreachable,
        TrapCode::MemoryOutOfBounds => Trap::MemoryOutOfBounds,
        // The engine has one code for indirect calls and for table accesses. If the code in the store
        // has both, this assumes the call, since compilers emit it far more often.
        TrapCode::TableOutOfBounds if indirect_calls() => Trap::UndefinedElement,
        TrapCode::TableOutOfBounds => Trap::TableOutOfBounds,
        TrapCode::IndirectCallToNull => Trap::UninitializedElement,
        TrapCode::IntegerDivisionByZero => Trap::IntegerDivideByZero,
        TrapCode::IntegerOverflow => Trap::IntegerOverflow,
        TrapCode::BadConversionToInteger => Trap::BadConversionToInteger,
        TrapCode::StackOverflow => Trap::StackExhausted,
        TrapCode::BadSignature => Trap::BadSignature,
        TrapCode::OutOfFuel => return Some(ErrorKind::Limit(Limit::Fuel)),
        TrapCode::GrowthOperationLimited | TrapCode::OutOfSystemMemory => {
            return Some(ErrorKind::Limit(Limit::EngineCapacity));
        }
    }))
}

fn of_memory(error: MemoryError) -> Option<ErrorKind> {
    Some(match error {
        MemoryError::OutOfBoundsAccess => ErrorKind::Trap(Trap::MemoryOutOfBounds),
        MemoryError::OutOfFuel { .. } => ErrorKind::Limit(Limit::Fuel),
        MemoryError::ResourceLimiterDeniedAllocation => ErrorKind::Limit(Limit::Memory),
        _ => ErrorKind::Limit(Limit::EngineCapacity),
    })
}

fn of_table(error: TableError) -> Option<ErrorKind> {
    Some(match error {
        TableError::InitOutOfBounds
        | TableError::FillOutOfBounds
        | TableError::SetOutOfBounds
        | TableError::CopyOutOfBounds => ErrorKind::Trap(Trap::TableOutOfBounds),
        TableError::ElementTypeMismatch => ErrorKind::Trap(Trap::BadSignature),
        TableError::OutOfFuel { .. } => ErrorKind::Limit(Limit::Fuel),
        TableError::ResourceLimiterDeniedAllocation => ErrorKind::Limit(Limit::TableElements),
        _ => ErrorKind::Limit(Limit::EngineCapacity),
    })
}

fn limited(limit: Limit, error: wasmi::Error) -> Error {
    match limit {
        Limit::EngineCapacity => capacity(error),
        limit => Error::limit(limit).with_source(error),
    }
}

fn capacity(error: wasmi::Error) -> Error {
    let kind = ErrorKind::Limit(Limit::EngineCapacity);
    Error::new(kind, error.to_string()).with_source(error)
}

fn other(error: wasmi::Error) -> Error {
    Error::engine(error.to_string()).with_source(error)
}

/// A panic of the engine: an error of the engine's, whatever its input was.
pub(crate) fn of_panic(payload: &(dyn Any + Send)) -> Error {
    let text = panic_text(payload);
    Error::engine(format!("the engine panicked: {text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cause(error: impl Into<wasmi::Error>) -> ErrorKind {
        of_execution(error.into(), || false).kind().clone()
    }

    #[test]
    fn every_trap_code_is_a_cause_of_the_taxonomy() {
        let codes = (0..=u8::MAX).filter_map(|code| TrapCode::try_from(code).ok());
        let mut count = 0;
        for code in codes {
            count += 1;
            let kind = cause(code);
            assert!(
                matches!(kind, ErrorKind::Trap(_) | ErrorKind::Limit(_)),
                "{code:?}: {kind:?}"
            );
            assert!(!matches!(kind, ErrorKind::Trap(Trap::Other(_))), "{code:?}");
        }
        assert_eq!(count, 12, "a new trap code needs a cause");
    }

    #[test]
    fn traps_that_come_as_ordinary_errors_are_traps() {
        let table = ErrorKind::Trap(Trap::TableOutOfBounds);
        assert_eq!(
            cause(MemoryError::OutOfBoundsAccess),
            ErrorKind::Trap(Trap::MemoryOutOfBounds)
        );
        for error in [
            TableError::InitOutOfBounds,
            TableError::FillOutOfBounds,
            TableError::SetOutOfBounds,
            TableError::CopyOutOfBounds,
        ] {
            assert_eq!(cause(error), table, "{error:?}");
        }
    }

    #[test]
    fn errors_of_host_functions_are_unchanged() {
        let error = Error::exit(3).during("f");
        let found = of_execution(HostFailure(error).into(), || false);
        assert_eq!(*found.kind(), ErrorKind::Exit(3));
        assert_eq!(found.operation(), Some("f"));
    }
}
