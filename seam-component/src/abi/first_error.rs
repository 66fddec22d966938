//! Whether a part of a Rust type failed, also if the type drops the error.

use seam_core::{Error, ErrorKind, Result};

/// The first failure of a part.
///
/// A type that goes on after an error would otherwise pass zeroes to the guest; after a trap, the call
/// would go on. The error itself is not kept, as [`lower_kept`](seam_core::typed::lower_kept) does: calls
/// over few parts would take a tenth longer.
#[derive(Clone, Copy, Debug, Default)]
pub(super) enum FirstError {
    #[default]
    None,
    /// The type is at fault.
    Misuse,
    /// The guest, or a limit.
    Other,
}

impl FirstError {
    /// Notes whether a part failed.
    #[inline(always)]
    pub(super) fn of<T>(&mut self, part: Result<T>) -> Result<T> {
        if let Err(error) = &part {
            self.note(error);
        }
        part
    }

    #[cold]
    fn note(&mut self, error: &Error) {
        if let Self::None = self {
            *self = match error.kind() {
                ErrorKind::Misuse => Self::Misuse,
                _ => Self::Other,
            };
        }
    }

    /// Returns the outcome of the type, unless it dropped an error.
    #[inline(always)]
    pub(super) fn end(self, outcome: Result<()>) -> Result<()> {
        match self {
            Self::None => outcome,
            failed => outcome.and_then(|()| failed.dropped()),
        }
    }

    #[cold]
    fn dropped(self) -> Result<()> {
        let message = "expected the Rust type to return the error of its part, found `Ok`";
        Err(match self {
            Self::Misuse => Error::misuse(message),
            _ => Error::host(message),
        })
    }
}
