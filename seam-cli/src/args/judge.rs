//! The arguments of commands that judge backends and artifacts.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use seam_core::Capability;
use seam_diff::units;
use seam_tests::kit::isolated::Known;

use super::execution::Execution;
use super::parse::{capability, known};

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
build of the backend that has what the case needs. If no build has a capability that a case needs, the
backend must return `Unsupported`. The case then counts neither as passed nor as failed.

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
