//! How an engine is built: the choices that change compiled code.

use seam_core::{Capabilities, Capability, Error, Result};
use wasmtime::{Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};

use crate::stack;

/// The engine's version in this repository's lock file. Other trees may link another 48.x.
pub(crate) const VERSION: &str = "48.0.8";

/// The choices of a build. The default has none of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Build {
    pub(crate) fuel: bool,
    pub(crate) deadline: bool,
    pub(crate) inner_instances: bool,
    pub(crate) component_async: bool,
    /// Bytes of stack for guest code; `None` for the engine's default.
    pub(crate) stack: Option<usize>,
    /// The number of slots for instances; `None` to allocate each instance anew.
    pub(crate) pool: Option<u32>,
}

/// Proposals that are on in every build.
const PROPOSALS: &[Capability] = &[
    Capability::Simd,
    Capability::RelaxedSimd,
    Capability::MultiMemory,
    Capability::Memory64,
    Capability::TailCalls,
    Capability::ExtendedConst,
    Capability::FunctionReferences,
    Capability::Gc,
    Capability::Exceptions,
    Capability::Threads,
    Capability::CustomPageSizes,
    Capability::WideArithmetic,
];

impl Build {
    /// This build extended by `wanted`; `None` if it lacks one of these capabilities, which are
    /// not in `has`, and no build has it.
    pub(crate) fn with(mut self, wanted: &Capabilities, has: &Capabilities) -> Option<Self> {
        for capability in wanted.iter() {
            match capability {
                Capability::Fuel => self.fuel = true,
                Capability::Deadline => self.deadline = true,
                Capability::InnerGlobals | Capability::FailedInstance => {
                    self.inner_instances = true
                }
                Capability::ComponentAsync | Capability::StackfulAsync => {
                    self.component_async = true
                }
                other if has.has(other) => {}
                _ => return None,
            }
        }
        Some(self)
    }

    /// The capabilities of this build for core modules.
    pub(crate) fn core_capabilities(&self) -> Capabilities {
        let properties = [
            (Capability::Fuel, self.fuel),
            (Capability::Deadline, self.deadline),
            (Capability::MemoryLimit, true),
            (Capability::TableLimit, true),
            (Capability::InstanceLimit, true),
            (Capability::Reentrant, true),
            (Capability::Frames, true),
            (Capability::FailedInstance, self.inner_instances),
        ];
        let proposals = PROPOSALS.iter().copied().collect::<Capabilities>();
        properties
            .into_iter()
            .fold(proposals, |all, (one, on)| all.with(one, on))
            // A slot cannot hold a shared memory.
            .with(Capability::Threads, self.pool.is_none())
    }

    /// The capabilities of this build's native backend.
    pub(crate) fn native_capabilities(&self) -> Capabilities {
        let properties = [
            (Capability::Components, true),
            (Capability::FixedLengthLists, true),
            (Capability::Maps, true),
            (Capability::AsyncHostSuspends, true),
            (Capability::SystemWasi, true),
            (Capability::InnerGlobals, self.inner_instances),
            (Capability::ComponentAsync, self.component_async),
            (Capability::StackfulAsync, self.component_async),
        ];
        properties
            .into_iter()
            .fold(self.core_capabilities(), |all, (one, on)| all.with(one, on))
    }

    /// The engine of this build.
    ///
    /// # Errors
    /// `Engine` if this machine cannot run it.
    pub(crate) fn engine(&self) -> Result<Engine> {
        Engine::new(&self.config()).map_err(|e| {
            Error::engine(format!("the engine does not run on this machine: {e:#}")).during("build")
        })
    }

    fn config(&self) -> Config {
        let mut config = Config::new();
        config
            .consume_fuel(self.fuel)
            .epoch_interruption(self.deadline)
            .concurrency_support(self.component_async);
        if self.inner_instances {
            // The engine does not support both together.
            config.guest_debug(true).signals_based_traps(false);
        }
        if let Some(bytes) = self.stack {
            // Asynchronous calls run on a stack of their own, which the host uses too.
            config
                .max_wasm_stack(bytes)
                .async_stack_size(bytes.saturating_add(stack::HOST));
        }
        if let Some(slots) = self.pool {
            config.allocation_strategy(pooling(slots));
        }
        config
            .wasm_custom_page_sizes(true)
            .wasm_exceptions(true)
            .wasm_function_references(true)
            .wasm_gc(true)
            .wasm_memory64(true)
            .wasm_multi_memory(true)
            .wasm_relaxed_simd(true)
            .wasm_simd(true)
            .wasm_tail_call(true)
            .wasm_threads(self.pool.is_none())
            .shared_memory(self.pool.is_none())
            .wasm_wide_arithmetic(true)
            .wasm_component_model_fixed_length_lists(true)
            .wasm_component_model_implements(true)
            .wasm_component_model_map(true)
            .wasm_component_model_async(self.component_async)
            .wasm_component_model_async_stackful(self.component_async)
            .wasm_component_model_error_context(self.component_async)
            .wasm_component_model_more_async_builtins(self.component_async)
            .wasm_component_model_threading(self.component_async);
        config
    }
}

/// Memories and tables in one module of a build with slots.
const PER_MODULE: u32 = 100;

/// Bytes of a memory or table that are zeroed when its slot is free again. The system takes back the
/// pages of the rest, which costs more for the few pages that most instances use.
const KEEP_RESIDENT: usize = 128 << 10;

/// Slots for as many components, core instances, memories, tables, stacks and GC heaps.
fn pooling(slots: u32) -> InstanceAllocationStrategy {
    let mut pool = PoolingAllocationConfig::default();
    pool.total_component_instances(slots)
        .total_core_instances(slots)
        .total_memories(slots)
        .total_tables(slots)
        .total_stacks(slots)
        .total_gc_heaps(slots)
        .max_memories_per_module(PER_MODULE.min(slots))
        .max_tables_per_module(PER_MODULE.min(slots))
        .linear_memory_keep_resident(KEEP_RESIDENT)
        .table_keep_resident(KEEP_RESIDENT);
    InstanceAllocationStrategy::Pooling(pool)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_that_of_the_lock_file() {
        let package = format!("name = \"wasmtime\"\nversion = \"{VERSION}\"\n");
        assert!(include_str!("../../Cargo.lock").contains(&package));
    }

    #[test]
    fn every_build_has_an_engine() {
        for bits in 0..64u8 {
            let on = |bit: u8| bits & (1 << bit) != 0;
            let build = Build {
                fuel: on(0),
                deadline: on(1),
                inner_instances: on(2),
                component_async: on(3),
                stack: on(4).then_some(1 << 20),
                pool: on(5).then_some(10),
            };
            assert!(build.engine().is_ok(), "{build:?}");
        }
    }

    #[test]
    fn a_build_is_extended_by_what_is_asked_for_only() {
        let build = Build::default();
        let has = build.native_capabilities();
        let wanted = Capabilities::from([Capability::Fuel, Capability::Simd]);
        let extended = build.with(&wanted, &has);
        let fuel = Build {
            fuel: true,
            ..build
        };
        assert_eq!(extended, Some(fuel));
        let never = Capabilities::from([Capability::CustomDescriptors]);
        assert_eq!(build.with(&never, &has), None);
    }
}
