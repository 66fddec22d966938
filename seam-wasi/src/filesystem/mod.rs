//! `wasi:filesystem`, over the file systems in [`files`](crate::files).

mod at;
mod descriptor;
mod entries;
mod preopens;

use crate::func::Funcs;

pub(crate) use descriptor::{Descriptor, INTERFACE};
pub(crate) use entries::list;

pub(crate) const FUNCS: [Funcs; 4] = [
    descriptor::FUNCS,
    at::FUNCS,
    entries::FUNCS,
    preopens::FUNCS,
];
