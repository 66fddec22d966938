//! `wasi:io/error` and the error of a stream.

use seam_core::{Result, Value};

use crate::files::Code;
use crate::func::{Funcs, own, state};
use crate::state::State;

pub(crate) const FUNCS: Funcs = Funcs {
    interface: "wasi:io/error",
    funcs: &[("[method]error.to-debug-string", |call, args| {
        let error = state(call)?.table.at::<IoError>(args.rep(0)?)?;
        Ok(Some(error.0.name().into()))
    })],
};

/// The resource `error`: the cause of a failed stream operation, which is always a file's error.
pub(crate) struct IoError(pub(crate) Code);

/// The variant `stream-error`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StreamError {
    Failed(Code),
    Closed,
}

/// Builds the result of a function that returns `result<T, stream-error>`.
pub(crate) fn answer<T>(
    state: &mut State,
    result: Result<T, StreamError>,
    ok: impl FnOnce(T) -> Option<Value>,
) -> Result<Option<Value>> {
    let error = match result {
        Ok(value) => return Ok(Some(Value::ok(ok(value)))),
        Err(StreamError::Closed) => Value::variant("closed", None),
        Err(StreamError::Failed(code)) => {
            let rep = state.table.add(IoError(code))?;
            let error = own("wasi:io/error", "error", rep);
            Value::variant("last-operation-failed", Some(error))
        }
    };
    Ok(Some(Value::err(Some(error))))
}
