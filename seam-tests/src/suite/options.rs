//! The options of a run of suites.

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

/// The settings of a run.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// The number of child processes at a time.
    pub jobs: NonZeroUsize,
    /// Wall-clock deadline of one directive.
    pub directive_deadline: Duration,
    /// Wall-clock deadline of one script.
    pub file_deadline: Duration,
    /// The program to start as a child, which must call [`serve`](super::serve). `None` stands for
    /// the running program.
    pub program: Option<PathBuf>,
    /// Command-line arguments of the child.
    pub args: Vec<OsString>,
}

impl Default for Options {
    /// One child per processor, a minute per directive and ten minutes per script.
    fn default() -> Self {
        let one = NonZeroUsize::MIN;
        Self {
            jobs: std::thread::available_parallelism().unwrap_or(one),
            directive_deadline: Duration::from_secs(60),
            file_deadline: Duration::from_secs(600),
            program: None,
            args: Vec::new(),
        }
    }
}
