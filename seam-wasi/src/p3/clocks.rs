//! `wasi:clocks` 0.3: the monotonic clock advances only when every task waits.

use std::future::Future;

use seam_core::{Result, World};

use crate::func::Funcs;
use crate::monotonic::Monotonic;

/// Adds the functions that wait to the world. `full_name` is that of the monotonic clock's interface.
pub(super) fn add_waits(world: World, full_name: &str) -> World {
    let [wait_until, wait_for] = WAITS.map(|name| format!("{full_name}#{name}"));
    world
        .func_call_async(&wait_until, |call, (when,): (u64,)| {
            end_of(Monotonic::of(call).map(|clock| clock.until(when)))
        })
        .func_call_async(&wait_for, |call, (nanoseconds,): (u64,)| {
            end_of(Monotonic::of(call).map(|clock| clock.until(clock.after(nanoseconds))))
        })
}

/// Waits until a wait has ended.
async fn end_of(wait: Result<impl Future<Output = ()>>) -> Result<()> {
    wait?.await;
    Ok(())
}

pub(super) const CLOCK: &str = "wasi:clocks/monotonic-clock";
/// The functions that wait.
pub(super) const WAITS: [&str; 2] = ["wait-until", "wait-for"];

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
