//! The behaviours of streams, un-fused against fused.

use seam_core::{Backend, BackendExt, ErrorKind, Trap, World};
use seam_meld::{AsyncIntrinsics, Intrinsic};
use seam_wasmi::Wasmi;
use seam_wasmtime::Wasmtime;

use crate::drive::drives;
use crate::parts::{Parts, artifact};

const PAIR: [&str; 2] = ["producer.wasm", "consumer.wasm"];

fn on_each(test: impl Fn(&dyn Backend)) {
    test(&Wasmi::new());
    test(&Wasmtime::new());
}

#[test]
fn every_run_gives_the_same_unfused_and_fused() {
    let drives = drives();
    assert!(drives.len() >= 6);
    on_each(|backend| {
        for drive in &drives {
            let mut unfused = Parts::unfused(backend, &PAIR);
            drive.run(&mut unfused);
            assert!(!unfused.calls.is_empty(), "{}", drive.title);
            for name in ["multi.wasm", "shared.wasm"] {
                let mut fused = Parts::fused(backend, name);
                drive.run(&mut fused);
                // Streams stay in the module until all eight of its own are used.
                let leave = drive.title.contains("ninth");
                let new = fused.calls.count(Intrinsic::StreamNew);
                assert_eq!(new, usize::from(leave), "{name}: {}", drive.title);
                assert_eq!(fused.calls.is_empty(), !leave, "{name}: {}", drive.title);
            }
        }
    });
}

/// meld's fixtures can be linked in other ways than by the split.
#[test]
fn the_memories_of_the_host_s_streams_can_be_bound_by_hand() {
    on_each(|backend| {
        let multi = artifact("multi.wasm");
        let world = AsyncIntrinsics::new().add_to(World::new());
        let failed = backend.instantiate_blocking(&multi, &world).map(|_| ());
        assert_eq!(*failed.unwrap_err().kind(), ErrorKind::Link);
        let bound = AsyncIntrinsics::new()
            .memory_of("stream_write", "memory")
            .memory_of("stream_read", "memory$1");
        let mut parts = Parts::new(backend, &[multi], bound);
        for drive in drives() {
            if drive.title.contains("ninth") {
                drive.run(&mut parts);
            }
        }
        assert!(parts.calls.count(Intrinsic::StreamRead) > 0);
    });
}

/// Two core modules of one component, whose streams all are the host's.
#[test]
fn two_modules_of_a_component_use_their_own_memories() {
    on_each(|backend| {
        for parts in [
            &mut Parts::unfused(backend, &["twins.wasm"]),
            &mut Parts::fused(backend, "twins-multi.wasm"),
        ] {
            let word = |text: &[u8; 4]| i64::from(i32::from_le_bytes(*text));
            let (reader, writer) = parts.open("left-new");
            for (write, read, expected) in [
                ("left-write", "right-read", b"left"),
                ("right-write", "left-read", b"Rght"),
                ("left-write", "left-read", b"left"),
                ("right-write", "right-read", b"Rght"),
            ] {
                assert_eq!(parts.call(read, &[reader]), -5);
                assert_eq!(parts.call(write, &[writer]), 4);
                assert_eq!(
                    parts.call(read, &[reader]),
                    word(expected),
                    "{write} {read}"
                );
            }
            assert_eq!(parts.table.live(), 1);
            assert_eq!(parts.open("right-new"), (3, 4));
        }
    });
}

/// A fault of this artifact. meld numbers an import that several components have, and its bridge does
/// not know such a name, so the consumer passes a handle of the bridge to the host.
#[test]
fn a_local_handle_that_leaves_the_module_is_found() {
    on_each(|backend| {
        let unfused = ["producer.wasm", "relay.wasm", "consumer.wasm"];
        for parts in [
            &mut Parts::unfused(backend, &unfused),
            &mut Parts::fused(backend, "relay-multi.wasm"),
        ] {
            // By way of the relay.
            let (first_reader, first_writer) = parts.open("new");
            let (second_reader, second_writer) = parts.open("relay-new");
            assert_eq!(parts.call("write", &[first_writer, 5, 0, 300]), 300);
            assert_eq!(
                parts.call("pump", &[first_reader, second_writer, 4096]),
                300
            );
            assert_eq!(parts.call("read", &[second_reader, 4096]), 300);
            assert_eq!(parts.call("matching", &[5, 0, 300]), 300);
        }
        // Without the relay.
        let mut parts = Parts::unfused(backend, &unfused);
        let (reader, writer) = parts.open("new");
        assert_eq!(parts.call("write", &[writer, 5, 0, 300]), 300);
        assert_eq!(parts.call("read", &[reader, 4096]), 300);
        let mut parts = Parts::fused(backend, "relay-multi.wasm");
        let (reader, writer) = parts.open("new");
        assert_eq!(parts.call("write", &[writer, 5, 0, 300]), 300);
        let error = parts.try_call("read", &[reader, 4096]).unwrap_err();
        let expected = "`pulseengine:async#stream_read$component-2` expected a handle of the host, \
                        found the local handle 0x80000000";
        assert_eq!(error.as_trap(), Some(&Trap::Other(expected.into())));
    });
}
