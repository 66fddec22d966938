//! What an instance may use up.

use std::fmt;
use std::time::Duration;

/// Bounds on what one instance may use; `None` means unbounded.
///
/// A limit that the backend was not built for (see [`Capability`](crate::Capability)) is an
/// `Unsupported` error at instantiation, never ignored. The size of the guest's stack is not here:
/// it is a property of an engine's build and counted in a different unit by each, so adapters'
/// builders have it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Fuel for the instance's whole life, instantiation included; the engine's own unit, roughly
    /// an instruction.
    pub fuel: Option<u64>,
    /// Wall-clock time for instantiation, and again for each call.
    pub deadline: Option<Duration>,
    /// Bytes that all linear memories of the instance may have together.
    pub memory: Option<u64>,
    /// Elements that all tables of the instance may have together.
    pub table_elements: Option<u64>,
    /// Core instances.
    pub instances: Option<u64>,
    /// Depth of calls host -> guest -> host ...; each level uses native stack. Default 200.
    pub host_depth: u32,
    /// Bytes that lifting one call's values may allocate on the host. Default 1 GiB.
    pub lifted: u64,
    /// Bytes of captured output, both streams together. Default 64 MiB.
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
    /// The defaults: no fuel, deadline or store limits, and the documented host-side bounds.
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

/// Which of the [`Limits`] was reached.
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
    /// A fixed capacity of the engine (modules, exports, handles, ...); the error's message names
    /// it.
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
    fn the_defaults_bound_the_host_side_and_nothing_else() {
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
