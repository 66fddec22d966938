//! The one error type, sorted by who is to blame.

use std::any::Any;
use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;

use crate::{Capability, Limit, Trap};

/// The result of every fallible operation of the seam.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why an operation failed: one pointer wide, with the blame in [`Error::kind`].
///
/// `Display` gives one line that says what was expected and what was found. The engine's own error,
/// where there is one, is the [`source`](StdError::source).
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: Cow<'static, str>,
    operation: Option<Cow<'static, str>>,
    backend: Option<Cow<'static, str>>,
    frames: Vec<Frame>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// Who is to blame for an [`Error`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The artifact (or other text or bytes handed in) is malformed or does not validate.
    Invalid {
        /// Offset in bytes of the fault, from the start of the input, where it is known.
        offset: Option<u64>,
    },
    /// The artifact's imports and what the world defines do not fit together.
    Link,
    /// The guest trapped.
    Trap(Trap),
    /// The guest asked to end with this exit code.
    Exit(i32),
    /// A host function failed or panicked.
    Host,
    /// One of the [`Limits`](crate::Limits) was reached.
    Limit(Limit),
    /// The backend, as it was built, cannot do this.
    Unsupported(Capability),
    /// The caller broke a contract: unknown export, ill-typed argument, foreign handle.
    Misuse,
    /// The engine failed for a reason of its own; probably a bug in it or in its adapter.
    Engine,
}

/// One frame of a guest's call stack, innermost first in [`Error::frames`].
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Frame {
    /// Name of the core module, from its name section.
    pub module: Option<String>,
    /// Index of the function in its module's function index space.
    pub func_index: u32,
    /// Name of the function, from the name section, demangled where the engine does that.
    pub func_name: Option<String>,
    /// Offset in bytes of the instruction from the start of the core module.
    pub module_offset: Option<u64>,
}

impl Frame {
    /// A frame of the function with this index; the other fields are public and start out unknown.
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
    /// An error of this kind, with a message that says what was expected and what was found.
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            operation: None,
            backend: None,
            frames: Vec::new(),
            source: None,
        }))
    }

    /// [`ErrorKind::Invalid`] without an offset; add it with [`Error::at`].
    #[must_use]
    pub fn invalid(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Invalid { offset: None }, message)
    }

    /// [`ErrorKind::Link`].
    #[must_use]
    pub fn link(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Link, message)
    }

    /// [`ErrorKind::Trap`]; the message is the trap's own text.
    #[must_use]
    pub fn trap(trap: impl Into<Trap>) -> Self {
        let trap = trap.into();
        let message = trap.to_string();
        Self::new(ErrorKind::Trap(trap), message)
    }

    /// [`ErrorKind::Exit`].
    #[must_use]
    pub fn exit(code: i32) -> Self {
        Self::new(
            ErrorKind::Exit(code),
            format!("the guest exited with code {code}"),
        )
    }

    /// [`ErrorKind::Host`]: what a host function returns when it fails for a reason of its own.
    #[must_use]
    pub fn host(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Host, message)
    }

    /// # For implementors
    /// [`ErrorKind::Host`] for a host function that panicked with this payload.
    #[must_use]
    pub fn panicked(payload: &(dyn Any + Send)) -> Self {
        let text = panic_text(payload);
        Self::host(format!("the host function panicked: {text}"))
    }

    /// [`ErrorKind::Limit`]; the message is the limit's own text.
    #[must_use]
    pub fn limit(limit: Limit) -> Self {
        Self::new(ErrorKind::Limit(limit), limit.to_string())
    }

    /// [`ErrorKind::Unsupported`]; the message says what needed the capability.
    #[must_use]
    pub fn unsupported(capability: Capability, message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Unsupported(capability), message)
    }

    /// [`ErrorKind::Misuse`].
    #[must_use]
    pub fn misuse(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Misuse, message)
    }

    /// [`ErrorKind::Engine`].
    #[must_use]
    pub fn engine(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Engine, message)
    }

    /// Who is to blame.
    #[must_use]
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// What the seam was doing, e.g. `instantiate` or `call add`.
    #[must_use]
    pub fn operation(&self) -> Option<&str> {
        self.0.operation.as_deref()
    }

    /// Name of the backend that reported the error.
    #[must_use]
    pub fn backend(&self) -> Option<&str> {
        self.0.backend.as_deref()
    }

    /// The message alone, without operation and backend.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The guest's call stack at the time of the error, innermost frame first; empty where the
    /// engine has none.
    #[must_use]
    pub fn frames(&self) -> &[Frame] {
        &self.0.frames
    }

    /// The trap, if this is one.
    #[must_use]
    pub fn as_trap(&self) -> Option<&Trap> {
        match &self.0.kind {
            ErrorKind::Trap(trap) => Some(trap),
            _ => None,
        }
    }

    /// Sets the offset in bytes of an [`ErrorKind::Invalid`]; other kinds stay as they are.
    #[must_use]
    pub fn at(mut self, at: u64) -> Self {
        if let ErrorKind::Invalid { offset } = &mut self.0.kind {
            *offset = Some(at);
        }
        self
    }

    /// Names the operation, unless an inner one has been named already.
    #[must_use]
    pub fn during(mut self, operation: impl Into<Cow<'static, str>>) -> Self {
        self.0.operation.get_or_insert_with(|| operation.into());
        self
    }

    /// Names the backend, unless it has been named already.
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

/// # For implementors
/// What a panic with this payload said.
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
    fn an_offset_is_only_kept_by_invalid_input() {
        assert_eq!(*Error::link("missing").at(7).kind(), ErrorKind::Link);
    }
}
