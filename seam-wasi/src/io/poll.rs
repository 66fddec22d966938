//! `wasi:io/poll`: polling never blocks, because it advances the monotonic clock instead.

use seam_core::{Result, Value};

use crate::func::{Funcs, broken, own, rep, state};
use crate::monotonic::Monotonic;
use crate::state::State;

pub(crate) const FUNCS: Funcs = Funcs {
    interface: "wasi:io/poll",
    funcs: &[
        ("[method]pollable.ready", |call, args| {
            let now = Monotonic::of(call)?.now();
            let pollable = *state(call)?.table.at::<Pollable>(args.rep(0)?)?;
            Ok(Some(pollable.is_ready(now).into()))
        }),
        ("[method]pollable.block", |call, args| {
            let pollable = *state(call)?.table.at::<Pollable>(args.rep(0)?)?;
            poll(&Monotonic::of(call)?, &[pollable]);
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
            Ok(Some(poll(&Monotonic::of(call)?, &pollables).into()))
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
    fn is_ready(self, now: u64) -> bool {
        match self {
            Pollable::Ready => true,
            Pollable::At(when) => now >= when,
        }
    }
}

/// Waits until at least one pollable is ready, and returns the positions of all that are.
fn poll(clock: &Monotonic, pollables: &[Pollable]) -> Vec<u32> {
    if !pollables
        .iter()
        .any(|pollable| pollable.is_ready(clock.now()))
    {
        let instants = pollables.iter().filter_map(|pollable| match pollable {
            Pollable::At(when) => Some(*when),
            Pollable::Ready => None,
        });
        if let Some(first) = instants.min() {
            clock.advance_to(first);
        }
    }
    let ready = (0..).zip(pollables);
    let ready = ready.filter(|(_, pollable)| pollable.is_ready(clock.now()));
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
    use seam_core::VirtualClock;

    fn clock(now: u64) -> Monotonic {
        Monotonic::new(now, VirtualClock::default())
    }

    #[test]
    fn time_advances_only_until_the_first_is_ready() {
        let clock = clock(10);
        let pollables = [Pollable::At(30), Pollable::At(20), Pollable::At(20)];
        assert_eq!(poll(&clock, &pollables), [1, 2]);
        assert_eq!(clock.now(), 20);
        assert_eq!(poll(&clock, &pollables[..1]), [0]);
        assert_eq!(clock.now(), 30);
    }

    #[test]
    fn time_stands_still_if_something_is_ready() {
        let clock = clock(10);
        let pollables = [Pollable::At(30), Pollable::Ready, Pollable::At(10)];
        assert_eq!(poll(&clock, &pollables), [1, 2]);
        assert_eq!(clock.now(), 10);
    }

    #[test]
    fn the_clock_never_goes_back() {
        let clock = clock(10);
        poll(&clock, &[Pollable::At(3)]);
        assert_eq!(clock.now(), 10);
        poll(&clock, &[Pollable::At(u64::MAX)]);
        poll(&clock, &[Pollable::At(1)]);
        assert_eq!(clock.now(), u64::MAX);
    }
}
