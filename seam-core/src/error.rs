//! The one error type, sorted by who is to blame.

use std::any::Any;
use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::{Capability, Limit, Trap};

/// The result of every fallible operation of the seam.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why an operation failed. [`Error::kind`] says who is to blame.
///
/// It is one pointer wide. `Display` prints one line that says what was expected and what was
/// found. The engine's own error, if any, is the [`source`](StdError::source).
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: Cow<'static, str>,
    operation: Option<Cow<'static, str>>,
    backend: Option<Cow<'static, str>>,
    frames: Vec<Frame>,
    source: Option<Box<dyn StdError + Send + Sync>>,
    /// Whether the error asks to suspend the guest's call.
    suspends: bool,
}

/// Who is to blame for an [`Error`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The artifact (or another text or byte input) is malformed or does not validate.
    Invalid {
        /// Offset of the fault in bytes from the start of the input, if it is known.
        offset: Option<u64>,
    },
    /// The artifact's imports do not match what the world defines.
    Link,
    /// The guest trapped.
    Trap(Trap),
    /// The guest exited with this code.
    Exit(i32),
    /// A host function failed or panicked.
    Host,
    /// One of the [`Limits`](crate::Limits) was reached.
    Limit(Limit),
    /// The backend, in its current build, does not support this.
    Unsupported(Capability),
    /// The caller broke a contract: unknown export, ill-typed argument or foreign handle.
    Misuse,
    /// The engine failed for an internal reason, which is probably a bug in it or in its adapter.
    Engine,
}

/// A frame of a guest's call stack, as in [`Error::frames`].
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Frame {
    /// Name of the core module, from its name section.
    pub module: Option<String>,
    /// Index of the function in its module's function index space.
    pub func_index: u32,
    /// Name of the function, from the name section, demangled if the engine does that.
    pub func_name: Option<String>,
    /// Offset in bytes of the instruction from the start of the core module.
    pub module_offset: Option<u64>,
}

impl Frame {
    /// Creates a frame of the function with this index. All other fields are `None`.
    #[must_use]
    pub fn new(func_index: u32) -> Self {
        Self {
            module: None,
            func_index,
            func_name: None,
            module_offset: None,
        }
    }
}

