//! `wasi:cli` 0.3: the standard streams.

use seam_core::{HostCall, List, OutputStream, Result, Sink, Supply, Value};

use crate::func::{Args, Funcs, state};
use crate::io::CHUNK;
use crate::outcome::{Outcome, reading};

pub(super) const FUNCS: [Funcs; 3] = [
    Funcs {
        interface: "wasi:cli/stdin",
        funcs: &[("read-via-stream", |call, _| {
            let stream = reading(call, |call, _, max| {
                let stdin = &mut state(call)?.stdin;
                let bytes = stdin.take(max.clamp(1, CHUNK));
                Ok(match bytes.is_empty() {
                    true => Supply::End,
                    false => Supply::Elements(List::U8(bytes)),
                })
            });
            Ok(Some(stream))
        })],
    },
    Funcs {
        interface: "wasi:cli/stdout",
        funcs: &[("write-via-stream", |call, args| {
            capture(call, args, OutputStream::Stdout)
        })],
    },
    Funcs {
        interface: "wasi:cli/stderr",
        funcs: &[("write-via-stream", |call, args| {
            capture(call, args, OutputStream::Stderr)
        })],
    },
];

/// Captures what a guest writes.
struct Captured {
    stream: OutputStream,
    /// Says that the stream has ended when it is dropped.
    _outcome: Outcome,
}

impl Sink for Captured {
    fn accept(&mut self, call: &mut HostCall<'_>, elements: List) -> Result<()> {
        match elements {
            List::U8(bytes) => call.output(self.stream, &bytes),
            _ => Ok(()),
        }
    }
}

fn capture(call: &mut HostCall<'_>, args: Args<'_>, stream: OutputStream) -> Result<Option<Value>> {
    let (outcome, future) = Outcome::new(call);
    let sink = Captured {
        stream,
        _outcome: outcome,
    };
    call.connect(args.value(0)?, sink)?;
    Ok(Some(future))
}
