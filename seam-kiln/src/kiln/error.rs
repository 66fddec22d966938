//! Errors as kiln reports them.

use std::borrow::Cow;
use std::fmt;

/// The result of an operation of kiln's.
pub type KilnResult<T> = Result<T, KilnError>;

/// An error of kiln's. The seam's error has it as its source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KilnError {
    /// The number of its `ErrorCategory`.
    pub category: u8,
    /// The code.
    pub code: u16,
    /// The message. Nearly all traps have the same category and code, and differ only here.
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

    /// The error that a [`HostImportHandler`](crate::HostImportHandler) returns when a host function
    /// failed.
    ///
    /// kiln's messages are fixed texts, so the host's own error is kept in the store meanwhile.
    pub const HOST: KilnError = KilnError::new(Self::RUNTIME, 7999, "the host function failed");

    /// Makes an error with a fixed message.
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
