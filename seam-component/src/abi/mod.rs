//! The canonical ABI: moves typed values in and out of linear memories and core values.
//!
//! Files and functions have the names of the sections and functions of the specification's
//! reference interpreter, `definitions.py` of the component-model repository at revision 6d28164:
//!
//! | file | sections |
//! |---|---|
//! | [`cx`] | Canonical ABI Options, Lifting and Lowering Context |
//! | [`flat`] | none: core values as bits |
//! | [`scalar`] | the numbers of Loading, Storing, Flat Lifting and Flat Lowering; NaNs, `char`s |
//! | [`numbers`] | lists of numbers, in bulk |
//! | [`string`], [`transcode`] | strings of Loading and of Storing |
//! | [`load`] | Loading |
//! | [`store`] | Storing |
//! | [`lift`] | Flat Lifting, and the lifting half of Lifting and Lowering Values |
//! | [`lower`] | Flat Lowering, and the lowering half of Lifting and Lowering Values |
//! | [`place`] | where a part of a value is: in memory or among core values |
//! | [`check`], [`transfer`] | from guest to guest: lifting's half and lowering's, without values |
//! | [`parts`], [`due`] | typed calls, and host functions over Rust types: parts without values |
//! | [`direct`] | typed calls over scalars |
//! | [`plain`], [`lift_plain`](mod@lift_plain), [`lower_plain`](mod@lower_plain), [`plain_transfer`] | calls that pass scalars, strings and lists of numbers alone |
//!
//! Pointers are unsigned and 32 bits wide. Everything that a guest provides (pointer, length,
//! discriminant, result of its `realloc`) is checked before it is used to read, write or allocate.
//! Allocations of lifting on the host are [charged](Machine::charge) first. NaNs become the
//! canonical NaN of their width wherever they pass, as in the reference's deterministic profile.
//!
//! The test oracles are independent of any engine: `vectors/` contains results of the reference
//! interpreter, and sizes, offsets and flat types are compared with those of wit-parser.

mod check;
mod cx;
mod direct;
mod due;
mod first_error;
mod flat;
mod lift;
mod lift_plain;
mod load;
mod lower;
mod lower_plain;
mod numbers;
mod parts;
mod place;
mod plain;
mod plain_transfer;
mod scalar;
mod store;
mod string;
#[cfg(test)]
mod tests;
mod transcode;
mod transfer;

pub(crate) use cx::{
    Cx, Machine, Options, check_aligned, check_allocated, fill_allocated, low, word,
};
pub(crate) use direct::{lift_direct, lower_direct};
pub(crate) use flat::FlatBits;
pub(crate) use lift::{check_area, lift_flat_value, lift_flat_values};
pub(crate) use lift_plain::{lift_plain, lift_plain_args};
pub(crate) use lower::lower_flat_values;
pub(crate) use lower_plain::{lower_plain, lower_plain_typed};
pub(crate) use parts::{lift_parts, lower_parts};
pub(crate) use plain::are_plain;
pub(crate) use plain_transfer::{
    are_bytes_alike, check_plain, copy_plain, lift_plain_result, lower_plain_result,
};
pub(crate) use scalar::{is_scalar, lift_scalar, lower_scalars, pass_scalar};
pub(crate) use string::{Text, load_string_from_range};
pub(crate) use transcode::store_string_into_range;
pub(crate) use transfer::{InTransit, Transfer};
