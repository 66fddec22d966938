//! The command line: all subcommands and options.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum};
use seam_core::{Artifact, Capability, Limits, Stub};
use seam_diff::units::{self, Instant};
use seam_tests::kit::isolated::Known;

use crate::bind::Bind;
use crate::output::Format;
use crate::source;
use crate::status::Failure;

const EXAMPLES: &str = "\
Examples:
  seam backends
  seam inspect greet.wasm
  seam invoke greet.wasm 'greet(\"bob\", [\"a\"])' --backend wasmi
  seam run command.wasm -- first second
  seam diff greet.wasm --invoke 'greet(\"bob\", [\"a\"])'

An ARTIFACT is a file with a core module or a component, in the binary or the text format; `-` is
standard input.

Exit status: 0 success; 1 runs diverged or could not be compared; 2 the input is wrong; 3 the guest
trapped; 4 a limit was hit; 5 the runtime failed. `seam run` exits with the guest's own code; without
one, it exits with 134 after a trap, 124 at a limit and 125 otherwise.

Every error is one line on stderr. With --format json, stdout is always one JSON document. Its `error`
has a `kind` (invalid, link, trap, exit, host, limit, unsupported, misuse, engine), a `message`, and if
known `operation`, `backend`, `offset`, `limit` and `frames`.";

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
    /// Lists the backends and their capabilities
    Backends(Backends),
    /// Shows what an artifact imports and exports
    Inspect(Inspect),
    /// Calls exports in one instance, or lists them
    Invoke(Invoke),
    /// Runs a program from its canonical entry
    Run(Run),
    /// Runs artifacts on backends and compares what they do
    Diff(Diff),
    /// Runs scenarios: files with artifacts, steps and what is expected
    Scenario(Scenario),
    /// Measures the coverage of an artifact that witness has instrumented
    Witness(Witness),
    /// Runs scripts of the official suites on backends
    Conformance(Conformance),
}

#[derive(Args)]
#[command(after_help = "\
`yes`: the backend has the capability. `on request`: another build of the backend has it, which is
chosen if an option like --fuel or the artifact needs it. `-`: no build has it.")]
pub(crate) struct Backends {
    /// Show only this backend (repeatable)
    #[arg(long, value_name = "NAME")]
    pub(crate) backend: Vec<String>,
    #[command(flatten)]
    pub(crate) output: OutputOptions,
}

#[derive(Args)]
#[command(after_help = "\
The status of an import says what happens when the artifact is instantiated. `real`: the hermetic WASI
defines it. `denied`: the hermetic WASI defines it, and every call is refused (the network). `stubbed`:
--stub defines it. `missing`: nothing defines it, and instantiation fails. `mismatched`: the hermetic
WASI defines it with another type, and instantiation fails.

Examples:
  seam inspect greet.wasm
  seam inspect module.wat --stub trap --format json")]
pub(crate) struct Inspect {
    #[command(flatten)]
    pub(crate) artifact: Subject,
    /// The treatment of imports that nothing defines
    #[arg(long, value_name = "POLICY", default_value = "deny")]
    pub(crate) stub: StubPolicy,
    #[command(flatten)]
    pub(crate) types: ModuleTypes,
    #[command(flatten)]
    pub(crate) output: OutputOptions,
}

#[derive(Args)]
#[command(after_help = "\
A call is an export and its arguments in WAVE: `ns:pkg/iface@1.0.0#f(\"x\", [1, 2])`. Any
semver-compatible version matches. You can leave out the interface, `f(..)`, if only one export has that
name. Each result is one line in WAVE, or `()` if the function has no result. The guest's output goes to
stderr as it comes. `$c = [constructor]counter(3)` names the resource in the result, `$a, $b = f()` several;
later calls use the name, `[method]counter.add($c, 5)`, and `drop $c` drops it. Without a CALL, every export is listed as a call that you can edit.

Examples:
  seam invoke greet.wasm
  seam invoke calc.wasm 'add(2, 3)' 'div_s(7, 2)'
  seam invoke --compose back.wasm --compose front.wasm 'check(7)'
  seam invoke greet.wasm 'test:guest/strs#greet(\"bob\", [\"a\", \"b\"])'
  seam invoke counters.wasm 'bump()' --snapshot __witness_counter_ --format json")]
