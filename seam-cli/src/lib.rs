//! The `seam` command as a library: [`main`] with the backends of your choice is the whole binary.
//!
//! ```no_run
//! # #[cfg(all(feature = "wasmtime", feature = "wasmi"))]
//! fn main() -> std::process::ExitCode {
//!     use seam_wasmi::Wasmi;
//!     use seam_wasmtime::Wasmtime;
//!
//!     seam_cli::main(seam_cli::backends![Wasmtime::new(), Wasmi::new()])
//! }
//! # #[cfg(not(all(feature = "wasmtime", feature = "wasmi")))]
//! # fn main() {}
//! ```
//!
//! A crate with another runtime adds it to the list and gets every subcommand; the example `toy`
//! does so. The list makes every backend that runs components run preview1
//! modules too. The features `wasmtime` and `wasmi` (on by
//! default) provide the runtimes of this crate's `seam` binary. The library needs no runtime.
//!
//! The exit status is 0 for success, 1 if runs diverged or could not be compared, 2 if the input is
//! wrong, 3 if the guest trapped, 4 at a limit, 5 if the runtime failed. `run` exits with the guest's
//! own code (255 for one that does not fit). Without one, it exits with 134 after a trap, 124 at a
//! limit and 125 otherwise. Every error is one line on stderr. With `--format json`, stdout is always
//! one document; its `error` says the same and whose fault it is.
//!
//! A panic of a backend is reported like any other error of the runtime.

mod args;
mod backends;
mod bind;
mod bindings;
mod conformance;
mod diff;
#[cfg(doctest)]
mod docs;
mod ending;
mod inspect;
mod invoke;
mod kit;
mod left;
mod list;
mod output;
mod plan;
mod quote;
mod random;
mod run;
mod scenario;
mod select;
mod snapshot;
mod source;
mod status;
mod verdict;
mod whole_file;
mod witness;
mod world;

use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;
use serde::Serialize;

pub use seam_core::Backend;
#[doc(hidden)]
pub use seam_wasi::Preview1;

use seam_core::panic_text;
use seam_tests::kit::isolated;

use args::{Cli, Command};
use output::{Format, Output};
use status::{ErrorReport, Failure, Status};

/// Builds the list of backends for [`main`]: `backends![Wasmtime::new(), Wasmi::new()]`.
///
/// Each backend may have a different type that implements [`Backend`](seam_core::Backend).
/// Those that run components also run modules of WASI preview1.
#[macro_export]
macro_rules! backends {
    ($($backend:expr),* $(,)?) => {
        ::std::vec![$(
            ::std::boxed::Box::new($crate::Preview1::over($backend))
                as ::std::boxed::Box<dyn $crate::Backend>
        ),*]
    };
}

/// Runs the command: reads the process's arguments, executes them on these backends, and returns
/// the exit status.
///
/// If the user names no backend, the first one that supports the request is used.
///
/// Replaces the process's panic hook, unless `RUST_BACKTRACE` is set.
#[must_use]
pub fn main(backends: Vec<Box<dyn Backend>>) -> ExitCode {
    let child = conformance::serve(&backends).or_else(|| scenario::serve(&backends));
    if let Some(code) = child {
        return code;
    }
    let backends = match isolated::serve(backends) {
        Ok(code) => return code,
        Err(backends) => backends,
    };
    let args: Vec<OsString> = std::env::args_os().collect();
    let under_run = args.get(1).is_some_and(|command| command == "run");
    let cli = match Cli::try_parse_from(&args) {
        Ok(cli) => cli,
        Err(error) => return ExitCode::from(refuse(&error, wanted(&args)).code(under_run)),
    };
    let backends = match cli.command.cache() {
        Some(dir) => cached_in(dir, backends),
        None => backends,
    };
    let mut out = Output::new(cli.command.format());
    let mut status = match guarded(&cli.command, &backends, &mut out) {
        Ok(status) => status,
        Err(failure) => {
            output::complain(&failure);
            if !failure.documented {
                out.document(&Refusal {
                    error: &failure.report,
                });
            }
            failure.status
        }
    };
    if let Err(error) = out.finish() {
        output::say(&format!("error: expected a writable stdout: {error}"));
        status = Status::Failed;
    }
    ExitCode::from(status.code(under_run))
}

/// Returns the backends with a folder for the code that they compile, if they keep it.
fn cached_in(dir: &Path, backends: Vec<Box<dyn Backend>>) -> Vec<Box<dyn Backend>> {
    let cached = |backend: Box<dyn Backend>| backend.cached_in(dir).unwrap_or(backend);
    backends.into_iter().map(cached).collect()
}

/// Like [`execute`], but turns panics into failures.
///
/// Panics of an engine are caught where it is called. Any other panic is a fault of this command.
/// The usual report of a panic is shown if `RUST_BACKTRACE` is set.
fn guarded(
    command: &Command,
    backends: &[Box<dyn Backend>],
    out: &mut Output,
) -> Result<Status, Failure> {
    if std::env::var_os("RUST_BACKTRACE").is_none() {
        std::panic::set_hook(Box::new(|_| {}));
    }
    let outcome = catch_unwind(AssertUnwindSafe(|| execute(command, backends, out)));
    outcome.unwrap_or_else(|payload| {
        let text = format!("the command panicked: {}", panic_text(&*payload));
        Err(Failure::new(Status::Failed, "engine", text))
    })
}

fn execute(
    command: &Command,
    backends: &[Box<dyn Backend>],
    out: &mut Output,
) -> Result<Status, Failure> {
    match command {
        Command::Backends(args) => backends::execute(args, backends, out),
        Command::Inspect(args) => inspect::execute(args, out),
        Command::Invoke(args) => invoke::execute(args, backends, out),
        Command::Run(args) => run::execute(args, backends, out),
        Command::Diff(args) => diff::execute(args, backends, out),
        Command::Scenario(args) => scenario::execute(args, backends, out),
        Command::Witness(args) => witness::execute(args, backends, out),
        Command::Conformance(args) if args.suite.is_empty() => kit::execute(args, backends, out),
        Command::Conformance(args) => conformance::execute(args, backends, out),
    }
}

/// The document of a command that could not start.
#[derive(Serialize)]
struct Refusal<'a> {
    error: &'a ErrorReport,
}

/// Returns the format that an unparsable command line selects.
fn wanted(args: &[OsString]) -> Format {
    let options: Vec<_> = args.iter().take_while(|arg| *arg != "--").collect();
    let apart = options
        .windows(2)
        .any(|pair| matches!(pair, [name, value] if *name == "--format" && *value == "json"));
    match apart || options.iter().any(|arg| *arg == "--format=json") {
        true => Format::Json,
        false => Format::Text,
    }
}

/// Prints help, or the error in the command line.
///
/// The error is the first paragraph of the parser's message, as one line.
fn refuse(error: &clap::Error, format: Format) -> Status {
    let asked = matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    );
    if asked || error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        // If stdout is closed, there is nobody to report an error to.
        let _ = error.print();
        return if asked { Status::Fine } else { Status::Input };
    }
    let text = error.render().to_string();
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    let paragraph = text.split("\n\n").next().unwrap_or(text);
    let failure = Failure::input(paragraph);
    output::complain(&failure);
    let mut out = Output::new(format);
    out.document(&Refusal {
        error: &failure.report,
    });
    // The status already reports that the command line is wrong.
    let _ = out.finish();
    Status::Input
}
