//! The command line: every subcommand and option, and how they are spelled.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum};
use seam_core::{Limits, Stub};

use crate::output::Format;
use crate::units::{self, Instant};

const EXAMPLES: &str = "\
Examples:
  seam backends
  seam inspect greet.wasm
  seam invoke greet.wasm 'greet(\"bob\", [\"a\"])' --backend wasmi
  seam run command.wasm -- first second
  seam diff greet.wasm --invoke 'greet(\"bob\", [\"a\"])'

Exit status: 0 fine; 1 runs diverged, or could not be compared; 2 the input is wrong; 3 the guest
trapped; 4 a limit was hit; 5 the runtime failed. `seam run` ends with the guest's code, 134 after
a trap, 124 at a limit, 125 otherwise.

What went wrong is one line on stderr. With --format json, stdout has one document always; where
something went wrong its `error` has a `kind` (invalid, link, trap, exit, host, limit, unsupported,
misuse, engine), a `message`, and where they are known `operation`, `backend`, `offset`, `limit` and
`frames`.";

/// The same artifact, the same calls, any WebAssembly runtime
#[derive(Parser)]
#[command(name = "seam", version, about, after_help = EXAMPLES)]
#[command(arg_required_else_help = true, disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// What is compiled in, with capabilities
    Backends(Backends),
    /// What an artifact is, imports and exports
    Inspect(Inspect),
    /// Calls exports, in one instance
    Invoke(Invoke),
    /// Runs a program at its canonical entry
    Run(Run),
    /// Runs artifacts on backends and compares what they do
    Diff(Diff),
    /// Runs scripts of the official suites on backends
    Conformance(Conformance),
}

#[derive(Args)]
#[command(after_help = "\
A capability reads `yes` where the backend has it, `on request` where another build of it has (which
an option like --fuel asks for), and `-` where there is none.")]
pub(crate) struct Backends {
    /// Show only this backend (repeatable)
    #[arg(long, value_name = "NAME")]
    pub(crate) backend: Vec<String>,
    #[command(flatten)]
    pub(crate) output: OutputOptions,
}

#[derive(Args)]
#[command(after_help = "\
Each import is `real` (hermetic WASI has it), `denied` (so, but it refuses whatever is asked: the
network), `stubbed`, `missing`, or `mismatched` (WASI has it with another type).

Examples:
  seam inspect greet.wasm
  seam inspect module.wat --stub trap --format json")]
pub(crate) struct Inspect {
    /// A core module or component, binary or text
    pub(crate) artifact: PathBuf,
    /// What to do about imports that nothing defines
    #[arg(long, value_name = "POLICY", default_value = "deny")]
    pub(crate) stub: StubPolicy,
    #[command(flatten)]
    pub(crate) output: OutputOptions,
}

#[derive(Args)]
#[command(after_help = "\
A call is an export and its arguments in WAVE: `ns:pkg/iface@1.0.0#f(\"x\", [1, 2])`. A version that is
semver-compatible will do, and so will the item alone, `f(..)`, if one export only is called so.
Each call's result is one line in WAVE, `()` if the function has none. What the guest prints goes to
stderr.

Examples:
  seam invoke calc.wasm 'add(2, 3)' 'div_s(7, 2)'
  seam invoke greet.wasm 'test:guest/strs#greet(\"bob\", [\"a\", \"b\"])'
  seam invoke counters.wasm 'bump()' --snapshot __witness_counter_ --format json")]
pub(crate) struct Invoke {
    /// A core module or component, binary or text
    pub(crate) artifact: PathBuf,
    /// What to call, in order
    #[arg(required = true, value_name = "CALL")]
    pub(crate) calls: Vec<String>,
    #[command(flatten)]
    pub(crate) execution: Execution,
}

#[derive(Args)]
#[command(after_help = "\
Starts a component at its `wasi:cli/run` export, a preview1 command at `_start`, and nothing else. What
the guest prints is shown when it has ended; with --format json it is in the document. With --wasi
system the guest has this process's stdin, stdout and stderr.

