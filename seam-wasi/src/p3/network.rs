//! `wasi:sockets` 0.3: every call is refused.
//!
//! No socket can be created, so the methods of sockets are never called.

use crate::func::Funcs;
use crate::sockets::{DENIED, error};

pub(super) const FUNCS: [Funcs; 2] = [
    Funcs {
        interface: "wasi:sockets/types",
        funcs: &[
            ("[static]tcp-socket.create", DENIED),
            ("[static]udp-socket.create", DENIED),
        ],
    },
    Funcs {
        interface: "wasi:sockets/ip-name-lookup",
        funcs: &[("resolve-addresses", |_, _| {
            Ok(Some(error("permanent-resolver-failure")))
        })],
    },
];
