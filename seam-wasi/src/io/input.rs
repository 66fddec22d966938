//! `input-stream` of `wasi:io/streams`.
//!
//! All input is available from the start, so no function blocks. The blocking functions are the
//! same as the others.

use seam_core::{HostCall, Result, Value};

use crate::files::FileRef;
use crate::func::{Args, Funcs, state};
use crate::io::error::{StreamError, answer};
use crate::io::{CHUNK, poll};
use crate::state::State;

pub(crate) const FUNCS: Funcs = Funcs {
    interface: "wasi:io/streams",
    funcs: &[
        ("[method]input-stream.read", read),
        ("[method]input-stream.blocking-read", read),
        ("[method]input-stream.skip", skip),
        ("[method]input-stream.blocking-skip", skip),
        ("[method]input-stream.subscribe", |call, args| {
            let state = state(call)?;
            state.table.at::<Input>(args.rep(0)?)?;
            poll::ready(state)
        }),
    ],
};

fn read(call: &mut HostCall<'_>, args: Args<'_>) -> Result<Option<Value>> {
    let state = state(call)?;
    let bytes = take(state, args.rep(0)?, args.u64(1)?)?;
    answer(state, bytes, |bytes| Some(bytes.into()))
}

fn skip(call: &mut HostCall<'_>, args: Args<'_>) -> Result<Option<Value>> {
    let state = state(call)?;
    let bytes = take(state, args.rep(0)?, args.u64(1)?)?;
    answer(state, bytes, |bytes| Some((bytes.len() as u64).into()))
}

/// The resource `input-stream`.
pub(crate) enum Input {
    /// Standard input. All handles share one position.
    Stdin,
    /// A file from `offset` on.
    File { file: FileRef, offset: u64 },
    /// A stream that has failed or reached its end.
    Closed,
}

/// Reads up to `len` bytes, but at most [`CHUNK`] bytes.
pub(crate) fn take(state: &mut State, rep: u32, len: u64) -> Result<Result<Vec<u8>, StreamError>> {
    let len = usize::try_from(len).unwrap_or(CHUNK).min(CHUNK);
    let stream = state.table.at::<Input>(rep)?;
    Ok(match stream {
        Input::Closed => Err(StreamError::Closed),
        Input::Stdin if state.stdin.is_empty() => Err(StreamError::Closed),
        Input::Stdin => Ok(state.stdin.take(len)),
        Input::File { .. } if len == 0 => Ok(Vec::new()),
        Input::File { file, offset } => match state.files.read(file, *offset, len) {
            Ok(bytes) if bytes.is_empty() => {
                *stream = Input::Closed;
                Err(StreamError::Closed)
            }
            Ok(bytes) => {
                *offset = offset.saturating_add(bytes.len() as u64);
                Ok(bytes)
            }
            Err(code) => {
                *stream = Input::Closed;
                Err(StreamError::Failed(code))
            }
        },
    })
}