Examples:
  seam run command.wasm
  seam run command.wasm --env HOME=/ --dir .::/data -- cat /data/notes.txt
  seam run command.wasm --wasi system < notes.txt")]
pub(crate) struct Run {
    /// A component or preview1 command, binary or text
    pub(crate) artifact: PathBuf,
    #[command(flatten)]
    pub(crate) execution: Execution,
    /// Arguments for the guest
    #[arg(last = true, value_name = "ARG")]
    pub(crate) args: Vec<String>,
}

#[derive(Args)]
#[command(group = ArgGroup::new("steps").required(true))]
#[command(after_help = "\
Every artifact runs on every backend, on the same calls in the same world, and each run is compared
with the first. Runs of one artifact are compared in everything but fuel; another artifact is taken for
a fusion of the first, and compared in what a fusion must keep. A backend that cannot do what is asked
for is left out and said so, unless --backend names it. Fewer than two runs are no comparison, and an
error. Guests cannot change the folders of --dir: one run would be seen in the next. If all runs end
alike, with a trap too, they match.

Examples:
  seam diff greet.wasm --invoke 'greet(\"bob\", [])'
  seam diff composed.wasm fused.wasm --interface-of composed.wasm --invoke 'check(7)'
  seam diff command.wasm --run -- args one two")]
pub(crate) struct Diff {
    /// Core modules or components, binary or text
    #[arg(required = true, value_name = "ARTIFACT")]
    pub(crate) artifacts: Vec<PathBuf>,
    /// Make this call (repeatable, in order, in one instance)
    #[arg(long, value_name = "CALL", group = "steps")]
    pub(crate) invoke: Vec<String>,
    /// Run the canonical entry
    #[arg(long, group = "steps")]
    pub(crate) run: bool,
    #[command(flatten)]
    pub(crate) execution: Execution,
    /// Arguments for the guest
    #[arg(last = true, value_name = "ARG")]
    pub(crate) args: Vec<String>,
}

#[derive(Args)]
#[command(after_help = "\
Core scripts run on each backend's core engine, scripts about components on the backend itself, in
its build with asynchronous components where there is one. Every script has a process of its own. A
directive that needs what a backend lacks is not supported, and not failed. The exit status is 1 if a
directive failed.

Examples:
  seam conformance --suite testsuite --backend wasmi
  seam conformance --suite component-model/test --filter 'values/*' --format json")]
pub(crate) struct Conformance {
    /// A folder with `.wast` scripts, at any depth (repeatable)
    #[arg(long, value_name = "DIR", required = true)]
    pub(crate) suite: Vec<PathBuf>,
    /// Run on this backend (repeatable) [default: all]
    #[arg(long, value_name = "NAME")]
    pub(crate) backend: Vec<String>,
    /// Run only scripts whose path in the suite, or name, matches, with *, ** and ? as wildcards
    #[arg(long, value_name = "GLOB")]
    pub(crate) filter: Option<String>,
    /// What stdout gets
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: ReportFormat,
}

/// What stdout gets of a report.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// Text for a person
    Text,
    /// One JSON document
    Json,
    /// A page for a browser
    Html,
}

