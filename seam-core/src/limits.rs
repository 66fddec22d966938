//! Bounds on what an instance may use.

use std::fmt;
use std::time::Duration;

/// Bounds on what one instance may use; `None` means unbounded.
///
/// If the backend was not built for a limit (see [`Capability`](crate::Capability)), instantiation
/// returns `Unsupported`; a limit is never ignored. The stack size of the guest is not a limit
/// here: it is a property of an engine's build, and engines count it in different units. Therefore
/// it is set with the adapters' builders.
///
/// # Contract
/// 1. `fuel` applies to the instance's whole life, including instantiation, and is never refilled.
///    It is exact to [`BackendInfo::fuel_granularity`](crate::BackendInfo). (kit:
///    `fuel_ends_an_endless_loop`, `fuel_counts_instantiation`, `fuel_ends_loops_in_components`,
///    `fuel_ends_tasks_that_yield`)
/// 2. `deadline` applies to instantiation, and starts anew with each call. (kit:
///    `a_deadline_ends_an_endless_loop`, `a_deadline_starts_anew_with_each_call`,
///    `deadlines_end_loops_in_components`, `deadlines_end_tasks_that_yield`)
/// 3. `memory` applies to the total size of all linear memories of the instance. (kit:
///    `memory_stops_growing_at_its_limit`, `memory_is_bounded_in_components`)
/// 4. `table_elements` applies to the total size of all tables of the instance. (kit:
///    `tables_stop_growing_at_their_limit`)
/// 5. `instances` counts the core instances that the artifact makes, including those of components
///    inside it. (kit: `instances_are_bounded`, `instances_inside_components_are_counted`)
/// 6. `host_depth` counts the host functions that are running at the same time. A function that has
///    returned, failed or panicked no longer counts. (kit: `host_recursion_is_bounded`)
/// 7. `lifted` applies to the values of one call. (kit: `lifted_values_are_bounded`)
/// 8. `output` applies to both streams together. A write that exceeds it ends the call, and the
///    output before it is kept. (kit: `captured_output_is_bounded`)
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Fuel for the whole life of the instance, including instantiation.
    ///
    /// The unit is the engine's own, roughly one instruction.
    pub fuel: Option<u64>,
    /// Wall-clock time for instantiation, and again for each call.
    pub deadline: Option<Duration>,
    /// Total bytes of all linear memories of the instance.
    pub memory: Option<u64>,
    /// Total elements of all tables of the instance.
    pub table_elements: Option<u64>,
    /// Core instances that the artifact makes: each instantiation of one of its core modules, also
    /// inside nested components. What a backend adds does not count: providers, glue, and the
    /// adapter of a preview1 module. In a [`CoreStore`](crate::CoreStore), every instance counts.
    pub instances: Option<u64>,
    /// Depth of calls host -> guest -> host ... Each level uses native stack. The default is 200.
    pub host_depth: u32,
    /// Bytes that lifting the values of one call may allocate on the host. The default is 1 GiB.
    pub lifted: u64,
    /// Bytes of captured output, both streams together. The default is 64 MiB.
    pub output: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            fuel: None,
            deadline: None,
            memory: None,
            table_elements: None,
            instances: None,
            host_depth: 200,
            lifted: 1 << 30,
            output: 64 << 20,
        }
    }
}

impl Limits {
    /// Creates the defaults: the host-side bounds above, and no fuel, deadline or store limits.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets [`Limits::fuel`].
    #[must_use]
    pub fn with_fuel(mut self, fuel: u64) -> Self {
        self.fuel = Some(fuel);
        self
    }

    /// Sets [`Limits::deadline`].
    #[must_use]
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Sets [`Limits::memory`], in bytes.
    #[must_use]
    pub fn with_memory(mut self, bytes: u64) -> Self {
        self.memory = Some(bytes);
        self
    }

    /// Sets [`Limits::table_elements`].
    #[must_use]
    pub fn with_table_elements(mut self, elements: u64) -> Self {
        self.table_elements = Some(elements);
        self
    }

    /// Sets [`Limits::instances`].
    #[must_use]
    pub fn with_instances(mut self, instances: u64) -> Self {
        self.instances = Some(instances);
        self
    }

    /// Sets [`Limits::host_depth`].
    #[must_use]
    pub fn with_host_depth(mut self, depth: u32) -> Self {
        self.host_depth = depth;
        self
    }

    /// Sets [`Limits::lifted`], in bytes.
    #[must_use]
    pub fn with_lifted(mut self, bytes: u64) -> Self {
        self.lifted = bytes;
        self
    }

    /// Sets [`Limits::output`], in bytes.
    #[must_use]
    pub fn with_output(mut self, bytes: u64) -> Self {
        self.output = bytes;
        self
    }
}

/// The [`Limits`] field that was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Limit {
    /// [`Limits::fuel`].
    Fuel,
    /// [`Limits::deadline`].
    Deadline,
    /// [`Limits::memory`].
    Memory,
    /// [`Limits::table_elements`].
    TableElements,
    /// [`Limits::instances`].
    Instances,
    /// [`Limits::host_depth`].
    HostDepth,
    /// [`Limits::lifted`].
    Lifted,
    /// [`Limits::output`].
    Output,
    /// A fixed capacity of the engine (modules, exports, handles, ...). The error's message names it.
    EngineCapacity,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Limit::Fuel => "all fuel consumed",
            Limit::Deadline => "deadline exceeded",
            Limit::Memory => "memory limit exceeded",
            Limit::TableElements => "table element limit exceeded",
            Limit::Instances => "core instance limit exceeded",
            Limit::HostDepth => "host recursion limit exceeded",
            Limit::Lifted => "lifted values exceed their limit in bytes",
            Limit::Output => "captured output exceeds its limit in bytes",
            Limit::EngineCapacity => "a capacity of the engine is exhausted",
        })
    }
}

impl serde::Serialize for Limit {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_bound_only_the_host_side() {
        let limits = Limits::new();
        assert_eq!(limits, Limits::default());
        assert_eq!((limits.fuel, limits.deadline), (None, None));
        assert_eq!((limits.memory, limits.table_elements), (None, None));
        assert_eq!(limits.instances, None);
        assert_eq!(limits.host_depth, 200);
        assert_eq!((limits.lifted, limits.output), (1 << 30, 64 << 20));
    }

    #[test]
    fn every_limit_can_be_set() {
        let limits = Limits::new()
            .with_fuel(1)
            .with_deadline(Duration::from_secs(2))
            .with_memory(3)
            .with_table_elements(4)
            .with_instances(5)
            .with_host_depth(6)
            .with_lifted(7)
            .with_output(8);
        let expected = Limits {
            fuel: Some(1),
            deadline: Some(Duration::from_secs(2)),
            memory: Some(3),
            table_elements: Some(4),
            instances: Some(5),
            host_depth: 6,
            lifted: 7,
            output: 8,
        };
        assert_eq!(limits, expected);
    }
}
