//! The error codes of `pulseengine:async`.

use std::fmt;

/// An error code that an intrinsic returns to the guest: meld's `AbiError`, a closed list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i32)]
pub enum AbiError {
    /// The other end was dropped.
    Closed = -1,
    /// The handle is unknown, was dropped, or is the wrong end.
    InvalidHandle = -2,
    /// The maximum number of streams and futures is reached.
    Oom = -3,
    /// The operation was cancelled.
    Cancelled = -4,
    /// The operation would have to wait.
    Pending = -5,
    /// Any other failure: a range outside of the caller's memory, or a second value of a future.
    Runtime = -6,
}

impl AbiError {
    /// Every code, from -1 down.
    pub const ALL: [AbiError; 6] = [
        Self::Closed,
        Self::InvalidHandle,
        Self::Oom,
        Self::Cancelled,
        Self::Pending,
        Self::Runtime,
    ];

    /// Returns the code as the guest sees it.
    #[must_use]
    pub const fn code(self) -> i32 {
        self as i32
    }
}

impl fmt::Display for AbiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?} ({})", self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_are_those_of_meld() {
        let codes = AbiError::ALL.map(AbiError::code);
        assert_eq!(codes, [-1, -2, -3, -4, -5, -6]);
        assert_eq!(AbiError::Oom.to_string(), "Oom (-3)");
    }
}
