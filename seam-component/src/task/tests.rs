//! Streams and futures behave as in the reference interpreter, operation by operation.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use std::sync::Arc;

use seam_core::{
    Artifact, CoreEngine, CoreExtern, CoreMemory, CoreStore, Error, HostState, Limits, Result,
    Trap, World, WorldState,
};
use seam_decode::types::{StringEncoding, Ty};
use seam_decode::{CopyingTy, compile};
use seam_wasmi::WasmiEngine;
use serde_json::Value as Json;

use super::{
    EndOf, cancel_copy, drop_end, join, new_ends, new_set, poll, start_copy, unpack_event,
};
use crate::abi::{Machine, Options};
use crate::machine::StoreMachine;
use crate::state::Running;

const SIZE: usize = 65_536;

/// One side of a stream or future.
struct Side {
    opts: Options,
    of: EndOf,
    /// The index of its end.
    index: u32,
    /// The index of a waitable set that has the end.
    set: u32,
}

fn fill(index: usize) -> u8 {
    (index * 167 + 13) as u8
}

/// Creates a store with two component instances, each with a memory.
fn store() -> (Box<dyn CoreStore>, [CoreMemory; 2]) {
    let engine = WasmiEngine::new();
    let mut running = Running::new(WorldState::new(&World::new(), &[]), 0);
    for _ in 0..2 {
        let instance = running.add_instance(None, 0).unwrap();
        running.open(instance).unwrap();
    }
    running.tasks.suspends = true;
    let mut store = engine
        .store(&Limits::default(), HostState::new(running))
        .unwrap();
    let module = Artifact::from_wat("memory", r#"(module (memory (export "m") 1))"#).unwrap();
    let module = compile(&engine, module.bytes()).unwrap();
    let memories = [(); 2].map(|()| {
        let instance = store.instantiate(&module, &[]).unwrap();
        let Some(CoreExtern::Memory(memory)) = store.export(instance, "m") else {
            panic!("expected a memory");
        };
        let bytes: Vec<u8> = (0..SIZE).map(fill).collect();
        store.memory(memory).unwrap().write(0, &bytes).unwrap();
        memory
    });
    (store, memories)
}

fn element(name: &str) -> Option<Arc<Ty>> {
    let ty = match name {
        "none" => return None,
        "u8" => Ty::U8,
        "s16" => Ty::S16,
        "u32" => Ty::U32,
        "f64" => Ty::F64,
        "char" => Ty::Char,
        "pair" => Ty::tuple([Ty::U8, Ty::U32]),
        other => panic!("unknown element {other}"),
    };
    Some(Arc::new(ty))
}

fn options(instance: u32, memory: CoreMemory) -> Options {
    Options {
        instance,
        memory: Some(memory),
        realloc: None,
        encoding: StringEncoding::Utf8,
    }
}

/// Creates the ends of a case: the writable one in the first instance, the readable one in the
/// second, or in the first too.
fn sides(store: &mut dyn CoreStore, memories: [CoreMemory; 2], case: &Json) -> [Side; 2] {
    let ty = CopyingTy {
        is_future: case["future"].as_bool().unwrap(),
        element: element(case["element"].as_str().unwrap()),
    };
    let value_ty = match ty.is_future {
        true => Ty::Future(ty.element.clone()),
        false => Ty::Stream(ty.element.clone()),
    };
    let second = u32::from(!case["same"].as_bool().unwrap());
    let opts = [0, second].map(|instance| options(instance, memories[instance as usize]));
    let both = new_ends(Running::of(store).unwrap(), &ty, 0).unwrap();
    let (mut readable, writable) = (both as u32, (both >> 32) as u32);
    if second == 1 {
        let mut machine = StoreMachine(store);
        let number = machine.lift_async(&opts[0], readable, &value_ty).unwrap();
        readable = machine.lower_async(&opts[1], number, &value_ty).unwrap();
    }
    let ends = [(0, true, writable), (second, false, readable)];
    let [writer, reader] = opts;
    let mut side = |opts: Options, (instance, is_writable, index): (u32, bool, u32)| {
        let running = Running::of(store).unwrap();
        let set = new_set(running, instance).unwrap();
        join(running, instance, index, set).unwrap();
        let of = EndOf {
            ty: ty.clone(),
            instance,
            is_writable,
            is_async: true,
        };
        Side {
            opts,
            of,
            index,
            set,
        }
    };
    [side(writer, ends[0]), side(reader, ends[1])]
}

fn number(json: &Json) -> u32 {
    u32::try_from(json.as_u64().unwrap()).unwrap()
}

/// Polls the set of a side, and leaves its memory as it was.
fn poll_set(store: &mut dyn CoreStore, side: &Side) -> Result<Vec<u64>> {
    let running = Running::of(store)?;
    let set = running
        .handles(side.of.instance)?
        .get(side.set)?
        .waitable_set()?;
    let event = poll(running, set, false)?;
    let (memory, at) = (side.opts.memory.unwrap(), SIZE as u64 - 8);
    let before = store.memory(memory)?.read_vec(at, 8)?;
    let code = unpack_event(store, memory, at as u32, event)?;
    let found = store.memory(memory)?.read_vec(at, 8)?;
    store.memory(memory)?.write(at, &before)?;
    let word = |at: usize| u32::from_le_bytes(found[at..at + 4].try_into().unwrap()).into();
    Ok(vec![code.into(), word(0), word(4)])
}

fn perform(store: &mut dyn CoreStore, sides: &[Side; 2], op: &[Json]) -> Result<Vec<u64>> {
    let name = op[0].as_str().unwrap();
    let side = &sides[usize::from(name.ends_with('r'))];
    let running = || Error::engine("expected a known operation");
    match name.split_once('-').ok_or_else(running)?.0 {
        "write" | "read" => {
            let length = match side.of.ty.is_future {
                true => 1,
                false => number(&op[2]),
            };
            let place = (number(&op[1]), length);
            start_copy(store, &side.of, &side.opts, side.index, place)?.done()
        }
        "cancel" => cancel_copy(store, &side.of, side.index)?.done(),
        "drop" => drop_end(Running::of(store)?, &side.of, side.index).map(|()| Vec::new()),
        "poll" => poll_set(store, side),
        other => panic!("unknown operation {other}"),
    }
}

/// The official suite wants a copy of some elements that is cancelled to be cancelled; the reference
/// lets it be completed.
fn wanted(op: &[Json], is_future: bool) -> Json {
    let outcome = op.last().unwrap().clone();
    let is_cancel = op[0].as_str().unwrap().starts_with("cancel");
    match outcome["result"][0].as_u64() {
        Some(payload) if is_cancel && !is_future && payload & 0xf == 0 => {
            serde_json::json!({ "result": [payload | 2] })
        }
        _ => outcome,
    }
}

fn differences(store: &mut dyn CoreStore, memory: CoreMemory) -> Vec<(usize, u8)> {
    let bytes = store.memory(memory).unwrap().read_vec(0, SIZE).unwrap();
    let found = bytes.into_iter().enumerate();
    found.filter(|(at, byte)| *byte != fill(*at)).collect()
}

fn runs(json: &Json) -> Vec<(usize, u8)> {
    let mut all = Vec::new();
    for run in json.as_array().unwrap() {
        let (start, hex) = (number(&run[0]) as usize, run[1].as_str().unwrap());
        for at in 0..hex.len() / 2 {
            let byte = u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap();
            all.push((start + at, byte));
        }
    }
    all
}

#[test]
fn copies_are_those_of_the_reference() {
    let file: Json = serde_json::from_str(include_str!("vectors/copy.json")).unwrap();
    assert_eq!(file["revision"], "6d28164");
    let cases = file["cases"].as_array().unwrap();
    assert!(cases.len() > 300);
    for case in cases {
        let (mut store, memories) = store();
        let store = &mut *store;
        let sides = sides(store, memories, case);
        for op in case["ops"].as_array().unwrap() {
            let op = op.as_array().unwrap();
            let found = match perform(store, &sides, op) {
                Ok(results) => serde_json::json!({ "result": results }),
                Err(error) => match error.as_trap() {
                    Some(Trap::Canon(trap)) => serde_json::json!({ "trap": format!("{trap:?}") }),
                    _ => panic!("{}: {op:?}: {error}", case["name"]),
                },
            };
            let wanted = wanted(op, sides[0].of.ty.is_future);
            let key = if wanted.get("trap").is_some() {
                "trap"
            } else {
                "result"
            };
            assert_eq!(found[key], wanted[key], "{}: {op:?}", case["name"]);
        }
        let second = usize::from(sides[1].opts.instance == 1);
        let expected = [&case["writer"], &case["reader"]].map(runs);
        let found = [0, second].map(|index| differences(store, memories[index]));
        assert_eq!(found, expected, "{}", case["name"]);
    }
}
