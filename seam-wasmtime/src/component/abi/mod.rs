//! Values between Rust and the guest's memory, without wasmtime's `Val`.
//!
//! wasmtime's `Val` has one allocated value for each element of a list, which makes bulk data a
//! thousand times slower than a copy. Its typed functions have no such values, but their types must
//! be known when the host is compiled. Here wasmtime's own traits for typed functions are implemented
//! by types that read the component's type while they run.
//!
//! | file | content |
//! |---|---|
//! | [`export`] | the types that implement wasmtime's traits, for calls of exports |
//! | [`import`] | the same for host functions |
//! | [`native`] | why these are sound, and their other `unsafe` code |
//! | [`load`] | from the guest to parts |
//! | [`part`] | parts, as a source for Rust types |
//! | [`store`], [`due`] | from parts to the guest |
//! | [`value`] | from parts to values, and from values to parts |
//! | [`scalar`] | scalars of functions over scalars |
//! | [`flat_store`] | strings and scalars, to the guest |
//! | [`element`] | elements of streams and futures |
//! | [`flat`] | how many core values a type flattens to |
//!
//! Strings, lists of numbers, handles and the scalars within other values are lifted and lowered by
//! wasmtime's own implementations for `String`, `Vec<u8>`, `u32` and so on. So encodings, checks, limits
//! and the texts of errors are wasmtime's, and a comparison with the layered backend still compares two
//! implementations. Only what is around them is done here: fields, cases, elements and payloads,
//! in the order in which wasmtime does it for a `Val`. The arguments and the result of a function over
//! scalars are converted here too, since they are only the bits of core values. wasmtime checks a `char`.
//!
//! # What is hidden in wasmtime
//! The methods of `ComponentType`, `Lower` and `Lift`, and the module `__internal` with `LowerContext`,
//! `LiftContext`, `InterfaceType` and `ComponentTypes`, are public but hidden from wasmtime's
//! documentation. They are made for the code that its derives generate, and can change with any
//! version. Therefore this crate is limited to wasmtime 48.
//!
//! A build for asynchronous components does not use this module, but `Val`: such a build calls through
//! a task that wasmtime prepares with a number of core values that is known when the host is compiled,
//! and the ends of streams and error contexts have no implementation that this crate could use.

mod due;
mod element;
mod export;
mod flat;
mod flat_store;
mod import;
mod load;
mod native;
mod part;
mod scalar;
mod store;
mod value;

pub(crate) use element::Element;
pub(crate) use export::{Flat, Given, Lifted, Text, call, call_async, call_typed};
pub(crate) use flat_store::is_flat;
pub(crate) use import::{
    Returned, ReturnedValue, define, define_async, define_scalars, is_over_scalars,
};
pub(crate) use part::{Parts, TextPart};
pub(crate) use scalar::{Bits, Scalars, agree};
pub(crate) use value::to_value;
