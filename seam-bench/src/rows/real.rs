//! A real guest, built by wit-bindgen with Rust's own allocator.

use seam_core::{BackendExt, Value};
use seam_tests::fixtures;
use wasmtime::component::Val;

use crate::engine::{
    COMPONENT, COMPONENT_TYPED, Component, Seam, WASMI_CORE, on_all, value_of_val, wasmi_compile,
};
use crate::failure::Failure;
use crate::row::{Entry, Row};
use crate::side::Side;

pub(super) const ROWS: &[Entry] = &[
    Entry::new("greet(\"bob\", [\"a\", \"b\"]), dynamic", greet),
    Entry::new("string of 16 B, real allocator, dynamic", shout),
    Entry::new("string of 16 B, real allocator, typed", shout_typed),
    Entry::new("load greet, 21 KB", load),
];

fn dynamic(name: &'static str, args: Vec<Value>, vals: Vec<Val>) -> Result<Row, Failure> {
    let greet = fixtures::greet()?;
    let (mut store, instance) = Component::new(&greet)?.instantiate()?;
    let interface = instance.get_export_index(&mut store, None, "test:guest/strs");
    let func = instance.get_export_index(&mut store, interface.as_ref(), name);
    let func = func.and_then(|index| instance.get_func(&mut store, index));
    let func = func.ok_or("expected an exported function")?;
    let call = move || {
        let mut results = [Val::Bool(false)];
        func.call(&mut store, &vals, &mut results)?;
        let [result] = results;
        Ok(result)
    };
    let row = Row::new().bound(COMPONENT, Side::new(call, value_of_val));
    let besides = [
        COMPONENT.only(),
        COMPONENT.at_most(1.15),
        COMPONENT.at_most(1.15),
    ];
    on_all(row, besides, |backend| {
        let call = Seam::new(backend, &greet)?.dynamic(name, args.clone())?;
        Ok(Side::of_call(call))
    })
}

fn greet() -> Result<Row, Failure> {
    let list = Value::list(["a", "b"].map(Value::from));
    let vals = ["a", "b"].map(|tag| Val::String(tag.into())).to_vec();
    let vals = vec![Val::String("bob".into()), Val::List(vals)];
    dynamic("greet", vec!["bob".into(), list], vals)
}

const TEXT: &str = "abcdefghijklmnop";

fn shout() -> Result<Row, Failure> {
    dynamic("shout", vec![TEXT.into()], vec![Val::String(TEXT.into())])
}

fn shout_typed() -> Result<Row, Failure> {
    let greet = fixtures::greet()?;
    let (mut store, instance) = Component::new(&greet)?.instantiate()?;
    let interface = instance.get_export_index(&mut store, None, "test:guest/strs");
    let func = instance.get_export_index(&mut store, interface.as_ref(), "shout");
    let func = func.ok_or("expected an exported function")?;
    let func = instance.get_typed_func::<(&str,), (String,)>(&mut store, func)?;
    let call = move || Ok(func.call(&mut store, (TEXT,))?.0);
    let row = Row::new().bound(COMPONENT_TYPED, Side::of::<String>(call));
    let besides = [COMPONENT_TYPED.only(); 3];
    on_all(row, besides, |backend| {
        let seam = Seam::new(backend, &greet)?;
        Ok(Side::of_typed::<String>(seam.typed(
            "shout",
            TEXT,
            |text| (*text,),
        )?))
    })
}

fn load() -> Result<Row, Failure> {
    let greet = fixtures::greet()?;
    let size = u64::try_from(greet.bytes().len())?;
    let answer = move |_| Ok(Value::U64(size));
    let component = Component::new(&greet)?;
    let (of_component, of_core) = (greet.clone(), greet.clone());
    let row = Row::new()
        .bound(
            WASMI_CORE,
            Side::new(wasmi_compile(&of_core)?, move |_| Ok(Value::U64(size))),
        )
        .bound(
            COMPONENT,
            Side::new(move || component.compile(&of_component), answer),
        );
    let besides = [
        WASMI_CORE.at_most(1.5),
        COMPONENT.at_most(1.05),
        COMPONENT.at_most(1.05),
    ];
    let names = ["wasmi", "wasmtime-layered", "wasmtime"];
    let builds = crate::engine::builds().into_iter().zip(names).zip(besides);
    builds
        .into_iter()
        .try_fold(row, |row, ((backend, name), beside)| {
            let greet = greet.clone();
            let work = move || Ok(backend.load_blocking(&greet)?);
            let side = Side::new(work, move |_| Ok(Value::U64(size)));
            Ok(row.subject(name, side, beside))
        })
}
