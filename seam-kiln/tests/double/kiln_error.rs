//! `kiln_error`

use seam_kiln::KilnError;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum ErrorCategory {
    Resource = 3,
    Memory = 4,
    Runtime = 7,
    Capacity = 12,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Error {
    pub(crate) category: ErrorCategory,
    pub(crate) code: u16,
    pub(crate) message: &'static str,
}

pub(crate) type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub(crate) const fn new(category: ErrorCategory, code: u16, message: &'static str) -> Self {
        Self {
            category,
            code,
            message,
        }
    }

    /// Converts from the twin's.
    pub(crate) fn of(error: KilnError) -> Self {
        let category = match error.category {
            KilnError::RESOURCE => ErrorCategory::Resource,
            KilnError::MEMORY => ErrorCategory::Memory,
            KilnError::CAPACITY => ErrorCategory::Capacity,
            _ => ErrorCategory::Runtime,
        };
        let message = match error.message {
            std::borrow::Cow::Borrowed(message) => message,
            std::borrow::Cow::Owned(_) => "a text of the twin's own",
        };
        Self::new(category, error.code, message)
    }

    /// Converts to the twin's.
    pub(crate) fn into_twin(self) -> KilnError {
        KilnError::new(self.category as u8, self.code, self.message)
    }
}
