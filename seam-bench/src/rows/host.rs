//! Calls of host functions by a guest. Times are for one call of the host.

use seam_core::World;

use crate::engine::{COMPONENT_TYPED, Component, Seam, WASMI_BY_HAND, hosted, on_all};
use crate::failure::Failure;
use crate::guest;
use crate::row::{Entry, Row};
use crate::side::Side;

pub(super) const ROWS: &[Entry] = &[
    Entry::new("scalar: add(u32, u32)", add),
    Entry::new("string of 16 B, there and back", echo),
];

/// The world with typed host functions.
pub(super) fn world() -> World {
    World::new()
        .func("bench:host/env#add", |(a, b): (u32, u32)| {
            Ok(a.wrapping_add(b))
        })
        .func("bench:host/env#echo", |(text,): (String,)| Ok(text))
}

fn calls(name: &'static str) -> Result<Row, Failure> {
    let host = guest::host()?;
    let by_hand = hosted(&guest::host_module()?)?.work(name)?;
    let component = Component::with_host(&host)?.typed(name, (), |()| ())?;
    let row = Row::of_operations(guest::CALLS)
        .bound(WASMI_BY_HAND, Side::of(by_hand))
        .bound(COMPONENT_TYPED, Side::of::<u32>(component));
    let besides = [
        WASMI_BY_HAND.at_most(1.5),
        COMPONENT_TYPED.at_most(1.5),
        COMPONENT_TYPED.at_most(1.5),
    ];
    on_all(row, besides, |backend| {
        let call = Seam::within(backend, &host, &world())?.typed(name, (), |()| ())?;
        Ok(Side::of_typed::<u32>(call))
    })
}

fn add() -> Result<Row, Failure> {
    calls("call-add")
}

fn echo() -> Result<Row, Failure> {
    calls("call-echo")
}
