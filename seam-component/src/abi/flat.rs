//! Core values in a row, as bits: the arguments or results of a core function.

use seam_core::{Error, Result};

use seam_decode::types::MAX_FLAT_PARAMS;

/// The most core values that a call passes: its flat parameters, and the address of its results.
const MOST: usize = MAX_FLAT_PARAMS + 1;

/// The arguments or results of a core function, as [bits](seam_core::NumericFunc#bits).
///
/// They start as zeroes. Therefore the slots that a variant's case does not use have the reference's
/// padding, and a core value that carries a narrower one (`join`) is coerced by its bits alone.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct FlatBits {
    len: usize,
    bits: [u64; MOST],
}

impl FlatBits {
    #[inline]
    pub(crate) fn push(&mut self, bits: u64) -> Result<()> {
        self.extend(1)?.fill(bits);
        Ok(())
    }

    /// Appends zeroes, and returns them.
    ///
    /// # Errors
    /// `Engine` if there are more core values then than the canonical ABI passes.
    #[inline]
    pub(crate) fn extend(&mut self, count: usize) -> Result<&mut [u64]> {
        let (start, end) = (self.len, self.len.saturating_add(count));
        let new = self.bits.get_mut(start..end).ok_or_else(too_many)?;
        new.fill(0);
        self.len = end;
        Ok(new)
    }

    #[inline]
    pub(crate) fn as_slice(&self) -> &[u64] {
        self.bits.get(..self.len).unwrap_or_default()
    }

    /// Returns room for a call, which begins with the arguments and then with the results.
    #[inline]
    pub(crate) fn room(&mut self) -> &mut [u64] {
        &mut self.bits
    }

    /// Sets the number of core values, after a call has written its results.
    #[inline]
    pub(crate) fn truncate(&mut self, len: usize) {
        self.len = len.min(MOST);
    }
}

fn too_many() -> Error {
    Error::engine(format!("expected at most {MOST} core values, found more"))
}
