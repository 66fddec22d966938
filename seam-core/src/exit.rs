//! How a program ended.

/// How a program ended that ran to its end: the exit code it gave, 0 being success.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize)]
pub struct Exit {
    /// 0 for `ok`, 1 for `err`, or what `wasi:cli/exit` or `proc_exit` was given.
    pub code: i32,
}

impl Exit {
    /// An exit with this code.
    #[must_use]
    pub fn new(code: i32) -> Self {
        Self { code }
    }

    /// Whether the code is 0.
    #[must_use]
    pub fn success(self) -> bool {
        self.code == 0
    }
}
