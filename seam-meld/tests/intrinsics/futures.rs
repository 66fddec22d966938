//! Futures: results and codes, at every edge.

use seam_core::ErrorKind;
use seam_meld::AsyncIntrinsics;

use crate::guest::{CANCELLED, CLOSED, END, Guest, INVALID, RUNTIME, on_each};

const UNRESOLVED: i64 = 0;

fn four_bytes() -> AsyncIntrinsics {
    AsyncIntrinsics::new().future_bytes(4)
}

#[test]
fn a_value_arrives_as_a_whole_and_stays() {
    on_each(|backend| {
        let mut guest = Guest::new(backend, four_bytes());
        let (reader, writer) = guest.open("future_new");
        assert_eq!(guest.call("future_read", &[reader, 100, 0]), UNRESOLVED);
        guest.put(8, b"value");
        assert_eq!(guest.call("future_write", &[writer, 8, 0]), 1);
        for at in [100, 200] {
            assert_eq!(guest.call("future_read", &[reader, at, 0]), 1);
            // Four bytes, as configured, and none behind them.
            assert_eq!(guest.get(at, 5), b"valu\0");
        }
        // Dropping the writer does not take the value back.
        guest.call("future_drop_writable", &[writer]);
        assert_eq!(guest.call("future_read", &[reader, 300, 0]), 1);
        guest.call("future_drop_readable", &[reader]);
        assert_eq!(guest.call("future_read", &[reader, 300, 0]), INVALID);
    });
}

#[test]
fn a_second_value_is_refused() {
    on_each(|backend| {
        let mut guest = Guest::new(backend, four_bytes());
        let (reader, writer) = guest.open("future_new");
        guest.put(8, b"one.two.");
        assert_eq!(guest.call("future_write", &[writer, 8, 0]), 1);
        assert_eq!(guest.call("future_write", &[writer, 12, 0]), RUNTIME);
        assert_eq!(guest.call("future_read", &[reader, 100, 0]), 1);
        assert_eq!(guest.get(100, 4), b"one.");
    });
}

#[test]
fn the_other_end_of_a_dropped_end_is_closed() {
    on_each(|backend| {
        let mut guest = Guest::new(backend, four_bytes());
        let (reader, writer) = guest.open("future_new");
        guest.call("future_drop_writable", &[writer]);
        for _ in 0..2 {
            assert_eq!(guest.call("future_read", &[reader, 100, 0]), CLOSED);
        }
        assert_eq!(guest.call("future_write", &[writer, 8, 0]), INVALID);

        let (reader, writer) = guest.open("future_new");
        guest.call("future_drop_readable", &[reader]);
        for _ in 0..2 {
            assert_eq!(guest.call("future_write", &[writer, 8, 0]), CLOSED);
        }
        assert_eq!(guest.call("future_read", &[reader, 8, 0]), INVALID);
    });
}

#[test]
fn a_cancelled_read_is_told_so_once() {
    on_each(|backend| {
        let mut guest = Guest::new(backend, four_bytes());
        let (reader, writer) = guest.open("future_new");
        let cancel = |guest: &mut Guest| guest.call("future_cancel_read", &[reader]);
        assert_eq!(cancel(&mut guest), 0);
        assert_eq!(guest.call("future_read", &[reader, 8, 0]), UNRESOLVED);
        assert_eq!(cancel(&mut guest), 1);
        assert_eq!(cancel(&mut guest), 0);
        assert_eq!(guest.call("future_write", &[writer, 8, 0]), 1);
        assert_eq!(guest.call("future_read", &[reader, 8, 0]), CANCELLED);
        assert_eq!(guest.call("future_read", &[reader, 8, 0]), 1);
        assert_eq!(cancel(&mut guest), 0);
        assert_eq!(guest.call("future_cancel_write", &[writer]), 0);
    });
}

