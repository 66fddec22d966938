//! The store limits of [`Limits`], counted over all memories and tables of a store together.

use seam_core::{Limit, Limits};
use wasmtime::ResourceLimiter;

/// Counts what a store's memories and tables have, and refuses what would be too much.
pub(crate) struct Limiter {
    memory: Budget,
    tables: Budget,
}

/// A total that must not be exceeded.
struct Budget {
    limit: Option<u64>,
    used: u64,
    /// What was granted last: given back if the engine then fails to grow.
    last: u64,
    /// Whether something was refused since this was asked last.
    refused: bool,
}

impl Limiter {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            memory: Budget::new(limits.memory),
            tables: Budget::new(limits.table_elements),
        }
    }

    /// Which limit was reached since this was asked last. An instantiation that fails then failed
    /// for that reason; a `memory.grow` just gave -1.
    pub(crate) fn take_refused(&mut self) -> Option<Limit> {
        let memory = std::mem::take(&mut self.memory.refused);
        let tables = std::mem::take(&mut self.tables.refused);
        match (memory, tables) {
            (true, _) => Some(Limit::Memory),
            (false, true) => Some(Limit::TableElements),
            (false, false) => None,
        }
    }
}

impl Budget {
    fn new(limit: Option<u64>) -> Self {
        Self {
            limit,
            used: 0,
            last: 0,
            refused: false,
        }
    }

    fn grow(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> bool {
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

    fn give_back(&mut self) {
        self.used = self.used.saturating_sub(std::mem::take(&mut self.last));
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(self.memory.grow(current, desired, maximum))
    }

    fn memory_grow_failed(&mut self, _error: wasmtime::Error) -> wasmtime::Result<()> {
        self.memory.give_back();
        Ok(())
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(self.tables.grow(current, desired, maximum))
    }

    fn table_grow_failed(&mut self, _error: wasmtime::Error) -> wasmtime::Result<()> {
        self.tables.give_back();
        Ok(())
    }

    // The engine's own caps on numbers of things are far below what artifacts have.
    fn instances(&self) -> usize {
        usize::MAX
    }

    fn tables(&self) -> usize {
        usize::MAX
    }

    fn memories(&self) -> usize {
        usize::MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_over_all_memories_together() {
        let mut limiter = Limiter::new(&Limits::new().with_memory(100));
        assert!(limiter.memory.grow(0, 60, None));
        assert!(!limiter.memory.grow(0, 60, None));
        assert_eq!(limiter.take_refused(), Some(Limit::Memory));
        assert_eq!(limiter.take_refused(), None);
        assert!(limiter.memory.grow(60, 100, None));
    }

    #[test]
    fn growth_that_the_engine_fails_is_given_back() {
        let mut limiter = Limiter::new(&Limits::new().with_table_elements(10));
        assert!(limiter.tables.grow(0, 10, None));
        limiter.tables.give_back();
        assert!(limiter.tables.grow(0, 10, None));
    }

    #[test]
    fn growth_past_a_maximum_uses_up_nothing() {
        let mut limiter = Limiter::new(&Limits::new().with_memory(100));
        assert!(!limiter.memory.grow(0, 50, Some(40)));
        limiter.memory.give_back();
        assert_eq!(limiter.take_refused(), None);
        assert!(limiter.memory.grow(0, 100, None));
    }
}
