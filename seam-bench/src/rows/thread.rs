//! Threads that share one program. Each operation instantiates it and calls `add`.

use std::thread;

use seam_core::{BackendExt, InstanceExt, Value, World};
use wasmtime::component::Val;

use crate::engine::{COMPONENT, Component, WASMI_CORE, WasmiProgram, instantiate, on_all};
use crate::failure::Failure;
use crate::guest;
use crate::row::{Entry, Row};
use crate::side::Side;

pub(super) const ROWS: &[Entry] = &[
    Entry::new("instantiate and call, 1 thread", threads::<1>),
    Entry::new("instantiate and call, 2 threads", threads::<2>),
    Entry::new("instantiate and call, 8 threads", threads::<8>),
];

/// The operations of each thread: enough to outweigh the start of the thread.
const EACH: u32 = 200;

/// Runs an operation [`EACH`] times on each of `THREADS` threads, and adds up the results.
fn parallel<const THREADS: u32>(
    once: impl Fn() -> Result<u32, Failure> + Sync,
) -> Result<u32, Failure> {
    let many = || (0..EACH).try_fold(0u32, |sum, _| Ok::<_, Failure>(sum.wrapping_add(once()?)));
    thread::scope(|scope| {
        let running: Vec<_> = (0..THREADS).map(|_| scope.spawn(many)).collect();
        running.into_iter().try_fold(0u32, |sum, thread| {
            let of_thread = thread.join().map_err(|_| "a thread panicked")??;
            Ok(sum.wrapping_add(of_thread))
        })
    })
}

fn threads<const THREADS: u32>() -> Result<Row, Failure> {
    let (echo, module) = (guest::echo()?, guest::echo_module()?);
    let wasmi = WasmiProgram::new(&module)?;
    let wasmi = move || parallel::<THREADS>(|| wasmi.add((20, 22)));
    let component = Component::new(&echo)?;
    let component = move || {
        parallel::<THREADS>(|| {
            let (mut store, instance) = component.instantiate()?;
            let add = instance.get_func(&mut store, "add");
            let add = add.ok_or("expected an exported function")?;
            let mut results = [Val::Bool(false)];
            add.call(&mut store, &[Val::U32(20), Val::U32(22)], &mut results)?;
            match results {
                [Val::U32(result)] => Ok(result),
                _ => Err("expected a number".into()),
            }
        })
    };
    let row = Row::of_operations(THREADS * EACH)
        .bound(WASMI_CORE, Side::of(wasmi))
        .bound(COMPONENT, Side::of(component));
    let besides = [WASMI_CORE.only(), COMPONENT.only(), COMPONENT.only()];
    on_all(row, besides, |backend| {
        let program = backend.load_blocking(&echo)?;
        Ok(Side::of(move || {
            parallel::<THREADS>(|| {
                let mut instance = instantiate(&*program, &World::new())?;
                match instance.call_blocking("add", &[Value::U32(20), Value::U32(22)])? {
                    Some(Value::U32(result)) => Ok(result),
                    _ => Err("expected a number".into()),
                }
            })
        }))
    })
}
