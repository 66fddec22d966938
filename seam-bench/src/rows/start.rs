//! Instantiation, with dropping the instance. The answer is that of a call in the new instance.

use seam_core::{Artifact, Backend, BackendExt, Instance, InstanceExt, Value, World};
use seam_tests::fixtures;
use seam_wasi::Wasi;
use seam_wasmtime::Wasmtime;
use wasmtime::component::Val;

use crate::engine::{
    COMPONENT, Component, WASMI_CORE, WASMTIME_CORE, WasmtimeCore, instantiate, on_all,
    wasmi_instantiate,
};
use crate::failure::Failure;
use crate::guest;
use crate::row::{Beside, Entry, Row};
use crate::side::Side;

pub(super) const ROWS: &[Entry] = &[
    Entry::new("instantiate", echo),
    Entry::new("instantiate, pooled", pooled),
    Entry::new("instantiate, 5 WASI imports", five),
    Entry::new("instantiate a command of Rust's, 40 WASI imports", command),
];

type Answer = fn(Box<dyn Instance>) -> Result<Value, Failure>;

/// Adds seam's instantiation in a world.
fn instantiated(
    row: Row,
    besides: [Beside; 3],
    artifact: &Artifact,
    world: &World,
    answer: Answer,
) -> Result<Row, Failure> {
    on_all(row, besides, |backend| {
        instantiation(backend, artifact, world, answer)
    })
}

fn instantiation(
    backend: &dyn Backend,
    artifact: &Artifact,
    world: &World,
    answer: Answer,
) -> Result<Side, Failure> {
    let program = backend.load_blocking(artifact)?;
    let world = world.clone();
    let work = move || instantiate(&*program, &world);
    Ok(Side::new(work, answer))
}

fn add(mut instance: Box<dyn Instance>) -> Result<Value, Failure> {
    let result = instance.call_blocking("add", &[Value::U32(20), Value::U32(22)])?;
    Ok(result.ok_or("expected a result")?)
}

/// wasmtime's instantiation of a component that exports `add`.
fn on_component(component: Component) -> Side {
    Side::new(
        move || component.instantiate(),
        |(mut store, instance)| {
            let add = instance.get_func(&mut store, "add");
            let add = add.ok_or("expected an exported function")?;
            let mut results = [Val::Bool(false)];
            add.call(&mut store, &[Val::U32(20), Val::U32(22)], &mut results)?;
            match results {
                [Val::U32(result)] => Ok(Value::U32(result)),
                _ => Err("expected a number".into()),
            }
        },
    )
}

fn echo() -> Result<Row, Failure> {
    let (echo, module) = (guest::echo()?, guest::echo_module()?);
    let core = WasmtimeCore::new(&module)?;
    let core = Side::new(
        move || core.instantiate(),
        |(mut store, instance)| {
            let add = instance.get_typed_func::<(u32, u32), u32>(&mut store, "add")?;
            Ok(Value::U32(add.call(&mut store, (20, 22))?))
        },
    );
    let row = Row::new()
        .bound(WASMI_CORE, wasmi_instantiate(&module)?)
        .bound(WASMTIME_CORE, core)
        .bound(COMPONENT, on_component(Component::new(&echo)?));
    let besides = [
        WASMI_CORE.at_most(2.5),
        COMPONENT.at_most(1.25),
        COMPONENT.at_most(1.1),
    ];
    instantiated(row, besides, &echo, &World::new(), add)
}

/// The builds of wasmtime whose instances take slots. wasmi has none.
fn pooled() -> Result<Row, Failure> {
    const SLOTS: u32 = 100;
    let echo = guest::echo()?;
    let row = Row::new().bound(COMPONENT, on_component(Component::pooled(&echo, SLOTS)?));
    let builder = Wasmtime::builder().pooling(SLOTS);
    let builds: [Box<dyn Backend>; 2] = [
        Box::new(builder.clone().build_layered()),
        Box::new(builder.build()),
    ];
    builds.iter().try_fold(row, |row, backend| {
        let side = instantiation(&**backend, &echo, &World::new(), add)?;
        Ok(row.subject(&*backend.info().name, side, COMPONENT.only()))
    })
}

fn five() -> Result<Row, Failure> {
    let five = guest::five_imports()?;
    let row = Row::new().bound(COMPONENT, on_component(Component::with_wasi(&five)?));
    let world = Wasi::hermetic().add_to(World::new())?;
    instantiated(row, [COMPONENT.only(); 3], &five, &world, add)
}

/// wasmtime and seam instantiate the same command, and do not run it.
fn command() -> Result<Row, Failure> {
    let command = fixtures::command_component()?;
    let component = Component::with_wasi(&command)?;
    let side = Side::new(
        move || component.instantiate(),
        |(mut store, instance)| {
            let run = instance.get_export_index(&mut store, None, "wasi:cli/run@0.2.0");
            let run =
                run.or_else(|| instance.get_export_index(&mut store, None, "wasi:cli/run@0.2.3"));
            Ok(Value::Bool(run.is_some()))
        },
    );
    let row = Row::new().bound(COMPONENT, side);
    let world = Wasi::hermetic().add_to(World::new())?;
    instantiated(
        row,
        [COMPONENT.only(); 3],
        &command,
        &world,
        |mut instance| {
            let run = instance.resolve("run");
            Ok(Value::Bool(run.is_ok()))
        },
    )
}
