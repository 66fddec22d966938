//! Calls between two guests of one artifact.

use std::hint::black_box;

use seam_core::Value;
use wasmtime::component::Val;

use crate::engine::{
    COMPONENT, Component, Seam, TWO_COPIES, WASMI_BY_HAND, chained, on_all, relayed, value_of_val,
};
use crate::failure::Failure;
use crate::guest;
use crate::row::{Beside, Entry, Row};
use crate::side::Side;

pub(super) const ROWS: &[Entry] = &[
    Entry::new("add(u32, u32)", add),
    Entry::new("string of 16 B, there and back", string),
    Entry::new("list<u8> of 1 MiB, there and back", bytes),
    Entry::new("add through a chain of 1", chain::<1>),
    Entry::new("add through a chain of 3", chain::<3>),
    Entry::new("add through a chain of 8", chain::<8>),
    Entry::new("add through a chain of 16", chain::<16>),
];

fn args() -> Vec<Value> {
    vec![Value::U32(20), Value::U32(22)]
}

fn vals() -> Vec<Val> {
    vec![Val::U32(20), Val::U32(22)]
}

fn on_adapters(name: &str, vals: Vec<Val>) -> Result<Side, Failure> {
    let call = Component::new(&guest::relay()?)?.dynamic(name, vals)?;
    Ok(Side::new(call, value_of_val))
}

fn dynamic(row: Row, besides: [Beside; 3], name: &str, args: &[Value]) -> Result<Row, Failure> {
    let relay = guest::relay()?;
    on_all(row, besides, |backend| {
        let call = Seam::new(backend, &relay)?.dynamic(name, args.to_vec())?;
        Ok(Side::of_call(call))
    })
}

fn add() -> Result<Row, Failure> {
    let by_hand = relayed(&guest::echo_module()?, &guest::relay_module()?)?;
    let row = Row::new()
        .bound(
            WASMI_BY_HAND,
            Side::of(by_hand.work_with("relay-add", (20, 22))?),
        )
        .bound(COMPONENT, on_adapters("relay-add", vals())?);
    let besides = [
        WASMI_BY_HAND.at_most(2.0),
        COMPONENT.at_most(2.0),
        COMPONENT.at_most(1.15),
    ];
    dynamic(row, besides, "relay-add", &args())
}

fn string() -> Result<Row, Failure> {
    let by_hand = relayed(&guest::echo_module()?, &guest::relay_module()?)?;
    let row = Row::new()
        .bound(WASMI_BY_HAND, Side::of(by_hand.work("relay-string")?))
        .bound(COMPONENT, on_adapters("relay-string", Vec::new())?);
    let besides = [
        WASMI_BY_HAND.at_most(2.0),
        COMPONENT.at_most(2.0),
        COMPONENT.at_most(1.15),
    ];
    dynamic(row, besides, "relay-string", &[])
}

/// Copies the relayed list to the callee, and from there to the place of the result in the caller.
///
/// As in the relay, this place is not that of the argument, so 3 MiB are read or written.
fn two_copies() -> Side {
    let argument = vec![0x5au8; guest::LONG as usize];
    let mut callee = vec![0; guest::LONG as usize];
    let mut result = callee.clone();
    Side::of(move || {
        callee.copy_from_slice(black_box(&argument));
        result.copy_from_slice(black_box(&callee));
        let last = black_box(&result).last().copied().unwrap_or_default();
        Ok(guest::LONG + u32::from(last))
    })
}

fn bytes() -> Result<Row, Failure> {
    let by_hand = relayed(&guest::echo_module()?, &guest::relay_module()?)?;
    let row = Row::new()
        .bound(TWO_COPIES, two_copies())
        .bound(WASMI_BY_HAND, Side::of(by_hand.work("relay-bytes")?))
        .bound(COMPONENT, on_adapters("relay-bytes", Vec::new())?);
    let besides = [
        TWO_COPIES.at_most(1.15),
        TWO_COPIES.at_most(1.15),
        COMPONENT.at_most(1.15),
    ];
    dynamic(row, besides, "relay-bytes", &[])
}

fn chain<const DEPTH: u32>() -> Result<Row, Failure> {
    let chain = guest::chain(DEPTH)?;
    let by_hand = chained(&guest::chain_link()?, DEPTH)?.work_with("add", (20, 22))?;
    let component = Component::new(&chain)?.dynamic("add", vals())?;
    let row = Row::new()
        .bound(WASMI_BY_HAND, Side::of(by_hand))
        .bound(COMPONENT, Side::new(component, value_of_val));
    let besides = [WASMI_BY_HAND.only(), COMPONENT.only(), COMPONENT.only()];
    on_all(row, besides, |backend| {
        let call = Seam::new(backend, &chain)?.dynamic("add", args())?;
        Ok(Side::of_call(call))
    })
}
