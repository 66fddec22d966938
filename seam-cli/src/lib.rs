//! The `seam` command, as a library: [`main`] with the backends of your choice is the whole binary.
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
//! A crate with another runtime adds it to the list, and has every subcommand with it; the example
//! `toy` does that with a runtime of its own. A backend that runs components runs modules of preview1
//! too as [`Preview1::over`](seam_wasi::Preview1::over) it. The features `wasmtime` and `wasmi` (on by default)
//! are what the `seam` binary of this crate is built from; the library needs no runtime.
//!
//! The exit status is 0 if all is well, 1 if runs diverged or could not be compared, 2 if the input
//! is wrong, 3 if the guest trapped, 4 at a limit, 5 if the runtime failed. `run` ends with the
//! guest's own code (255 for one that does not fit), and where there is none with 134 after a trap,
//! 124 at a limit, 125 otherwise. What went wrong is one line on stderr. With `--format json` stdout
//! has one document whatever happens; where something went wrong, its `error` says the same, with
//! whose fault it is as its `kind`.

mod args;
mod backends;
mod call;
mod conformance;
mod diff;
#[cfg(doctest)]
mod docs;
mod inspect;
mod invoke;
mod output;
mod run;
mod select;
mod snapshot;
mod status;
mod units;
mod verdict;
mod world;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;
use serde::Serialize;

pub use seam_core::Backend;

use args::{Cli, Command};
use output::{Format, Output};
use status::{ErrorReport, Failure, Status};

/// The list of backends that [`main`] takes, each a [`Backend`](seam_core::Backend) of a type of
/// its own: `backends![Wasmtime::new(), Wasmi::new()]`.
#[macro_export]
macro_rules! backends {
    ($($backend:expr),* $(,)?) => {
        ::std::vec![$(
            ::std::boxed::Box::new($backend) as ::std::boxed::Box<dyn $crate::Backend>
        ),*]
    };
}

/// The whole command: reads the process's arguments, does what they say on these backends, and
/// gives the exit status. Where the user names no backend, the first that can is used.
#[must_use]
pub fn main(backends: Vec<Box<dyn Backend>>) -> ExitCode {
    if let Some(code) = conformance::serve(&backends) {
        return code;
    }
    let args: Vec<OsString> = std::env::args_os().collect();
    let under_run = args.get(1).is_some_and(|command| command == "run");
    let cli = match Cli::try_parse_from(&args) {
        Ok(cli) => cli,
        Err(error) => return ExitCode::from(refuse(&error, wanted(&args)).code(under_run)),
    };
    let mut out = Output::new(cli.command.format());
    let mut status = match execute(&cli.command, &backends, &mut out) {
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
        Command::Conformance(args) => conformance::execute(args, backends, out),
    }
}

/// The document of a command that could not begin.
#[derive(Serialize)]
struct Refusal<'a> {
    error: &'a ErrorReport,
}

/// The format that a command line asks for which could not be parsed.
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

/// Prints help, or what is wrong with the command line: the first paragraph of what the parser
/// says, as one line.
fn refuse(error: &clap::Error, format: Format) -> Status {
    let asked = matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    );
    if asked || error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        // Nobody is left to tell when stdout is closed.
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
    // The status tells of a wrong command line already.
    let _ = out.finish();
    Status::Input
}
