//! `wasi:io/poll`: polling never blocks, because it advances the monotonic clock instead.

use seam_core::{Result, Value};

use crate::func::{Funcs, broken, own, rep, state};
use crate::state::State;
use crate::time::Clock;

pub(crate) const FUNCS: Funcs = Funcs {
    interface: "wasi:io/poll",
    funcs: &[
        ("[method]pollable.ready", |call, args| {
            let state = state(call)?;
            let pollable = *state.table.at::<Pollable>(args.rep(0)?)?;
            Ok(Some(pollable.is_ready(&state.clock).into()))
        }),
        ("[method]pollable.block", |call, args| {
            let state = state(call)?;
            let pollable = *state.table.at::<Pollable>(args.rep(0)?)?;
            poll(&mut state.clock, &[pollable]);
            Ok(None)
        }),
        ("poll", |call, args| {
            let state = state(call)?;
            let list = args.list(0)?.iter();
            let pollables = list.map(|value| Ok(*state.table.at::<Pollable>(rep(value)?)?));
            let pollables = pollables.collect::<Result<Vec<_>>>()?;
            if pollables.is_empty() {
                return Err(broken("expected a list of pollables, found an empty one"));
            }
            Ok(Some(poll(&mut state.clock, &pollables).into()))
        }),
    ],
};

/// The resource `pollable`.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pollable {
    /// Always ready: streams, and sockets (whose calls are refused).
    Ready,
    /// Ready when the monotonic clock reaches this time.
    At(u64),
}

impl Pollable {
    fn is_ready(self, clock: &Clock) -> bool {
        match self {
            Pollable::Ready => true,
            Pollable::At(when) => clock.now >= when,
        }
    }
}

/// Waits until at least one pollable is ready, and returns the positions of all that are.
fn poll(clock: &mut Clock, pollables: &[Pollable]) -> Vec<u32> {
    if !pollables.iter().any(|pollable| pollable.is_ready(clock)) {
        let instants = pollables.iter().filter_map(|pollable| match pollable {
            Pollable::At(when) => Some(*when),
            Pollable::Ready => None,
        });
        if let Some(first) = instants.min() {
            clock.wait(first);
        }
    }
    let ready = (0..).zip(pollables);
    let ready = ready.filter(|(_, pollable)| pollable.is_ready(clock));
    ready.map(|(index, _)| index).collect()
}

/// Creates a pollable that is always ready.
pub(crate) fn ready(state: &mut State) -> Result<Option<Value>> {
    let rep = state.table.add(Pollable::Ready)?;
    Ok(Some(own("wasi:io/poll", "pollable", rep)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Datetime;

    fn clock(now: u64) -> Clock {
        let wall = Datetime::new(0, 0);
        Clock { now, wall }
    }

    #[test]
    fn time_advances_only_until_the_first_is_ready() {
        let mut clock = clock(10);
        let pollables = [Pollable::At(30), Pollable::At(20), Pollable::At(20)];
        assert_eq!(poll(&mut clock, &pollables), [1, 2]);
        assert_eq!(clock.now, 20);
        assert_eq!(poll(&mut clock, &pollables[..1]), [0]);
        assert_eq!(clock.now, 30);
    }

    #[test]
    fn time_stands_still_if_something_is_ready() {
        let mut clock = clock(10);
        let pollables = [Pollable::At(30), Pollable::Ready, Pollable::At(10)];
        assert_eq!(poll(&mut clock, &pollables), [1, 2]);
        assert_eq!(clock.now, 10);
    }

    #[test]
    fn the_clock_never_goes_back() {
        let mut clock = clock(10);
        poll(&mut clock, &[Pollable::At(3)]);
        assert_eq!(clock.now, 10);
        poll(&mut clock, &[Pollable::At(u64::MAX)]);
        poll(&mut clock, &[Pollable::At(1)]);
        assert_eq!(clock.now, u64::MAX);
    }
}
