//! The engine's errors as the seam's.

use std::fmt;

use seam_core::{Artifact, CanonTrap, Capability, Error, ErrorKind, Frame, Limit, Trap};
use wasmtime::{PoolConcurrencyLimitError, Trap as Native, WasmBacktrace};

use crate::opcode;

/// The text of an engine's error that has no type, kept as the source of the seam's error.
#[derive(Debug)]
struct Text(String);

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Text {}

/// The bytes that the offsets of instructions refer to, for each module that can trap.
pub(crate) trait Code {
    /// Returns the bytes, and where the module starts in them.
    fn of(&self, module: &wasmtime::Module, offset: usize) -> Option<(&[u8], usize)>;
}

/// For calls that run no guest code.
pub(crate) struct NoCode;

impl Code for NoCode {
    fn of(&self, _module: &wasmtime::Module, _offset: usize) -> Option<(&[u8], usize)> {
        None
    }
}

/// Maps a failure of the engine that the guest did not cause.
pub(crate) fn engine_error(error: wasmtime::Error) -> Error {
    Error::engine(format!("{error:#}"))
}

/// Maps the engine's reason why guest code ended.
pub(crate) fn run_error(error: wasmtime::Error, code: &dyn Code) -> Error {
    // The error of a host function comes out unchanged.
    let error = match error.downcast::<Error>() {
        Ok(own) => return own,
        Err(error) => error,
    };
    if let Some(exit) = error.downcast_ref::<wasmtime_wasi::I32Exit>() {
        return Error::exit(exit.0);
    }
    let frames = frames(&error, code);
    let mapped = if let Some(trap) = error.downcast_ref::<Native>() {
        let cause = match *trap {
            Native::OutOfFuel => Error::limit(Limit::Fuel),
            Native::Interrupt => Error::limit(Limit::Deadline),
            Native::TableOutOfBounds if calls_indirectly(&error, code) => {
                Error::trap(Trap::UndefinedElement)
            }
            trap => Error::trap(cause(trap)),
        };
        cause.with_source(*trap)
    } else if error.is::<wasmtime::ThrownException>() {
        Error::trap(Trap::UncaughtException).with_source(wasmtime::ThrownException)
    } else {
        text_error(&error)
    };
    mapped.with_frames(frames)
}

/// Refines the error of an instantiation; `refused` is the limit that its memories and tables exceeded.
///
/// The engine uses the same text for the caller's limits and for its own.
pub(crate) fn refusal(error: Error, refused: Option<Limit>) -> Error {
    if *error.kind() != ErrorKind::Engine {
        return error;
    }
    match refused {
        Some(limit) => Error::limit(limit).with_source(error),
        None if error.message().contains(" minimum size of ") => {
            let kind = ErrorKind::Limit(Limit::EngineCapacity);
            Error::new(kind, error.message().to_string()).with_source(error)
        }
        None => error,
    }
}

/// Whether the instruction that trapped is an indirect call.
///
/// wasmtime has one trap for table accesses out of bounds and for indirect calls out of bounds.
fn calls_indirectly(error: &wasmtime::Error, code: &dyn Code) -> bool {
    let innermost = error
        .downcast_ref::<WasmBacktrace>()
        .and_then(|trace| trace.frames().first());
    let Some((frame, offset)) = innermost.and_then(|f| Some((f, f.module_offset()?))) else {
        return false;
    };
    code.of(frame.module(), offset)
        .and_then(|(bytes, _)| bytes.get(offset))
        .is_some_and(|op| opcode::CALLS_INDIRECTLY.contains(op))
}

fn frames(error: &wasmtime::Error, code: &dyn Code) -> Vec<Frame> {
    let Some(trace) = error.downcast_ref::<WasmBacktrace>() else {
        return Vec::new();
    };
    let known = trace.frames().iter().filter_map(|frame| {
        let offset = frame.module_offset();
        // Frames of the engine's own adapters between components do not belong to the artifact.
        let (_, start) = code.of(frame.module(), offset.unwrap_or_default())?;
        let mut known = Frame::new(frame.func_index());
        known.module = frame.module().name().map(str::to_string);
        known.func_name = frame.func_name().map(str::to_string);
        known.module_offset = offset.and_then(|at| Some(at.checked_sub(start)? as u64));
        Some(known)
    });
    known.collect()
}

