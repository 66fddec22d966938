//! Calls that pass a value to the guest and get the same value back.

use std::hint::black_box;

use seam_core::Value;
use seam_core::typed::{Results, TypedArgs};
use wasmtime::component::Val;

use crate::engine::{
    self, COMPONENT, COMPONENT_TYPED, Component, Seam, TWO_COPIES, WASMI_BY_HAND, WasmiCore,
    on_all, value_of_val,
};
use crate::failure::Failure;
use crate::guest;
use crate::row::{Beside, Entry, Row};
use crate::side::Side;

pub(super) const ROWS: &[Entry] = &[
    Entry::new("string of 16 B, dynamic", string_dynamic),
    Entry::new("string of 16 B, typed", string_typed),
    Entry::new("list<u8> of 64 B, dynamic", few_bytes_dynamic),
    Entry::new("list<u8> of 64 B, typed", few_bytes_typed),
    Entry::new("list<u8> of 1 MiB, dynamic", bytes_dynamic),
    Entry::new("list<u8> of 1 MiB, typed", bytes_typed),
    Entry::new("list<u32> of 65,536, dynamic", words_dynamic),
    Entry::new("list<u32> of 65,536, typed", words_typed),
    Entry::new("1,000 records {u32, string}, dynamic", entries_dynamic),
    Entry::new("1,000 records {u32, string}, typed", entries_typed),
];

pub(super) const TEXT: &str = "0123456789abcdef";

/// Numbers whose bytes are not all equal.
fn bytes(count: usize) -> Vec<u8> {
    (0..=250u8).cycle().take(count).collect()
}

fn words() -> Vec<u32> {
    (0..65_536u32)
        .map(|n| n.wrapping_mul(2_654_435_761))
        .collect()
}

/// Adds seam's dynamic calls of a function with one argument.
fn dynamic(row: Row, besides: [Beside; 3], name: &str, arg: &Value) -> Result<Row, Failure> {
    let echo = guest::echo()?;
    on_all(row, besides, |backend| {
        let seam = Seam::new(backend, &echo)?;
        Ok(Side::of_call(seam.dynamic(name, vec![arg.clone()])?))
    })
}

