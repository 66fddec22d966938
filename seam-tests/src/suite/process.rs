//! The runner's side of a child process: starts it, reads its messages, and kills it at a deadline.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::thread::JoinHandle;
use std::time::Instant;

use super::message::{JOB, Job, Message};
use super::options::Options;
use super::outcome::Outcome;
use super::report::{Failure, FileReport};
use super::target::Target;

/// Runs one script in its own process and collects the messages.
///
/// There is always a report, even if the process dies.
pub(super) fn run(target: Target<'_>, script: &Path, file: &str, options: &Options) -> FileReport {
    let mut log = Log::new(file);
    match Process::start(target, script, options) {
        Err(error) => log.fail("a process for the script", error),
        Ok(mut process) => {
            let ended = process.listen(&mut log, options);
            let (status, stderr) = process.end(&ended);
            match ended {
                Ended::Done => {}
                Ended::TimedOut(what) => log.fail("an end before the deadline", what),
                Ended::Died if stderr.is_empty() => {
                    log.fail("a running process", format!("it ended with {status}"));
                }
                Ended::Died => log.fail(
                    "a running process",
                    format!("it ended with {status}: {stderr}"),
                ),
            }
        }
    }
    log.report
}

/// A child process, and the threads that read what it writes.
struct Process {
    child: Child,
    messages: Receiver<Message>,
    stderr: Option<JoinHandle<String>>,
}

/// How reading the messages ended.
enum Ended {
    /// The script ran to its end.
    Done,
    /// A deadline passed.
    TimedOut(String),
    /// The process closed its stdout before the end of the script.
    Died,
}

impl Process {
    fn start(target: Target<'_>, script: &Path, options: &Options) -> Result<Self, String> {
        let job = Job {
            suite: target.kind().name().to_string(),
            target: target.name().to_string(),
            script: script.display().to_string(),
        };
        let job = serde_json::to_string(&job).map_err(|error| error.to_string())?;
        let program = match &options.program {
            Some(program) => program.clone(),
            None => std::env::current_exe().map_err(|error| error.to_string())?,
        };
        let mut child = Command::new(program)
            .args(&options.args)
            .env(JOB, job)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| error.to_string())?;
        // The channel is bounded, so a child that is ahead waits for the runner.
        let (sender, messages) = mpsc::sync_channel(1024);
        if let Some(stdout) = child.stdout.take() {
            std::thread::spawn(move || forward(stdout, &sender));
        }
        let stderr = child.stderr.take();
        let stderr = stderr.map(|stderr| std::thread::spawn(move || last_line(stderr)));
        Ok(Self {
            child,
            messages,
            stderr,
        })
    }

    fn listen(&mut self, log: &mut Log, options: &Options) -> Ended {
        let begun = Instant::now();
        loop {
            let left = options.file_deadline.saturating_sub(begun.elapsed());
            // The first directive must not pay for the start of the process.
            let patience = match log.last {
                0 => left,
                _ => options.directive_deadline.min(left),
            };
            match self.messages.recv_timeout(patience) {
                Ok(Message::Begin { line, directive }) => log.begin(line, directive),
                Ok(Message::End(outcome)) => log.end(outcome),
                Ok(Message::Done) => return Ended::Done,
                Err(RecvTimeoutError::Disconnected) => return Ended::Died,
                Err(RecvTimeoutError::Timeout) => {
                    return Ended::TimedOut(if patience == left {
                        format!("the script was not done after {:?}", options.file_deadline)
                    } else {
                        let deadline = options.directive_deadline;
                        format!("the directive was not done after {deadline:?}")
                    });
                }
            }
        }
    }

    /// Ends the process if it is alive. Returns its exit status and the last line of its stderr.
    fn end(mut self, ended: &Ended) -> (String, String) {
        let waited = match ended {
            Ended::TimedOut(_) => self.child.kill().and_then(|()| self.child.wait()),
            Ended::Done | Ended::Died => grace(&mut self.child),
        };
        let status = match waited {
            Ok(status) => status.to_string(),
            Err(error) => error.to_string(),
        };
        let stderr = self.stderr.take().and_then(|thread| thread.join().ok());
        (status, stderr.unwrap_or_default())
    }
}

/// Waits briefly for a finished process to exit by itself, and then kills it.
///
/// Waiting preserves the exit status.
fn grace(child: &mut Child) -> std::io::Result<std::process::ExitStatus> {
    for _ in 0..50 {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    child.kill()?;
    child.wait()
}

fn forward(stdout: ChildStdout, messages: &SyncSender<Message>) {
    for line in BufReader::new(stdout).lines() {
        let Ok(line) = line else { return };
        if let Some(message) = Message::from_line(&line) {
            if messages.send(message).is_err() {
                return;
            }
        }
    }
}

/// Reads stderr to its end and returns the last line with content.
fn last_line(stderr: ChildStderr) -> String {
    let mut last = String::new();
    // Reads are bounded, because a line may be endless.
    let mut stderr = BufReader::new(stderr);
    let mut line = Vec::new();
    loop {
        line.clear();
        match stderr.by_ref().take(4096).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return last,
            Ok(_) => {
                let text = String::from_utf8_lossy(&line);
                // Rust's hint after a panic is not part of the message.
                if !text.trim().is_empty() && !text.starts_with("note: ") {
                    last = text.trim().to_string();
                }
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