/// What every command that executes a guest takes.
#[derive(Args)]
pub(crate) struct Execution {
    /// Use this backend (repeatable) [default: `diff` all, others the first that can]
    #[arg(long, value_name = "NAME")]
    pub(crate) backend: Vec<String>,
    /// Take the types of core modules from this component, which they were fused from
    #[arg(long, value_name = "COMPONENT")]
    pub(crate) interface_of: Option<PathBuf>,
    /// Fuel for the instance's whole life, in the engine's unit, roughly an instruction
    #[arg(long, value_name = "N", value_parser = units::count, allow_hyphen_values = true)]
    pub(crate) fuel: Option<u64>,
    /// Time for each call, e.g. 5s or 500ms
    #[arg(long, value_name = "TIME", value_parser = units::duration, allow_hyphen_values = true)]
    pub(crate) deadline: Option<Duration>,
    /// Size of all linear memories together, e.g. 64MiB
    #[arg(long, value_name = "SIZE", value_parser = units::bytes, allow_hyphen_values = true)]
    pub(crate) max_memory: Option<u64>,
    /// Size of captured output, stdout and stderr together [default: 64MiB]
    #[arg(long, value_name = "SIZE", value_parser = units::bytes, allow_hyphen_values = true)]
    pub(crate) max_output: Option<u64>,
    /// Where WASI comes from
    #[arg(long, value_name = "WORLD", default_value = "hermetic")]
    pub(crate) wasi: WasiWorld,
    /// What all random numbers follow from [default: 0]
    #[arg(long, value_name = "N", value_parser = units::count, allow_hyphen_values = true)]
    pub(crate) seed: Option<u64>,
    /// What the wall clock shows, as a date or in seconds since 1970 [default: 2000-01-01T00:00:00Z]
    #[arg(long, value_name = "TIME", value_parser = units::instant, allow_hyphen_values = true)]
    pub(crate) wall_clock: Option<Instant>,
    /// Set an environment variable (repeatable)
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
    pub(crate) env: Vec<(String, String)>,
    /// Open a folder of the host to the guest (repeatable)
    #[arg(long, value_name = "HOST::GUEST", value_parser = dir)]
    pub(crate) dir: Vec<(PathBuf, String)>,
    /// Give the guest this file as standard input; `-` is this command's own
    #[arg(long, value_name = "FILE")]
    pub(crate) stdin: Option<PathBuf>,
    /// What to do about imports that nothing defines
    #[arg(long, value_name = "POLICY", default_value = "deny")]
    pub(crate) stub: StubPolicy,
    /// Show the exported globals whose name begins so, of all core instances, afterwards
    #[arg(long, value_name = "PREFIX")]
    pub(crate) snapshot: Option<String>,
    #[command(flatten)]
    pub(crate) output: OutputOptions,
}

#[derive(Args)]
pub(crate) struct OutputOptions {
    /// What stdout gets
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: Format,
}

/// Where a guest's WASI comes from.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum WasiWorld {
    /// The same on every backend and in every run
    Hermetic,
    /// The operating system's, where the backend has it
    System,
}

/// [`Stub`], as an option spells it.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum StubPolicy {
    /// Refuse to instantiate
    Deny,
    /// Trap when one is called
    Trap,
    /// Answer with the zero value of the result
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
    /// The limits that the options ask for.
    pub(crate) fn limits(&self) -> Limits {
        let mut limits = Limits::new();
        limits.fuel = self.fuel;
        limits.deadline = self.deadline;
        limits.memory = self.max_memory;
        limits.output = self.max_output.unwrap_or(limits.output);
        limits
    }
}

impl Command {
    pub(crate) fn format(&self) -> Format {
        match self {
            Command::Backends(args) => args.output.format,
            Command::Inspect(args) => args.output.format,
            Command::Invoke(args) => args.execution.output.format,
            Command::Run(args) => args.execution.output.format,
            Command::Diff(args) => args.execution.output.format,
            Command::Conformance(args) => match args.format {
                ReportFormat::Json => Format::Json,
                ReportFormat::Text | ReportFormat::Html => Format::Text,
            },
        }
    }
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.into(), value.into())),
        _ => Err(format!("expected KEY=VALUE, found `{text}`")),
    }
}

fn dir(text: &str) -> Result<(PathBuf, String), String> {
    match text.split_once("::") {
        Some((host, guest)) if !host.is_empty() && !guest.is_empty() => {
            Ok((host.into(), guest.into()))
        }
        _ => Err(format!("expected HOST::GUEST, found `{text}`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn pairs_and_folders_need_both_sides() {
        assert_eq!(pair("A=b=c"), Ok(("A".into(), "b=c".into())));
        assert_eq!(dir(".::/"), Ok((".".into(), "/".into())));
        assert!(pair("A").is_err() && pair("=b").is_err());
        assert!(dir(".").is_err() && dir("::/").is_err() && dir(".::").is_err());
    }
}
