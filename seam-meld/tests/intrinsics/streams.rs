//! Streams: results and codes, at every edge.

use seam_meld::AsyncIntrinsics;

use crate::guest::{CANCELLED, CLOSED, END, Guest, INVALID, OOM, PENDING, RUNTIME, on_each};

/// The end of a stream, as the result of a read.
const EOF: i64 = 0;

fn with_capacity(bytes: usize) -> AsyncIntrinsics {
    AsyncIntrinsics::new().capacity(bytes)
}

/// The bytes 1, 2, 3, ...
fn pattern(len: usize) -> Vec<u8> {
    (1..=len).map(|byte| (byte % 251) as u8).collect()
}

#[test]
fn bytes_arrive_in_order() {
    on_each(|backend| {
        let mut guest = Guest::new(backend, AsyncIntrinsics::new());
        let (reader, writer) = guest.open("stream_new");
        assert_eq!((reader, writer), (1, 2));
        assert_eq!(guest.read(reader, 8), Err(PENDING));
        assert_eq!(guest.write(writer, &pattern(300)), 300);
        assert_eq!(guest.read(reader, 100), Ok(pattern(300)[..100].to_vec()));
        assert_eq!(guest.write(writer, b"more"), 4);
        let rest = [&pattern(300)[100..], b"more"].concat();
        assert_eq!(guest.read(reader, 4096), Ok(rest));
        assert_eq!(guest.read(reader, 8), Err(PENDING));
    });
}

#[test]
fn a_full_stream_accepts_a_part_and_then_nothing() {
    on_each(|backend| {
        let mut guest = Guest::new(backend, AsyncIntrinsics::new());
        let (reader, writer) = guest.open("stream_new");
        // The default capacity is that of meld's own streams.
        assert_eq!(guest.write(writer, &pattern(5000)), 4096);
        assert_eq!(guest.write(writer, b"x"), 0);
        assert_eq!(guest.read(reader, 8192), Ok(pattern(5000)[..4096].to_vec()));
        assert_eq!(guest.write(writer, &pattern(5000)[4096..]), 904);
        assert_eq!(guest.read(reader, 8192), Ok(pattern(5000)[4096..].to_vec()));
        // Nothing of what was refused was kept.
        assert_eq!(guest.read(reader, 8192), Err(PENDING));
    });
}

#[test]
fn the_buffer_wraps_around() {
    on_each(|backend| {
        let mut guest = Guest::new(backend, with_capacity(7));
        let (reader, writer) = guest.open("stream_new");
        let mut sent = Vec::<u8>::new();
        let mut received = Vec::<u8>::new();
        for round in 0..40u8 {
            let bytes = [round, round ^ 0xff, 3, 4, round];
            let count = guest.write(writer, &bytes);
            assert!((0..=5).contains(&count));
            sent.extend(&bytes[..count as usize]);
            received.extend(guest.read(reader, 4).unwrap());
        }
        while let Ok(bytes) = guest.read(reader, 3) {
            received.extend(bytes);
        }
        assert!(sent.len() > 100);
        assert_eq!(received, sent);
    });
}

#[test]
fn the_end_comes_after_the_last_byte_and_stays() {
    on_each(|backend| {
        let mut guest = Guest::new(backend, AsyncIntrinsics::new());
        let (reader, writer) = guest.open("stream_new");
        assert_eq!(guest.read(reader, 8), Err(PENDING));
        assert_eq!(guest.write(writer, b"abcd"), 4);
        guest.call("stream_drop_writable", &[writer]);
        assert_eq!(guest.read(reader, 2), Ok(b"ab".to_vec()));
        // A read of no bytes is not told the end while there are bytes.
        assert_eq!(guest.read(reader, 0), Err(PENDING));
        assert_eq!(guest.read(reader, 8), Ok(b"cd".to_vec()));
        for len in [8, 0, 0xffff_ffff, 1] {
            assert_eq!(guest.read(reader, len), Err(EOF));
        }
        // Nothing is pending at the end.
        assert_eq!(guest.call("stream_cancel_read", &[reader]), 0);
        assert_eq!(guest.read(reader, 8), Err(EOF));
        assert_eq!(guest.call("stream_write", &[writer, 0, 1, 0]), INVALID);
        guest.call("stream_drop_readable", &[reader]);
        assert_eq!(guest.read(reader, 8), Err(INVALID));
    });
}

#[test]
fn an_empty_stream_ends_as_soon_as_its_writer_is_dropped() {
    on_each(|backend| {
        let mut guest = Guest::new(backend, AsyncIntrinsics::new());
        let (reader, writer) = guest.open("stream_new");
        guest.call("stream_drop_writable", &[writer]);
        assert_eq!(guest.read(reader, 8), Err(EOF));
        assert_eq!(guest.read(reader, 8), Err(EOF));
    });
}