fn cause(trap: Native) -> Trap {
    match trap {
        Native::StackOverflow => Trap::StackExhausted,
        Native::MemoryOutOfBounds => Trap::MemoryOutOfBounds,
        Native::HeapMisaligned => Trap::UnalignedAtomic,
        Native::TableOutOfBounds => Trap::TableOutOfBounds,
        Native::IndirectCallToNull => Trap::UninitializedElement,
        Native::BadSignature => Trap::BadSignature,
        Native::IntegerOverflow => Trap::IntegerOverflow,
        Native::IntegerDivisionByZero => Trap::IntegerDivideByZero,
        Native::BadConversionToInteger => Trap::BadConversionToInteger,
        Native::UnreachableCodeReached => Trap::Unreachable,
        Native::AtomicWaitNonSharedMemory => Trap::AtomicWaitNonShared,
        Native::NullReference => Trap::NullReference,
        Native::ArrayOutOfBounds => Trap::ArrayOutOfBounds,
        Native::AllocationTooLarge => Trap::AllocationTooLarge,
        Native::CastFailure => Trap::CastFailure,
        Native::UnhandledTag => Trap::UnhandledTag,
        Native::ContinuationAlreadyConsumed => Trap::ContinuationConsumed,
        Native::UncaughtException => Trap::UncaughtException,
        Native::CannotEnterComponent => CanonTrap::CannotEnter.into(),
        Native::CannotLeaveComponent => CanonTrap::CannotLeave.into(),
        Native::NoAsyncResult => CanonTrap::NoAsyncResult.into(),
        Native::AsyncDeadlock => CanonTrap::Deadlock.into(),
        Native::CannotBlockSyncTask => CanonTrap::CannotBlock.into(),
        Native::ThreadNewIndirectInvalidType | Native::ThreadNewIndirectUninitialized => {
            CanonTrap::WrongThreadFunc.into()
        }
        Native::InvalidChar => CanonTrap::InvalidChar.into(),
        Native::StringOutOfBounds => CanonTrap::StringOutOfBounds.into(),
        Native::ListOutOfBounds => CanonTrap::ListOutOfBounds.into(),
        Native::InvalidDiscriminant => CanonTrap::InvalidDiscriminant.into(),
        Native::UnalignedPointer => CanonTrap::UnalignedPointer.into(),
        other => {
            let text = other.to_string();
            let text = text.strip_prefix("wasm trap: ").unwrap_or(&text);
            match CanonTrap::from_text(text) {
                Some(trap) => trap.into(),
                None => Trap::Other(text.into()),
            }
        }
    }
}

/// Maps failures that wasmtime reports as text only: traps of the canonical ABI in its own lifting and
/// lowering, and exhausted resources.
fn text_error(error: &wasmtime::Error) -> Error {
    let text = error.root_cause().to_string();
    let mapped = if text.contains("fuel allocated for hostcalls has been exhausted") {
        Error::limit(Limit::Lifted)
    } else if text.contains("store handle limit exceeded")
        || error.is::<PoolConcurrencyLimitError>()
    {
        Error::new(ErrorKind::Limit(Limit::EngineCapacity), text.clone())
    } else if let Some(trap) = canon_trap(&text) {
        Error::trap(trap)
    } else if ASYNC_TEXTS.iter().any(|begin| text.starts_with(begin)) {
        Error::trap(Trap::Other(text.as_str().into()))
    } else if text.contains("GC heap out of memory") || text.contains("out of memory") {
        Error::new(ErrorKind::Limit(Limit::EngineCapacity), text.clone())
    } else {
        Error::engine(text.clone())
    };
    mapped.with_source(Text(text))
}