pub(crate) struct Invoke {
    #[command(flatten)]
    pub(crate) artifact: Subject,
    /// The calls, in order. Without a call, the exports are listed
    #[arg(value_name = "CALL")]
    pub(crate) calls: Vec<String>,
    #[command(flatten)]
    pub(crate) execution: Execution,
}

#[derive(Args)]
#[command(after_help = "\
Starts a component at its `wasi:cli/run` export and a preview1 command at `_start`. The guest's output
is shown as it comes; with --format json it is in the document. With --wasi system, the guest has this
process's stdin, stdout and stderr.

Examples:
  seam run command.wasm
  seam run command.wasm --env HOME=/ --dir .::/data -- cat /data/notes.txt
  seam run command.wasm --wasi system < notes.txt")]
pub(crate) struct Run {
    #[command(flatten)]
    pub(crate) artifact: Subject,
    #[command(flatten)]
    pub(crate) execution: Execution,
    /// Arguments for the guest
    #[arg(last = true, value_name = "ARG")]
    pub(crate) args: Vec<String>,
}

#[derive(Args)]
#[command(group = ArgGroup::new("steps").required(true))]
#[command(after_help = "\
Every artifact runs on every backend, with the same calls in the same world, and each run is compared
with the first. Runs of one artifact are compared in everything but fuel. Another artifact is compared as
a fusion of the first, in what a fusion must keep.

Runs that end alike match, also if they end with a trap; then `match` says so. After a trap, the later
calls are made in a core module; in a component they are not run, and `match` says how many were.

If all runs agree, `held at the end` lists the resources that the guest returned and that the host
still owns.

A run that cannot be made is never a match. If --backend names the backend, or if the artifact runs on no
backend, the verdict is inconclusive. Otherwise the run is left out with a note.

With --random, no call is needed: all functions are called with random values, also those that only
components inside a composition export, and the first difference is shrunk to the calls that a person would
have written. Each call has 2 seconds, unless --deadline or --fuel is given.

Guests cannot change the folders of --dir, since a later run would see it.

Examples:
  seam diff greet.wasm --invoke 'greet(\"bob\", [])'
  seam diff composed.wasm fused.wasm --interface-of composed.wasm --invoke 'check(7)'
  seam diff composed.wasm fused.wasm --interface-of composed.wasm --random 500 --seed 7
  seam diff counter.wasm --invoke '$c = [constructor]counter(3)' --invoke '[method]counter.get($c)'
  seam diff --compose back.wasm --compose front.wasm fused.wasm --invoke 'check(7)'
  seam diff command.wasm --run -- args one two")]
pub(crate) struct Diff {
    /// Core modules or components, in the binary or text format; `-` is standard input
    #[arg(required_unless_present = "compose", value_name = "ARTIFACT")]
    pub(crate) artifacts: Vec<PathBuf>,
    /// Compose these components, in this order (repeatable). The composition is the first artifact, and
    /// core modules take their types from it unless --interface-of is given
    #[arg(long, value_name = "COMPONENT")]
    pub(crate) compose: Vec<PathBuf>,
    /// Make this call (repeatable; calls run in order, in one instance)
    #[arg(long, value_name = "CALL", group = "steps")]
    pub(crate) invoke: Vec<String>,
    /// Run the canonical entry
    #[arg(long, group = "steps")]
    pub(crate) run: bool,
    /// Make this number of random calls of all functions, in each run; --seed chooses them
    #[arg(long, value_name = "N", value_parser = units::count, allow_hyphen_values = true)]
    #[arg(group = "steps")]
    pub(crate) random: Option<u64>,
    /// With --random, make no more calls after this time, e.g. 60s
    #[arg(long, value_name = "TIME", value_parser = units::duration, allow_hyphen_values = true)]
    pub(crate) time: Option<Duration>,
    #[command(flatten)]
    pub(crate) execution: Execution,
    /// Arguments for the guest
    #[arg(last = true, value_name = "ARG")]
    pub(crate) args: Vec<String>,
}

#[derive(Args)]
#[command(after_help = "\
A scenario is a file NAME.scenario.toml; docs/scenarios.md describes it. Its golden, NAME.golden.json beside
it, has what was seen when it was blessed. Every scenario runs on every backend, in a process of its own.

