//! Runs commands.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// The runtimes that take part in every comparison.
pub(crate) const BACKENDS: [&str; 3] = ["wasmtime", "wasmtime-layered", "wasmi"];

/// The result of a command.
#[derive(Debug)]
pub(crate) struct Ended {
    /// The command line, for messages.
    command: String,
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Returns the root of the workspace, in which commands run.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// Returns the path of a committed guest, relative to [`root`].
pub(crate) fn fixture(name: &str) -> String {
    let path = format!("seam-tests/fixtures/{name}");
    assert!(root().join(&path).exists(), "no fixture {path}");
    path
}

/// Runs the `seam` of this workspace.
pub(crate) fn seam<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Ended {
    seam_with_input(args, b"")
}

/// Like [`seam`], with bytes on standard input.
pub(crate) fn seam_with_input<S: AsRef<OsStr>>(
    args: impl IntoIterator<Item = S>,
    input: &[u8],
) -> Ended {
    let mut command = Command::new(env!("CARGO_BIN_EXE_seam"));
    command.args(args);
    execute(&mut command, input)
}

/// Runs a command in the workspace's root, without environment variables that control colours.
pub(crate) fn execute(command: &mut Command, input: &[u8]) -> Ended {
    let spawned = command
        .current_dir(root())
        .env_remove("NO_COLOR")
        .env_remove("RUST_BACKTRACE")
        .env("TERM", "xterm-256color")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = spawned.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    // A command that refuses its arguments does not read its input.
    let _ = child.stdin.take().unwrap().write_all(input);
    let output = child.wait_with_output().unwrap();
    Ended {
        command: format!("{command:?}"),
        status: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Returns a command that is or runs cargo, with the target folder of this test.
pub(crate) fn cargo(program: &str) -> Command {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let mut command = Command::new(program);
    command
        .env("CARGO_TARGET_DIR", target)
        .env("CARGO_NET_OFFLINE", "true");
    command
}

/// Builds an example of this crate and gives its path.
///
/// If this test was built together with the examples (`cargo test`), cargo has nothing left to
/// build.
pub(crate) fn built_example(name: &str) -> PathBuf {
    let mut build = cargo(env!("CARGO"));
    build.args(["build", "--locked", "--package", "seam-cli"]);
    build.args(["--example", name, "--message-format"]);
    build.arg("json-render-diagnostics");
    let built = execute(&mut build, b"");
    assert_eq!(built.status, 0, "{}", built.stderr);
    let messages = built.stdout.lines().map(|line| {
        let message: Value = serde_json::from_str(line).unwrap();
        message
    });
    let mut executables = messages
        .into_iter()
        .filter(|message| message["target"]["name"] == name)
        .filter_map(|message| message["executable"].as_str().map(PathBuf::from));
    executables.next().unwrap()
}

impl Ended {
    /// Asserts the exit status. On failure it shows the whole result.
    #[track_caller]
    pub(crate) fn with_status(self, status: i32) -> Self {
        assert_eq!(self.status, status, "{self:#?}");
        self
    }

    /// Asserts all of stdout.
    #[track_caller]
    pub(crate) fn printing(self, stdout: &str) -> Self {
        assert_eq!(self.stdout, stdout, "{self:#?}");
        self
    }

    /// Asserts that stderr is one line, an error that contains each of these.
    #[track_caller]
    pub(crate) fn complaining(self, parts: &[&str]) -> Self {
        let lines = self.stderr.lines().count();
        assert_eq!(lines, 1, "expected one line on stderr: {self:#?}");
        self.explaining(parts)
    }

    /// Asserts that the first line of stderr is an error that contains each of these; a guest's
    /// call stack may follow.
    #[track_caller]
    pub(crate) fn explaining(self, parts: &[&str]) -> Self {
        let line = self.stderr.lines().next().unwrap_or_default();
        assert!(line.starts_with("error: "), "{self:#?}");
        for part in parts {
            assert!(line.contains(part), "expected {part:?} in: {self:#?}");
        }
        self
    }

    /// The one JSON document on stdout.
    #[track_caller]
    pub(crate) fn document(&self) -> Value {
        let parsed = serde_json::from_str(&self.stdout);
        parsed.unwrap_or_else(|error| panic!("{error}: {} printed {}", self.command, self.stdout))
    }
}

/// A file of a test's own, gone when dropped.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    /// A file of these bytes; `name` is unique among all tests.
    pub(crate) fn file(name: &str, bytes: impl AsRef<[u8]>) -> Self {
        let path =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{name}", std::process::id()));
        std::fs::write(&path, bytes).unwrap();
        Self(path)
    }

    /// An empty folder; `name` is unique among all tests.
    pub(crate) fn folder(name: &str) -> Self {
        let path =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn text(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = if self.0.is_dir() {
            std::fs::remove_dir_all(&self.0)
        } else {
            std::fs::remove_file(&self.0)
        };
    }
}
