//! The arguments that several commands share: the artifact and its world.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use seam_core::{Artifact, Limits, Stub};
use seam_diff::units::{self, Instant};

use super::parse::{dir, pair};
use crate::bind::Bind;
use crate::output::Format;
use crate::source;
use crate::status::Failure;

/// Options of every command that executes a guest.
#[derive(Args, Clone)]
pub(crate) struct Execution {
    /// Use this backend (repeatable) [default: all for `diff`, else the first that can run it]
    #[arg(long, value_name = "NAME")]
    pub(crate) backend: Vec<String>,
    #[command(flatten)]
    pub(crate) types: ModuleTypes,
    /// Fuel for the instance's whole life, in the engine's unit (about one instruction)
    #[arg(long, value_name = "N", value_parser = units::count, allow_hyphen_values = true)]
    pub(crate) fuel: Option<u64>,
    /// Time limit of instantiation, and of each call, e.g. 5s or 500ms
    #[arg(long, value_name = "TIME", value_parser = units::duration, allow_hyphen_values = true)]
    pub(crate) deadline: Option<Duration>,
    /// Most bytes of all linear memories together, e.g. 64MiB
    #[arg(long, value_name = "SIZE", value_parser = units::bytes, allow_hyphen_values = true)]
    pub(crate) max_memory: Option<u64>,
    /// Most bytes of captured output, stdout and stderr together [default: 64MiB]
    #[arg(long, value_name = "SIZE", value_parser = units::bytes, allow_hyphen_values = true)]
    pub(crate) max_output: Option<u64>,
    /// Which WASI the guest gets
    #[arg(long, value_name = "WORLD", default_value = "hermetic")]
    pub(crate) wasi: WasiWorld,
    /// Seed of all random numbers [default: 0]
    #[arg(long, value_name = "N", value_parser = units::count, allow_hyphen_values = true)]
    pub(crate) seed: Option<u64>,
    /// Seed of the order in which tasks of asynchronous components run [default: the longest wait first]
    #[arg(long, value_name = "N", value_parser = units::count, allow_hyphen_values = true)]
    pub(crate) schedule_seed: Option<u64>,
    /// Time of the wall clock, as a date or in seconds since 1970 [default: 2000-01-01T00:00:00Z]
    #[arg(long, value_name = "TIME", value_parser = units::instant, allow_hyphen_values = true)]
    pub(crate) wall_clock: Option<Instant>,
    /// Set an environment variable (repeatable)
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
    pub(crate) env: Vec<(String, String)>,
    /// Open a folder of the host to the guest (repeatable)
    #[arg(long, value_name = "HOST::GUEST", value_parser = dir)]
    pub(crate) dir: Vec<(PathBuf, String)>,
    /// Use this file as the guest's standard input; `-` is this command's own
    #[arg(long, value_name = "FILE")]
    pub(crate) stdin: Option<PathBuf>,
    /// The treatment of imports that nothing defines [default: deny; `witness`: default]
    #[arg(long, value_name = "POLICY")]
    pub(crate) stub: Option<StubPolicy>,
    /// Keep compiled code in this folder, which only trusted users may write to [default: keep none]
    #[arg(long, value_name = "DIR")]
    pub(crate) cache: Option<PathBuf>,
    /// Finally, show the exported globals of all core instances whose names start with PREFIX
    #[arg(long, value_name = "PREFIX")]
    pub(crate) snapshot: Option<String>,
    #[command(flatten)]
    pub(crate) output: OutputOptions,
}

/// Where core modules get component-level types from.
#[derive(Args, Clone)]
pub(crate) struct ModuleTypes {
    /// Take the types of core modules from the component that they were fused from
    #[arg(long, value_name = "COMPONENT")]
    pub(crate) interface_of: Option<PathBuf>,
    /// Say what an export or import of a fused module uses, where that is not decided (repeatable)
    #[arg(long, value_name = "NAME=func:F,memory:M,realloc:R,post-return:P")]
    pub(crate) bind: Vec<Bind>,
    /// Call core modules with their core types, even if they carry component-level types in a section
    /// `component-type`
    #[arg(long, conflicts_with = "interface_of")]
    pub(crate) core_types: bool,
}

/// The artifact of a command that uses one.
#[derive(Args, Clone)]
pub(crate) struct Subject {
    /// A core module or component, in the binary or text format; `-` is standard input
    #[arg(required_unless_present = "compose", value_name = "ARTIFACT")]
    pub(crate) artifact: Option<PathBuf>,
    /// Instead of ARTIFACT, compose these components, in this order (repeatable). Each one can import
    /// what the earlier ones export; the composition exports that and what the last one exports
    #[arg(long, value_name = "COMPONENT")]
    pub(crate) compose: Vec<PathBuf>,
}

#[derive(Args, Clone)]
pub(crate) struct OutputOptions {
    /// The format of stdout
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: Format,
}

/// The WASI implementation for a guest.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum WasiWorld {
    /// The same on every backend and in every run
    Hermetic,
    /// The operating system's WASI, if the backend supports it
    System,
}

/// The spelling of [`Stub`] as an option.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum StubPolicy {
    /// Refuse to instantiate
    Deny,
    /// Trap when an import is called
    Trap,
    /// Return the zero value of the result type
    Default,
}

impl From<StubPolicy> for Stub {
    fn from(policy: StubPolicy) -> Self {
        match policy {
            StubPolicy::Deny => Stub::Deny,
            StubPolicy::Trap => Stub::Trap,
            StubPolicy::Default => Stub::Default,
        }
    }
}

impl Execution {
    /// Returns the limits that the options set.
    pub(crate) fn limits(&self) -> Limits {
        let mut limits = Limits::new();
        limits.fuel = self.fuel;
        limits.deadline = self.deadline;
        limits.memory = self.max_memory;
        limits.output = self.max_output.unwrap_or(limits.output);
        limits
    }
}

impl Subject {
    /// Reads the artifact, or composes it.
    ///
    /// # Errors
    /// A file cannot be read, or the components cannot be composed.
    pub(crate) fn read(&self) -> Result<Artifact, Failure> {
        match (&self.artifact, self.compose.as_slice()) {
            (Some(path), []) => source::artifact(path),
            (None, components) => source::composition(components),
            (Some(path), _) => Err(Failure::input(format!(
                "expected an artifact or --compose, found `{}` and --compose",
                path.display()
            ))),
        }
    }

    /// Returns whether the artifact is read from standard input.
    pub(crate) fn is_stdin(&self) -> bool {
        self.artifact.as_deref().is_some_and(source::is_stdin)
    }
}