A scenario fails if a run differs from what is expected, from the golden or from another run, if a runtime
aborts or exceeds the time limit, or if there is no golden. The first line says what differs.

--bless writes the golden if two independent backends agree: their engines differ, and for a component
their component models too. --oracle takes one backend at its word, and the golden says so.

Exit status: 0 all passed; 1 a scenario failed or could not be compared; 2 a scenario file is wrong.

Examples:
  seam scenario tests/
  seam scenario tests/ --filter 'greet*' --backend wasmtime --backend wasmi
  seam scenario tests/greet.scenario.toml --bless
  seam scenario tests/ --format junit > report.xml")]
pub(crate) struct Scenario {
    /// Files NAME.scenario.toml, or folders that contain some at any depth
    #[arg(required = true, value_name = "DIR|FILE")]
    pub(crate) paths: Vec<PathBuf>,
    /// Run on this backend (repeatable) [default: all]
    #[arg(long, value_name = "NAME")]
    pub(crate) backend: Vec<String>,
    /// Run only scenarios whose path or name matches, with the wildcards *, ** and ?
    #[arg(long, value_name = "GLOB")]
    pub(crate) filter: Option<String>,
    /// Write the golden of each scenario, if two independent backends agree
    #[arg(long)]
    pub(crate) bless: bool,
    /// With --bless, write what this backend saw, and record its name
    #[arg(long, value_name = "NAME", requires = "bless")]
    pub(crate) oracle: Option<String>,
    /// Time limit of each scenario's process
    #[arg(long, value_name = "TIME", value_parser = units::duration, default_value = "60s")]
    #[arg(allow_hyphen_values = true)]
    pub(crate) timeout: Duration,
    /// Number of processes at a time [default: one per processor]
    #[arg(long, value_name = "N")]
    pub(crate) jobs: Option<NonZeroUsize>,
    /// The format of stdout
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: ScenarioFormat,
}

/// The format of a report on scenarios.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ScenarioFormat {
    /// Text for a person
    Text,
    /// One JSON document
    Json,
    /// XML that test reporters of CI systems read
    Junit,
    /// An HTML page
    Html,
}

#[derive(Args)]
#[command(after_help = "\
Without --suite, the cases of seam's conformance kit run. Each case runs in its own process, in the
build of the backend that has what the case needs. The backend passes a case that needs a capability
which no build has by answering `unsupported`; such a case is not counted as passed.

With --suite, core scripts run on each backend's core engine. Scripts about components run on the backend
itself, in its build with asynchronous components if it has one. Every script runs in its own process.
A directive that needs a capability which the backend lacks counts as not supported, not as failed.

The exit status is 1 if a case or a directive failed.

Examples:
  seam conformance --backend wasmi
  seam conformance --filter 'core *' --format markdown
  seam conformance --with fuel --known 'wasmtime/long_lists_trap=wasmtime has no such limit'
  seam conformance --suite testsuite --backend wasmi
  seam conformance --suite component-model/test --filter 'values/*' --format json")]
pub(crate) struct Conformance {
    /// Run the `.wast` scripts in this folder, at any depth (repeatable)
    #[arg(long, value_name = "DIR")]
    pub(crate) suite: Vec<PathBuf>,
    /// Run on this backend (repeatable) [default: all]
    #[arg(long, value_name = "NAME")]
    pub(crate) backend: Vec<String>,
    /// Run only cases whose name or area matches, or scripts whose path or name matches, with the
    /// wildcards *, ** and ?
    #[arg(long, value_name = "GLOB")]
    pub(crate) filter: Option<String>,
    /// Run all cases in the build that has this capability too (repeatable)
    #[arg(long, value_name = "CAPABILITY", value_parser = capability, conflicts_with = "suite")]
    pub(crate) with: Vec<Capability>,
    /// A case that is known to fail, and why (repeatable); it still runs, and must fail
    #[arg(long, value_name = "BACKEND/CASE=REASON", value_parser = known, conflicts_with = "suite")]
    pub(crate) known: Vec<Known>,
    /// The time after which a case counts as hanging
    #[arg(
        long,
        value_name = "TIME",
        value_parser = units::duration,
        default_value = "5m",
        conflicts_with = "suite"
    )]
    pub(crate) timeout: Duration,
    /// The format of stdout
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: ReportFormat,
}

