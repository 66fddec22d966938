//! The output of a command: text or one JSON document on stdout, errors on stderr.

use std::io::{self, IsTerminal, Write};

use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use crate::status::Failure;

/// The format of stdout.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Text for a person
    #[default]
    Text,
    /// One JSON document
    Json,
}

/// Stdout in one format.
///
/// If the reader closes the pipe (`seam backends | head -1`), the remaining output is dropped and
/// the command's status is unchanged. Any other failure is reported at the end.
pub(crate) struct Output {
    format: Format,
    paint: bool,
    failed: Option<io::Error>,
}

/// The meaning of a piece of text, which determines its colour on a terminal.
#[derive(Clone, Copy)]
pub(crate) enum Tone {
    Good,
    Bad,
    Faint,
}

impl Tone {
    fn code(self) -> &'static str {
        match self {
            Tone::Good => "32",
            Tone::Bad => "31;1",
            Tone::Faint => "2",
        }
    }
}

impl Output {
    pub(crate) fn new(format: Format) -> Self {
        Self {
            format,
            paint: colours(&io::stdout()),
            failed: None,
        }
    }

    pub(crate) fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    /// Writes a line of text. In JSON it writes nothing, so that there is only one document.
    pub(crate) fn line(&mut self, text: &str) {
        if !self.is_json() {
            self.write(&format!("{text}\n"));
        }
    }

    /// Writes the JSON document. In text it writes nothing.
    pub(crate) fn document(&mut self, document: &impl Serialize) {
        if !self.is_json() {
            return;
        }
        match serde_json::to_string_pretty(document) {
            Ok(text) => self.write(&format!("{text}\n")),
            Err(error) => self.keep(io::Error::other(error)),
        }
    }

    /// Returns the text, coloured by its meaning on a terminal.
    pub(crate) fn paint(&self, tone: Tone, text: &str) -> String {
        paint(self.paint && !self.is_json(), tone, text)
    }

    /// Finishes the output.
    ///
    /// # Errors
    /// The first failed write, unless the reader closed the pipe.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        if let Err(error) = io::stdout().flush() {
            self.keep(error);
        }
        match self.failed {
            Some(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
            _ => Ok(()),
        }
    }

    fn write(&mut self, text: &str) {
        if self.failed.is_none() {
            let written = io::stdout().write_all(text.as_bytes());
            written.unwrap_or_else(|error| self.keep(error));
        }
    }

    fn keep(&mut self, error: io::Error) {
        self.failed.get_or_insert(error);
    }
}

/// Reports a failure on stderr: one line, followed by the guest's call stack if there is one.
pub(crate) fn complain(failure: &Failure) {
    let label = paint(colours(&io::stderr()), Tone::Bad, "error:");
    say(&format!("{label} {}", failure.report.line));
    for (depth, frame) in failure.report.frames.iter().take(16).enumerate() {
        let func = frame
            .func_name
            .clone()
            .unwrap_or_else(|| format!("func[{}]", frame.func_index));
        let module = frame.module.as_deref().unwrap_or("?");
        let offset = frame
            .module_offset
            .map_or_else(String::new, |at| format!(" @ {at:#x}"));
        say(&format!("  {depth:>2}: {module}!{func}{offset}"));
    }
}

/// Returns a bar that shows the progress of this many jobs, if stderr is a terminal.
pub(crate) fn progress(jobs: usize) -> ProgressBar {
    let bar = ProgressBar::new(jobs as u64);
    if let Ok(style) = ProgressStyle::with_template("{bar:32} {pos}/{len} {wide_msg}") {
        bar.set_style(style);
    }
    bar
}

/// Returns a number with what it counts: `1 step`, `2 steps`.
pub(crate) fn plural(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

/// Writes a line to stderr.
pub(crate) fn say(line: &str) {
    forward(&mut io::stderr(), format!("{line}\n").as_bytes());
}

/// Writes bytes unchanged. If the stream is closed, there is nobody to report an error to.
pub(crate) fn forward(to: &mut impl Write, bytes: &[u8]) {
    let _ = to.write_all(bytes).and_then(|()| to.flush());
}

fn paint(on: bool, tone: Tone, text: &str) -> String {
    if on {
        format!("\x1b[{}m{text}\x1b[0m", tone.code())
    } else {
        text.to_string()
    }
}

/// Returns whether a stream is a terminal that shows colours, unless the user turned them off
/// (<https://no-color.org>).
fn colours(stream: &impl IsTerminal) -> bool {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    stream.is_terminal()
        && set("NO_COLOR").is_none()
        && set("TERM").is_some_and(|term| term != "dumb")
}

/// Captured bytes in a document: a string, or numbers if they are not UTF-8.
pub(crate) struct Captured<'a>(pub(crate) &'a [u8]);

impl Serialize for Captured<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match std::str::from_utf8(self.0) {
            Ok(text) => serializer.serialize_str(text),
            Err(_) => self.0.serialize(serializer),
        }
    }
}
