//! The memory that an import means.

use seam_core::{Backend, BackendExt, ErrorKind, ImportStatus, ProgramExt, World};
use seam_meld::{AsyncIntrinsics, Intrinsic};

use crate::guest::{Guest, artifact, on_each, text};

const TWO: &str = r#"(memory (export "memory") 1) (memory (export "memory$1") 1)
    (data (memory 0) (i32.const 8) "zero") (data (memory 1) (i32.const 8) "one.")
    (func (export "load") (param i32) (result i32) (i32.load 0 (local.get 0)))
    (func (export "load$1") (param i32) (result i32) (i32.load 1 (local.get 0)))"#;

/// A module with two memories and these imports.
fn two(fields: &[&str]) -> String {
    text(fields.iter().map(ToString::to_string), TWO)
}

fn little_endian(text: &[u8; 4]) -> i64 {
    i32::from_le_bytes(*text).into()
}

/// Returns the message of the `Link` error with which instantiation fails.
fn refused(backend: &dyn Backend, text: &str, intrinsics: AsyncIntrinsics) -> String {
    let program = backend.load_blocking(&artifact(text)).unwrap();
    let world = intrinsics.add_to(World::new());
    // The report says the same before anything is linked.
    let report = world.report(program.interface());
    let mut statuses = report.into_iter().map(|import| import.status);
    assert!(statuses.any(|status| matches!(status, ImportStatus::Mismatched(_))));
    let failed = program
        .instantiate_blocking(&world)
        .map(|_| ())
        .unwrap_err();
    assert_eq!(*failed.error.kind(), ErrorKind::Link);
    failed.error.message().to_string()
}

#[test]
fn each_import_can_have_a_memory_of_its_own() {
    on_each(|backend| {
        let text = two(&[
            "stream_new",
            "stream_write",
            "stream_write$1",
            "stream_read",
            "stream_read$1",
        ]);
        let intrinsics = AsyncIntrinsics::new()
            .memory("memory")
            .memory_of("stream_write$1", "memory$1")
            .memory_of("stream_read", "memory$1");
        let mut guest = Guest::of(backend, &text, intrinsics);
        let (reader, writer) = guest.open("stream_new");
        // The index of the memory, the last argument, is the guest's own and does not matter.
        assert_eq!(guest.call("stream_write", &[writer, 8, 4, 1]), 4);
        assert_eq!(guest.call("stream_write$1", &[writer, 8, 4, 0]), 4);
        assert_eq!(guest.call("stream_read", &[reader, 100, 4, 0]), 4);
        assert_eq!(guest.call("stream_read$1", &[reader, 200, 4, 7]), 4);
        assert_eq!(guest.call("load$1", &[100]), little_endian(b"zero"));
        assert_eq!(guest.call("load", &[200]), little_endian(b"one."));
        assert_eq!(guest.call("load", &[100]), 0);
        assert_eq!(guest.call("load$1", &[200]), 0);
    });
}

#[test]
fn several_memories_are_not_chosen_from() {
    on_each(|backend| {
        for field in [
            "stream_read",
            "stream_write$1",
            "future_read",
            "future_write",
        ] {
            let message = refused(backend, &two(&[field]), AsyncIntrinsics::new());
            for part in [
                &*format!("pulseengine:async#{field}"),
                "`memory`, `memory$1`",
                "AsyncIntrinsics::memory",
                "split_async_imports",
            ] {
                assert!(message.contains(part), "{part} in {message}");
            }
            let bound = AsyncIntrinsics::new().memory_of(field, "memory$1");
            Guest::of(backend, &two(&[field]), bound);
        }
        // Functions without an address do not need to know.
        let without = Intrinsic::ALL.into_iter().filter(|it| !it.uses_memory());
        let names: Vec<_> = without.map(Intrinsic::name).collect();
        assert_eq!(names.len(), 14);
        let mut guest = Guest::of(backend, &two(&names), AsyncIntrinsics::new());
        guest.open("stream_new");
    });
}

