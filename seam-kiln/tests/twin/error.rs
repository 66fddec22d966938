//! Maps wasmi's errors to kiln's categories, codes and messages.

use std::fmt;

use seam_kiln::KilnError;
use wasmi::errors::{ErrorKind, HostError, InstantiationError, MemoryError};
use wasmi::{Store, TrapCode, Val};

use super::refs::Refs;

/// A call of the host, which suspends the guest until the host returned.
#[derive(Clone, Debug)]
pub(crate) struct HostCall {
    pub(crate) module: String,
    pub(crate) field: String,
    pub(crate) args: Vec<Val>,
    /// Whether kiln passes the arguments in order.
    pub(crate) in_order: bool,
    pub(crate) results: usize,
}

impl fmt::Display for HostCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "call of {} {}", self.module, self.field)
    }
}

impl HostError for HostCall {}

fn trap(message: &'static str) -> KilnError {
    KilnError::new(KilnError::RUNTIME, KilnError::TRAP, message)
}

pub(crate) fn out_of_fuel() -> KilnError {
    trap("fuel exhausted: execution exceeded the configured instruction budget")
}

/// Maps the error that ended a call. Fuel that was used up stays used up.
pub(crate) fn of_call(error: &wasmi::Error, store: &mut Store<Refs>) -> KilnError {
    let mapped = of_execution(error, store.data().indirect_calls);
    if mapped == out_of_fuel() {
        let _ = store.set_fuel(0);
    }
    mapped
}

fn of_execution(error: &wasmi::Error, indirect_calls: bool) -> KilnError {
    match error.kind() {
        ErrorKind::TrapCode(code) => of_trap_code(*code, indirect_calls),
        ErrorKind::Memory(_) => trap("out of bounds memory access"),
        ErrorKind::Table(_) => trap("out of bounds table access"),
        ErrorKind::Fuel(_) | ErrorKind::ResumableOutOfFuel(_) => out_of_fuel(),
        _ => KilnError::new(KilnError::RUNTIME, 8003, "the twin has no text for this"),
    }
}

fn of_trap_code(code: TrapCode, indirect_calls: bool) -> KilnError {
    trap(match code {
        TrapCode::UnreachableCodeReached => "unreachable",
        TrapCode::MemoryOutOfBounds => "out of bounds memory access",
        TrapCode::TableOutOfBounds if indirect_calls => "undefined element",
        TrapCode::TableOutOfBounds => "out of bounds table access",
        TrapCode::IndirectCallToNull => "uninitialized element",
        TrapCode::IntegerDivisionByZero => "integer divide by zero",
        TrapCode::IntegerOverflow => "integer overflow",
        TrapCode::BadConversionToInteger => "invalid conversion to integer",
        TrapCode::StackOverflow => "call stack exhausted",
        TrapCode::BadSignature => "indirect call type mismatch",
        TrapCode::OutOfFuel => return out_of_fuel(),
        TrapCode::GrowthOperationLimited | TrapCode::OutOfSystemMemory => {
            return KilnError::new(KilnError::RESOURCE, 3001, "Memory limit exceeded");
        }
    })
}

/// Maps the error that ended an instantiation.
pub(crate) fn of_instantiation(error: &wasmi::Error, indirect_calls: bool) -> KilnError {
    match error.kind() {
        ErrorKind::Memory(MemoryError::OutOfBoundsAccess) => {
            KilnError::new(KilnError::MEMORY, 4000, "Data segment out of bounds")
        }
        ErrorKind::TrapCode(TrapCode::MemoryOutOfBounds) => {
            KilnError::new(KilnError::MEMORY, 4000, "Data segment out of bounds")
        }
        ErrorKind::Instantiation(InstantiationError::ElementSegmentDoesNotFit { .. }) => {
            trap("out of bounds table access")
        }
        _ => of_execution(error, indirect_calls),
    }
}
