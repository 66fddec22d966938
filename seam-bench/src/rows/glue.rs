//! An engine whose host functions cannot call the guest, beside the same engine that can.

use seam_core::{Artifact, Value, World};
use seam_wasmi::Wasmi;

use super::{call, host, value};
use crate::engine::Seam;
use crate::failure::Failure;
use crate::guest;
use crate::row::{Bound, Entry, Row};
use crate::side::Side;

pub(super) const ROWS: &[Entry] = &[
    Entry::new("add(u32, u32)", add),
    Entry::new("string of 16 B", string),
    Entry::new("list<u8> of 1 MiB", bytes),
    Entry::new("guest to guest: add(u32, u32)", relay_add),
    Entry::new("guest to guest: string of 16 B", relay_string),
    Entry::new("guest to guest: list<u8> of 1 MiB", relay_bytes),
    Entry::new("1,000 host calls: scalar", host_add),
    Entry::new("1,000 host calls: string of 16 B", host_echo),
];

const REENTRANT: Bound = Bound("seam on wasmi");
const WITHOUT: &str = "wasmi-without-reentry";

fn compared(
    artifact: &Artifact,
    world: &World,
    name: &str,
    args: &[Value],
) -> Result<Row, Failure> {
    let side = |backend: Wasmi| {
        let seam = Seam::within(&backend, artifact, world)?;
        Ok::<_, Failure>(Side::of_call(seam.dynamic(name, args.to_vec())?))
    };
    let with = side(Wasmi::new())?;
    let without = side(Wasmi::builder().without_reentry().build())?;
    let row = Row::new().bound(REENTRANT, with);
    Ok(row.subject(WITHOUT, without, REENTRANT.only()))
}

fn add() -> Result<Row, Failure> {
    compared(&guest::echo()?, &World::new(), "add", &call::args())
}

fn string() -> Result<Row, Failure> {
    let args = [value::TEXT.into()];
    compared(&guest::echo()?, &World::new(), "echo-string", &args)
}

fn bytes() -> Result<Row, Failure> {
    let args = [vec![0x5au8; 1 << 20].into()];
    compared(&guest::echo()?, &World::new(), "echo-bytes", &args)
}

fn relay_add() -> Result<Row, Failure> {
    compared(&guest::relay()?, &World::new(), "relay-add", &call::args())
}

fn relay_string() -> Result<Row, Failure> {
    compared(&guest::relay()?, &World::new(), "relay-string", &[])
}

fn relay_bytes() -> Result<Row, Failure> {
    compared(&guest::relay()?, &World::new(), "relay-bytes", &[])
}

fn host_add() -> Result<Row, Failure> {
    compared(&guest::host()?, &host::world(), "call-add", &[])
}

fn host_echo() -> Result<Row, Failure> {
    compared(&guest::host()?, &host::world(), "call-echo", &[])
}
