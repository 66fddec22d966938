//! The artifacts that the rows run. All but the real ones are generated here.

mod chain;
mod echo;
mod host;
mod many;
mod relay;
mod resource;
mod text;
mod wasi;

pub(crate) use chain::{chain, chain_link};
#[allow(
    unused_imports,
    reason = "the crate `peer` uses `echo_without_records`"
)]
pub(crate) use echo::{echo, echo_module, echo_without_records};
pub(crate) use host::{CALLS, host, host_module};
pub(crate) use many::{exports, globals, globals_inside};
pub(crate) use relay::{LONG, relay, relay_module};
pub(crate) use resource::resource;
pub(crate) use wasi::five_imports;