#[test]
fn a_binding_to_a_memory_that_is_not_exported_is_refused() {
    on_each(|backend| {
        for (intrinsics, bound) in [
            (AsyncIntrinsics::new().memory("memory$2"), "memory$2"),
            // A function of this name is no memory.
            (
                AsyncIntrinsics::new().memory_of("stream_read", "load"),
                "load",
            ),
            (
                AsyncIntrinsics::new()
                    .memory("memory")
                    .memory_of("stream_read", ""),
                "",
            ),
        ] {
            let message = refused(backend, &two(&["stream_read"]), intrinsics);
            for part in [
                &*format!("memory `{bound}`"),
                "`stream_read`",
                "`memory`, `memory$1`",
            ] {
                assert!(message.contains(part), "{part} in {message}");
            }
        }
        let none = text(["stream_read".into()], "(memory 1)");
        let message = refused(backend, &none, AsyncIntrinsics::new().memory("memory"));
        assert!(message.contains("found none"), "{message}");
    });
}

/// A fused module whose streams never leave it may export no memory at all.
#[test]
fn a_module_without_an_exported_memory_links_until_it_moves_bytes() {
    on_each(|backend| {
        let names = [
            "stream_new",
            "stream_write",
            "stream_read",
            "stream_drop_writable",
        ];
        let text = text(names.map(String::from), "(memory 1)");
        let mut guest = Guest::of(backend, &text, AsyncIntrinsics::new());
        let (reader, writer) = guest.open("stream_new");
        assert_eq!(guest.call("stream_write", &[writer, 8, 0, 0]), 0);
        let error = guest
            .try_call("stream_write", &[writer, 8, 1, 0])
            .unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Host);
        for part in [
            "pulseengine:async#stream_write",
            "exports its memory",
            "split_async_imports",
        ] {
            assert!(error.message().contains(part), "{part} in {error}");
        }
        guest.call("stream_drop_writable", &[writer]);
        assert_eq!(guest.call("stream_read", &[reader, 8, 1, 0]), 0);
    });
}

#[test]
fn imports_must_have_the_exact_type() {
    on_each(|backend| {
        for (field, ty) in [
            ("stream_new", "(result i32)"),
            ("stream_read", "(param i32 i32 i32) (result i32)"),
            ("stream_read$1", "(param i32 i32 i32) (result i32)"),
            ("stream_drop_readable", "(param i32) (result i32)"),
            ("future_write", "(param i32 i64 i32) (result i32)"),
            ("thread_exit", "(param i32)"),
        ] {
            let text = format!(
                r#"(module (import "pulseengine:async" "{field}" (func {ty})) (memory (export "memory") 1))"#
            );
            let message = refused(backend, &text, AsyncIntrinsics::new());
            assert!(message.contains(field), "{message}");
        }
        let text = r#"(module (import "pulseengine:async" "stream_open" (func)))"#;
        let program = backend.load_blocking(&artifact(text)).unwrap();
        let world = AsyncIntrinsics::new().add_to(World::new());
        let failed = program
            .instantiate_blocking(&world)
            .map(|_| ())
            .unwrap_err();
        let message = failed.error.message();
        assert!(
            message.contains("missing import `pulseengine:async#stream_open`"),
            "{message}"
        );
    });
}

#[test]
fn memory_works_during_a_start_function() {
    on_each(|backend| {
        let text = r#"(module
            (import "pulseengine:async" "stream_new" (func $new (result i64)))
            (import "pulseengine:async" "stream_write"
                (func $write (param i32 i32 i32 i32) (result i32)))
            (import "pulseengine:async" "stream_read"
                (func $read (param i32 i32 i32 i32) (result i32)))
            (memory (export "memory") 1)
            (data (i32.const 8) "early")
            (func $start
                (drop (call $new))
                (drop (call $write (i32.const 2) (i32.const 8) (i32.const 5) (i32.const 0)))
                (drop (call $read (i32.const 1) (i32.const 100) (i32.const 9) (i32.const 0))))
            (start $start))"#;
        let mut guest = Guest::of(backend, text, AsyncIntrinsics::new());
        assert_eq!(guest.get(100, 5), b"early");
    });
}
