//! What instances share, and what they do not.

use seam_core::{BackendExt, ProgramExt, World};
use seam_meld::{AsyncIntrinsics, SharedTable};

use crate::guest::{Guest, INVALID, PENDING, artifact, everything, on_each, text};

#[test]
fn each_instance_starts_with_an_empty_table() {
    on_each(|backend| {
        let world = AsyncIntrinsics::new().add_to(World::new());
        let program = backend.load_blocking(&artifact(&everything())).unwrap();
        let make = || Guest(program.instantiate_blocking(&world).unwrap());
        let (mut one, mut other) = (make(), make());
        assert_eq!(one.open("stream_new"), (1, 2));
        assert_eq!(one.write(2, b"mine"), 4);
        assert_eq!(other.read(1, 8), Err(INVALID));
        assert_eq!(other.open("stream_new"), (1, 2));
        assert_eq!(other.read(1, 8), Err(PENDING));
        one.call("stream_drop_writable", &[2]);
        assert_eq!(other.read(1, 8), Err(PENDING));
        assert_eq!(one.read(1, 8), Ok(b"mine".to_vec()));
        // A third instance, after the others.
        assert_eq!(make().read(1, 8), Err(INVALID));
    });
}

#[test]
fn instances_on_several_threads_do_not_meet() {
    on_each(|backend| {
        let world = AsyncIntrinsics::new().capacity(64).add_to(World::new());
        let program = backend.load_blocking(&artifact(&everything())).unwrap();
        let run = |byte: u8| {
            let mut guest = Guest(program.instantiate_blocking(&world).unwrap());
            let (reader, writer) = guest.open("stream_new");
            for _ in 0..200 {
                assert_eq!(guest.write(writer, &[byte; 64]), 64);
                assert_eq!(guest.read(reader, 99), Ok(vec![byte; 64]));
            }
        };
        std::thread::scope(|scope| {
            for byte in 0..4 {
                scope.spawn(move || run(byte));
            }
        });
    });
}

/// Two modules, each with a memory of its own, as they are before they are fused.
#[test]
fn instances_that_share_a_table_pass_bytes_to_each_other() {
    on_each(|backend| {
        let module = |fields: &[&str]| {
            let fields = fields.iter().map(ToString::to_string);
            text(fields, "(memory (export \"memory\") 1)")
        };
        let producer = module(&["stream_new", "stream_write", "stream_drop_writable"]);
        let consumer = module(&["stream_read", "stream_drop_readable"]);
        let table = SharedTable::new();
        let intrinsics = AsyncIntrinsics::new().table(&table);
        let mut producer = Guest::of(backend, &producer, intrinsics.clone());
        let mut consumer = Guest::of(backend, &consumer, intrinsics);
        let (reader, writer) = producer.open("stream_new");
        assert_eq!(consumer.read(reader, 8), Err(PENDING));
        assert_eq!(producer.write(writer, b"hello"), 5);
        assert_eq!(consumer.read(reader, 8), Ok(b"hello".to_vec()));
        assert_eq!(producer.get(16384, 5), [0; 5]);
        assert_eq!(table.live(), 1);
        producer.call("stream_drop_writable", &[writer]);
        assert_eq!(consumer.read(reader, 8), Err(0));
        assert_eq!(table.live(), 1);
        consumer.call("stream_drop_readable", &[reader]);
        assert_eq!(table.live(), 0);
        // Another run has a table of its own.
        let intrinsics = AsyncIntrinsics::new().table(&SharedTable::new());
        assert_eq!(Guest::new(backend, intrinsics).open("stream_new"), (1, 2));
    });
}
