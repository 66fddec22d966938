//! How a program ended.

/// The exit code of a program that ran to its end. 0 means success.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize)]
pub struct Exit {
    /// 0 for `ok`, 1 for `err`, or the code that the guest passed to `wasi:cli/exit` or
    /// `proc_exit`.
    pub code: i32,
}

impl Exit {
    /// Creates an exit with this code.
    #[must_use]
    pub fn new(code: i32) -> Self {
        Self { code }
    }

    /// Returns whether the code is 0.
    #[must_use]
    pub fn success(self) -> bool {
        self.code == 0
    }
}
