//! Totals over all memories, or all tables, of a store.

/// # For implementors
/// Counts what all memories of a store (or all its tables) have together, and refuses what would be
/// more than a limit; for engines that ask before something grows.
#[derive(Debug)]
pub struct Tally {
    limit: Option<u64>,
    used: u64,
    /// What was granted last: given back if the engine then fails to grow.
    last: u64,
    /// Whether something was refused since this was asked last.
    refused: bool,
}

impl Tally {
    /// Nothing counted yet; `None` means unbounded.
    #[must_use]
    pub fn new(limit: Option<u64>) -> Self {
        Self {
            limit,
            used: 0,
            last: 0,
            refused: false,
        }
    }

    /// Whether one of the things counted may grow from `current` to `desired`; `maximum` is its own.
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

    /// What was granted last has not come to be.
    pub fn give_back(&mut self) {
        self.used = self.used.saturating_sub(std::mem::take(&mut self.last));
    }

    /// Whether the limit was reached since this was asked last.
    pub fn take_refused(&mut self) -> bool {
        std::mem::take(&mut self.refused)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_over_all_together() {
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
    fn growth_that_the_engine_fails_is_given_back_once() {
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
    fn growth_past_a_maximum_uses_up_nothing() {
        let mut tally = Tally::new(Some(100));
        assert!(!tally.grow(0, 50, Some(40)));
        tally.give_back();
        assert!(!tally.take_refused());
        assert!(tally.grow(0, 100, None));
    }
}