#[test]
fn reads_and_writes_of_no_bytes_move_nothing() {
    on_each(|backend| {
        let mut guest = Guest::new(backend, AsyncIntrinsics::new());
        let (reader, writer) = guest.open("stream_new");
        assert_eq!(guest.read(reader, 0), Err(PENDING));
        assert_eq!(guest.write(writer, b""), 0);
        assert_eq!(guest.write(writer, b"a"), 1);
        assert_eq!(guest.read(reader, 0), Err(PENDING));
        // The address of no bytes does not matter.
        assert_eq!(guest.call("stream_write", &[writer, 0xffff_ffff, 0, 0]), 0);
        assert_eq!(
            guest.call("stream_read", &[reader, 0xffff_ffff, 0, 0]),
            PENDING
        );
        assert_eq!(guest.read(reader, 9), Ok(b"a".to_vec()));
    });
}

#[test]
fn writes_to_a_stream_without_a_reader_are_closed() {
    on_each(|backend| {
        let mut guest = Guest::new(backend, with_capacity(4));
        let (reader, writer) = guest.open("stream_new");
        assert_eq!(guest.write(writer, b"abcdef"), 4);
        guest.call("stream_drop_readable", &[reader]);
        // Even if the stream was full, nothing is written, or the bytes are not in memory.
        for args in [[writer, 8, 1, 0], [writer, 8, 0, 0], [writer, END, 9, 0]] {
            assert_eq!(guest.call("stream_write", &args), CLOSED);
        }
        assert_eq!(guest.call("stream_cancel_write", &[writer]), 0);
        guest.call("stream_drop_writable", &[writer]);
        assert_eq!(guest.write(writer, b"x"), INVALID);
        assert_eq!(guest.call("stream_cancel_write", &[writer]), INVALID);
    });
}

#[test]
fn a_cancelled_read_is_told_so_once() {
    on_each(|backend| {
        let mut guest = Guest::new(backend, AsyncIntrinsics::new());
        let (reader, writer) = guest.open("stream_new");
        let cancel = |guest: &mut Guest| guest.call("stream_cancel_read", &[reader]);
        assert_eq!(cancel(&mut guest), 0);
        assert_eq!(guest.read(reader, 8), Err(PENDING));
        assert_eq!(cancel(&mut guest), 1);
        assert_eq!(cancel(&mut guest), 0);
        // The bytes that come meanwhile are for the next read.
        assert_eq!(guest.write(writer, b"ab"), 2);
        assert_eq!(guest.read(reader, 8), Err(CANCELLED));
        assert_eq!(guest.read(reader, 1), Ok(b"a".to_vec()));
        // A read that was answered is not pending any more.
        assert_eq!(cancel(&mut guest), 0);
        assert_eq!(guest.read(reader, 1), Ok(b"b".to_vec()));
        // The writer's end does not hide that a read was cancelled.
        assert_eq!(guest.read(reader, 1), Err(PENDING));
        guest.call("stream_drop_writable", &[writer]);
        assert_eq!(cancel(&mut guest), 1);
        assert_eq!(guest.read(reader, 1), Err(CANCELLED));
        assert_eq!(guest.read(reader, 1), Err(EOF));
    });
}

#[test]
fn no_write_is_ever_pending() {
    on_each(|backend| {
        let mut guest = Guest::new(backend, with_capacity(2));
        let (reader, writer) = guest.open("stream_new");
        assert_eq!(guest.call("stream_cancel_write", &[writer]), 0);
        assert_eq!(guest.write(writer, b"abc"), 2);
        assert_eq!(guest.write(writer, b"c"), 0);
        assert_eq!(guest.call("stream_cancel_write", &[writer]), 0);
        assert_eq!(guest.read(reader, 8), Ok(b"ab".to_vec()));
        assert_eq!(guest.write(writer, b"c"), 1);
    });
}

#[test]
fn unknown_dropped_and_wrong_handles_are_invalid() {
    on_each(|backend| {
        let mut guest = Guest::new(backend, AsyncIntrinsics::new().future_bytes(4));
        let (reader, writer) = guest.open("stream_new");
        let (future_reader, future_writer) = guest.open("future_new");
        let unknown = [0, 5, 6, 0x7fff_ffff, 0x8000_0001, 0x8000_0002, 0xffff_ffff];
        let reads = [writer, future_reader, future_writer];
        for handle in unknown.iter().chain(&reads) {
            assert_eq!(
                guest.call("stream_read", &[*handle, 8, 8, 0]),
                INVALID,
                "{handle}"
            );
            assert_eq!(guest.call("stream_cancel_read", &[*handle]), INVALID);
            guest.call("stream_drop_readable", &[*handle]);
        }
        let writes = [reader, future_reader, future_writer];
        for handle in unknown.iter().chain(&writes) {
            assert_eq!(
                guest.call("stream_write", &[*handle, 8, 8, 0]),
                INVALID,
                "{handle}"
            );
            assert_eq!(guest.call("stream_cancel_write", &[*handle]), INVALID);
            guest.call("stream_drop_writable", &[*handle]);
        }
        // All those drops did nothing.
        assert_eq!(guest.write(writer, b"ab"), 2);
        assert_eq!(guest.read(reader, 8), Ok(b"ab".to_vec()));
        assert_eq!(guest.call("future_write", &[future_writer, 8, 0]), 1);
        assert_eq!(guest.call("future_read", &[future_reader, 8, 0]), 1);
    });
}

