//! The rows that both can do.

use seam_core::typed::{Results, TypedArgs};
use seam_core::{Artifact, BackendExt, Instance, InstanceExt, Program, ProgramExt, Value, World};
use seam_wasmi::Wasmi;
use wasm_component_layer::Value as PeerValue;

use crate::failure::Failure;
use crate::guest;
use crate::peer::{self, Loaded, Peer};
use crate::row::{Bound, Entry, Row};
use crate::side::Side;

const PEER: Bound = Bound("wasm_component_layer");

const SECTIONS: &[(&str, &[Entry])] = &[
    (
        "calls",
        &[
            Entry::new("add(u32, u32), dynamic", add_dynamic),
            Entry::new("add(u32, u32), typed", add_typed),
        ],
    ),
    (
        "values",
        &[
            Entry::new("string of 16 B, dynamic", string_dynamic),
            Entry::new("string of 16 B, typed", string_typed),
            Entry::new("list<u8> of 64 B, dynamic", few_bytes_dynamic),
            Entry::new("list<u8> of 64 B, typed", few_bytes_typed),
            Entry::new("list<u8> of 1 MiB, dynamic", bytes_dynamic),
            Entry::new("list<u32> of 65,536, dynamic", words_dynamic),
        ],
    ),
    (
        "host calls",
        &[
            Entry::new("scalar: add(u32, u32)", host_add),
            Entry::new("string of 16 B, there and back", host_echo),
        ],
    ),
    (
        "start",
        &[
            Entry::new("load greet, 21 KB", load),
            Entry::new("instantiate", instantiate),
        ],
    ),
];

/// All rows with their sections.
pub(crate) fn all() -> impl Iterator<Item = (&'static str, &'static Entry)> {
    let sections = SECTIONS.iter();
    sections.flat_map(|(section, rows)| rows.iter().map(move |entry| (*section, entry)))
}

const TEXT: &str = "0123456789abcdef";

fn bytes(count: usize) -> Vec<u8> {
    (0..=250u8).cycle().take(count).collect()
}

fn made(program: &dyn Program, world: &World) -> Result<Box<dyn Instance>, Failure> {
    let made = program.instantiate_blocking(world);
    made.map_err(|failed| Failure::from(failed.error))
}

fn seam(artifact: &Artifact, world: &World) -> Result<Box<dyn Instance>, Failure> {
    made(&*Wasmi::new().load_blocking(artifact)?, world)
}

/// Compares calls by value of a function of the guest `echo`.
fn dynamic(name: &str, args: Vec<Value>, peers: Vec<PeerValue>) -> Result<Row, Failure> {
    let echo = guest::echo_without_records()?;
    let theirs = Peer::new(&echo)?.dynamic(name, peers)?;
    let mut instance = seam(&echo, &World::new())?;
    let func = instance.resolve(name)?;
    let ours = move || {
        let result = instance.call_blocking(&func, &args)?;
        Ok(result.ok_or("expected a result")?)
    };
    Ok(Row::new()
        .bound(PEER, Side::new(theirs, peer::value))
        .subject("wasmi", Side::of(ours), PEER.only()))
}

