//! How an engine is built: what is chosen once because it changes how guest code runs.

use seam_core::{Capabilities, Capability};
use wasmi::{CompilationMode, Config};

/// The engine's version in this repository's lock file. Other trees may link another 2.x.
pub(crate) const VERSION: &str = "2.0.0";

/// What every build can do.
const CAPABILITIES: [Capability; 12] = [
    Capability::Simd,
    Capability::RelaxedSimd,
    Capability::MultiMemory,
    Capability::Memory64,
    Capability::TailCalls,
    Capability::ExtendedConst,
    Capability::CustomPageSizes,
    Capability::WideArithmetic,
    Capability::MemoryLimit,
    Capability::TableLimit,
    Capability::InstanceLimit,
    Capability::FailedInstance,
];

/// Bytes of the value stack that every guest has: the engine rejects a smaller limit.
const MIN_STACK: usize = 64 << 10;

/// The choices of a build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Build {
    pub(crate) fuel: bool,
    pub(crate) deadline: bool,
    pub(crate) reentrant: bool,
    pub(crate) suspends: bool,
    /// Calls that may be nested within the guest.
    pub(crate) frames: usize,
    /// Bytes for the locals and operands of all frames.
    pub(crate) stack: usize,
}

impl Default for Build {
    fn default() -> Self {
        Self {
            fuel: false,
            deadline: false,
            reentrant: true,
            suspends: true,
            frames: 10_000,
            stack: 4 << 20,
        }
    }
}

impl Build {
    /// This build extended by `wanted`; `None` if it lacks one of these capabilities, which are
    /// not in `has`, and no build has it.
    pub(crate) fn with(mut self, wanted: &Capabilities, has: &Capabilities) -> Option<Self> {
        for capability in wanted.iter() {
            match capability {
                Capability::Fuel => self.fuel = true,
                Capability::Deadline => self.deadline = true,
                other if has.has(other) => {}
                _ => return None,
            }
        }
        Some(self)
    }

    /// What the engine of this build can do.
    pub(crate) fn capabilities(&self) -> Capabilities {
        Capabilities::from(CAPABILITIES)
            .with(Capability::Fuel, self.fuel)
            .with(Capability::Deadline, self.deadline)
            .with(Capability::Reentrant, self.reentrant)
            .with(Capability::SuspendedCalls, self.suspends)
    }

    /// Function bodies are validated at once and translated when they are first called.
    ///
    /// With fuel, they are translated at once too: the engine charges the fuel of a translation to
    /// the function's first caller.
    fn compilation_mode(&self) -> CompilationMode {
        match self.fuel || self.deadline {
            true => CompilationMode::Eager,
            false => CompilationMode::LazyTranslation,
        }
    }

    pub(crate) fn config(&self) -> Config {
        let mut config = Config::default();
        config
            .wasm_custom_page_sizes(true)
            .wasm_wide_arithmetic(true)
            .compilation_mode(self.compilation_mode())
            .consume_fuel(self.fuel || self.deadline)
            .set_max_recursion_depth(self.frames)
            .set_max_stack_height(self.stack.max(MIN_STACK));
        config
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_that_of_the_lock_file() {
        let package = format!("name = \"wasmi\"\nversion = \"{VERSION}\"\n");
        assert!(include_str!("../../Cargo.lock").contains(&package));
    }

    #[test]
    fn a_build_is_extended_by_what_is_asked_for_only() {
        let build = Build::default();
        let wanted = Capabilities::from([Capability::Fuel, Capability::Simd]);
        let fuel = Build {
            fuel: true,
            ..build
        };
        assert_eq!(build.with(&wanted, &build.capabilities()), Some(fuel));
        let never = Capabilities::from([Capability::CustomDescriptors]);
        assert_eq!(build.with(&never, &build.capabilities()), None);
    }
}