/// Unique parts of the texts in `wasmtime/src/runtime/component` and `vm/component` in version 48.
const CANON_TEXTS: &[(&str, CanonTrap)] = &[
    ("unknown handle index", CanonTrap::UnknownHandle),
    ("used with the wrong type", CanonTrap::WrongResourceType),
    ("is not an own resource", CanonTrap::NotOwned),
    ("is not a resource", CanonTrap::WrongHandleKind),
    (
        "cannot remove owned resource while borrowed",
        CanonTrap::HandleLent,
    ),
    (
        "borrow handles still remain at the end of the call",
        CanonTrap::BorrowsNotDropped,
    ),
    ("cannot allocate another handle", CanonTrap::TableFull),
    // "handle is not a waitable", and so on.
    ("handle is not a", CanonTrap::WrongHandleKind),
    (" of a different type", CanonTrap::WrongHandleKind),
    ("passed read end to ", CanonTrap::WrongHandleKind),
    ("passed write end to ", CanonTrap::WrongHandleKind),
    ("after being notified that the ", CanonTrap::EndDone),
    ("after previous ", CanonTrap::EndDone),
    (" cancelled when no ", CanonTrap::NotCopying),
    (
        "converted integer out of range for `char`",
        CanonTrap::InvalidChar,
    ),
    (
        "realloc return: result not aligned",
        CanonTrap::UnalignedPointer,
    ),
    (
        "realloc return: beyond end of memory",
        CanonTrap::ReallocOutOfBounds,
    ),
    ("pointer is not aligned", CanonTrap::UnalignedPointer),
    ("pointer not aligned", CanonTrap::UnalignedPointer),
    (
        "string pointer/length out of bounds of memory",
        CanonTrap::StringOutOfBounds,
    ),
    (
        "list pointer/length out of bounds of memory",
        CanonTrap::ListOutOfBounds,
    ),
    (
        "map pointer/length out of bounds of memory",
        CanonTrap::ListOutOfBounds,
    ),
    (
        "fixed length list out of bounds of memory",
        CanonTrap::PointerOutOfBounds,
    ),
    ("pointer out of bounds", CanonTrap::PointerOutOfBounds),
    ("pointer size overflow", CanonTrap::PointerOutOfBounds),
    (
        "invalid option discriminant",
        CanonTrap::InvalidDiscriminant,
    ),
    (
        "invalid expected discriminant",
        CanonTrap::InvalidDiscriminant,
    ),
    ("invalid utf", CanonTrap::InvalidString),
    ("incomplete utf-8 byte sequence", CanonTrap::InvalidString),
    ("unpaired surrogate", CanonTrap::InvalidString),
];

/// How the texts of traps in asynchronous built-ins begin, for those that the seam has no cause for.
const ASYNC_TEXTS: &[&str] = &[
    "cannot drop ",
    "cannot lift ",
    "cannot read ",
    "cannot remove busy ",
    "cannot write ",
];

fn canon_trap(text: &str) -> Option<CanonTrap> {
    if text.starts_with("discriminant ") && text.contains(" out of range [0..") {
        return Some(CanonTrap::InvalidDiscriminant);
    }
    let found = CANON_TEXTS.iter().find(|(part, _)| text.contains(part));
    found
        .map(|(_, trap)| *trap)
        .or_else(|| CanonTrap::from_text(text))
}

/// Maps the engine's reason for rejecting an artifact.
///
/// If the engine does not name the offset, the seam's own validation may find it.
pub(crate) fn compile_error(error: &wasmtime::Error, wasm: &[u8]) -> Error {
    let error = verdict(error);
    if *error.kind() != (ErrorKind::Invalid { offset: None }) {
        return error;
    }
    let artifact = Artifact::from_bytes("", wasm);
    let own = artifact.and_then(|artifact| seam_decode::validate(&artifact));
    match own.map_err(|own| own.kind().clone()) {
        Err(ErrorKind::Invalid { offset: Some(at) }) => error.at(at),
        _ => error,
    }
}

/// Whether the engine's text says that a build with slots has no slot that is large enough.
fn is_too_large_for_slot(text: &str) -> bool {
    let (_, exceeded) = text.split_once(" exceeds the ").unwrap_or_default();
    [
        "limit of ",
        "per-instance limit of ",
        "total tables limit of ",
        "configured maximum ",
    ]
    .iter()
    .any(|bound| exceeded.starts_with(bound))
}

fn verdict(error: &wasmtime::Error) -> Error {
    let text = error.root_cause().to_string();
    let source = Text(format!("{error:#}"));
    let (message, offset) = split_offset(&text);
    let mapped = if let Some(capability) = missing_proposal(message) {
        Error::unsupported(capability, message.to_string())
    } else if message.contains("mplementation limit") || is_too_large_for_slot(message) {
        Error::new(ErrorKind::Limit(Limit::EngineCapacity), message.to_string())
    } else {
        let invalid = Error::invalid(message.to_string());
        match offset {
            Some(offset) => invalid.at(offset),
            None => invalid,
        }
    };
    mapped.with_source(source)
}

