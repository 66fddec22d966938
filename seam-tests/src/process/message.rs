//! The child's side: its work, and messages to the parent.

use std::fmt::Display;
use std::io::Write;
use std::process::ExitCode;

use seam_core::{Error, Result};
use serde::Serialize;

/// Writes a message in JSON to stdout, immediately, because what follows may end the process. `mark` is
/// that of [`Start`](super::Start).
pub fn say(mark: &str, message: &impl Serialize) {
    let text = serde_json::to_string(message).unwrap_or_default();
    let mut out = std::io::stdout().lock();
    // An error means that the parent is gone, so nobody reads this.
    let _ = writeln!(out, "{mark}{text}").and_then(|()| out.flush());
}

/// The stack of a child's thread in bytes.
///
/// Guests that exhaust their own stack need room on top of it, in unoptimised builds too.
const STACK: usize = 64 << 20;

/// Does the work of a child process on a thread with a large stack. An error is reported to the parent.
pub fn on_a_large_stack(what: &str, work: impl FnOnce() -> Result<()> + Send) -> ExitCode {
    let ran = std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK);
        match thread.spawn_scoped(scope, work) {
            Ok(thread) => thread
                .join()
                .unwrap_or_else(|_| Err(Error::engine(format!("the {what}'s thread panicked")))),
            Err(error) => Err(Error::engine(format!("expected a thread: {error}"))),
        }
    });
    match ran {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

/// Writes an error to stderr. The parent shows the last line there if the child ends without a result.
pub fn complain(error: &impl Display) {
    let _ = writeln!(std::io::stderr(), "{error}");
}
