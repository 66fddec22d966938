//! The total size of all memories, or of all tables, of a store.

/// Counts the total size of all memories (or all tables) of a store and enforces a limit.
///
/// # For implementors
/// Use it if the engine asks before a memory or table grows.
#[derive(Debug)]
pub struct Tally {
    limit: Option<u64>,
    used: u64,
    /// The last granted growth, which is returned if the engine then fails to grow.
    last: u64,
    /// Whether a growth was refused since the last call of [`Tally::take_refused`].
    refused: bool,
}

impl Tally {
    /// Creates a counter at 0. A limit of `None` means unbounded.
    #[must_use]
    pub fn new(limit: Option<u64>) -> Self {
        Self {
            limit,
            used: 0,
            last: 0,
            refused: false,
        }
    }

    /// Grants or refuses growth of one memory or table from `current` to `desired`.
    ///
    /// `maximum` is the maximum of this memory or table.
    pub fn grow(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> bool {
        self.last = 0;
        if maximum.is_some_and(|maximum| desired > maximum) {
            return false;
        }
        let more = desired.saturating_sub(current) as u64;
        let total = self.used.saturating_add(more);
        if self.limit.is_some_and(|limit| total > limit) {
            self.refused = true;
            return false;
        }
        self.used = total;
        self.last = more;
        true
    }

    /// Takes back the last granted growth, because the engine failed to grow.
    pub fn give_back(&mut self) {
        self.used = self.used.saturating_sub(std::mem::take(&mut self.last));
    }

    /// Returns whether the limit was reached since the last call.
    pub fn take_refused(&mut self) -> bool {
        std::mem::take(&mut self.refused)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_applies_to_the_total() {
        let mut tally = Tally::new(Some(100));
        assert!(tally.grow(0, 60, None));
        assert!(!tally.take_refused());
        assert!(!tally.grow(0, 60, None));
        assert!(tally.take_refused());
        assert!(!tally.take_refused());
        assert!(tally.grow(60, 100, None));
        assert!(Tally::new(None).grow(0, usize::MAX, None));
    }

    #[test]
    fn failed_growth_is_taken_back_once() {
        let mut tally = Tally::new(Some(10));
        assert!(tally.grow(0, 10, None));
        tally.give_back();
        assert!(tally.grow(0, 10, None));
        tally.give_back();
        tally.give_back();
        assert!(tally.grow(0, 10, None));
        assert!(!tally.grow(10, 11, None));
    }

    #[test]
    fn growth_beyond_a_maximum_is_not_counted() {
        let mut tally = Tally::new(Some(100));
        assert!(!tally.grow(0, 50, Some(40)));
        tally.give_back();
        assert!(!tally.take_refused());
        assert!(tally.grow(0, 100, None));
    }
}
