//! Calls over bits, and memories that are borrowed with the state or copied: they do what the plain
//! methods do.

use std::sync::Arc;

use seam_core::{
    Capability, CoreExtern, CoreFuncType, CoreInstanceId, CoreMemory, CoreStore, CoreType,
    CoreValue, Error, ErrorKind, HostState, Limit, Limits, NumericFn, NumericFunc, Trap,
};

use super::core_call::{call, func, made, memory, tried};
use crate::kit::expect::{fails, limited, misuse, same, says, traps, wat};
use crate::kit::{Checked, Failure, Subject};

/// A module with a function of each kind of signature.
const FUNCS: &str = r#"(module
    (func (export "swap") (param i32 i64 f32 f64) (result f64 f32 i64 i32)
        (local.get 3) (local.get 2) (local.get 1) (local.get 0))
    (func (export "sub") (param i32 i32) (result i32) (i32.sub (local.get 0) (local.get 1)))
    (func (export "high") (param i32) (result i64) (i64.extend_i32_u (local.get 0)))
    (func (export "four") (param i32 i32 i32 i32) (result i32)
        (i32.sub (i32.mul (local.get 0) (local.get 1)) (i32.mul (local.get 2) (local.get 3))))
    (func (export "many") (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32
                                 i32 i32 i32 i32 i32 i32 i32 i32 i32 i64) (result i64)
        (i64.add (i64.extend_i32_s (local.get 18)) (local.get 19)))
    (func (export "none"))
    (func (export "trap") (param i32) (result i32) (i32.div_s (i32.const 1) (local.get 0)))
    (func (export "ref") (param externref) (result i32) (ref.is_null (local.get 0))))"#;

/// Numbers that use all bits, also as floats.
const NUMBERS: [u64; 5] = [
    0,
    1,
    0xffff_ffff_ffff_fffe,
    0x7fa0_0001_7fa0_0001,
    0xfff4_0000_8000_0001,
];

/// Returns one of the numbers, over and over.
fn number(index: usize) -> u64 {
    NUMBERS
        .iter()
        .cycle()
        .nth(index)
        .copied()
        .unwrap_or_default()
}

/// Returns an exported function with its signature.
fn numeric(
    store: &mut dyn CoreStore,
    instance: CoreInstanceId,
    name: &str,
) -> Result<NumericFunc, Failure> {
    let func = func(store, instance, name)?;
    let ty = store.func_type(func)?;
    Ok(NumericFunc::resolve(store, func, ty)?)
}

/// Returns a number of each type, from the one at `seed` on.
fn args(types: &[CoreType], seed: usize) -> Result<Vec<CoreValue>, Failure> {
    let numbers = (seed..).map(number);
    let args = types.iter().zip(numbers);
    let args: Option<Vec<_>> = args
        .map(|(ty, bits)| CoreValue::of_bits(*ty, bits))
        .collect();
    args.ok_or_else(|| Failure::new(format!("expected types of numbers, found {types:?}")))
}

/// Calls an export with these bits as its arguments, by both kinds of call.
fn agrees(store: &mut dyn CoreStore, instance: CoreInstanceId, name: &str, seed: usize) -> Checked {
    let numeric = numeric(store, instance, name)?;
    let ty = numeric.ty().clone();
    let number = |index: usize| number(seed + index);
    let args = args(&ty.params, seed)?;
    let expected = call(store, instance, name, &args)?;
    // One number more than the call needs, which it leaves alone.
    let mut bits: Vec<u64> = (0..=numeric.len()).map(number).collect();
    store.call_numeric(&numeric, &mut bits)?;
    let found = ty.results.iter().zip(&bits);
    let found: Option<Vec<_>> = found
        .map(|(ty, bits)| CoreValue::of_bits(*ty, *bits))
        .collect();
    // Texts with the bits are compared, because all NaNs are equal as values.
    let text = |values: Option<Vec<CoreValue>>| format!("{values:?}");
    let what = format_args!("{name}({args:?}) over bits");
    same(what, text(found), text(Some(expected)))?;
    let after = bits.last().copied();
    same("the number after", after, Some(number(numeric.len())))
}

