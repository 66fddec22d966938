//! `wasi:http`: a guest can build requests, but sending them is refused.

mod body;
mod fields;
mod request;
mod response;

use crate::func::Funcs;

pub(crate) const FUNCS: [Funcs; 6] = [
    fields::FUNCS,
    request::FUNCS,
    request::OPTIONS,
    request::HANDLER,
    response::FUNCS,
    body::FUNCS,
];
