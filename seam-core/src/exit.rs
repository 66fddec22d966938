//! How a program ended.

use crate::{ErrorKind, Result, Value};

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

    /// # For implementors
    /// Returns the exit of a program from the outcome of `wasi:cli/run`: 0 for `ok`, 1 for `err`, or
    /// the code that the guest has exited with.
    ///
    /// # Errors
    /// Those of the outcome, except [`ErrorKind::Exit`].
    pub fn of_run(outcome: Result<Option<Value>>) -> Result<Self> {
        match outcome {
            Ok(Some(Value::Result(Err(_)))) => Ok(Self::new(1)),
            Ok(_) => Ok(Self::new(0)),
            Err(error) => match error.kind() {
                ErrorKind::Exit(code) => Ok(Self::new(*code)),
                _ => Err(error),
            },
        }
    }

    /// Returns whether the code is 0.
    #[must_use]
    pub fn success(self) -> bool {
        self.code == 0
    }
}
