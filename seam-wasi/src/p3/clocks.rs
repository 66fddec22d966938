//! `wasi:clocks` 0.3: the monotonic clock advances only when the guest waits for it.

use crate::func::{Funcs, state};

pub(super) const FUNCS: [Funcs; 3] = [
    Funcs {
        interface: "wasi:clocks/monotonic-clock",
        funcs: &[
            ("wait-until", |call, args| {
                let when = args.u64(0)?;
                state(call)?.clock.wait(when);
                Ok(None)
            }),
            ("wait-for", |call, args| {
                let clock = &mut state(call)?.clock;
                clock.wait(clock.now.saturating_add(args.u64(0)?));
                Ok(None)
            }),
        ],
    },
    Funcs {
        interface: "wasi:clocks/system-clock",
        funcs: &[("get-resolution", |_, _| Ok(Some(1u64.into())))],
    },
    Funcs {
        interface: "wasi:clocks/timezone",
        funcs: &[
            ("iana-id", |_, _| {
                Ok(Some(seam_core::Value::some("UTC".into())))
            }),
            ("utc-offset", |_, _| {
                Ok(Some(seam_core::Value::some(0i64.into())))
            }),
            ("to-debug-string", |_, _| Ok(Some("UTC".into()))),
        ],
    },
];