/// The format of a report on stdout.
#[derive(Args)]
#[command(after_help = "\
This is a harness for `witness run --harness`. It reads the artifact that WITNESS_MODULE names, a core
module or a component, and writes its counters to the file that WITNESS_OUTPUT names. If
WITNESS_MANIFEST names a manifest, its branches must be those of the artifact.

The calls are made in one instance: first those of --invoke, then those of --invoke-all. Without
either, the program is run from its canonical entry. A call that traps ends the command, and nothing
is written.

Imports that nothing defines are stubbed, and return zero values (--stub default). Every import is
listed on stderr as real, stubbed or trapped.

Examples:
  witness run app.wasm --harness 'seam witness --invoke-all' -o run.json
  WITNESS_MODULE=app.wasm WITNESS_OUTPUT=out.json seam witness --invoke 'leap(2000)' --backend wasmi")]
pub(crate) struct Witness {
    /// Make this call (repeatable); each one is a row
    #[arg(long, value_name = "CALL")]
    pub(crate) invoke: Vec<String>,
    /// Also call every export without parameters that is not named by --invoke
    #[arg(long)]
    pub(crate) invoke_all: bool,
    /// The schema of the output [default: v2 if the artifact can reset its rows, else v1]
    #[arg(long, value_name = "SCHEMA")]
    pub(crate) schema: Option<WitnessSchema>,
    #[command(flatten)]
    pub(crate) execution: Execution,
}

/// The schema of a record for witness.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum WitnessSchema {
    /// Counters only
    V1,
    /// Counters and a row for each call
    V2,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// Text for a person
    Text,
    /// One JSON document
    Json,
    /// An HTML page
    Html,
    /// The table of areas and backends, without --suite
    Markdown,
}

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
    /// Time limit of each call, e.g. 5s or 500ms
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

impl Invoke {
    /// Separates the artifact and the calls: with `--compose`, the first word is a call too.
    pub(crate) fn split(&self) -> (Subject, Vec<String>) {
        let mut artifact = self.artifact.clone();
        let first = match artifact.compose.is_empty() {
            true => None,
            false => artifact.artifact.take(),
        };
        let first = first.map(|word| word.to_string_lossy().into_owned());
        (
            artifact,
            first
                .into_iter()
                .chain(self.calls.iter().cloned())
                .collect(),
        )
    }
}

impl Command {
    /// Returns the folder of compiled code.
    pub(crate) fn cache(&self) -> Option<&Path> {
        let execution = match self {
            Command::Invoke(args) => &args.execution,
            Command::Run(args) => &args.execution,
            Command::Diff(args) => &args.execution,
            Command::Witness(args) => &args.execution,
            Command::Backends(_)
            | Command::Inspect(_)
            | Command::Scenario(_)
            | Command::Conformance(_) => return None,
        };
        execution.cache.as_deref()
    }

    pub(crate) fn format(&self) -> Format {
        match self {
            Command::Backends(args) => args.output.format,
            Command::Inspect(args) => args.output.format,
            Command::Invoke(args) => args.execution.output.format,
            Command::Run(args) => args.execution.output.format,
            Command::Diff(args) => args.execution.output.format,
            Command::Scenario(args) => match args.format {
                ScenarioFormat::Json => Format::Json,
                ScenarioFormat::Text | ScenarioFormat::Junit | ScenarioFormat::Html => Format::Text,
            },
            Command::Witness(args) => args.execution.output.format,
            Command::Conformance(args) => match args.format {
                ReportFormat::Json => Format::Json,
                _ => Format::Text,
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

fn capability(text: &str) -> Result<Capability, String> {
    Capability::named(text).ok_or_else(|| {
        format!("expected a capability (`seam backends` lists them), found `{text}`")
    })
}

fn known(text: &str) -> Result<Known, String> {
    let parts = text.split_once('=').and_then(|(place, reason)| {
        let (backend, case) = place.split_once('/')?;
        Some((backend, case, reason))
    });
    match parts {
        Some((backend, case, reason)) if !reason.is_empty() => {
            Known::new(backend, case, reason).map_err(|error| error.message().to_string())
        }
        _ => Err(format!("expected BACKEND/CASE=REASON, found `{text}`")),
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
