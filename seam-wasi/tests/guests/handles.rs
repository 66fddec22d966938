//! Handles that a guest made up, handles that it dropped, and handles of another type.
//!
//! The canonical ABI traps on all of them before any WASI function is called.

use seam_core::{Artifact, BackendExt, CanonTrap, Instance, InstanceExt, Trap, Value, World};
use seam_wasi::Wasi;

use crate::support::backends;

const GUEST: &str = r#"
(component
  (import "wasi:io/poll@0.2.0" (instance $poll
    (export "pollable" (type $pollable (sub resource)))
    (export "[method]pollable.block" (func (param "self" (borrow $pollable))))))
  (alias export $poll "pollable" (type $pollable))
  (import "wasi:clocks/monotonic-clock@0.2.1" (instance $clock
    (alias outer 1 $pollable (type $pollable'))
    (export "pollable" (type $pollable (eq $pollable')))
    (export "now" (func (result u64)))
    (export "subscribe-duration" (func (param "when" u64) (result (own $pollable))))))
  (import "wasi:cli/terminal-input@0.2.0" (instance $terminal
    (export "terminal-input" (type (sub resource)))))
  (alias export $terminal "terminal-input" (type $terminal-input))

  (core func $block (canon lower (func $poll "[method]pollable.block")))
  (core func $now (canon lower (func $clock "now")))
  (core func $subscribe (canon lower (func $clock "subscribe-duration")))
  (core func $drop (canon resource.drop $pollable))
  (core func $drop-terminal (canon resource.drop $terminal-input))

  (func (export "block") (param "index" u32) (canon lift (core func $block)))
  (func (export "now") (result u64) (canon lift (core func $now)))
  (func (export "subscribe") (param "when" u64) (result u32) (canon lift (core func $subscribe)))
  (func (export "drop") (param "index" u32) (canon lift (core func $drop)))
  (func (export "drop-terminal") (param "index" u32) (canon lift (core func $drop-terminal)))
)
"#;

/// Creates one instance on each backend.
fn instances() -> Vec<Box<dyn Instance>> {
    let guest = Artifact::from_wat("handles", GUEST).unwrap();
    let world = Wasi::hermetic().add_to(World::new()).unwrap();
    let backends = backends().into_iter();
    let instances = backends.map(|it| it.instantiate_blocking(&guest, &world).unwrap());
    instances.collect()
}

fn trap(instance: &mut dyn Instance, func: &str, index: u32) -> Option<Trap> {
    let error = instance.call_blocking(func, &[index.into()]).unwrap_err();
    error.as_trap().cloned()
}

#[test]
fn a_valid_handle_is_waited_for() {
    for mut it in instances() {
        let index = it
            .call_blocking("subscribe", &[5u64.into()])
            .unwrap()
            .unwrap();
        it.call_blocking("block", std::slice::from_ref(&index))
            .unwrap();
        assert_eq!(it.call_blocking("now", &[]).unwrap(), Some(Value::U64(5)));
        it.call_blocking("drop", &[index]).unwrap();
    }
}

#[test]
fn a_handle_that_never_existed_traps() {
    for func in ["block", "drop"] {
        for index in [0, 1, 99, u32::MAX] {
            for mut it in instances() {
                let unknown = Trap::Canon(CanonTrap::UnknownHandle);
                assert_eq!(trap(&mut *it, func, index), Some(unknown), "{func} {index}");
            }
        }
    }
}

#[test]
fn a_handle_that_was_dropped_traps() {
    for func in ["block", "drop"] {
        for mut it in instances() {
            let index = it
                .call_blocking("subscribe", &[5u64.into()])
                .unwrap()
                .unwrap();
            let Value::U32(number) = index else {
                panic!("{index:?}")
            };
            it.call_blocking("drop", &[index]).unwrap();
            let unknown = Trap::Canon(CanonTrap::UnknownHandle);
            assert_eq!(trap(&mut *it, func, number), Some(unknown), "{func}");
        }
    }
}

#[test]
fn a_handle_of_another_type_traps() {
    for mut it in instances() {
        let index = it
            .call_blocking("subscribe", &[5u64.into()])
            .unwrap()
            .unwrap();
        let Value::U32(number) = index else {
            panic!("{index:?}")
        };
        let wrong = Trap::Canon(CanonTrap::WrongResourceType);
        assert_eq!(trap(&mut *it, "drop-terminal", number), Some(wrong));
    }
}
