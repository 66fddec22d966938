//! Start functions and segments.

use seam_core::{
    BackendExt, Error, ErrorKind, Instance, InstanceExt, ProgramExt, Query, Trap, World,
};

use crate::{builds, fixture, instance, kind, refused, s32, trap, wat};

#[test]
fn a_start_function_that_traps_leaves_an_instance_to_look_at() {
    for wasmi in builds() {
        let program = wasmi.load_blocking(&fixture("start-trap")).unwrap();
        let failed = program
            .instantiate_blocking(&World::new())
            .map(drop)
            .unwrap_err();
        assert_eq!(*failed.error.kind(), trap(Trap::Unreachable));
        assert_eq!(failed.error.operation(), Some("instantiate"));
        let mut left: Box<dyn Instance> = failed.instance.unwrap();
        let counters = left
            .snapshot(&Query::new())
            .unwrap()
            .counters("__witness_counter_");
        assert_eq!(counters[&0], 1);
        assert_eq!(kind(left.call_blocking("never", &[])), ErrorKind::Misuse);
        let exports = left.cores().unwrap().remove(0).exports;
        let names: Vec<String> = exports.iter().map(|(name, _)| name.to_string()).collect();
        assert_eq!(names, ["__witness_counter_0", "never"]);
    }
}

#[test]
fn a_start_function_runs_once_and_its_export_is_not_seen() {
    let artifact = wat(r#"(module
        (global $count (export "count") (mut i32) (i32.const 0))
        (func $start (global.set $count (i32.add (global.get $count) (i32.const 1))))
        (start $start)
        (func (export "get") (result i32) (global.get $count)))"#);
    let mut started = instance(&artifact, &World::new());
    assert_eq!(started.call_blocking("get", &[]).unwrap(), Some(s32(1)));
    let path = seam_core::CorePath::new([0]);
    assert_eq!(
        kind(started.call_core(&path, "start", &[])),
        ErrorKind::Misuse
    );
    assert_eq!(started.call_blocking("get", &[]).unwrap(), Some(s32(1)));
}

#[test]
fn an_imported_start_function_is_called() {
    let artifact = wat(r#"(module (import "env" "f" (func $f)) (start $f))"#);
    let world = World::new().func("env#f", |(): ()| Ok(())).record(true);
    assert_eq!(instance(&artifact, &world).observed().host_calls.len(), 1);
}

#[test]
fn errors_of_the_host_in_a_start_function_come_out() {
    let artifact = wat(r#"(module (import "env" "f" (func $f))
        (func $start (call $f)) (start $start))"#);
    let world = World::new().func("env#f", |(): ()| -> seam_core::Result<()> {
        Err(Error::exit(3))
    });
    assert_eq!(*refused(&artifact, &world).kind(), ErrorKind::Exit(3));
}

#[test]
fn segments_that_do_not_fit_are_traps() {
    for (text, cause) in [
        (
            r#"(module (memory 1) (data (i32.const 65536) "a"))"#,
            Trap::MemoryOutOfBounds,
        ),
        (
            "(module (table 1 funcref) (func $f) (elem (i32.const 1) $f))",
            Trap::TableOutOfBounds,
        ),
        (
            "(module (table 1 funcref) (func $f (call_indirect (i32.const 0))) (elem (i32.const 1) $f))",
            Trap::TableOutOfBounds,
        ),
    ] {
        assert_eq!(
            *refused(&wat(text), &World::new()).kind(),
            trap(cause),
            "{text}"
        );
    }
}