#[test]
fn unknown_dropped_and_wrong_handles_are_invalid() {
    on_each(|backend| {
        let mut guest = Guest::new(backend, four_bytes());
        let (reader, writer) = guest.open("future_new");
        let (stream_reader, stream_writer) = guest.open("stream_new");
        let unknown = [
            0,
            9,
            10,
            0x8000_0001,
            0xffff_ffff,
            stream_reader,
            stream_writer,
        ];
        for handle in unknown.iter().chain(&[writer]) {
            assert_eq!(guest.call("future_read", &[*handle, 8, 0]), INVALID);
            assert_eq!(guest.call("future_cancel_read", &[*handle]), INVALID);
            guest.call("future_drop_readable", &[*handle]);
        }
        for handle in unknown.iter().chain(&[reader]) {
            assert_eq!(guest.call("future_write", &[*handle, 8, 0]), INVALID);
            assert_eq!(guest.call("future_cancel_write", &[*handle]), INVALID);
            guest.call("future_drop_writable", &[*handle]);
        }
        assert_eq!(guest.call("future_write", &[writer, 8, 0]), 1);
        assert_eq!(guest.call("future_read", &[reader, 8, 0]), 1);
        for _ in 0..2 {
            guest.call("future_drop_readable", &[reader]);
            guest.call("future_drop_writable", &[writer]);
        }
        assert_eq!(guest.call("future_cancel_read", &[reader]), INVALID);
        assert_eq!(guest.call("future_cancel_write", &[writer]), INVALID);
        assert_eq!(guest.write(stream_writer, b"a"), 1);
    });
}

#[test]
fn a_range_outside_of_the_memory_moves_nothing() {
    on_each(|backend| {
        let mut guest = Guest::new(backend, four_bytes());
        let (reader, writer) = guest.open("future_new");
        for at in [END - 3, END, 0xffff_fffc, 0xffff_ffff] {
            assert_eq!(guest.call("future_write", &[writer, at, 0]), RUNTIME);
        }
        assert_eq!(guest.call("future_read", &[reader, 8, 0]), UNRESOLVED);
        guest.put(END - 4, b"last");
        assert_eq!(guest.call("future_write", &[writer, END - 4, 0]), 1);
        for at in [END - 3, END, 0xffff_fffc, 0xffff_ffff] {
            assert_eq!(guest.call("future_read", &[reader, at, 0]), RUNTIME);
        }
        assert_eq!(guest.call("future_read", &[reader, END - 4, 0]), 1);
    });
}

#[test]
fn the_size_of_the_value_is_never_guessed() {
    on_each(|backend| {
        let mut guest = Guest::new(backend, AsyncIntrinsics::new());
        let (reader, writer) = guest.open("future_new");
        let error = guest.try_call("future_write", &[writer, 8, 0]).unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Host);
        for part in ["future_write", "future_bytes"] {
            assert!(error.message().contains(part), "{error}");
        }
        assert_eq!(guest.call("future_read", &[reader, 8, 0]), UNRESOLVED);

        // A value of no bytes, and one that no memory holds.
        let mut guest = Guest::new(backend, AsyncIntrinsics::new().future_bytes(0));
        let (reader, writer) = guest.open("future_new");
        assert_eq!(guest.call("future_write", &[writer, END, 0]), 1);
        assert_eq!(guest.call("future_read", &[reader, END, 0]), 1);
        let mut guest = Guest::new(backend, AsyncIntrinsics::new().future_bytes(usize::MAX));
        let (_, writer) = guest.open("future_new");
        assert_eq!(guest.call("future_write", &[writer, 0, 0]), RUNTIME);
    });
}

#[test]
fn an_import_can_have_a_size_of_its_own() {
    on_each(|backend| {
        let fields = [
            "future_new",
            "future_read",
            "future_write",
            "future_write$1",
        ];
        let text = crate::guest::text(fields.map(String::from), "(memory (export \"memory\") 1)");
        let intrinsics = four_bytes().future_bytes_of("future_write$1", 8);
        let mut guest = Guest::of(backend, &text, intrinsics);
        guest.put(8, b"12345678");
        for (write, expected) in [
            ("future_write", b"1234\0\0\0\0"),
            ("future_write$1", b"12345678"),
        ] {
            let (reader, writer) = guest.open("future_new");
            assert_eq!(guest.call(write, &[writer, 8, 0]), 1);
            assert_eq!(guest.call("future_read", &[reader, 100, 0]), 1);
            assert_eq!(guest.get(100, 8), expected);
        }
    });
}
