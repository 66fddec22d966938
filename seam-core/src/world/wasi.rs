//! The configuration of the operating system's own WASI.

use std::path::PathBuf;

/// The configuration of the operating system's WASI for a guest.
///
/// By default the guest has no arguments, no environment, no input and no folders, and its output
/// is captured.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SystemWasi {
    /// Command-line arguments. By convention, the first is the program's name.
    pub args: Vec<String>,
    /// Environment variables, in order.
    pub env: Vec<(String, String)>,
    /// Content of standard input. `None` inherits the standard input of the process.
    pub stdin: Option<Vec<u8>>,
    /// The destination of standard output and standard error.
    pub stdio: Stdio,
    /// Folders of the host that the guest can open.
    pub dirs: Vec<Dir>,
}

/// The destination of a guest's output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stdio {
    /// Into [`Observed`](crate::Observed), up to [`Limits::output`](crate::Limits::output) bytes.
    #[default]
    Capture,
    /// The process's own standard output and standard error.
    Inherit,
}

/// A folder of the host that the guest can open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dir {
    /// The folder.
    pub host: PathBuf,
    /// The path under which the guest opens it.
    pub guest: String,
    /// Whether the guest may change it.
    pub writable: bool,
}

impl Default for SystemWasi {
    fn default() -> Self {
        let (args, env, dirs) = (Vec::new(), Vec::new(), Vec::new());
        Self {
            args,
            env,
            stdin: Some(Vec::new()),
            stdio: Stdio::Capture,
            dirs,
        }
    }
}

impl SystemWasi {
    /// Creates the default configuration.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends command-line arguments.
    #[must_use]
    pub fn args<S: Into<String>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Adds an environment variable.
    #[must_use]
    pub fn env(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.env.push((key.into(), value.into()));
        self
    }

    /// Sets the content of standard input.
    #[must_use]
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = Some(bytes.into());
        self
    }

    /// Lets the guest read the process's own standard input.
    #[must_use]
    pub fn inherit_stdin(mut self) -> Self {
        self.stdin = None;
        self
    }

    /// Sets the destination of output.
    #[must_use]
    pub fn stdio(mut self, stdio: Stdio) -> Self {
        self.stdio = stdio;
        self
    }

    /// Adds a folder.
    #[must_use]
    pub fn dir(
        mut self,
        host: impl Into<PathBuf>,
        guest: impl Into<String>,
        writable: bool,
    ) -> Self {
        self.dirs.push(Dir {
            host: host.into(),
            guest: guest.into(),
            writable,
        });
        self
    }
}
