//! Snapshots of globals and memories, and looking up exports by name.

use std::collections::{BTreeMap, HashMap};
use std::hint::black_box;
use std::time::Duration;

use seam_core::{Artifact, Backend, InstanceExt, Memories, Query, Snapshot, Value};
use seam_wasmi::Wasmi;
use seam_wasmtime::Wasmtime;

use crate::engine::{Seam, WasmtimeCore, on_all, on_each};
use crate::failure::Failure;
use crate::guest;
use crate::row::{Beside, Bound, Entry, Row};
use crate::side::Side;

pub(super) const ROWS: &[Entry] = &[
    Entry::new("snapshot of 10,000 globals", globals),
    Entry::new("snapshot of 10,000 globals in a component", globals_inside),
    Entry::new("snapshot with the digest of 1 MiB", digest),
    Entry::new("resolve one of 10,000 exports", resolve),
];

const MANY: u32 = 10_000;
const MAP: Bound = Bound("wasmtime core, into a map");
const COPY: Bound = Bound("one copy");
const LOOK_UP: Bound = Bound("a hash look-up");

/// Reads all exported globals into a map, by name.
fn into_a_map() -> Result<Side, Failure> {
    let (mut store, instance) = WasmtimeCore::new(&guest::globals(MANY)?)?.instantiate()?;
    let work = move || {
        let exports = instance.exports(&mut store);
        let globals = exports.filter_map(|export| {
            let name = export.name().to_owned();
            Some((name, export.into_global()?))
        });
        let globals: Vec<_> = globals.collect();
        let value = |(name, global): (String, wasmtime::Global)| {
            let value = global.get(&mut store);
            Some((name, value.i64()?))
        };
        let map: BTreeMap<String, i64> = globals.into_iter().filter_map(value).collect();
        Ok(map)
    };
    Ok(Side::new(work, |map| {
        let values = map.values().map(|value| value.cast_unsigned());
        Ok(Value::U64(values.sum()))
    }))
}

/// Adds up all counters, which shows that all of them were read.
fn sum(snapshot: Snapshot) -> Result<Value, Failure> {
    let counters = snapshot.counters("__witness_counter_");
    Ok(Value::U64(counters.values().sum()))
}

fn snapshots(artifact: &Artifact, backend: &dyn Backend) -> Result<Side, Failure> {
    let Seam(mut seam) = Seam::new(backend, artifact)?;
    let query = Query::new();
    seam.snapshot(&query)?;
    Ok(Side::new(move || Ok(seam.snapshot(&query)?), sum))
}

const SNAPSHOT: Beside = MAP.within(Duration::from_micros(250));

fn globals() -> Result<Row, Failure> {
    let row = Row::new().bound(MAP, into_a_map()?);
    let globals = guest::globals(MANY)?;
    on_all(row, [SNAPSHOT; 3], |backend| snapshots(&globals, backend))
}

fn globals_inside() -> Result<Row, Failure> {
    let row = Row::new().bound(MAP, into_a_map()?);
    let globals = guest::globals_inside(MANY)?;
    let builds: [Box<dyn Backend>; 3] = [
        Box::new(Wasmi::new()),
        Box::new(Wasmtime::layered()),
        Box::new(Wasmtime::builder().inner_instances().build()),
    ];
    on_each(row, builds, [SNAPSHOT; 3], |backend| {
        snapshots(&globals, backend)
    })
}

fn digest() -> Result<Row, Failure> {
    let memory = Artifact::from_wat("memory", r#"(module (memory (export "memory") 16))"#)?;
    let (from, mut to) = (vec![0u8; 1 << 20], vec![0u8; 1 << 20]);
    let copy = Side::of(move || {
        to.copy_from_slice(black_box(&from));
        Ok(black_box(&to).len() as u64)
    });
    let row = Row::new().bound(COPY, copy);
    on_all(row, [COPY.only(); 3], |backend| {
        let Seam(mut seam) = Seam::new(backend, &memory)?;
        let query = Query::new().with_memories(Memories::Digest);
        Ok(Side::new(
            move || Ok(seam.snapshot(&query)?),
            |snapshot| {
                let memories = snapshot.instances.iter().flat_map(|one| &one.memories);
                Ok(Value::U64(memories.map(|(_, memory)| memory.size).sum()))
            },
        ))
    })
}

fn resolve() -> Result<Row, Failure> {
    let exports = guest::exports(MANY)?;
    let index = (0..u64::from(MANY)).map(|number| (format!("f{number}"), number));
    let index: HashMap<String, u64> = index.collect();
    let look_up = move || {
        let found = index.get(black_box("f9998"));
        Ok(*found.ok_or("expected an export")?)
    };
    let row = Row::new().bound(LOOK_UP, Side::of(look_up));
    let beside = LOOK_UP.within(Duration::from_nanos(300));
    on_all(row, [beside; 3], |backend| {
        let Seam(mut seam) = Seam::new(backend, &exports)?;
        Ok(Side::new(
            move || Ok(seam.resolve(black_box("f9998"))?),
            |func| {
                let number = func.name().item().trim_start_matches('f').parse();
                Ok(Value::U64(number?))
            },
        ))
    })
}