pub(in crate::kit) fn core_numeric_calls_agree_with_calls(subject: &Subject) -> Checked {
    let mut store = subject.store(&Limits::new())?;
    let store = &mut *store;
    let instance = made(subject, store, FUNCS)?;
    for name in ["swap", "sub", "high", "four", "many", "none"] {
        for seed in 0..NUMBERS.len() {
            agrees(store, instance, name, seed)?;
        }
    }
    let trap = numeric(store, instance, "trap")?;
    let result = store.call_numeric(&trap, &mut [0]);
    traps("trap(0)", result, Trap::IntegerDivideByZero)?;
    let four = numeric(store, instance, "four")?;
    misuse("too few numbers", store.call_numeric(&four, &mut [0; 3]))?;
    // A signature that the function does not have.
    let [sub, reference] = ["sub", "ref"].map(|name| func(store, instance, name));
    let wrong = CoreFuncType::new([CoreType::I32; 3], [CoreType::I32]);
    misuse("resolving", NumericFunc::resolve(store, sub?, wrong))?;
    let claimed = NumericFunc::new(reference?, CoreFuncType::new([CoreType::I32], []))?;
    let result = store.call_numeric(&claimed, &mut [0; 2]);
    misuse("a function over references", result)?;
    let mut other = subject.store(&Limits::new())?;
    misuse("a foreign function", other.call_numeric(&four, &mut [0; 4]))?;
    agrees(store, instance, "sub", 1)
}

/// A module that calls its import with its parameters.
fn passing(params: &[CoreType], result: CoreType) -> String {
    let types: Vec<String> = params.iter().map(ToString::to_string).collect();
    let types = types.join(" ");
    let args: String = (0..params.len())
        .map(|index| format!("(local.get {index})"))
        .collect();
    format!(
        r#"(module (import "h" "f" (func $f (param {types}) (result {result})))
        (func (export "pass") (param {types}) (result {result}) (call $f {args})))"#
    )
}

/// Returns an instance whose function `pass` calls this host function.
fn hosted(
    subject: &Subject,
    store: &mut dyn CoreStore,
    params: &[CoreType],
    result: CoreType,
    body: NumericFn,
) -> Result<CoreInstanceId, Failure> {
    let ty = CoreFuncType::new(params, [result]);
    let func = store.host_func_numeric(ty, body)?;
    let module = subject.compile(&wat("passing", &passing(params, result))?)?;
    Ok(store.instantiate(&module, &[CoreExtern::Func(func)])?)
}

pub(in crate::kit) fn core_numeric_host_functions_agree_with_others(subject: &Subject) -> Checked {
    let mut store = subject.store(&Limits::new().with_host_depth(20))?;
    let store = &mut *store;
    let last: NumericFn = Arc::new(|_, bits| {
        let last = bits.last().copied().unwrap_or(77);
        bits.iter_mut().for_each(|bits| *bits = last);
        Ok(())
    });
    let (i32, i64) = (CoreType::I32, CoreType::I64);
    let (f32, f64) = (CoreType::F32, CoreType::F64);
    for params in [
        &[i32][..],
        &[i32, i32, i32],
        &[i64, f32, f64],
        &[f64, i64],
        &[i32; 18],
        &[f32],
    ] {
        let result = params.last().copied();
        let result = result.ok_or_else(|| Failure::new("expected parameters"))?;
        let instance = hosted(subject, store, params, result, last.clone())?;
        for seed in 0..NUMBERS.len() {
            agrees(store, instance, "pass", seed)?;
            let args = args(params, seed)?;
            let found = call(store, instance, "pass", &args)?;
            let text = |value: Option<&CoreValue>| format!("{value:?}");
            let what = format_args!("pass({args:?})");
            same(what, text(found.first()), text(args.last()))?;
        }
    }
    let fail: NumericFn = Arc::new(|_, _| Err(Error::exit(7).during("the host")));
    let instance = hosted(subject, store, &[i32], i32, fail)?;
    let result = tried(store, instance, "pass", &[1.into()])?;
    let error = fails("an error of the host", result, &ErrorKind::Exit(7))?;
    same("its operation", error.operation(), Some("the host"))?;
    let panics: NumericFn = Arc::new(|_, bits| {
        assert!(bits.is_empty(), "the host gives up");
        Ok(())
    });
    let instance = hosted(subject, store, &[i32], i32, panics)?;
    let result = tried(store, instance, "pass", &[1.into()])?;
    let error = fails("a panic of the host", result, &ErrorKind::Host)?;
    says("a panic of the host", &error, &["the host gives up"])?;
    let vectors = CoreFuncType::new([CoreType::V128], []);
    let no_numbers = store.host_func_numeric(vectors, Arc::new(|_, _| Ok(())));
    misuse("a host function over vectors", no_numbers)?;
    is_a_level(subject, store)
}

/// Checks that a host function over numbers is a level of host recursion.
fn is_a_level(subject: &Subject, store: &mut dyn CoreStore) -> Checked {
    if !subject.engine_has(Capability::Reentrant) {
        return Ok(());
    }
    let again: NumericFn = Arc::new(|caller, bits| {
        let Some(CoreExtern::Func(func)) = caller.caller_export("pass") else {
            return Err(Error::host("expected the caller's function"));
        };
        let ty = CoreFuncType::new([CoreType::I32], [CoreType::I32]);
        let pass = NumericFunc::new(func, ty)?;
        caller.call_numeric(&pass, bits)
    });
    let instance = hosted(subject, store, &[CoreType::I32], CoreType::I32, again)?;
    let result = tried(store, instance, "pass", &[1.into()])?;
    limited(
        "a host function that calls itself",
        result,
        Limit::HostDepth,
    )
}