/// Adds seam's typed calls of a function with one argument.
fn typed<A, P, R>(
    row: Row,
    besides: [Beside; 3],
    name: &str,
    arg: &A,
    borrow: fn(&'static A) -> P,
    answer: fn(R) -> Value,
) -> Result<Row, Failure>
where
    A: Clone + 'static,
    P: TypedArgs + 'static,
    R: Results + 'static,
{
    let echo = guest::echo()?;
    on_all(row, besides, |backend| {
        let seam = Seam::new(backend, &echo)?;
        let call = seam.typed::<A, P, R, _>(name, arg.clone(), borrow)?;
        Ok(Side::of_typed_with(call, answer))
    })
}

fn component(name: &str, arg: Val) -> Result<Side, Failure> {
    let call = Component::new(&guest::echo()?)?.dynamic(name, vec![arg])?;
    Ok(Side::new(call, value_of_val))
}

fn string_dynamic() -> Result<Row, Failure> {
    let by_hand = WasmiCore::new(&guest::echo_module()?)?.echo_string(TEXT.into())?;
    let row = Row::new()
        .bound(WASMI_BY_HAND, Side::of(by_hand))
        .bound(
            COMPONENT,
            component("echo-string", Val::String(TEXT.into()))?,
        )
        .bound(COMPONENT_TYPED, component_string()?);
    let besides = [
        WASMI_BY_HAND.at_most(1.5),
        COMPONENT_TYPED.at_most(1.3),
        COMPONENT.at_most(1.15),
    ];
    dynamic(row, besides, "echo-string", &TEXT.into())
}

fn component_string() -> Result<Side, Failure> {
    let component = Component::new(&guest::echo()?)?;
    let call = component.typed("echo-string", TEXT.to_owned(), |text| (&**text,))?;
    Ok(Side::of::<String>(call))
}

fn string_typed() -> Result<Row, Failure> {
    let by_hand = WasmiCore::new(&guest::echo_module()?)?.echo_string(TEXT.into())?;
    let row = Row::new()
        .bound(WASMI_BY_HAND, Side::of(by_hand))
        .bound(COMPONENT_TYPED, component_string()?);
    let besides = [
        WASMI_BY_HAND.at_most(1.5),
        COMPONENT_TYPED.at_most(1.3),
        COMPONENT_TYPED.at_most(1.15),
    ];
    let borrow = |text: &'static String| (&**text,);
    typed(
        row,
        besides,
        "echo-string",
        &TEXT.to_owned(),
        borrow,
        |text: String| text.into(),
    )
}

fn by_hand_bytes(count: usize) -> Result<Side, Failure> {
    let by_hand = WasmiCore::new(&guest::echo_module()?)?.echo_bytes(bytes(count))?;
    Ok(Side::of(by_hand))
}

fn component_bytes(count: usize) -> Result<Side, Failure> {
    let component = Component::new(&guest::echo()?)?;
    let call = component.typed("echo-bytes", bytes(count), |bytes| (&**bytes,))?;
    Ok(Side::of::<Vec<u8>>(call))
}

/// Copies bytes to a place that exists, and from there to a new one: what an echo must do.
fn two_copies(count: usize) -> Side {
    let from = bytes(count);
    let mut place = vec![0; count];
    Side::of(move || {
        place.copy_from_slice(black_box(&from));
        Ok(black_box(&place).clone())
    })
}

/// The bounds and goals of an echo of 64 bytes.
fn few_bytes() -> Result<(Row, [Beside; 3]), Failure> {
    let row = Row::new()
        .bound(WASMI_BY_HAND, by_hand_bytes(64)?)
        .bound(COMPONENT_TYPED, component_bytes(64)?);
    let besides = [
        WASMI_BY_HAND.at_most(1.5),
        COMPONENT_TYPED.at_most(1.5),
        COMPONENT_TYPED.only(),
    ];
    Ok((row, besides))
}

fn few_bytes_dynamic() -> Result<Row, Failure> {
    let (row, besides) = few_bytes()?;
    dynamic(row, besides, "echo-bytes", &bytes(64).into())
}

fn few_bytes_typed() -> Result<Row, Failure> {
    let (row, besides) = few_bytes()?;
    typed_bytes(row, besides, 64)
}

fn typed_bytes(row: Row, besides: [Beside; 3], count: usize) -> Result<Row, Failure> {
    let borrow = |bytes: &'static Vec<u8>| (&**bytes,);
    typed(
        row,
        besides,
        "echo-bytes",
        &bytes(count),
        borrow,
        |bytes: Vec<u8>| bytes.into(),
    )
}

fn many_bytes() -> Result<Row, Failure> {
    Ok(Row::new()
        .bound(TWO_COPIES, two_copies(1 << 20))
        .bound(WASMI_BY_HAND, by_hand_bytes(1 << 20)?)
        .bound(COMPONENT_TYPED, component_bytes(1 << 20)?))
}

fn bytes_dynamic() -> Result<Row, Failure> {
    let besides = [TWO_COPIES.at_most(1.15); 3];
    dynamic(many_bytes()?, besides, "echo-bytes", &bytes(1 << 20).into())
}

fn bytes_typed() -> Result<Row, Failure> {
    let besides = [TWO_COPIES.at_most(1.15); 3];
    typed_bytes(many_bytes()?, besides, 1 << 20)
}

fn many_words() -> Result<Row, Failure> {
    let by_hand = WasmiCore::new(&guest::echo_module()?)?.echo_words(words())?;
    let component = Component::new(&guest::echo()?)?;
    let call = component.typed("echo-words", words(), |words| (&**words,))?;
    Ok(Row::new()
        .bound(WASMI_BY_HAND, Side::of(by_hand))
        .bound(COMPONENT_TYPED, Side::of::<Vec<u32>>(call)))
}

fn words_dynamic() -> Result<Row, Failure> {
    let besides = [COMPONENT_TYPED.at_most(1.15); 3];
    dynamic(many_words()?, besides, "echo-words", &words().into())
}

fn words_typed() -> Result<Row, Failure> {
    let besides = [COMPONENT_TYPED.at_most(1.15); 3];
    let borrow = |words: &'static Vec<u32>| (&**words,);
    typed(
        many_words()?,
        besides,
        "echo-words",
        &words(),
        borrow,
        |words: Vec<u32>| words.into(),
    )
}

fn entries_by_hand() -> Result<Side, Failure> {
    let by_hand = WasmiCore::new(&guest::echo_module()?)?;
    let call = by_hand.echo_entries(engine::entries(1000))?;
    Ok(Side::new(call, |entries| {
        Ok(engine::value_of_entries(entries))
    }))
}

fn entries_dynamic() -> Result<Row, Failure> {
    let record = |entry: engine::Entry| {
        Val::Record(vec![
            ("id".into(), Val::U32(entry.id)),
            ("name".into(), Val::String(entry.name)),
        ])
    };
    let list = engine::entries(1000).into_iter().map(record).collect();
    let row = Row::new()
        .bound(WASMI_BY_HAND, entries_by_hand()?)
        .bound(COMPONENT, component("echo-entries", Val::List(list))?);
    let besides = [
        WASMI_BY_HAND.at_most(1.5),
        COMPONENT.at_most(1.0),
        COMPONENT.only(),
    ];
    let list = engine::value_of_entries(engine::entries(1000));
    dynamic(row, besides, "echo-entries", &list)
}

fn entries_typed() -> Result<Row, Failure> {
    let component = Component::new(&guest::echo()?)?;
    let call = component.typed("echo-entries", engine::entries(1000), |list| (&**list,))?;
    let answer = |list: Vec<engine::Entry>| Ok(engine::value_of_entries(list));
    let row = Row::new()
        .bound(WASMI_BY_HAND, entries_by_hand()?)
        .bound(COMPONENT_TYPED, Side::new(call, answer));
    let besides = [
        WASMI_BY_HAND.at_most(1.5),
        COMPONENT_TYPED.at_most(1.2),
        COMPONENT_TYPED.only(),
    ];
    let borrow = |list: &'static Vec<engine::Entry>| (&**list,);
    typed(
        row,
        besides,
        "echo-entries",
        &engine::entries(1000),
        borrow,
        engine::value_of_entries,
    )
}
