//! The command line: all subcommands and options.

mod execution;
mod judge;
mod parse;

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{ArgGroup, Args, Parser, Subcommand};
use seam_diff::units;

use crate::output::Format;

pub(crate) use execution::{Execution, ModuleTypes, OutputOptions, StubPolicy, Subject, WasiWorld};
pub(crate) use judge::{
    Conformance, ReportFormat, Scenario, ScenarioFormat, Witness, WitnessSchema,
};

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
    /// Runs the conformance kit, or scripts of the official suites, on backends
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

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
