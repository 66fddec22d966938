//! The parent's side of a child process: starts it, reads its messages, and ends it.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{ChildStderr, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::thread::JoinHandle;
use std::time::Duration;

/// A child process, and the threads that read what it writes.
#[derive(Debug)]
pub struct Child {
    child: std::process::Child,
    messages: Receiver<String>,
    stderr: Option<JoinHandle<String>>,
}

/// How a child process is started.
#[derive(Clone, Copy, Debug)]
pub struct Start<'a> {
    /// The program. `None` stands for the running program.
    pub program: Option<&'a Path>,
    /// Its arguments.
    pub args: &'a [OsString],
    /// The environment variable that makes the process a child, and its value: the job.
    pub job: (&'a str, &'a str),
    /// What every line on the child's stdout that is a message starts with. Other lines are ignored.
    pub mark: &'static str,
}

/// What was heard from a child.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// A message, without its mark.
    Message(String),
    /// Nothing within the time.
    TimedOut,
    /// The child closed its stdout.
    Closed,
}

/// How a child ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Its exit status, as text.
    pub status: String,
    /// The last line with content that it wrote to stderr.
    pub stderr: String,
}

/// Prints the status, and the last line of stderr if there is one.
impl std::fmt::Display for Ended {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.stderr.as_str() {
            "" => write!(f, "it ended with {}", self.status),
            stderr => write!(f, "it ended with {}: {stderr}", self.status),
        }
    }
}

impl Child {
    /// Starts a child process without standard input.
    ///
    /// # Errors
    /// The text of the operating system's error.
    pub fn start(start: Start<'_>) -> Result<Self, String> {
        let program = match start.program {
            Some(program) => program.to_path_buf(),
            None => std::env::current_exe().map_err(|error| error.to_string())?,
        };
        let (variable, job) = start.job;
        let mut child = Command::new(program)
            .args(start.args)
            .env(variable, job)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| error.to_string())?;
        // The channel is bounded, so a child that is ahead waits for the runner.
        let (sender, messages) = mpsc::sync_channel(1024);
        let mark = start.mark;
        if let Some(stdout) = child.stdout.take() {
            std::thread::spawn(move || forward(stdout, mark, &sender));
        }
        let stderr = child.stderr.take();
        let stderr = stderr.map(|stderr| std::thread::spawn(move || last_line(stderr)));
        Ok(Self {
            child,
            messages,
            stderr,
        })
    }

    /// Waits for the next message.
    pub fn hear(&mut self, patience: Duration) -> Heard {
        match self.messages.recv_timeout(patience) {
            Ok(message) => Heard::Message(message),
            Err(RecvTimeoutError::Timeout) => Heard::TimedOut,
            Err(RecvTimeoutError::Disconnected) => Heard::Closed,
        }
    }

    /// Ends the process if it is alive: at once, or after a short grace in which it can exit by itself, so
    /// that its exit status is known.
    pub fn end(mut self, at_once: bool) -> Ended {
        let waited = match at_once {
            true => self.child.kill().and_then(|()| self.child.wait()),
            false => grace(&mut self.child),
        };
        let status = match waited {
            Ok(status) => status.to_string(),
            Err(error) => error.to_string(),
        };
        let stderr = self.stderr.take().and_then(|thread| thread.join().ok());
        Ended {
            status,
            stderr: stderr.unwrap_or_default(),
        }
    }
}

/// Waits briefly for a finished process to exit by itself, and then kills it.
fn grace(child: &mut std::process::Child) -> std::io::Result<std::process::ExitStatus> {
    for _ in 0..50 {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    child.kill()?;
    child.wait()
}

fn forward(stdout: ChildStdout, mark: &str, messages: &SyncSender<String>) {
    for line in BufReader::new(stdout).lines() {
        let Ok(line) = line else { return };
        // A test harness may have printed the start of the same line.
        if let Some((_, message)) = line.split_once(mark) {
            if messages.send(message.to_string()).is_err() {
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
