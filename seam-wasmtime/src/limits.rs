//! Limits on the memories and tables of a store.

use seam_core::{Limit, Limits, Tally};
use wasmtime::ResourceLimiter;

/// Counts the bytes and elements of all memories and tables of a store, and enforces the limits.
pub(crate) struct Limiter {
    memory: Tally,
    tables: Tally,
}

impl Limiter {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            memory: Tally::new(limits.memory),
            tables: Tally::new(limits.table_elements),
        }
    }

    /// Returns the limit that was exceeded since the last call of this.
    ///
    /// It is the reason for an instantiation that failed; a `memory.grow` just returned -1.
    pub(crate) fn take_refused(&mut self) -> Option<Limit> {
        match (self.memory.take_refused(), self.tables.take_refused()) {
            (true, _) => Some(Limit::Memory),
            (false, true) => Some(Limit::TableElements),
            (false, false) => None,
        }
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

    // The engine's defaults for these numbers are too low for many artifacts.
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
    fn what_was_refused_last_is_told_once() {
        let limits = Limits::new().with_memory(100).with_table_elements(1);
        let mut limiter = Limiter::new(&limits);
        assert_eq!(limiter.take_refused(), None);
        assert!(matches!(limiter.table_growing(0, 2, None), Ok(false)));
        assert_eq!(limiter.take_refused(), Some(Limit::TableElements));
        assert!(matches!(limiter.memory_growing(0, 101, None), Ok(false)));
        assert_eq!(limiter.take_refused(), Some(Limit::Memory));
        assert_eq!(limiter.take_refused(), None);
        assert!(matches!(limiter.memory_growing(0, 100, None), Ok(true)));
    }
}
