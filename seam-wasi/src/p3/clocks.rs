//! `wasi:clocks` 0.3: the monotonic clock advances only when every task waits.

use seam_core::{HostCall, World};

use crate::func::Funcs;
use crate::monotonic::Monotonic;

/// Adds the functions that wait to the world. `full_name` is that of the monotonic clock's interface.
pub(super) fn add_waits(world: World, full_name: &str) -> World {
    let until = |call: &mut HostCall<'_>, (when,): (u64,)| {
        let waits = Monotonic::of(call).map(|clock| clock.until(when));
        async move {
            waits?.await;
            Ok(())
        }
    };
    let after = |call: &mut HostCall<'_>, (nanoseconds,): (u64,)| {
        let waits = Monotonic::of(call).map(|clock| clock.until(clock.after(nanoseconds)));
        async move {
            waits?.await;
            Ok(())
        }
    };
    world
        .func_call_async(&format!("{full_name}#{UNTIL}"), until)
        .func_call_async(&format!("{full_name}#{AFTER}"), after)
}

pub(super) const CLOCK: &str = "wasi:clocks/monotonic-clock";
const UNTIL: &str = "wait-until";
const AFTER: &str = "wait-for";

pub(super) const FUNCS: [Funcs; 2] = [
    Funcs {
        interface: "wasi:clocks/system-clock",
        funcs: &[("get-resolution", |_, _| Ok(Some(1u64.into())))],
    },
    Funcs {
        interface: "wasi:clocks/timezone",
        funcs: &[
            ("iana-id", |_, _| {
                Ok(Some(seam_core::Value::some("UTC".into())))
            }),
            ("utc-offset", |_, _| {
                Ok(Some(seam_core::Value::some(0i64.into())))
            }),
            ("to-debug-string", |_, _| Ok(Some("UTC".into()))),
        ],
    },
];
