//! Calls of a function over two numbers.

use seam_core::{Backend, Limits, Value, World};
use seam_wasmi::Wasmi;
use seam_wasmtime::Wasmtime;
use std::time::Duration;
use wasmi::Val as WasmiVal;
use wasmtime::component::Val;

use crate::engine::{
    COMPONENT, COMPONENT_TYPED, Component, Seam, WASMI_CORE, WASMI_TYPED, WASMTIME_CORE, WasmiCore,
    WasmtimeCore, on_all, on_each, value_of_val,
};
use crate::failure::Failure;
use crate::guest;
use crate::row::{Entry, Row};
use crate::side::Side;

pub(super) const ROWS: &[Entry] = &[
    Entry::new("add(u32, u32), dynamic", dynamic),
    Entry::new("add(u32, u32), typed", typed),
    Entry::new("add(u32, u32), async", asynchronous),
    Entry::new("add(u32, u32), builds with fuel", fuel),
    Entry::new("add(u32, u32), builds with a deadline", deadline),
];

pub(super) fn args() -> Vec<Value> {
    vec![Value::U32(20), Value::U32(22)]
}

fn vals() -> Vec<Val> {
    vec![Val::U32(20), Val::U32(22)]
}

fn wasmi_vals() -> Vec<WasmiVal> {
    vec![WasmiVal::I32(20), WasmiVal::I32(22)]
}

fn dynamic() -> Result<Row, Failure> {
    let (echo, module) = (guest::echo()?, guest::echo_module()?);
    let core = WasmiCore::new(&module)?.dynamic("add", wasmi_vals())?;
    let component = Component::new(&echo)?.dynamic("add", vals())?;
    let row = Row::new()
        .bound(WASMI_CORE, Side::of(core))
        .bound(COMPONENT, Side::new(component, value_of_val));
    let besides = [
        WASMI_CORE.at_most(1.5),
        COMPONENT.at_most(1.0),
        COMPONENT.at_most(1.1),
    ];
    on_all(row, besides, |backend| {
        Ok(Side::of_call(
            Seam::new(backend, &echo)?.dynamic("add", args())?,
        ))
    })
}

fn typed() -> Result<Row, Failure> {
    let (echo, module) = (guest::echo()?, guest::echo_module()?);
    let core = WasmtimeCore::new(&module)?.typed_add((20, 22))?;
    let wasmi = WasmiCore::new(&module)?.typed_add((20, 22))?;
    let component = Component::new(&echo)?.typed("add", (20u32, 22u32), |args| *args)?;
    let row = Row::new()
        .bound(WASMI_TYPED, Side::of(wasmi))
        .bound(WASMTIME_CORE, Side::of(core))
        .bound(COMPONENT_TYPED, Side::of::<u32>(component));
    let besides = [
        WASMI_TYPED.at_most(2.0),
        COMPONENT_TYPED.only(),
        COMPONENT_TYPED.at_most(1.3),
    ];
    on_all(row, besides, |backend| {
        let seam = Seam::new(backend, &echo)?;
        let call = seam.typed("add", (20u32, 22u32), |args| *args)?;
        Ok(Side::of_typed::<u32>(call))
    })
}

fn asynchronous() -> Result<Row, Failure> {
    let (echo, module) = (guest::echo()?, guest::echo_module()?);
    let core = WasmiCore::new(&module)?.dynamic("add", wasmi_vals())?;
    let component = Component::new(&echo)?.dynamic_async("add", vals())?;
    let row = Row::new()
        .bound(WASMI_CORE, Side::of(core))
        .bound(COMPONENT, Side::new(component, value_of_val));
    let besides = [WASMI_CORE.only(), COMPONENT.only(), COMPONENT.only()];
    on_all(row, besides, |backend| {
        let call = Seam::new(backend, &echo)?.dynamic_async("add", args())?;
        Ok(Side::of_call(call))
    })
}

fn fuel() -> Result<Row, Failure> {
    let builds: [Box<dyn Backend>; 3] = [
        Box::new(Wasmi::builder().fuel().build()),
        Box::new(Wasmtime::builder().fuel().build_layered()),
        Box::new(Wasmtime::builder().fuel().build()),
    ];
    let limits = Limits::new().with_fuel(u64::MAX >> 1);
    limited(Component::fueled(&guest::echo()?)?, builds, limits)
}

fn deadline() -> Result<Row, Failure> {
    let builds: [Box<dyn Backend>; 3] = [
        Box::new(Wasmi::builder().deadline().build()),
        Box::new(Wasmtime::builder().deadline().build_layered()),
        Box::new(Wasmtime::builder().deadline().build()),
    ];
    let limits = Limits::new().with_deadline(Duration::from_secs(60));
    limited(Component::with_epochs(&guest::echo()?)?, builds, limits)
}

/// Compares builds that enforce a limit with the engines' own. wasmi does so by fuel in all cases.
fn limited(
    component: Component,
    builds: [Box<dyn Backend>; 3],
    limits: Limits,
) -> Result<Row, Failure> {
    let core = WasmiCore::fueled(&guest::echo_module()?)?.dynamic("add", wasmi_vals())?;
    let row = Row::new().bound(WASMI_CORE, Side::of(core)).bound(
        COMPONENT,
        Side::new(component.dynamic("add", vals())?, value_of_val),
    );
    let (echo, world) = (guest::echo()?, World::new().limits(limits));
    let besides = [WASMI_CORE.only(), COMPONENT.only(), COMPONENT.only()];
    on_each(row, builds, besides, |backend| {
        let seam = Seam::within(backend, &echo, &world)?;
        Ok(Side::of_call(seam.dynamic("add", args())?))
    })
}
