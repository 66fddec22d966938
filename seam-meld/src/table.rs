//! The table of handles.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::AbiError;
use crate::pair::{Content, Pair};

/// The bit that marks the handles of streams that stay inside a fused module.
///
/// meld's bridge creates such handles. The host never does.
pub const LOCAL_TAG: u32 = 1 << 31;

/// The kind of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Stream,
    Future,
}

/// One end of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Readable,
    Writable,
}

/// The streams and futures of one instance, or of several instances that share them.
///
/// The pair number `n` has the handles `2 n + 1` (readable) and `2 n + 2` (writable). A number is
/// never used again, so a handle that was dropped stays invalid.
#[derive(Debug, Default)]
pub(crate) struct Table {
    pairs: HashMap<u32, Pair>,
    next: u32,
}

impl Table {
    /// Adds a pair, and returns its readable and its writable handle.
    ///
    /// # Errors
    /// `Oom` if there are already `most` pairs, or no handles below 2^31 are left.
    pub(crate) fn open(&mut self, pair: Pair, most: usize) -> Result<(u32, u32), AbiError> {
        let number = self.next;
        let writable = number.checked_mul(2).and_then(|twice| twice.checked_add(2));
        let writable = writable.filter(|handle| *handle < LOCAL_TAG);
        let writable = writable.ok_or(AbiError::Oom)?;
        if self.pairs.len() >= most {
            return Err(AbiError::Oom);
        }
        self.pairs.insert(number, pair);
        self.next += 1;
        Ok((writable - 1, writable))
    }

    /// Returns the pair of a handle. The caller must check that the end was not dropped.
    ///
    /// # Errors
    /// `InvalidHandle` if the handle is unknown, the other end's, or of another kind.
    pub(crate) fn find(
        &mut self,
        handle: u32,
        kind: Kind,
        side: Side,
    ) -> Result<&mut Pair, AbiError> {
        let number = number(handle, side).ok_or(AbiError::InvalidHandle)?;
        let pair = self.pairs.get_mut(&number).filter(|pair| {
            let found = match pair.content {
                Content::Stream { .. } => Kind::Stream,
                Content::Future { .. } => Kind::Future,
            };
            found == kind
        });
        pair.ok_or(AbiError::InvalidHandle)
    }

    /// Drops an end. The pair is removed with its second end.
    ///
    /// # Errors
    /// Those of [`Table::find`]. `InvalidHandle` if the end was dropped before.
    pub(crate) fn drop_end(&mut self, handle: u32, kind: Kind, side: Side) -> Result<(), AbiError> {
        let pair = self.find(handle, kind, side)?;
        match side {
            Side::Readable => pair.drop_readable()?,
            Side::Writable => pair.drop_writable()?,
        }
        if pair.is_gone() {
            if let Some(number) = number(handle, side) {
                self.pairs.remove(&number);
            }
        }
        Ok(())
    }
}

/// Returns the number of the pair whose end on this side has the handle.
fn number(handle: u32, side: Side) -> Option<u32> {
    let readable = handle % 2 == 1;
    if handle == 0 || handle >= LOCAL_TAG || readable != (side == Side::Readable) {
        return None;
    }
    Some((handle - 1) / 2)
}

/// A table of streams and futures that several instances share.
///
/// By default each instance has a table of its own. If the modules of several components run as
/// instances of their own, un-fused, they can pass each other handles only if they share a table.
/// Create a table for each run, and give it to the worlds of all instances of this run
/// ([`AsyncIntrinsics::table`](crate::AsyncIntrinsics::table)).
#[derive(Clone, Debug, Default)]
pub struct SharedTable(Arc<Mutex<Table>>);

impl SharedTable {
    /// Creates an empty table.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the number of streams and futures with an end that was not dropped.
    ///
    /// Those that remain at the end of a run have leaked.
    #[must_use]
    pub fn live(&self) -> usize {
        self.with(|table| table.pairs.len())
    }

    /// Calls `body` with the table. `body` must not call guest code.
    pub(crate) fn with<T>(&self, body: impl FnOnce(&mut Table) -> T) -> T {
        body(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn no_handle_is_given_out_twice_and_none_has_the_tag() {
        let mut table = Table::default();
        assert_eq!(table.open(Pair::future(), 9), Ok((1, 2)));
        assert_eq!(table.drop_end(1, Kind::Future, Side::Readable), Ok(()));
        assert_eq!(table.drop_end(2, Kind::Future, Side::Writable), Ok(()));
        assert!(table.pairs.is_empty());
        assert_eq!(table.open(Pair::stream(1), 9), Ok((3, 4)));
        // The last pair whose handles are below 2^31.
        table.next = (1 << 30) - 2;
        let last = table.open(Pair::future(), 9).unwrap();
        assert_eq!(last, (LOCAL_TAG - 3, LOCAL_TAG - 2));
        for next in [(1 << 30) - 1, u32::MAX] {
            table.next = next;
            assert_eq!(table.open(Pair::future(), 9), Err(AbiError::Oom));
        }
    }

    #[test]
    fn the_number_of_pairs_is_bounded() {
        let mut table = Table::default();
        assert_eq!(table.open(Pair::future(), 0), Err(AbiError::Oom));
        assert_eq!(table.open(Pair::future(), 1), Ok((1, 2)));
        assert_eq!(table.open(Pair::stream(8), 1), Err(AbiError::Oom));
        // A pair counts until both of its ends are dropped.
        assert_eq!(table.drop_end(1, Kind::Future, Side::Readable), Ok(()));
        assert_eq!(table.open(Pair::stream(8), 1), Err(AbiError::Oom));
        assert_eq!(table.drop_end(2, Kind::Future, Side::Writable), Ok(()));
        assert_eq!(table.open(Pair::stream(8), 1), Ok((3, 4)));
    }
}
