//! What observing costs: builds and worlds that observe, beside the same backend's fastest build.

use std::time::Duration;

use seam_core::{Artifact, Backend, Limits, Value, World};
use seam_wasmi::Wasmi;
use seam_wasmtime::Wasmtime;

use super::host;
use crate::engine::{LAYERED, NATIVE, Seam, WASMI};
use crate::failure::Failure;
use crate::guest;
use crate::row::{Bound, Entry, Row};
use crate::side::Side;

pub(super) const ROWS: &[Entry] = &[
    Entry::new("a call: add(u32, u32)", call),
    Entry::new("guest code: a loop over memory, 10,000 times", work),
    Entry::new("1,000 host calls: scalar", calls),
];

const WASMI_PLAIN: Bound = Bound(WASMI);
const LAYERED_PLAIN: Bound = Bound(LAYERED);
const NATIVE_PLAIN: Bound = Bound(NATIVE);

/// A build and world that observe something.
struct Observing {
    name: &'static str,
    plain: Bound,
    build: Box<dyn Backend>,
    world: fn(World) -> World,
}

fn observing(
    name: &'static str,
    plain: Bound,
    build: impl Backend + 'static,
    world: fn(World) -> World,
) -> Observing {
    Observing {
        name,
        plain,
        build: Box::new(build),
        world,
    }
}

fn fuel(world: World) -> World {
    world.limits(Limits::new().with_fuel(u64::MAX >> 1))
}

fn deadline(world: World) -> World {
    world.limits(Limits::new().with_deadline(Duration::from_secs(60)))
}

fn record(world: World) -> World {
    world.record(true)
}

fn same(world: World) -> World {
    world
}

/// Every way of observing. Each backend's fastest build comes first.
fn ways() -> Vec<Observing> {
    let wasmtime = Wasmtime::builder;
    let wasmi = Wasmi::builder;
    vec![
        observing("wasmi, fuel", WASMI_PLAIN, wasmi().fuel().build(), fuel),
        observing(
            "wasmi, deadline",
            WASMI_PLAIN,
            wasmi().deadline().build(),
            deadline,
        ),
        observing("wasmi, recorder", WASMI_PLAIN, wasmi().build(), record),
        observing(
            "wasmtime-layered, fuel",
            LAYERED_PLAIN,
            wasmtime().fuel().build_layered(),
            fuel,
        ),
        observing(
            "wasmtime-layered, deadline",
            LAYERED_PLAIN,
            wasmtime().deadline().build_layered(),
            deadline,
        ),
        observing(
            "wasmtime-layered, recorder",
            LAYERED_PLAIN,
            wasmtime().build_layered(),
            record,
        ),
        observing(
            "wasmtime, fuel",
            NATIVE_PLAIN,
            wasmtime().fuel().build(),
            fuel,
        ),
        observing(
            "wasmtime, deadline",
            NATIVE_PLAIN,
            wasmtime().deadline().build(),
            deadline,
        ),
        observing(
            "wasmtime, inner instances",
            NATIVE_PLAIN,
            wasmtime().inner_instances().build(),
            same,
        ),
        observing(
            "wasmtime, recorder",
            NATIVE_PLAIN,
            wasmtime().build(),
            record,
        ),
    ]
}

fn compared(
    operations: u32,
    artifact: &Artifact,
    world: &World,
    name: &str,
    args: &[Value],
) -> Result<Row, Failure> {
    let side = |backend: &dyn Backend, world: &World| {
        let seam = Seam::within(backend, artifact, world)?;
        Ok::<_, Failure>(Side::of_call(seam.dynamic(name, args.to_vec())?))
    };
    let row = Row::of_operations(operations)
        .bound(WASMI_PLAIN, side(&Wasmi::new(), world)?)
        .bound(LAYERED_PLAIN, side(&Wasmtime::layered(), world)?)
        .bound(NATIVE_PLAIN, side(&Wasmtime::new(), world)?);
    ways().into_iter().try_fold(row, |row, way| {
        let side = side(&*way.build, &(way.world)(world.clone()))?;
        Ok(row.subject(way.name, side, way.plain.only()))
    })
}

fn call() -> Result<Row, Failure> {
    let args = [Value::U32(20), Value::U32(22)];
    compared(1, &guest::echo()?, &World::new(), "add", &args)
}

fn work() -> Result<Row, Failure> {
    let args = [Value::U32(10_000)];
    compared(1, &guest::echo()?, &World::new(), "sum-memory", &args)
}

fn calls() -> Result<Row, Failure> {
    let world = host::world();
    compared(guest::CALLS, &guest::host()?, &world, "call-add", &[])
}
