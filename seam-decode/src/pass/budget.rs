//! A bound on what decoding an artifact may allocate.

use seam_core::{Error, ErrorKind, Limit, Result};

/// The number of bytes, roughly, that may still be copied out of an artifact.
///
/// The binary formats share types and names: a hundred bytes can repeat a long signature a million
/// times. Decoding spends from a budget. Therefore an artifact cannot use more than a fixed amount
/// of memory, and its types cannot take unbounded time to compare or print.
pub(crate) struct Budget(usize);

impl Budget {
    /// Hundreds of times more than the largest artifacts need in practice.
    const BYTES: usize = 256 << 20;

    /// Returns the budget of one artifact.
    pub(crate) fn new() -> Self {
        Self(Self::BYTES)
    }

    /// Takes `bytes` from the budget.
    ///
    /// # Errors
    /// `Limit` if the budget is exhausted.
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
