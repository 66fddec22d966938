//! Resources that the guest defines and the host holds.

use seam_core::{InstanceExt, Resource, Value};
use wasmtime::component::{ResourceAny, Val};

use crate::engine::{COMPONENT, Component, Seam, on_all};
use crate::failure::Failure;
use crate::guest;
use crate::row::{Entry, Row};
use crate::side::Side;

pub(super) const ROWS: &[Entry] = &[
    Entry::new("construct and drop", construct),
    Entry::new("method, 1 handle", method::<1>),
    Entry::new("method, 10 handles", method::<10>),
    Entry::new("method, 10,000 handles", method::<10_000>),
];

const NEW: &str = "[constructor]counter";
const GET: &str = "[method]counter.get";

fn construct() -> Result<Row, Failure> {
    let counter = guest::resource()?;
    let (mut store, new) = Component::new(&counter)?.func(NEW)?;
    let component = move || {
        let mut results = [Val::Bool(false)];
        new.call(&mut store, &[Val::U32(7)], &mut results)?;
        match results {
            [Val::Resource(made)] => made.resource_drop(&mut store)?,
            _ => return Err("expected a resource".into()),
        }
        Ok(7u32)
    };
    let row = Row::new().bound(COMPONENT, Side::of(component));
    on_all(row, [COMPONENT.only(); 3], |backend| {
        let Seam(mut seam) = Seam::new(backend, &counter)?;
        let new = seam.resolve(NEW)?;
        Ok(Side::of(move || {
            match seam.call_blocking(&new, &[Value::U32(7)])? {
                Some(Value::Own(made)) => seam.drop_resource(&made)?,
                _ => return Err("expected a resource".into()),
            }
            Ok(7u32)
        }))
    })
}

/// Calls a method of one handle in the middle while the host holds `HELD` handles.
fn method<const HELD: u32>() -> Result<Row, Failure> {
    let counter = guest::resource()?;
    let row = Row::new().bound(COMPONENT, component(HELD)?);
    on_all(row, [COMPONENT.only(); 3], |backend| {
        let Seam(mut seam) = Seam::new(backend, &counter)?;
        let (new, get) = (seam.resolve(NEW)?, seam.resolve(GET)?);
        let mut held: Vec<Resource> = Vec::new();
        for start in 0..HELD {
            match seam.call_blocking(&new, &[Value::U32(start)])? {
                Some(Value::Own(made)) => held.push(made),
                _ => return Err("expected a resource".into()),
            }
        }
        let middle = held.get(held.len() / 2).ok_or("expected a handle")?.clone();
        Ok(Side::of(move || {
            let _all = &held;
            let result = seam.call_blocking(&get, &[Value::Borrow(middle.clone())])?;
            Ok(result.ok_or("expected a result")?)
        }))
    })
}

fn component(count: u32) -> Result<Side, Failure> {
    let component = Component::new(&guest::resource()?)?;
    let (mut store, instance) = component.instantiate()?;
    let func = instance.get_func(&mut store, NEW);
    let new = func.ok_or("expected the constructor")?;
    let func = instance.get_func(&mut store, GET);
    let get = func.ok_or("expected the method")?;
    let mut held: Vec<ResourceAny> = Vec::new();
    for start in 0..count {
        let mut results = [Val::Bool(false)];
        new.call(&mut store, &[Val::U32(start)], &mut results)?;
        match results {
            [Val::Resource(made)] => held.push(made),
            _ => return Err("expected a resource".into()),
        }
    }
    let middle = *held.get(held.len() / 2).ok_or("expected a handle")?;
    Ok(Side::of(move || {
        let mut results = [Val::Bool(false)];
        get.call(&mut store, &[Val::Resource(middle)], &mut results)?;
        match results {
            [Val::U32(number)] => Ok(number),
            _ => Err("expected a number".into()),
        }
    }))
}