/// Returns seam's work that calls a function with Rust types.
fn typed<A, P, R>(
    mut instance: Box<dyn Instance>,
    name: &str,
    args: A,
    borrow: fn(&'static A) -> P,
) -> Result<impl FnMut() -> Result<R, Failure> + use<A, P, R>, Failure>
where
    P: TypedArgs + 'static,
    R: Results + 'static,
{
    let func = instance.typed::<P, R>(name)?;
    let args: &'static A = Box::leak(Box::new(args));
    Ok(move || Ok(func.call_blocking(&mut *instance, borrow(args))?))
}

fn add_dynamic() -> Result<Row, Failure> {
    let (ours, theirs) = ([20, 22].map(Value::U32), [20, 22].map(PeerValue::U32));
    dynamic("add", ours.into(), theirs.into())
}

fn add_typed() -> Result<Row, Failure> {
    let echo = guest::echo_without_records()?;
    let theirs = Peer::new(&echo)?.typed::<(u32, u32), u32>("add", (20, 22))?;
    let instance = seam(&echo, &World::new())?;
    let ours = typed(instance, "add", (20u32, 22u32), |args| *args)?;
    Ok(Row::new().bound(PEER, Side::of(theirs)).subject(
        "wasmi",
        Side::of::<u32>(ours),
        PEER.only(),
    ))
}

fn string_dynamic() -> Result<Row, Failure> {
    let theirs = PeerValue::String(TEXT.into());
    dynamic("echo-string", vec![TEXT.into()], vec![theirs])
}

fn string_typed() -> Result<Row, Failure> {
    let echo = guest::echo_without_records()?;
    // The peer takes a string by value.
    let theirs = Peer::new(&echo)?.typed::<(String,), String>("echo-string", (TEXT.into(),))?;
    let instance = seam(&echo, &World::new())?;
    let ours = typed(instance, "echo-string", TEXT.to_owned(), |text| (&**text,))?;
    Ok(Row::new().bound(PEER, Side::of(theirs)).subject(
        "wasmi",
        Side::of::<String>(ours),
        PEER.only(),
    ))
}

fn bytes_of(count: usize) -> Result<Row, Failure> {
    let bytes = bytes(count);
    let theirs = peer::bytes(&bytes);
    dynamic("echo-bytes", vec![bytes.into()], vec![theirs])
}

fn few_bytes_dynamic() -> Result<Row, Failure> {
    bytes_of(64)
}

fn bytes_dynamic() -> Result<Row, Failure> {
    bytes_of(1 << 20)
}

fn few_bytes_typed() -> Result<Row, Failure> {
    let echo = guest::echo_without_records()?;
    let theirs = Peer::new(&echo)?.typed::<(Vec<u8>,), Vec<u8>>("echo-bytes", (bytes(64),))?;
    let instance = seam(&echo, &World::new())?;
    let ours = typed(instance, "echo-bytes", bytes(64), |bytes| (&**bytes,))?;
    Ok(Row::new().bound(PEER, Side::of(theirs)).subject(
        "wasmi",
        Side::of::<Vec<u8>>(ours),
        PEER.only(),
    ))
}

fn words_dynamic() -> Result<Row, Failure> {
    let words = (0..65_536u32).map(|n| n.wrapping_mul(2_654_435_761));
    let words: Vec<u32> = words.collect();
    let theirs = peer::words(&words);
    dynamic("echo-words", vec![words.into()], vec![theirs])
}

/// Compares the calls of a host function by a guest. The peer has no host functions over Rust types.
fn host(name: &str) -> Result<Row, Failure> {
    let host = guest::host()?;
    let theirs = Loaded::new(&host)?
        .instantiate_with_host()?
        .typed::<(), u32>(name, ())?;
    let world = World::new()
        .func("bench:host/env#add", |(a, b): (u32, u32)| {
            Ok(a.wrapping_add(b))
        })
        .func("bench:host/env#echo", |(text,): (String,)| Ok(text));
    let ours = typed(seam(&host, &world)?, name, (), |()| ())?;
    Ok(Row::of_operations(guest::CALLS)
        .bound(PEER, Side::of(theirs))
        .subject("wasmi", Side::of::<u32>(ours), PEER.only()))
}

fn host_add() -> Result<Row, Failure> {
    host("call-add")
}

fn host_echo() -> Result<Row, Failure> {
    host("call-echo")
}

fn load() -> Result<Row, Failure> {
    let greet = include_bytes!("../../../seam-tests/fixtures/greet/greet.wasm");
    let greet = Artifact::from_bytes("greet", greet.as_slice())?;
    let (theirs, ours) = (greet.clone(), greet);
    let (engine, backend) = (Loaded::new(&theirs)?.engine, Wasmi::new());
    let loads = move || {
        let component = wasm_component_layer::Component::new(&engine, theirs.bytes());
        component.map_err(peer::failed)
    };
    let load = move || Ok(backend.load_blocking(&ours)?);
    let done = Value::Bool(true);
    let also = done.clone();
    Ok(Row::new()
        .bound(PEER, Side::new(loads, move |_| Ok(done.clone())))
        .subject(
            "wasmi",
            Side::new(load, move |_| Ok(also.clone())),
            PEER.only(),
        ))
}

fn instantiate() -> Result<Row, Failure> {
    let echo = guest::echo_without_records()?;
    let (theirs, ours) = (Loaded::new(&echo)?, Wasmi::new().load_blocking(&echo)?);
    let world = World::new();
    let answer = |sum: u32| Ok(Value::U32(sum));
    // Calls the instance when its answer is compared, not while it is timed.
    let theirs = Side::new(
        move || theirs.instantiate(),
        move |peer| {
            let mut add = peer.typed::<(u32, u32), u32>("add", (20, 22))?;
            answer(add()?)
        },
    );
    let ours = Side::new(
        move || made(&*ours, &world),
        move |mut instance| answer(instance.call_typed_blocking("add", (20u32, 22u32))?),
    );
    Ok(Row::new()
        .bound(PEER, theirs)
        .subject("wasmi", ours, PEER.only()))
}