/// Splits `unexpected end-of-file (at offset 0x1f)` into its text and its offset.
///
/// Also `Invalid input WebAssembly code at offset 31: ..`, the form that the compiler uses.
fn split_offset(text: &str) -> (&str, Option<u64>) {
    let validator = || {
        let (message, at) = text.rsplit_once(" (at offset 0x")?;
        let at = u64::from_str_radix(at.strip_suffix(')')?, 16).ok()?;
        Some((message, Some(at)))
    };
    let compiler = || {
        let (_, found) = text.split_once("Invalid input WebAssembly code at offset ")?;
        let (at, message) = found.split_once(": ")?;
        Some((message, Some(at.parse().ok()?)))
    };
    validator().or_else(compiler).unwrap_or((text, None))
}

/// Returns the proposal that this build does not support, according to the validator's text.
fn missing_proposal(message: &str) -> Option<Capability> {
    const OFF: &[&str] = &[
        "not enabled",
        "not supported",
        "disabled",
        "requires the",
        "require the",
    ];
    const PROPOSALS: &[(&str, Capability)] = &[
        ("custom descriptors", Capability::CustomDescriptors),
        ("component model async", Capability::ComponentAsync),
        ("component-model-async", Capability::ComponentAsync),
        ("component model `async", Capability::ComponentAsync),
        ("component model threading", Capability::ComponentAsync),
        ("error-context", Capability::ComponentAsync),
    ];
    // The validator accepts exact references, but the compiler does not support them.
    if message.contains("unsupported heap type Exact") {
        return Some(Capability::CustomDescriptors);
    }
    if !OFF.iter().any(|words| message.contains(words)) {
        return None;
    }
    let found = PROPOSALS.iter().find(|(name, _)| message.contains(name));
    found.map(|(_, capability)| *capability)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_at_the_end_of_a_message_is_taken_off() {
        assert_eq!(split_offset("bad (at offset 0x1f)"), ("bad", Some(31)));
        assert_eq!(split_offset("bad"), ("bad", None));
        let compiler = "Invalid input WebAssembly code at offset 23: unknown label";
        assert_eq!(split_offset(compiler), ("unknown label", Some(23)));
    }

    #[test]
    fn a_feature_that_is_off_is_a_missing_capability() {
        for text in [
            "async component functions require the component model async feature",
            "`task.return` requires the component model async feature",
        ] {
            assert_eq!(missing_proposal(text), Some(Capability::ComponentAsync));
        }
        assert_eq!(missing_proposal("unknown label"), None);
    }

    #[test]
    fn traps_of_asynchronous_built_ins_are_traps() {
        let known = text_error(&wasmtime::Error::msg("cannot drop busy stream"));
        assert_eq!(known.as_trap(), Some(&CanonTrap::EndBusy.into()));
        let text = "cannot drop a stream for another reason";
        let unknown = text_error(&wasmtime::Error::msg(text));
        assert_eq!(unknown.as_trap(), Some(&Trap::Other(text.into())));
    }

    #[test]
    fn texts_of_the_component_runtime_are_told_apart() {
        for (text, trap) in [
            ("unknown handle index 5", CanonTrap::UnknownHandle),
            (
                "handle index 1 used with the wrong type, expected guest-defined resource",
                CanonTrap::WrongResourceType,
            ),
            ("index 2 is not an own resource", CanonTrap::NotOwned),
            (
                "discriminant 9 out of range [0..3)",
                CanonTrap::InvalidDiscriminant,
            ),
            (
                "invalid utf-8 sequence of 1 bytes from index 0",
                CanonTrap::InvalidString,
            ),
            ("return pointer not aligned", CanonTrap::UnalignedPointer),
            (
                "pointer out of bounds of memory",
                CanonTrap::PointerOutOfBounds,
            ),
            (
                "list pointer/length out of bounds of memory",
                CanonTrap::ListOutOfBounds,
            ),
        ] {
            assert_eq!(canon_trap(text), Some(trap), "{text}");
        }
        assert_eq!(canon_trap("something else"), None);
    }
}
