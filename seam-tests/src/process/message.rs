//! The child's side: messages to the parent.

use std::fmt::Display;
use std::io::Write;

use serde::Serialize;

/// Writes a message in JSON to stdout, immediately, because what follows may end the process. `mark` is
/// that of [`Start`](super::Start).
pub fn say(mark: &str, message: &impl Serialize) {
    let text = serde_json::to_string(message).unwrap_or_default();
    let mut out = std::io::stdout().lock();
    // An error means that the parent is gone, so nobody reads this.
    let _ = writeln!(out, "{mark}{text}").and_then(|()| out.flush());
}

/// Writes an error to stderr. The parent shows the last line there if the child ends without a result.
pub fn complain(error: &impl Display) {
    let _ = writeln!(std::io::stderr(), "{error}");
}
