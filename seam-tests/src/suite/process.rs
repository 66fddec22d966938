//! The runner's side of a child process: starts it, reads its messages, and kills it at a deadline.

use std::path::Path;
use std::time::Instant;

use seam_core::{Error, Result};

use super::message::{JOB, Job, MARK, Message};
use super::options::Options;
use super::outcome::Outcome;
use super::report::{Failure, FileReport};
use super::script::{self, Listener};
use super::target::Target;
use crate::process::{Child, Heard, Start};

/// Runs one script in its own process and collects the messages.
///
/// There is always a report, even if the process dies.
pub(super) fn run(target: Target<'_>, script: &Path, file: &str, options: &Options) -> FileReport {
    let mut log = Log::new(file);
    match start(target, script, options) {
        Err(error) => log.fail("a process for the script", error),
        Ok(mut child) => {
            let heard = listen(&mut child, &mut log, options);
            let ended = child.end(matches!(heard, Listened::TimedOut(_)));
            match heard {
                Listened::Done => {}
                Listened::TimedOut(what) => log.fail("an end before the deadline", what),
                Listened::Died => log.fail("a running process", ended.to_string()),
            }
        }
    }
    log.report
}

/// Runs one script in this process. Unlike [`run`](super::run), a script that hangs or aborts takes
/// the process with it.
///
/// # Errors
/// `Misuse` if the script cannot be read.
pub fn run_here(target: Target<'_>, script: &Path) -> Result<FileReport> {
    let text = std::fs::read_to_string(script).map_err(|error| {
        Error::misuse(format!("expected to read {}: {error}", script.display()))
    })?;
    let mut log = Log::new(&script.display().to_string());
    let mut machine = target.machine()?;
    script::run(&text, &mut *machine, &mut log);
    Ok(log.report)
}

impl Listener for Log {
    fn begin(&mut self, line: usize, directive: &str) {
        Log::begin(self, line, directive.into());
    }

    fn end(&mut self, outcome: Outcome) {
        Log::end(self, outcome);
    }
}

/// How reading the messages ended.
enum Listened {
    /// The script ran to its end.
    Done,
    /// A deadline passed.
    TimedOut(String),
    /// The process closed its stdout before the end of the script.
    Died,
}

fn start(
    target: Target<'_>,
    script: &Path,
    options: &Options,
) -> std::result::Result<Child, String> {
    let job = Job {
        suite: target.kind().name().to_string(),
        target: target.name().to_string(),
        script: script.display().to_string(),
    };
    let job = serde_json::to_string(&job).map_err(|error| error.to_string())?;
    Child::start(Start {
        program: options.program.as_deref(),
        args: &options.args,
        job: (JOB, &job),
        mark: MARK,
    })
}

fn listen(child: &mut Child, log: &mut Log, options: &Options) -> Listened {
    let begun = Instant::now();
    loop {
        let left = options.file_deadline.saturating_sub(begun.elapsed());
        // The first directive must not pay for the start of the process.
        let patience = match log.last {
            0 => left,
            _ => options.directive_deadline.min(left),
        };
        match child.hear(patience) {
            Heard::Message(message) => match Message::parse(&message) {
                Some(Message::Begin { line, directive }) => log.begin(line, directive),
                Some(Message::End(outcome)) => log.end(outcome),
                Some(Message::Done) => return Listened::Done,
                None => {}
            },
            Heard::Closed => return Listened::Died,
            Heard::TimedOut => {
                return Listened::TimedOut(if patience == left {
                    format!("the script was not done after {:?}", options.file_deadline)
                } else {
                    let deadline = options.directive_deadline;
                    format!("the directive was not done after {deadline:?}")
                });
            }
        }
    }
}

/// The report of a script so far.
struct Log {
    report: FileReport,
    /// The directive that is being performed.
    begun: Option<(usize, String)>,
    /// The line of the last directive that began; 0 before the first.
    last: usize,
}

impl Log {
    fn new(file: &str) -> Self {
        Self {
            report: FileReport::new(file),
            begun: None,
            last: 0,
        }
    }

    fn begin(&mut self, line: usize, directive: String) {
        self.last = line;
        self.begun = Some((line, directive));
    }

    fn end(&mut self, outcome: Outcome) {
        let begun = self.begun.take();
        match outcome {
            Outcome::NotCounted => {}
            Outcome::Passed => self.report.passed += 1,
            Outcome::Unsupported(lack) => self.report.lack(lack),
            Outcome::Failed { expected, found } => {
                self.begun = begun;
                self.failure(expected, found);
            }
        }
    }

    /// Records that the process failed: the current directive fails, or else the script.
    fn fail(&mut self, expected: &str, found: String) {
        self.failure(expected.to_string(), found);
    }

    fn failure(&mut self, expected: String, found: String) {
        let script = || (self.last.max(1), "script".to_string());
        let (line, directive) = self.begun.take().unwrap_or_else(script);
        self.report.fail(Failure {
            line,
            directive,
            expected,
            found,
        });
    }
}
