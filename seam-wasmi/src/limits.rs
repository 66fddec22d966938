//! Limits on the memories, tables and instances of a store.

use seam_core::{Limit, Limits, Tally};
use wasmi::ResourceLimiter;
use wasmi::errors::{MemoryError, TableError};
use wasmi_core::LimiterError;

/// The limits of memories and tables if the caller sets none.
///
/// The engine fills memories and tables when it creates them, so a module of a few bytes could use
/// up all memory of the machine.
const MEMORY_BYTES: u64 = 4 << 30;
const TABLE_ELEMENTS: u64 = 10_000_000;

/// Counts the bytes and elements of all memories and tables of a store, and enforces the limits.
pub(crate) struct Limiter {
    memory: Tally,
    tables: Tally,
    instances: usize,
    /// Whether a `table.grow` ran out of fuel: the engine cannot resume it.
    pub(crate) broken_off: bool,
}

impl Limiter {
    pub(crate) fn new(limits: &Limits) -> Self {
        let instances = limits.instances.map(usize::try_from);
        Self {
            memory: Tally::new(limits.memory.or(Some(MEMORY_BYTES))),
            tables: Tally::new(limits.table_elements.or(Some(TABLE_ELEMENTS))),
            instances: instances.and_then(Result::ok).unwrap_or(usize::MAX),
            broken_off: false,
        }
    }

    /// Allows for an instance that is not the guest's.
    pub(crate) fn allow_one_more_instance(&mut self) {
        self.instances = self.instances.saturating_add(1);
    }
}

/// Returns the limit that a memory exceeded: the caller's, or the engine's own.
pub(crate) fn of_memory(limits: &Limits) -> Limit {
    limits
        .memory
        .map_or(Limit::EngineCapacity, |_| Limit::Memory)
}

/// Returns the limit that a table exceeded: the caller's, or the engine's own.
pub(crate) fn of_tables(limits: &Limits) -> Limit {
    let own = Limit::EngineCapacity;
    limits.table_elements.map_or(own, |_| Limit::TableElements)
}

impl ResourceLimiter for Limiter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool, LimiterError> {
        Ok(self.memory.grow(current, desired, maximum))
    }

    // The engine also calls this if the fuel does not suffice. It then tries the operation again.
    fn memory_grow_failed(&mut self, _: &MemoryError) -> Result<(), LimiterError> {
        self.memory.give_back();
        Ok(())
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool, LimiterError> {
        Ok(self.tables.grow(current, desired, maximum))
    }

    fn table_grow_failed(&mut self, error: &TableError) -> Result<(), LimiterError> {
        self.tables.give_back();
        self.broken_off |= matches!(error, TableError::OutOfFuel { .. });
        Ok(())
    }

    fn instances(&self) -> usize {
        self.instances
    }

    // Bytes and elements are limited instead of the numbers of memories and tables.
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
    fn without_limits_a_few_bytes_cannot_take_the_whole_machine() {
        let mut limiter = Limiter::new(&Limits::new());
        assert!(limiter.memory.grow(0, 1 << 30, None));
        assert!(!limiter.memory.grow(0, 1 << 32, None));
        assert!(!limiter.tables.grow(0, 1 << 30, None));
    }
}