impl Error {
    /// Creates an error of this kind. The message should say what was expected and what was found.
    #[cold]
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            operation: None,
            backend: None,
            frames: Vec::new(),
            source: None,
            suspends: false,
        }))
    }

    /// Creates an [`ErrorKind::Invalid`] without an offset, which [`Error::at`] adds.
    #[cold]
    #[must_use]
    pub fn invalid(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Invalid { offset: None }, message)
    }

    /// Creates an [`ErrorKind::Link`].
    #[cold]
    #[must_use]
    pub fn link(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Link, message)
    }

    /// Creates an [`ErrorKind::Trap`] with the trap's own text as its message.
    #[cold]
    #[must_use]
    pub fn trap(trap: impl Into<Trap>) -> Self {
        let trap = trap.into();
        let message = trap.to_string();
        Self::new(ErrorKind::Trap(trap), message)
    }

    /// Creates an [`ErrorKind::Exit`].
    #[must_use]
    pub fn exit(code: i32) -> Self {
        Self::new(
            ErrorKind::Exit(code),
            format!("the guest exited with code {code}"),
        )
    }

    /// Creates an [`ErrorKind::Host`], which a host function returns for a failure of its own.
    #[cold]
    #[must_use]
    pub fn host(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Host, message)
    }

    /// Creates an [`ErrorKind::Host`] for a host function that panicked with this payload.
    ///
    /// # For implementors
    /// Call it with what `catch_unwind` returned.
    #[must_use]
    pub fn panicked(payload: &(dyn Any + Send)) -> Self {
        let text = panic_text(payload);
        Self::host(format!("the host function panicked: {text}"))
    }

    /// Creates an [`ErrorKind::Limit`] with the limit's own text as its message.
    #[cold]
    #[must_use]
    pub fn limit(limit: Limit) -> Self {
        Self::new(ErrorKind::Limit(limit), limit.to_string())
    }

    /// # For implementors
    /// Returns the error of an operation on the end of a stream or future, for an artifact that has none.
    #[must_use]
    pub fn without_ends() -> Self {
        Self::unsupported(
            crate::Capability::ComponentAsync,
            "expected an artifact with streams or futures, found one without",
        )
    }

    /// Creates an [`ErrorKind::Unsupported`]. The message says what needed the capability.
    #[cold]
    #[must_use]
    pub fn unsupported(capability: Capability, message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Unsupported(capability), message)
    }

    /// Creates the error by which a host function suspends the guest's call.
    ///
    /// Where the call cannot be suspended, it is an [`ErrorKind::Unsupported`]. See
    /// [`CoreStore::call_suspendable`](crate::CoreStore::call_suspendable).
    #[must_use]
    pub fn suspend() -> Self {
        let capability = Capability::SuspendedCalls;
        let message = "expected a call that can be suspended, found one that cannot";
        let mut error = Self::unsupported(capability, message);
        error.0.suspends = true;
        error
    }

    /// # For implementors
    /// Returns whether the error asks to suspend the guest's call.
    #[must_use]
    pub fn suspends(&self) -> bool {
        self.0.suspends
    }

    /// # For implementors
    /// Returns the error of a call that could not be suspended. It suspends no call further out.
    #[must_use]
    pub fn without_suspension(mut self) -> Self {
        self.0.suspends = false;
        self
    }

    /// Creates an [`ErrorKind::Misuse`].
    #[cold]
    #[must_use]
    pub fn misuse(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Misuse, message)
    }

    /// Creates an [`ErrorKind::Engine`].
    #[cold]
    #[must_use]
    pub fn engine(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Engine, message)
    }

    /// Returns who is to blame.
    #[must_use]
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// Returns the operation that failed, e.g. `instantiate` or `call add`.
    #[must_use]
    pub fn operation(&self) -> Option<&str> {
        self.0.operation.as_deref()
    }

    /// Returns the name of the backend that reported the error.
    #[must_use]
    pub fn backend(&self) -> Option<&str> {
        self.0.backend.as_deref()
    }

    /// Returns the message alone, without operation and backend.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Returns the guest's call stack at the time of the error, innermost frame first.
    ///
    /// It is empty if the engine does not provide it.
    #[must_use]
    pub fn frames(&self) -> &[Frame] {
        &self.0.frames
    }

    /// Returns the trap, if the error is a trap.
    #[must_use]
    pub fn as_trap(&self) -> Option<&Trap> {
        match &self.0.kind {
            ErrorKind::Trap(trap) => Some(trap),
            _ => None,
        }
    }

    /// Sets the offset in bytes of an [`ErrorKind::Invalid`]. Other kinds stay unchanged.
    #[must_use]
    pub fn at(mut self, at: u64) -> Self {
        if let ErrorKind::Invalid { offset } = &mut self.0.kind {
            *offset = Some(at);
        }
        self
    }

    /// Sets the operation, unless an inner operation is already set.
    #[must_use]
    pub fn during(mut self, operation: impl Into<Cow<'static, str>>) -> Self {
        self.0.operation.get_or_insert_with(|| operation.into());
        self
    }

    /// Sets the backend, unless it is already set.
    #[must_use]
    pub fn on(mut self, backend: impl Into<Cow<'static, str>>) -> Self {
        self.0.backend.get_or_insert_with(|| backend.into());
        self
    }

    /// Attaches the guest's call stack, innermost frame first.
    #[must_use]
    pub fn with_frames(mut self, frames: Vec<Frame>) -> Self {
        self.0.frames = frames;
        self
    }

    /// Attaches the engine's own error.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(backend) = self.backend() {
            write!(f, "{backend}: ")?;
        }
        if let Some(operation) = self.operation() {
            write!(f, "{operation}: ")?;
        }
        f.write_str(self.message())?;
        if let ErrorKind::Invalid {
            offset: Some(offset),
        } = self.kind()
        {
            write!(f, " (at offset {offset:#x})")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Error");
        out.field("kind", self.kind())
            .field("message", &self.message());
        if let Some(operation) = self.operation() {
            out.field("operation", &operation);
        }
        if let Some(backend) = self.backend() {
            out.field("backend", &backend);
        }
        if let Some(source) = &self.0.source {
            out.field("source", source);
        }
        if !self.frames().is_empty() {
            out.field("frames", &self.frames());
        }
        out.finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0
            .source
            .as_deref()
            .map(|source| source as &(dyn StdError + 'static))
    }
}

impl From<Trap> for Error {
    fn from(trap: Trap) -> Self {
        Self::trap(trap)
    }
}

impl From<Limit> for Error {
    fn from(limit: Limit) -> Self {
        Self::limit(limit)
    }
}

/// Runs what an engine or its adapter does; a panic in it becomes an [`ErrorKind::Engine`].
///
/// What the panicking code was working on is in an unknown state afterwards: drop it, or refuse
/// every further use of it.
///
/// # Errors
/// What `body` returns, and `Engine` with the panic's text.
#[inline]
pub fn contain<T, E: From<Error>>(body: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|payload| {
        let text = panic_text(&*payload);
        Err(Error::engine(format!("the engine panicked: {text}")).into())
    })
}

/// Runs what a host function does; a panic in it becomes an [`ErrorKind::Host`].
///
/// # For implementors
/// Call every host function within it: a panic must not unwind through the engine.
///
/// # Errors
/// What `body` returns, and `Host` with the panic's text.
#[inline]
pub fn contain_host<T>(body: impl FnOnce() -> Result<T>) -> Result<T> {
    let outcome = catch_unwind(AssertUnwindSafe(body));
    outcome.unwrap_or_else(|panic| Err(Error::panicked(&*panic)))
}

/// Returns the text of a panic with this payload.
///
/// # For implementors
/// Use it for panics that an adapter catches.
#[must_use]
pub fn panic_text(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("with a value that is no text")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_pointer_wide() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
        assert_eq!(size_of::<Result<()>>(), size_of::<usize>());
    }

    #[test]
    fn display_names_backend_operation_and_offset() {
        let error = Error::invalid("expected a magic number")
            .at(4)
            .during("load")
            .on("toy");
        assert_eq!(
            error.to_string(),
            "toy: load: expected a magic number (at offset 0x4)"
        );
    }

    #[test]
    fn the_innermost_operation_is_kept() {
        let error = Error::trap(Trap::Unreachable)
            .during("call f")
            .during("run")
            .on("a")
            .on("b");
        assert_eq!(error.operation(), Some("call f"));
        assert_eq!(error.backend(), Some("a"));
    }

    #[test]
    fn a_contained_panic_is_an_error_of_the_engine() {
        let index = std::hint::black_box(3);
        let error =
            contain::<u8, Error>(|| Ok([1, 2, 3].iter().copied().nth(index).expect("gone")));
        let error = error.expect_err("there is no such element");
        assert_eq!(*error.kind(), ErrorKind::Engine);
        assert_eq!(error.message(), "the engine panicked: gone");
        assert_eq!(contain::<u8, Error>(|| Ok(7)).ok(), Some(7));
    }

    #[test]
    fn only_invalid_input_keeps_an_offset() {
        assert_eq!(*Error::link("missing").at(7).kind(), ErrorKind::Link);
    }
}
