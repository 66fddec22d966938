//! A bound on what decoding an artifact may allocate.

use seam_core::{Error, ErrorKind, Limit, Result};

/// What may still be copied out of an artifact, in bytes, roughly.
///
/// Types and names are shared in the binary formats: a hundred bytes can say "a million times that
/// long signature". What decodes them spends from a budget, so that an artifact can never ask for
/// more than a fixed amount of memory, nor for types that take unbounded time to compare or print.
pub(crate) struct Budget(usize);

impl Budget {
    /// Hundreds of times what the largest artifacts in practice need.
    const BYTES: usize = 256 << 20;

    /// What one artifact may have.
    pub(crate) fn new() -> Self {
        Self(Self::BYTES)
    }

    /// Takes `bytes` out of the budget.
    ///
    /// # Errors
    /// `Limit` if they are not there.
    pub(crate) fn spend(&mut self, bytes: usize) -> Result<()> {
        self.0 = self.0.checked_sub(bytes).ok_or_else(|| {
            let limit = ErrorKind::Limit(Limit::EngineCapacity);
            Error::new(
                limit,
                format!(
                    "expected types and names of at most {} bytes in all, found more",
                    Self::BYTES
                ),
            )
        })?;
        Ok(())
    }
}
