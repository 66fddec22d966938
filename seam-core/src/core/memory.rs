//! Access to a linear memory.

use crate::{CoreMemory, CoreStore, Error, Result};

/// The size of the buffer for copies between memories, in bytes.
const CHUNK: u64 = 1 << 14;

/// The access to memories that an engine implements if it cannot expose their bytes as a slice.
pub trait MemoryAccess {
    /// Returns the size in bytes.
    fn len(&self) -> u64;

    /// Fills `out` with the bytes from `offset` on. The view has already checked the bounds.
    ///
    /// # Errors
    /// `Engine` if the engine refuses.
    fn read(&self, offset: u64, out: &mut [u8]) -> Result<()>;

    /// Writes `bytes` at `offset`. The view has already checked the bounds.
    ///
    /// # Errors
    /// `Engine` if the engine refuses.
    fn write(&mut self, offset: u64, bytes: &[u8]) -> Result<()>;

    /// Returns whether the memory has no bytes.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A linear memory, temporarily borrowed from its store.
pub struct MemoryView<'a>(Repr<'a>);

enum Repr<'a> {
    Slice(&'a mut [u8]),
    Access(Box<dyn MemoryAccess + 'a>),
}

impl<'a> MemoryView<'a> {
    /// Creates a view of a memory whose bytes the engine exposes as a slice.
    ///
    /// # For implementors
    /// Prefer this constructor, because bulk data then moves at memory-copy speed.
    #[must_use]
    #[inline]
    pub fn from_slice(bytes: &'a mut [u8]) -> Self {
        Self(Repr::Slice(bytes))
    }

    /// Creates a view of a memory that can only be copied from and to (shared, remote, ...).
    ///
    /// # For implementors
    /// Use it if the engine cannot expose the bytes as a slice.
    #[must_use]
    pub fn from_access(access: impl MemoryAccess + 'a) -> Self {
        Self(Repr::Access(Box::new(access)))
    }

    /// Returns the size in bytes.
    #[must_use]
    #[inline]
    pub fn len(&self) -> u64 {
        match &self.0 {
            Repr::Slice(bytes) => bytes.len() as u64,
            Repr::Access(access) => access.len(),
        }
    }

    /// Returns whether the memory has no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Fills `out` with the bytes from `offset` on.
    ///
    /// # Errors
    /// `Misuse` if the range is out of bounds. Nothing is read in this case.
    #[inline]
    pub fn read(&self, offset: u64, out: &mut [u8]) -> Result<()> {
        self.check(offset, out.len())?;
        match &self.0 {
            Repr::Slice(bytes) => {
                let start = usize::try_from(offset)
                    .map_err(|_| out_of_bounds(offset, out.len(), bytes.len() as u64))?;
                let from = bytes.get(start..).and_then(|bytes| bytes.get(..out.len()));
                out.copy_from_slice(
                    from.ok_or_else(|| out_of_bounds(offset, out.len(), bytes.len() as u64))?,
                );
                Ok(())
            }
            Repr::Access(access) => access.read(offset, out),
        }
    }

    /// Writes `bytes` at `offset`.
    ///
    /// # Errors
    /// `Misuse` if the range is out of bounds. Nothing is written in this case.
    #[inline]
    pub fn write(&mut self, offset: u64, bytes: &[u8]) -> Result<()> {
        self.check(offset, bytes.len())?;
        let len = self.len();
        match &mut self.0 {
            Repr::Slice(memory) => {
                let start =
                    usize::try_from(offset).map_err(|_| out_of_bounds(offset, bytes.len(), len))?;
                let to = memory
                    .get_mut(start..)
                    .and_then(|memory| memory.get_mut(..bytes.len()));
                to.ok_or_else(|| out_of_bounds(offset, bytes.len(), len))?
                    .copy_from_slice(bytes);
                Ok(())
            }
            Repr::Access(access) => access.write(offset, bytes),
        }
    }

    /// Copies a range into a vector.
    ///
    /// The range is checked before anything is allocated.
    ///
    /// # Errors
    /// `Misuse` if the range is out of bounds.
    pub fn read_vec(&self, offset: u64, len: usize) -> Result<Vec<u8>> {
        self.check(offset, len)?;
        if let (Some(bytes), Ok(start)) = (self.as_slice(), usize::try_from(offset)) {
            let range = bytes.get(start..).and_then(|bytes| bytes.get(..len));
            return Ok(range.unwrap_or_default().to_vec());
        }
        let mut out = vec![0; len];
        self.read(offset, &mut out)?;
        Ok(out)
    }

    /// Returns all bytes, if the engine exposes them as a slice.
    #[must_use]
    #[inline]
    pub fn as_slice(&self) -> Option<&[u8]> {
        match &self.0 {
            Repr::Slice(bytes) => Some(bytes),
            Repr::Access(_) => None,
        }
    }

    /// Returns all bytes, if the engine exposes them as a slice.
    #[must_use]
    #[inline]
    pub fn as_mut_slice(&mut self) -> Option<&mut [u8]> {
        match &mut self.0 {
            Repr::Slice(bytes) => Some(bytes),
            Repr::Access(_) => None,
        }
    }

    /// Checks that a range is within bounds.
    ///
    /// # Errors
    /// `Misuse` if it is not.
    #[inline]
    pub fn check(&self, offset: u64, len: usize) -> Result<()> {
        match offset.checked_add(len as u64) {
            Some(end) if end <= self.len() => Ok(()),
            _ => Err(out_of_bounds(offset, len, self.len())),
        }
    }
}

/// # For implementors
/// The default of [`CoreStore::memory_copy`]: a copy by way of a buffer of bounded size.
///
/// # Errors
/// Those of [`CoreStore::memory_copy`].
pub fn memory_copy<S: CoreStore + ?Sized>(
    store: &mut S,
    from: (CoreMemory, u64),
    to: (CoreMemory, u64),
    len: u64,
) -> Result<()> {
    let in_bounds = usize::try_from(len).map_err(|_| out_of_bounds(from.1, usize::MAX, 0))?;
    store.memory(from.0)?.check(from.1, in_bounds)?;
    store.memory(to.0)?.check(to.1, in_bounds)?;
    let size = len.min(CHUNK);
    let mut buffer = vec![0; usize::try_from(size).unwrap_or_default()];
    // If the target overlaps the rest of the source, the end is copied first.
    let backwards = from.0 == to.0 && from.1 < to.1;
    let mut done = 0;
    while done < len {
        let step = size.min(len - done);
        let at = if backwards { len - done - step } else { done };
        let chunk = buffer.get_mut(..usize::try_from(step).unwrap_or_default());
        let chunk = chunk.unwrap_or_default();
        store.memory(from.0)?.read(from.1 + at, chunk)?;
        store.memory(to.0)?.write(to.1 + at, chunk)?;
        done += step;
    }
    Ok(())
}

fn out_of_bounds(offset: u64, len: usize, size: u64) -> Error {
    Error::misuse(format!(
        "expected a range within the memory of {size} bytes, found {len} bytes at {offset}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn an_out_of_bounds_range_is_misuse_and_changes_nothing() {
        let mut bytes = [1u8, 2, 3];
        let mut view = MemoryView::from_slice(&mut bytes);
        for (offset, len) in [(0, 4), (3, 1), (u64::MAX, 1), (u64::MAX, 0), (4, 0)] {
            let error = view
                .write(offset, &vec![9; len])
                .expect_err("out of bounds");
            assert_eq!(*error.kind(), ErrorKind::Misuse);
            assert!(view.read_vec(offset, len).is_err());
        }
        assert_eq!(view.read_vec(0, 3).expect("in bounds"), [1, 2, 3]);
        assert!(view.read_vec(3, 0).expect("empty at the end").is_empty());
    }
}
