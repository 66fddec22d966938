//! `wasi:clocks`: the monotonic clock advances only when the guest waits for it.

use seam_core::{Result, Value};

use crate::func::{Funcs, own, state};
use crate::io::poll::Pollable;
use crate::monotonic::Monotonic;
use crate::state::State;
use crate::time::Datetime;

pub(crate) const FUNCS: [Funcs; 3] = [
    Funcs {
        interface: "wasi:clocks/monotonic-clock",
        funcs: &[
            ("now", |call, _| Ok(Some(Monotonic::of(call)?.now().into()))),
            ("resolution", |_, _| Ok(Some(1u64.into()))),
            ("subscribe-instant", |call, args| {
                let when = args.u64(0)?;
                subscribe(state(call)?, when)
            }),
            ("subscribe-duration", |call, args| {
                let when = Monotonic::of(call)?.after(args.u64(0)?);
                subscribe(state(call)?, when)
            }),
        ],
    },
    Funcs {
        interface: "wasi:clocks/wall-clock",
        funcs: &[
            ("now", |call, _| Ok(Some(state(call)?.config.wall.value()))),
            ("resolution", |_, _| Ok(Some(Datetime::new(0, 1).value()))),
        ],
    },
    Funcs {
        interface: "wasi:clocks/timezone",
        funcs: &[
            ("display", |_, _| {
                Ok(Some(Value::record([
                    ("utc-offset", 0i32.into()),
                    ("name", "UTC".into()),
                    ("in-daylight-saving-time", false.into()),
                ])))
            }),
            ("utc-offset", |_, _| Ok(Some(0i32.into()))),
        ],
    },
];

fn subscribe(state: &mut State, when: u64) -> Result<Option<Value>> {
    let rep = state.table.add(Pollable::At(when))?;
    Ok(Some(own("wasi:io/poll", "pollable", rep)))
}