/// A module with one memory.
const MEMORY: &str = r#"(module
    (memory (export "first") 1) (data (i32.const 0) "abcdefgh"))"#;

fn read(
    store: &mut dyn CoreStore,
    memory: CoreMemory,
    offset: u64,
    len: usize,
) -> Result<Vec<u8>, Failure> {
    Ok(store.memory(memory)?.read_vec(offset, len)?)
}

pub(in crate::kit) fn core_memories_are_borrowed_with_the_state(subject: &Subject) -> Checked {
    let host = HostState::new(7u32);
    let mut store = subject.store_with(&Limits::new(), host)?;
    let store = &mut *store;
    let [one, two] = [MEMORY, MEMORY].map(|text| made(subject, store, text));
    let (one, two) = (memory(store, one?, "first")?, memory(store, two?, "first")?);
    for (memory, byte) in [(one, b'x'), (two, b'y')] {
        let Some((bytes, host)) = store.memory_and_host(memory)? else {
            continue;
        };
        same("the length of the memory", bytes.len(), 65536)?;
        same("its bytes", bytes.get(..8), Some(&b"abcdefgh"[..]))?;
        if let Some(first) = bytes.first_mut() {
            *first = byte;
        }
        let state = host.downcast_mut::<u32>();
        *state.ok_or_else(|| Failure::new("expected the state of the store"))? += 1;
    }
    let counted = store.host().downcast_ref::<u32>().copied();
    let written = [one, two].map(|memory| read(store, memory, 0, 1));
    let [first, second] = written;
    match counted {
        Some(7) => same(
            "memories that are not borrowed",
            (first?, second?),
            (vec![b'a'], vec![b'a']),
        )?,
        counted => {
            same("the state", counted, Some(9))?;
            same("memories", (first?, second?), (vec![b'x'], vec![b'y']))?;
        }
    }
    let mut other = subject.store(&Limits::new())?;
    let stranger = made(subject, &mut *other, MEMORY)?;
    let stranger = memory(&mut *other, stranger, "first")?;
    match store.memory_and_host(stranger) {
        Ok(None) => Ok(()),
        borrowed => misuse("a foreign memory", borrowed.map(|_| ())).map(drop),
    }
}

pub(in crate::kit) fn core_memories_are_copied(subject: &Subject) -> Checked {
    let mut store = subject.store(&Limits::new())?;
    let store = &mut *store;
    let [one, two] = [MEMORY, MEMORY].map(|text| made(subject, store, text));
    let (one, two) = (memory(store, one?, "first")?, memory(store, two?, "first")?);
    store.memory_copy((one, 2), (two, 100), 4)?;
    same("between memories", read(store, two, 99, 6)?, *b"\0cdef\0")?;
    // Within a memory, in both directions, with an overlap.
    let long: Vec<u8> = (0..40_000u32).map(|i| (i % 251) as u8).collect();
    for (from, to) in [(1000, 1007), (1007, 1000), (1000, 20_000), (20_000, 1000)] {
        store.memory(one)?.write(from, &long)?;
        store.memory_copy((one, from), (one, to), 40_000)?;
        let copied = read(store, one, to, 40_000)? == long;
        same(format_args!("from {from} to {to}"), copied, true)?;
    }
    store.memory(one)?.write(5, &long)?;
    store.memory_copy((one, 5), (two, 1234), 40_000)?;
    let copied = read(store, two, 1234, 40_000)? == long;
    same("more than fits any buffer", copied, true)?;
    store.memory_copy((one, 65_536), (two, 65_536), 0)?;
    for (from, to, len) in [
        (65_530, 0, 7),
        (0, 65_530, 7),
        (0, 0, 65_537),
        (u64::MAX, 0, 1),
        (0, u64::MAX, 1),
        (0, 0, u64::MAX),
        (65_537, 0, 0),
    ] {
        let before = read(store, two, 0, 65_536)?;
        let result = store.memory_copy((one, from), (two, to), len);
        misuse(format_args!("{len} bytes from {from} to {to}"), result)?;
        let unchanged = read(store, two, 0, 65_536)? == before;
        same("whether nothing was written", unchanged, true)?;
    }
    let mut other = subject.store(&Limits::new())?;
    let result = other.memory_copy((one, 0), (two, 0), 1);
    misuse("foreign memories", result).map(drop)
}
