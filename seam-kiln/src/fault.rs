//! Errors as kiln reports them.

use std::borrow::Cow;
use std::fmt;

/// What kiln's operations return.
pub type KilnResult<T> = Result<T, KilnError>;

/// An error of kiln's: category, code and message. It is the source of the seam's error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KilnError {
    /// `ErrorCategory` as its number.
    pub category: u8,
    /// The code.
    pub code: u16,
    /// The message; nearly all traps differ in this alone.
    pub message: Cow<'static, str>,
}

impl KilnError {
    /// `ErrorCategory::Resource`
    pub const RESOURCE: u8 = 3;
    /// `ErrorCategory::Memory`
    pub const MEMORY: u8 = 4;
    /// `ErrorCategory::Runtime`
    pub const RUNTIME: u8 = 7;
    /// `ErrorCategory::Capacity`
    pub const CAPACITY: u8 = 12;
    /// The code of nearly all traps.
    pub const TRAP: u16 = 8601;

    /// What a [`HostImportHandler`](crate::HostImportHandler) returns for an error of the host. The
    /// error itself waits beside the call: kiln's messages are fixed texts.
    pub const HOST: KilnError = KilnError::new(Self::RUNTIME, 7999, "the host function failed");

    /// An error with a fixed text.
    #[must_use]
    pub const fn new(category: u8, code: u16, message: &'static str) -> Self {
        Self {
            category,
            code,
            message: Cow::Borrowed(message),
        }
    }
}

impl fmt::Display for KilnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            category,
            code,
            message,
        } = self;
        write!(f, "{message} (category {category}, code {code})")
    }
}

impl std::error::Error for KilnError {}
