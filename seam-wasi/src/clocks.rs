//! `wasi:clocks`: the monotonic clock advances only when the guest waits for it.

use seam_core::{Result, Value};

use crate::func::{Funcs, own, state};
use crate::io::poll::Pollable;
use crate::state::State;

pub(crate) const FUNCS: [Funcs; 3] = [
    Funcs {
        interface: "wasi:clocks/monotonic-clock",
        funcs: &[
            ("now", |call, _| Ok(Some(state(call)?.clock.now.into()))),
            ("resolution", |_, _| Ok(Some(1u64.into()))),
            ("subscribe-instant", |call, args| {
                let when = args.u64(0)?;
                subscribe(state(call)?, when)
            }),
            ("subscribe-duration", |call, args| {
                let state = state(call)?;
                let when = state.clock.now.saturating_add(args.u64(0)?);
                subscribe(state, when)
            }),
        ],
    },
    Funcs {
        interface: "wasi:clocks/wall-clock",
        funcs: &[
            ("now", |call, _| Ok(Some(state(call)?.clock.wall.value()))),
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

/// The clocks of one instance.
pub(crate) struct Clock {
    /// The monotonic clock, in nanoseconds.
    pub(crate) now: u64,
    /// The wall clock, which never advances.
    pub(crate) wall: Datetime,
}

impl Clock {
    /// Advances the monotonic clock to `when`, unless it is already later. Takes no real time.
    pub(crate) fn wait(&mut self, when: u64) {
        self.now = self.now.max(when);
    }
}

/// A time since 1970-01-01T00:00:00Z, like `datetime` of `wasi:clocks/wall-clock`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Datetime {
    pub(crate) seconds: u64,
    pub(crate) nanoseconds: u32,
}

impl Datetime {
    pub(crate) const fn new(seconds: u64, nanoseconds: u32) -> Self {
        Self {
            seconds,
            nanoseconds,
        }
    }

    /// Carries whole seconds over from the nanoseconds.
    ///
    /// Returns `None` if the seconds overflow.
    pub(crate) fn normal(self) -> Option<Self> {
        const SECOND: u32 = 1_000_000_000;
        let seconds = self
            .seconds
            .checked_add(u64::from(self.nanoseconds / SECOND))?;
        Some(Self::new(seconds, self.nanoseconds % SECOND))
    }

    /// Returns the time as a `datetime` record.
    pub(crate) fn value(self) -> Value {
        Value::record([
            ("seconds", self.seconds.into()),
            ("nanoseconds", self.nanoseconds.into()),
        ])
    }

    /// Reads a `datetime` record. Returns `None` for any other value.
    pub(crate) fn of(value: &Value) -> Option<Self> {
        let Value::Record(fields) = value else {
            return None;
        };
        match fields.as_slice() {
            [(_, Value::U64(seconds)), (_, Value::U32(nanoseconds))] => {
                Some(Self::new(*seconds, *nanoseconds))
            }
            _ => None,
        }
    }
}
