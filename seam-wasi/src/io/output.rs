//! `output-stream` of `wasi:io/streams`.
//!
//! Bytes are written immediately, so no function blocks, and a stream always accepts one more
//! chunk.

use seam_core::{HostCall, OutputStream, Result, Value};

use crate::files::FileRef;
use crate::func::{Args, Body, Funcs, broken, state};
use crate::io::error::{StreamError, answer};
use crate::io::{CHUNK, input, poll};

pub(crate) const FUNCS: Funcs = Funcs {
    interface: "wasi:io/streams",
    funcs: &[
        ("[method]output-stream.check-write", |call, args| {
            let room = check(call, args.rep(0)?)?.map(|()| CHUNK as u64);
            answer(state(call)?, room, |room| Some(room.into()))
        }),
        ("[method]output-stream.write", |call, args| {
            write(call, args, CHUNK)
        }),
        (
            "[method]output-stream.blocking-write-and-flush",
            |call, args| write(call, args, FLUSHED),
        ),
        ("[method]output-stream.flush", FLUSH),
        ("[method]output-stream.blocking-flush", FLUSH),
        ("[method]output-stream.subscribe", |call, args| {
            let state = state(call)?;
            state.table.at::<Output>(args.rep(0)?)?;
            poll::ready(state)
        }),
        ("[method]output-stream.write-zeroes", |call, args| {
            write_zeroes(call, args, CHUNK)
        }),
        (
            "[method]output-stream.blocking-write-zeroes-and-flush",
            |call, args| write_zeroes(call, args, FLUSHED),
        ),
        ("[method]output-stream.splice", splice),
        ("[method]output-stream.blocking-splice", splice),
    ],
};

const FLUSH: Body = |call, args| {
    let flushed = check(call, args.rep(0)?)?;
    answer(state(call)?, flushed, |()| None)
};

/// Most bytes that `blocking-write-and-flush` accepts.
const FLUSHED: usize = 4096;

/// The resource `output-stream`.
pub(crate) enum Output {
    /// Captured standard output or error.
    Captured(OutputStream),
    /// A file, from `offset` on, or at its end if `offset` is `None`.
    File { file: FileRef, offset: Option<u64> },
    /// An HTTP body, which is discarded.
    Discarded,
    /// A stream that has failed.
    Closed,
}

fn check(call: &mut HostCall<'_>, rep: u32) -> Result<Result<(), StreamError>> {
    Ok(match state(call)?.table.at::<Output>(rep)? {
        Output::Closed => Err(StreamError::Closed),
        _ => Ok(()),
    })
}

fn write(call: &mut HostCall<'_>, args: Args<'_>, most: usize) -> Result<Option<Value>> {
    let bytes = args.bytes(1)?;
    if bytes.len() > most {
        return Err(broken(
            "expected a write within the bounds of the stream, found a longer write",
        ));
    }
    let written = put(call, args.rep(0)?, bytes)?;
    answer(state(call)?, written, |()| None)
}

fn write_zeroes(call: &mut HostCall<'_>, args: Args<'_>, most: usize) -> Result<Option<Value>> {
    let len = usize::try_from(args.u64(1)?).unwrap_or(usize::MAX);
    if len > most {
        return Err(broken(
            "expected a write within the bounds of the stream, found a longer write",
        ));
    }
    let written = put(call, args.rep(0)?, &vec![0; len])?;
    answer(state(call)?, written, |()| None)
}

fn splice(call: &mut HostCall<'_>, args: Args<'_>) -> Result<Option<Value>> {
    let (rep, source, len) = (args.rep(0)?, args.rep(1)?, args.u64(2)?);
    let moved = match check(call, rep)? {
        Ok(()) => input::take(state(call)?, source, len)?,
        Err(closed) => Err(closed),
    };
    let moved = match moved {
        Ok(bytes) => put(call, rep, &bytes)?.map(|()| bytes.len() as u64),
        Err(error) => Err(error),
    };
    answer(state(call)?, moved, |len| Some(len.into()))
}

/// Writes all of `bytes`.
fn put(call: &mut HostCall<'_>, rep: u32, bytes: &[u8]) -> Result<Result<(), StreamError>> {
    let state = state(call)?;
    let stream = state.table.at::<Output>(rep)?;
    Ok(match stream {
        Output::Closed => Err(StreamError::Closed),
        Output::Discarded => Ok(()),
        Output::Captured(captured) => {
            let captured = *captured;
            call.output(captured, bytes)?;
            Ok(())
        }
        Output::File { file, offset } => match state.files.write(file, *offset, bytes) {
            Ok(()) => {
                *offset = offset.map(|at| at.saturating_add(bytes.len() as u64));
                Ok(())
            }
            Err(code) => {
                *stream = Output::Closed;
                Err(StreamError::Failed(code))
            }
        },
    })
}
