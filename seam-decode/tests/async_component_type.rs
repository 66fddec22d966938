//! Core modules with `component-type` sections that describe asynchronous functions.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod support;

use seam_core::{Artifact, ErrorKind};
use seam_decode::types::Ty;
use seam_decode::{Builtin, CopyingOp, CoreItem, Func, Plan, ThreadOp, decode_typed};
use support::{module, world};

/// The world of [`GUEST`].
const WORLD: &str = r#"
    (type $host (instance
        (type $bytes (stream u8))
        (type $words (stream string))
        (type $later (future $bytes))
        (type $fetch (func async (param "from" $words) (param "name" string) (result $later)))
        (export "fetch" (func (type $fetch)))))
    (import "test:host/net" (instance (type $host)))
    (type $tick (func async (result u32)))
    (import "tick" (func (type $tick)))
    (type $api (instance
        (type $lines (stream string))
        (type $done (future))
        (type $read (func async (param "lines" $lines) (result $done)))
        (export "read" (func (type $read)))))
    (export "test:guest/api" (instance (type $api)))
    (type $sum (func async (param "a" u32) (result u64)))
    (export "sum" (func (type $sum)))
    (type $plain (func async (result string)))
    (export "plain" (func (type $plain)))"#;

const GUEST: &str = r#"(module
    (import "test:host/net" "[async-lower]fetch" (func (param i32 i32 i32 i32) (result i32)))
    (import "test:host/net" "fetch" (func (param i32 i32 i32) (result i32)))
    (import "$root" "[async-lower]tick" (func (param i32) (result i32)))
    (import "[export]test:guest/api" "[task-return]read" (func (param i32)))
    (import "[export]$root" "[task-return]sum" (func (param i64)))
    (import "[export]$root" "[task-cancel]" (func))
    (import "test:host/net" "[async-lower][stream-read-1]fetch" (func (param i32 i32 i32) (result i32)))
    (import "test:host/net" "[stream-write-0]fetch" (func (param i32 i32 i32) (result i32)))
    (import "test:host/net" "[future-read-2]fetch" (func (param i32 i32) (result i32)))
    (import "[export]test:guest/api" "[async-lower][stream-read-0]read" (func (param i32 i32 i32) (result i32)))
    (import "[export]test:guest/api" "[future-new-1]read" (func (result i64)))
    (import "$root" "[stream-new-unit]" (func (result i64)))
    (import "$root" "[waitable-set-new]" (func (result i32)))
    (import "$root" "[cancellable][waitable-set-wait]" (func (param i32 i32) (result i32)))
    (import "$root" "[context-get-1]" (func (result i32)))
    (import "$root" "[thread-yield]" (func (result i32)))
    (import "$root" "[thread-new-indirect-v0]" (func (param i32 i32) (result i32)))
    (import "$root" "[thread-spawn-ref]" (func (param i32)))
    (memory (export "memory") 1)
    (table (export "__indirect_function_table") 1 funcref)
    (func (export "[async-lift]test:guest/api#read") (param i32) (result i32) unreachable)
    (func (export "[callback][async-lift]test:guest/api#read") (param i32 i32 i32) (result i32)
        unreachable)
    (func (export "[async-lift-stackful]sum") (param i32) unreachable)
    (func (export "plain") (result i32) unreachable)
    (func (export "cabi_post_plain") (param i32))
    (func (export "cabi_import_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable))"#;

fn typed(text: &str) -> Artifact {
    module(text, &[("component-type:guest", &world(0, WORLD))])
}

fn plan() -> Plan {
    decode_typed(&typed(GUEST)).unwrap().plan
}

/// Returns the name of the export that a core item is.
fn export(plan: &Plan, item: usize) -> &str {
    match &plan.core_items[item] {
        CoreItem::Export(0, name) => name,
        other => panic!("{other:?}"),
    }
}

/// Returns the built-in that is the import with this name.
#[track_caller]
fn builtin(plan: &Plan, field: &str) -> Builtin {
    let imports = &plan.modules[0].ty.imports;
    let position = imports.iter().position(|(_, name, _)| **name == *field);
    match &plan.core_items[position.unwrap()] {
        CoreItem::BuiltinForCaller(builtin, _, 0) | CoreItem::Builtin(builtin, _, 0) => {
            builtin.clone()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn exports_are_lifted_as_their_names_say() {
    let plan = plan();
    let lifts: Vec<_> = plan
        .lifts
        .iter()
        .map(|lift| {
            let callback = lift.callback.map(|item| export(&plan, item));
            let post_return = lift.post_return.map(|item| export(&plan, item));
            let core = export(&plan, lift.core);
            (core, lift.options.is_async, callback, post_return)
        })
        .collect();
    let read = "[async-lift]test:guest/api#read";
    let callback = "[callback][async-lift]test:guest/api#read";
    assert_eq!(
        lifts,
        [
            (read, true, Some(callback), None),
            ("[async-lift-stackful]sum", true, None, None),
            ("plain", false, None, Some("cabi_post_plain")),
        ]
    );
    assert!(plan.is_async());
}

#[test]
fn a_function_is_lowered_with_async_if_its_name_says_so() {
    let plan = plan();
    let lowered = plan.core_items.iter().filter_map(|item| match item {
        CoreItem::LowerForCaller(Func::Import(import), options, _) => {
            let name = plan.imports[*import].name.to_string();
            let memory = options.memory.map(|item| export(&plan, item));
            Some((name, options.is_async, memory, options.realloc))
        }
        _ => None,
    });
    let memory = Some("memory");
    assert_eq!(
        lowered.collect::<Vec<_>>(),
        [
            ("test:host/net#fetch".to_string(), true, memory, None),
            ("test:host/net#fetch".to_string(), false, memory, None),
            ("tick".to_string(), true, memory, None),
        ]
    );
}

#[test]
fn the_type_of_a_copy_is_that_at_its_position() {
    let plan = plan();
    let copied = |field: &str| match builtin(&plan, field) {
        Builtin::Copying(ty, op) => (ty.is_future, ty.element.as_deref().cloned(), op),
        other => panic!("{other:?}"),
    };
    let (is_future, element, op) = copied("[async-lower][stream-read-1]fetch");
    assert_eq!((is_future, element), (false, Some(Ty::U8)));
    let CopyingOp::Read(options) = op else {
        panic!("{op:?}");
    };
    assert!(options.is_async && options.realloc.is_none());
    let (is_future, element, op) = copied("[stream-write-0]fetch");
    assert_eq!((is_future, element), (false, Some(Ty::String)));
    let CopyingOp::Write(options) = op else {
        panic!("{op:?}");
    };
    assert!(!options.is_async && options.realloc.is_none());
    assert_eq!(
        options.memory.map(|item| export(&plan, item)),
        Some("memory")
    );
    let (is_future, element, _) = copied("[future-read-2]fetch");
    let bytes = Ty::Stream(Some(Ty::U8.into()));
    assert_eq!((is_future, element), (true, Some(bytes)));
    // Of the exported function, and with strings, which are allocated on its side.
    let (_, element, op) = copied("[async-lower][stream-read-0]read");
    assert_eq!(element, Some(Ty::String));
    let CopyingOp::Read(options) = op else {
        panic!("{op:?}");
    };
    let realloc = options.realloc.map(|item| export(&plan, item));
    assert_eq!(realloc, Some("cabi_realloc"));
    assert_eq!(copied("[future-new-1]read"), (true, None, CopyingOp::New));
    assert_eq!(copied("[stream-new-unit]"), (false, None, CopyingOp::New));
}

#[test]
fn other_builtins_have_what_their_names_say() {
    let plan = plan();
    let Builtin::TaskReturn(result, options) = builtin(&plan, "[task-return]read") else {
        panic!("not `task.return`");
    };
    assert_eq!(result.fields[0].ty, Ty::Future(None));
    assert_eq!(options.memory, None);
    let Builtin::WaitableSetWait(options) = builtin(&plan, "[cancellable][waitable-set-wait]")
    else {
        panic!("not `waitable-set.wait`");
    };
    assert!(options.cancellable);
    assert_eq!(export(&plan, options.memory), "memory");
    let Builtin::ThreadNewIndirect(table) = builtin(&plan, "[thread-new-indirect-v0]") else {
        panic!("not `thread.new-indirect`");
    };
    assert_eq!(export(&plan, table), "__indirect_function_table");
    for (field, expected) in [
        ("[task-cancel]", Builtin::TaskCancel),
        ("[waitable-set-new]", Builtin::WaitableSetNew),
        ("[context-get-1]", Builtin::ContextGet(1)),
        ("[thread-yield]", Builtin::Thread(ThreadOp::Yield, false)),
        (
            "[thread-spawn-ref]",
            Builtin::Unsupported("thread-spawn-ref".into()),
        ),
    ] {
        assert_eq!(builtin(&plan, field), expected, "{field}");
    }
}

#[test]
fn what_does_not_fit_the_world_does_not_link() {
    let cases = [
        // An export without its callback, or with another type.
        (
            r#"(export "[callback][async-lift]test:guest/api#read") (param i32 i32 i32)"#,
            r#"(export "[callback]read") (param i32 i32 i32)"#,
            "its callback `[callback][async-lift]test:guest/api#read`",
        ),
        (
            r#"(export "[async-lift-stackful]sum") (param i32)"#,
            r#"(export "[async-lift-stackful]sum") (param i64)"#,
            "of type (func (param i32)), found type (func (param i64))",
        ),
        // Built-ins of other types, and of functions and streams that the world does not have.
        (
            r#""[task-return]sum" (func (param i64))"#,
            r#""[task-return]sum" (func (param i32))"#,
            "expected type (func (param i64)), found (func (param i32))",
        ),
        (
            r#""[task-return]sum""#,
            r#""[task-return]difference""#,
            "found `difference`",
        ),
        (
            r#""[stream-write-0]fetch""#,
            r#""[stream-write-2]fetch""#,
            "expected a stream as stream or future 2 of `fetch`, found future",
        ),
        (
            r#""[stream-write-0]fetch""#,
            r#""[stream-write-3]fetch""#,
            "found none",
        ),
        (
            r#""[waitable-set-new]" (func (result i32))"#,
            r#""[waitable-set-new]" (func (result i64))"#,
            "expected type (func (result i32)), found (func (result i64))",
        ),
        (
            r#""[async-lower]tick" (func (param i32) (result i32))"#,
            r#""[async-lower]tick" (func (result i32))"#,
            "expected type (func (param i32) (result i32)), found (func (result i32))",
        ),
        (
            r#"(export "__indirect_function_table")"#,
            r#"(export "table")"#,
            "expected an exported table `__indirect_function_table`",
        ),
        (
            r#"(export "cabi_post_plain") (param i32)"#,
            r#"(export "__wasm_init_task")"#,
            "`__wasm_init_task`",
        ),
    ];
    for (from, to, expected) in cases {
        assert!(GUEST.contains(from), "{from}");
        let error = decode_typed(&typed(&GUEST.replace(from, to))).map(drop);
        let error = error.unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Link, "{error}");
        assert!(error.message().contains(expected), "{error}");
    }
}
