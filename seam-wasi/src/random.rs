//! `wasi:random`: numbers generated from a seed. They are not secret.

use seam_core::{Error, ErrorKind, HostCall, Limit, Result, Value};

use crate::func::{Args, Funcs, state};

pub(crate) const FUNCS: [Funcs; 3] = [
    Funcs {
        interface: "wasi:random/random",
        funcs: &[
            ("get-random-bytes", |call, args| {
                let len = length(call, args)?;
                Ok(Some(state(call)?.random.secure.bytes(len).into()))
            }),
            ("get-random-u64", |call, _| {
                Ok(Some(state(call)?.random.secure.next().into()))
            }),
        ],
    },
    Funcs {
        interface: "wasi:random/insecure",
        funcs: &[
            ("get-insecure-random-bytes", |call, args| {
                let len = length(call, args)?;
                Ok(Some(state(call)?.random.insecure.bytes(len).into()))
            }),
            ("get-insecure-random-u64", |call, _| {
                Ok(Some(state(call)?.random.insecure.next().into()))
            }),
        ],
    },
    Funcs {
        interface: "wasi:random/insecure-seed",
        funcs: &[("insecure-seed", |call, _| {
            let (low, high) = state(call)?.random.seed;
            Ok(Some(Value::Tuple(vec![low.into(), high.into()])))
        })],
    },
];

/// Most bytes that one call may request. WASI has no error code for larger requests.
const MOST: u64 = 64 << 20;

fn length(call: &HostCall<'_>, args: Args<'_>) -> Result<usize> {
    let (len, most) = (args.u64(0)?, MOST.min(call.limits().lifted));
    usize::try_from(len)
        .ok()
        .filter(|_| len <= most)
        .ok_or_else(|| {
            Error::new(
                ErrorKind::Limit(Limit::Lifted),
                format!("expected a request for at most {most} random bytes, found one for {len}"),
            )
        })
}
