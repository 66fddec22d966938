//! What a test sees of the calls.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use seam_core::{BackendExt, Capability, CoreValue, Error, ErrorKind, Trap, World};
use seam_meld::{AbiError, AsyncIntrinsics, Intrinsic, IntrinsicCalls, LOCAL_TAG, MODULE};

use crate::guest::{Guest, INVALID, artifact, everything, on_each};

#[test]
fn every_call_is_logged_with_its_arguments_and_result() {
    on_each(|backend| {
        let calls = IntrinsicCalls::new();
        let mut guest = Guest::new(backend, AsyncIntrinsics::new().log(&calls));
        assert!(calls.is_empty());
        let (reader, writer) = guest.open("stream_new");
        guest.write(writer, b"ab");
        guest.call("stream_read", &[reader, 100, 8, 3]);
        guest.call("stream_read", &[reader, 100, 8, 3]);
        guest.call("stream_drop_readable", &[writer]);
        guest.try_call("future_write", &[reader, 0, 0]).unwrap_err();
        guest.try_call("thread_yield", &[]).unwrap_err();
        let all = calls.all();
        assert_eq!(calls.len(), 7);
        let names: Vec<_> = all.iter().map(|call| call.intrinsic.name()).collect();
        let expected = [
            "stream_new",
            "stream_write",
            "stream_read",
            "stream_read",
            "stream_drop_readable",
            "future_write",
            "thread_yield",
        ];
        assert_eq!(names, expected);
        assert!(all.iter().all(|call| &*call.field == call.intrinsic.name()));
        let i32s = |values: [i32; 4]| values.map(CoreValue::I32);
        assert_eq!(all[2].args, i32s([1, 100, 8, 3]));
        let result = |index: usize| all[index].result.clone();
        assert_eq!(result(0), Ok(Some(CoreValue::I64(0x2_0000_0001))));
        assert_eq!(result(2), Ok(Some(CoreValue::I32(2))));
        assert_eq!(result(3), Ok(Some(CoreValue::I32(-5))));
        assert_eq!((all[2].code, all[3].code), (None, Some(AbiError::Pending)));
        // The guest cannot see that it dropped the wrong handle, but the test can.
        assert_eq!(result(4), Ok(None));
        assert_eq!(all[4].code, Some(AbiError::InvalidHandle));
        assert!(result(5).unwrap_err().contains("future_bytes"));
        assert_eq!(calls.count(Intrinsic::StreamRead), 2);
        assert_eq!(calls.count(Intrinsic::StreamCancelRead), 0);
        calls.clear();
        assert!(calls.is_empty());
        guest.open("stream_new");
        assert_eq!(calls.count(Intrinsic::StreamNew), 1);
    });
}

#[test]
fn a_hook_can_end_the_guests_call() {
    on_each(|backend| {
        let seen = Arc::new(AtomicUsize::new(0));
        let count = seen.clone();
        let intrinsics = AsyncIntrinsics::new().on_call(move |call| {
            count.fetch_add(1, Ordering::Relaxed);
            match call.code {
                Some(code) => Err(Error::host(format!("{}: {code}", call.field))),
                None => Ok(()),
            }
        });
        let mut guest = Guest::new(backend, intrinsics);
        let (reader, writer) = guest.open("stream_new");
        let error = guest
            .try_call("stream_read", &[reader, 8, 8, 0])
            .unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Host);
        assert_eq!(error.message(), "stream_read: Pending (-5)");
        assert_eq!(guest.write(writer, b"a"), 1);
        assert_eq!(seen.load(Ordering::Relaxed), 3);
        // An error of the call itself comes first.
        let error = guest.try_call("thread_exit", &[]).unwrap_err();
        assert!(error.message().contains("thread_exit"), "{error}");
        assert_eq!(seen.load(Ordering::Relaxed), 4);
    });
}

#[test]
fn a_local_handle_traps_where_it_must_not_come() {
    let all = Intrinsic::ALL.into_iter();
    let with_handle: Vec<_> = all.filter(|intrinsic| intrinsic.takes_handle()).collect();
    assert_eq!(with_handle.len(), 12);
    on_each(|backend| {
        let calls = IntrinsicCalls::new();
        let guarded = AsyncIntrinsics::new().refuse_local_handles().log(&calls);
        let mut guest = Guest::new(backend, guarded.future_bytes(4));
        let mut lenient = Guest::new(backend, AsyncIntrinsics::new().future_bytes(4));
        for intrinsic in &with_handle {
            for handle in [LOCAL_TAG, LOCAL_TAG | 7, u32::MAX] {
                let mut args = vec![0; intrinsic.ty().params.len()];
                args[0] = i64::from(handle);
                let error = guest.try_call(intrinsic.name(), &args).unwrap_err();
                let expected = format!(
                    "`{MODULE}#{intrinsic}` expected a handle of the host, found the local handle \
                     {handle:#x}"
                );
                assert_eq!(error.as_trap(), Some(&Trap::Other(expected.into())));
                let has_result = !intrinsic.ty().results.is_empty();
                let expected = if has_result { INVALID } else { 0 };
                assert_eq!(lenient.call(intrinsic.name(), &args), expected);
            }
        }
        assert_eq!(calls.len(), 3 * with_handle.len());
        // The host's own handles never have the tag.
        assert_eq!(guest.open("stream_new"), (1, 2));
    });
}

#[test]
fn threads_are_unsupported_by_name() {
    on_each(|backend| {
        let guarded = AsyncIntrinsics::new().refuse_local_handles();
        let mut guest = Guest::new(backend, guarded);
        for (name, args) in [
            ("thread_new", &[0x8000_0001, 2][..]),
            ("thread_switch_to", &[1]),
            ("thread_yield", &[]),
            ("thread_exit", &[]),
        ] {
            let error = guest.try_call(name, args).unwrap_err();
            let expected = ErrorKind::Unsupported(Capability::ComponentAsync);
            assert_eq!(*error.kind(), expected);
            let full = format!("{MODULE}#{name}");
            assert!(error.message().contains(&full), "{error}");
        }
    });
}

#[test]
fn the_recorder_of_the_world_sees_the_calls_too() {
    on_each(|backend| {
        let world = AsyncIntrinsics::new().add_to(World::new().record(true));
        let instance = backend.instantiate_blocking(&artifact(&everything()), &world);
        let mut guest = Guest(instance.unwrap());
        let (reader, _) = guest.open("stream_new");
        guest.call("stream_read", &[reader, 8, 4, 0]);
        let calls = &guest.0.observed().host_calls;
        let names: Vec<_> = calls.iter().map(|call| call.name.to_string()).collect();
        assert_eq!(
            names,
            [
                "pulseengine:async#stream_new",
                "pulseengine:async#stream_read"
            ]
        );
        assert_eq!(calls[1].result, Ok(Some(seam_core::Value::S32(-5))));
    });
}
