//! The behaviours of streams, un-fused against fused.

use seam_core::{Backend, BackendExt, ErrorKind, Trap, World};
use seam_meld::{AsyncIntrinsics, Intrinsic};
use seam_wasmi::Wasmi;
use seam_wasmtime::Wasmtime;

use crate::drive::drives;
use crate::parts::{Parts, artifact};

const PAIR: [&str; 2] = ["producer.wat", "consumer.wat"];
const WITH_RELAY: [&str; 3] = ["producer.wat", "relay.wat", "consumer.wat"];

fn on_each(test: impl Fn(&dyn Backend)) {
    test(&Wasmi::new());
    test(&Wasmtime::new());
}

#[test]
fn every_run_gives_the_same_unfused_and_fused() {
    let drives = drives("drives.txt");
    assert!(drives.len() >= 6);
    on_each(|backend| {
        for drive in &drives {
            let mut unfused = Parts::unfused(backend, &PAIR);
            assert_eq!(drive.run(&mut unfused), Ok(()));
            assert!(!unfused.calls.is_empty(), "{}", drive.title);
            for name in ["multi.wasm", "named.wasm", "shared.wasm"] {
                let mut fused = Parts::fused(backend, name);
                assert_eq!(drive.run(&mut fused), Ok(()), "{name}");
                // Streams stay in the module until all eight of its own are used.
                let counts = match drive.title.contains("ninth") {
                    true => [1, 1, 3, 1],
                    false => [0; 4],
                };
                let found = [
                    Intrinsic::StreamNew,
                    Intrinsic::StreamWrite,
                    Intrinsic::StreamRead,
                    Intrinsic::StreamDropWritable,
                ]
                .map(|intrinsic| fused.calls.count(intrinsic));
                assert_eq!(found, counts, "{name}: {}", drive.title);
                let all: usize = counts.iter().sum();
                assert_eq!(fused.calls.len(), all, "{name}: {}", drive.title);
            }
        }
    });
}

/// meld's fixtures can be linked in other ways than by the split.
#[test]
fn the_memories_of_the_host_s_streams_can_be_bound_by_hand() {
    let mut drives = drives("drives.txt").into_iter();
    let ninth = drives.find(|drive| drive.title.contains("ninth")).unwrap();
    on_each(|backend| {
        let multi = artifact("multi.wasm");
        let world = AsyncIntrinsics::new().add_to(World::new());
        let failed = backend.instantiate_blocking(&multi, &world).map(|_| ());
        assert_eq!(*failed.unwrap_err().kind(), ErrorKind::Link);
        let bound = || AsyncIntrinsics::new().memory_of("stream_write", "memory");
        let right = bound().memory_of("stream_read", "memory$1");
        let mut parts = Parts::new(backend, std::slice::from_ref(&multi), right);
        assert_eq!(ninth.run(&mut parts), Ok(()));
        // The producer's memory is not the one from which the consumer reads its bytes.
        let mut parts = Parts::new(
            backend,
            &[multi],
            bound().memory_of("stream_read", "memory"),
        );
        let error = ninth.run(&mut parts).unwrap_err();
        assert!(
            error.contains("matching(12, 0, 100) => 100, found 0"),
            "{error}"
        );
    });
}

/// Two core modules of one component, whose streams all are the host's.
#[test]
fn two_modules_of_a_component_use_their_own_memories() {
    on_each(|backend| {
        for drive in drives("twins.txt") {
            for parts in [
                &mut Parts::unfused(backend, &["left.wat", "right.wat"]),
                &mut Parts::fused(backend, "twins-multi.wasm"),
            ] {
                assert_eq!(drive.run(parts), Ok(()));
                assert_eq!(parts.calls.count(Intrinsic::StreamWrite), 3);
                assert_eq!(parts.table.live(), 2);
            }
        }
    });
}

#[test]
fn a_relay_between_two_components_passes_bytes_on() {
    on_each(|backend| {
        for drive in drives("relay.txt") {
            let mut unfused = Parts::unfused(backend, &WITH_RELAY);
            assert_eq!(drive.run(&mut unfused), Ok(()));
            assert!(!unfused.calls.is_empty());
            let mut fused = Parts::fused(backend, "relay-shared.wasm");
            assert_eq!(drive.run(&mut fused), Ok(()));
            assert!(fused.calls.is_empty());
        }
    });
}

/// A fault of the artifact `relay-multi.wasm`.
///
/// meld numbers an import that several components have, and its bridge does not know such a name, so
/// the relay passes handles of the bridge to the host.
#[test]
fn a_local_handle_that_leaves_the_module_traps() {
    on_each(|backend| {
        for drive in drives("relay.txt") {
            let mut fused = Parts::fused(backend, "relay-multi.wasm");
            if !drive.title.contains("two local") {
                assert_eq!(drive.run(&mut fused), Ok(()));
                assert_eq!(fused.calls.count(Intrinsic::StreamNew), 1);
                continue;
            }
            let (first_reader, first_writer) = fused.open("new");
            let (_, second_writer) = fused.open("new");
            assert_eq!(fused.call("write", &[first_writer, 4, 0, 100]), 100);
            let pumped = fused.try_call("pump", &[first_reader, second_writer, 100]);
            let expected = "`pulseengine:async#stream_write$component-1` expected a handle of the \
                            host, found the local handle 0x80000001";
            assert_eq!(
                pumped.unwrap_err().as_trap(),
                Some(&Trap::Other(expected.into()))
            );
        }
    });
}
