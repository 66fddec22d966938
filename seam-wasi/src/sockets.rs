//! `wasi:sockets`: every call is refused.
//!
//! No socket can be created, so the methods of sockets are never called.

use seam_core::Value;

use crate::func::{Body, Funcs, own, state};

pub(crate) const FUNCS: [Funcs; 5] = [
    Funcs {
        interface: "wasi:sockets/network",
        // The network never causes an error of a stream.
        funcs: &[("network-error-code", |_, _| Ok(Some(Value::none())))],
    },
    Funcs {
        interface: "wasi:sockets/instance-network",
        funcs: &[("instance-network", |call, _| {
            let rep = state(call)?.table.add(Network)?;
            Ok(Some(own("wasi:sockets/network", "network", rep)))
        })],
    },
    Funcs {
        interface: "wasi:sockets/tcp-create-socket",
        funcs: &[("create-tcp-socket", DENIED)],
    },
    Funcs {
        interface: "wasi:sockets/udp-create-socket",
        funcs: &[("create-udp-socket", DENIED)],
    },
    Funcs {
        interface: "wasi:sockets/ip-name-lookup",
        funcs: &[("resolve-addresses", |call, args| {
            state(call)?.table.at::<Network>(args.rep(0)?)?;
            Ok(Some(error("permanent-resolver-failure")))
        })],
    },
];

pub(crate) const DENIED: Body = |_, _| Ok(Some(error("access-denied")));

pub(crate) fn error(code: &str) -> Value {
    Value::err(Some(Value::enumeration(code)))
}

/// The resource `network`.
struct Network;
