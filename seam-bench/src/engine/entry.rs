//! The record of the rows with lists of records, on every side.

use seam_core::Value;

/// `record { id: u32, name: string }`.
#[derive(
    Clone,
    Debug,
    PartialEq,
    seam_core::typed::Typed,
    seam_core::typed::Liftable,
    wasmtime::component::ComponentType,
    wasmtime::component::Lift,
    wasmtime::component::Lower,
)]
#[component(record)]
pub(crate) struct Entry {
    pub(crate) id: u32,
    pub(crate) name: String,
}

/// Returns this many different records.
pub(crate) fn entries(count: u32) -> Vec<Entry> {
    let entry = |id| Entry {
        id,
        name: format!("name {id:06}"),
    };
    (0..count).map(entry).collect()
}

/// Returns the records as a value.
pub(crate) fn value_of_entries(entries: Vec<Entry>) -> Value {
    let value = |entry: Entry| {
        Value::record([
            ("id", Value::from(entry.id)),
            ("name", Value::from(entry.name)),
        ])
    };
    Value::list(entries.into_iter().map(value))
}