#[test]
fn dropping_twice_does_nothing_and_handles_are_not_used_again() {
    on_each(|backend| {
        let mut guest = Guest::new(backend, AsyncIntrinsics::new());
        let (reader, writer) = guest.open("stream_new");
        for _ in 0..2 {
            guest.call("stream_drop_readable", &[reader]);
        }
        assert_eq!(guest.write(writer, b"a"), CLOSED);
        for _ in 0..2 {
            guest.call("stream_drop_writable", &[writer]);
        }
        let (next_reader, next_writer) = guest.open("stream_new");
        assert_eq!((next_reader, next_writer), (3, 4));
        // The stale handles do not reach the new stream.
        guest.call("stream_drop_readable", &[reader]);
        guest.call("stream_drop_writable", &[writer]);
        assert_eq!(guest.read(reader, 8), Err(INVALID));
        assert_eq!(guest.write(writer, b"a"), INVALID);
        assert_eq!(guest.write(next_writer, b"a"), 1);
        assert_eq!(guest.read(next_reader, 8), Ok(b"a".to_vec()));
    });
}

#[test]
fn a_range_outside_of_the_memory_moves_nothing() {
    on_each(|backend| {
        let mut guest = Guest::new(backend, with_capacity(64));
        let (reader, writer) = guest.open("stream_new");
        guest.put(END - 4, b"last");
        let outside = [
            (END - 3, 4),
            (END, 1),
            (0xffff_ffff, 1),
            (END - 4, 5),
            (END - 63, 64),
        ];
        for (at, len) in outside {
            assert_eq!(guest.call("stream_write", &[writer, at, len, 0]), RUNTIME);
        }
        assert_eq!(guest.read(reader, 8), Err(PENDING));
        assert_eq!(guest.call("stream_write", &[writer, END - 4, 4, 0]), 4);
        for at in [END - 3, END, 0xffff_fffc, 0xffff_ffff] {
            assert_eq!(guest.call("stream_read", &[reader, at, 4, 0]), RUNTIME);
        }
        assert_eq!(guest.call("stream_read", &[reader, END - 4, 4, 0]), 4);
        assert_eq!(guest.get(END - 4, 4), b"last");
    });
}

/// As in meld's own streams, only bytes that move must lie in the memory.
#[test]
fn a_length_beyond_the_memory_counts_for_what_moves() {
    on_each(|backend| {
        let mut guest = Guest::new(backend, with_capacity(16));
        let (reader, writer) = guest.open("stream_new");
        guest.put(END - 16, &pattern(16));
        for len in [0xffff_ffff, 0x8000_0000, 17] {
            assert_eq!(guest.call("stream_write", &[writer, END - 16, len, 0]), 16);
            assert_eq!(guest.call("stream_write", &[writer, END - 16, len, 0]), 0);
            assert_eq!(guest.call("stream_write", &[writer, END, len, 0]), 0);
            let count = guest.call("stream_read", &[reader, END - 16, len, 0]);
            assert_eq!(count, 16);
            assert_eq!(guest.get(END - 16, 16), pattern(16));
        }
    });
}

#[test]
fn the_number_of_streams_is_bounded() {
    on_each(|backend| {
        let mut guest = Guest::new(backend, AsyncIntrinsics::new().most(2));
        let (reader, writer) = guest.open("stream_new");
        guest.open("future_new");
        // The code is in the low half, and the high half is 0.
        for new in ["stream_new", "future_new"] {
            assert_eq!(guest.call(new, &[]), OOM & 0xffff_ffff);
        }
        guest.call("stream_drop_readable", &[reader]);
        assert_eq!(guest.call("stream_new", &[]), OOM & 0xffff_ffff);
        guest.call("stream_drop_writable", &[writer]);
        assert_eq!(guest.open("stream_new"), (5, 6));
    });
}

#[test]
fn a_stream_without_capacity_accepts_nothing() {
    on_each(|backend| {
        let mut guest = Guest::new(backend, with_capacity(0));
        let (reader, writer) = guest.open("stream_new");
        assert_eq!(guest.write(writer, b"a"), 0);
        assert_eq!(guest.read(reader, 1), Err(PENDING));
        guest.call("stream_drop_writable", &[writer]);
        assert_eq!(guest.read(reader, 1), Err(EOF));
    });
}

#[test]
fn the_capacity_can_exceed_any_memory() {
    on_each(|backend| {
        let mut guest = Guest::new(backend, with_capacity(usize::MAX));
        let (reader, writer) = guest.open("stream_new");
        guest.put(END - 2, b"ab");
        for _ in 0..3 {
            assert_eq!(guest.call("stream_write", &[writer, 0, END, 0]), END);
        }
        // Nothing bounds the write but the memory.
        assert_eq!(
            guest.call("stream_write", &[writer, 0, END + 1, 0]),
            RUNTIME
        );
        for _ in 0..3 {
            assert_eq!(guest.call("stream_read", &[reader, 0, END, 0]), END);
            assert_eq!(guest.get(END - 2, 2), b"ab");
        }
        assert_eq!(guest.read(reader, 8), Err(PENDING));
    });
}
