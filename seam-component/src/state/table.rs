//! `Table`: the handles of one component instance.

use seam_core::{CanonTrap, Error, Result};

/// A table of handles. The first index is 1, and the last freed index is reused first.
#[derive(Debug)]
pub(crate) struct Table<T> {
    /// The elements from the first index on.
    array: Vec<Option<T>>,
    free: Vec<u32>,
}

impl<T> Table<T> {
    /// The highest index that the specification allows.
    const MAX_LENGTH: u32 = (1 << 28) - 1;

    pub(crate) fn new() -> Self {
        Self {
            array: Vec::new(),
            free: Vec::new(),
        }
    }

    /// Returns the element at `index`.
    ///
    /// # Errors
    /// The trap `UnknownHandle` if `index` is out of range or free.
    pub(crate) fn get(&mut self, index: u32) -> Result<&mut T> {
        self.slot(index)
            .and_then(Option::as_mut)
            .ok_or_else(|| unknown(index))
    }

    /// Adds an element and returns its index.
    ///
    /// # Errors
    /// The trap `TableFull` if the highest index is exceeded.
    pub(crate) fn add(&mut self, element: T) -> Result<u32> {
        if let Some(index) = self.free.pop() {
            if let Some(slot) = self.slot(index) {
                *slot = Some(element);
            }
            return Ok(index);
        }
        match u32::try_from(self.array.len() + 1) {
            Ok(index) if index <= Self::MAX_LENGTH => {
                self.array.push(Some(element));
                Ok(index)
            }
            _ => Err(Error::trap(CanonTrap::TableFull)),
        }
    }

    /// Removes the element at `index`.
    ///
    /// # Errors
    /// The trap `UnknownHandle` if `index` is out of range or free.
    pub(crate) fn remove(&mut self, index: u32) -> Result<T> {
        let element = self
            .slot(index)
            .and_then(Option::take)
            .ok_or_else(|| unknown(index))?;
        self.free.push(index);
        Ok(element)
    }

    fn slot(&mut self, index: u32) -> Option<&mut Option<T>> {
        let position = index.checked_sub(1)?;
        self.array.get_mut(usize::try_from(position).ok()?)
    }
}

/// Returns the trap for an unknown handle. The message has the index, as in the official suite.
fn unknown(index: u32) -> Error {
    let trap = CanonTrap::UnknownHandle;
    Error::new(
        seam_core::ErrorKind::Trap(trap.into()),
        format!("{trap} {index}"),
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use seam_core::Trap;

    #[test]
    fn the_first_index_is_one_and_freed_ones_are_reused_last_in_first_out() {
        let mut table = Table::new();
        assert_eq!(
            (
                table.add('a').unwrap(),
                table.add('b').unwrap(),
                table.add('c').unwrap()
            ),
            (1, 2, 3)
        );
        table.remove(1).unwrap();
        table.remove(3).unwrap();
        assert_eq!(
            (
                table.add('d').unwrap(),
                table.add('e').unwrap(),
                table.add('f').unwrap()
            ),
            (3, 1, 4)
        );
    }

    #[test]
    fn zero_free_and_far_indices_are_unknown() {
        let mut table = Table::new();
        table.add('a').unwrap();
        table.remove(1).unwrap();
        for index in [0, 1, 2, u32::MAX] {
            let error = table.get(index).unwrap_err();
            assert_eq!(
                error.as_trap(),
                Some(&Trap::Canon(CanonTrap::UnknownHandle))
            );
            assert_eq!(error.message(), format!("unknown handle index {index}"));
            assert!(table.remove(index).is_err());
        }
    }
}
