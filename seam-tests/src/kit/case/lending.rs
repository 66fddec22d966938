//! Borrowed handles of asynchronous calls: from when to when they are lent.

use seam_core::{CanonTrap, InstanceExt, Resource, Value, World};

use crate::kit::expect::{each_traps, gives, gives_nothing, misuse, wat};
use crate::kit::guest::{
    Guest, Import, callback, component, instantiated, lifted_sync, lowered, lowered_sync,
};
use crate::kit::{Checked, Failure, Subject};

/// Makes resources.
const MAKER: Guest = Guest {
    types: r#"(type $own (resource (rep i32))) (export $r "r" (type $own))"#,
    builtins: &["resource.new $r"],
    code: r#"(func (export "make") (result i32) (call $resource.new (i32.const 7)))"#,
    exports: &[lifted_sync("make", "(result (own $r))")],
    ..Guest::EMPTY
};

const BORROWS: &str = r#"async (param "r" (borrow $r))"#;

/// `holds` and `keeps` wait until they are cancelled. `yields` and `returns` return. `keeps` and
/// `returns` do not drop what they have borrowed.
const BORROWER: Guest = Guest {
    types: r#"(import "r" (type $r (sub resource)))"#,
    with: r#"(with "r" (type $maker "r"))"#,
    builtins: &[
        "task.return",
        "task.cancel",
        "resource.drop $r",
        "waitable-set.new",
        "backpressure.inc",
        "context.set i32 0",
        "context.get i32 0",
    ],
    code: r#"
        (func (export "close") (call $backpressure.inc))
        (func (export "holds") (param $r i32) (result i32)
          (call $context.set (local.get $r))
          (call $wait (call $waitable-set.new)))
        (func (export "holds-event") (param i32 i32 i32) (result i32)
          (call $resource.drop (call $context.get))
          (call $task.cancel)
          (global.get $EXIT))
        (func (export "keeps") (param i32) (result i32) (call $wait (call $waitable-set.new)))
        (func (export "keeps-event") (param i32 i32 i32) (result i32)
          (call $task.cancel)
          (global.get $EXIT))
        (func (export "yields") (param $r i32) (result i32)
          (call $context.set (local.get $r))
          (global.get $YIELD))
        (func (export "yields-event") (param i32 i32 i32) (result i32)
          (call $resource.drop (call $context.get))
          (call $task.return)
          (global.get $EXIT))
        (func (export "returns") (param i32) (result i32)
          (call $task.return)
          (global.get $EXIT))
        (func (export "returns-event") (param i32 i32 i32) (result i32) unreachable)"#,
    exports: &[
        lifted_sync("close", ""),
        callback("holds", BORROWS),
        callback("keeps", BORROWS),
        callback("yields", BORROWS),
        callback("returns", BORROWS),
    ],
    ..Guest::EMPTY
};

const IMPORTS: &[Import] = &[
    lowered_sync("make", "(result (own $r))", "(result i32)"),
    lowered_sync("close", "", ""),
    lowered("holds", BORROWS, "(param i32) (result i32)"),
    lowered("keeps", BORROWS, "(param i32) (result i32)"),
    lowered("yields", BORROWS, "(param i32) (result i32)"),
    lowered("returns", BORROWS, "(param i32) (result i32)"),
];

/// Returns a guest that lends resources.
const fn lender(code: &'static str, exports: &'static [crate::kit::guest::Export]) -> Guest {
    Guest {
        types: r#"(import "r" (type $r (sub resource)))"#,
        with: r#"(with "r" (type $maker "r"))"#,
        imports: IMPORTS,
        builtins: &[
            "task.return (result u32)",
            "resource.drop $r",
            "subtask.cancel async",
            "subtask.drop",
            "waitable-set.new",
            "waitable.join",
        ],
        code,
        exports,
    }
}

pub(in crate::kit) fn loans_end_with_their_calls(subject: &Subject) -> Checked {
    const LENDER: Guest = lender(
        r#"
        (global $r (mut i32) (i32.const 0))
        (func (export "cancelled") (result i32)
          (local $r i32) (local $subtask i32)
          (local.set $r (call $make))
          (local.set $subtask (call $subtask (call $holds (local.get $r)) (global.get $STARTED)))
          (call $task.return (call $subtask.cancel (local.get $subtask)))
          (call $resource.drop (local.get $r))
          (call $subtask.drop (local.get $subtask))
          (global.get $EXIT))
        (func (export "cancelled-event") (param i32 i32 i32) (result i32) unreachable)
        (func (export "returned") (result i32)
          (local $set i32)
          (global.set $r (call $make))
          (local.set $set (call $waitable-set.new))
          (call $waitable.join
            (call $subtask (call $yields (global.get $r)) (global.get $STARTED))
            (local.get $set))
          (call $wait (local.get $set)))
        (func (export "returned-event") (param i32) (param $subtask i32) (param $state i32) (result i32)
          (call $resource.drop (global.get $r))
          (call $subtask.drop (local.get $subtask))
          (call $task.return (local.get $state))
          (global.get $EXIT))
        ;; A call lends nothing before it starts.
        (func $begin (result i32)
          (call $close)
          (global.set $r (call $make))
          (call $subtask (call $holds (global.get $r)) (global.get $STARTING)))
        (func (export "not-started") (result i32)
          (local $subtask i32)
          (local.set $subtask (call $begin))
          (call $task.return (call $subtask.cancel (local.get $subtask)))
          (call $resource.drop (global.get $r))
          (call $subtask.drop (local.get $subtask))
          (global.get $EXIT))
        (func (export "not-started-event") (param i32 i32 i32) (result i32) unreachable)
        (func (export "starting") (result i32)
          (local $subtask i32)
          (local.set $subtask (call $begin))
          (call $resource.drop (global.get $r))
          (call $task.return (call $subtask.cancel (local.get $subtask)))
          (global.get $EXIT))
        (func (export "starting-event") (param i32 i32 i32) (result i32) unreachable)"#,
        &[
            callback("cancelled", "async (result u32)"),
            callback("returned", "async (result u32)"),
            callback("not-started", "async (result u32)"),
            callback("starting", "async (result u32)"),
        ],
    );
    let guests = [("maker", MAKER), ("borrower", BORROWER), ("lender", LENDER)];
    // CANCELLED_BEFORE_RETURNED, RETURNED, and twice CANCELLED_BEFORE_STARTED
    let expected = [
        ("cancelled", 4u32),
        ("returned", 2),
        ("not-started", 3),
        ("starting", 3),
    ];
    for (export, state) in expected {
        gives(&mut *instantiated(subject, &guests)?, export, &[], state)?;
    }
    Ok(())
}

pub(in crate::kit) fn what_a_call_has_borrowed_is_kept_and_dropped(subject: &Subject) -> Checked {
    const LENDER: Guest = lender(
        r#"
        (func (export "drop-started") (result i32)
          (local $r i32)
          (local.set $r (call $make))
          (drop (call $subtask (call $holds (local.get $r)) (global.get $STARTED)))
          (call $resource.drop (local.get $r))
          (global.get $EXIT))
        (func (export "drop-started-event") (param i32 i32 i32) (result i32) unreachable)
        (func (export "cancel") (result i32)
          (drop (call $subtask.cancel
            (call $subtask (call $keeps (call $make)) (global.get $STARTED))))
          (global.get $EXIT))
        (func (export "cancel-event") (param i32 i32 i32) (result i32) unreachable)
        (func (export "return") (result i32)
          (drop (call $returns (call $make)))
          (global.get $EXIT))
        (func (export "return-event") (param i32 i32 i32) (result i32) unreachable)"#,
        &[
            callback("drop-started", "async (result u32)"),
            callback("cancel", "async (result u32)"),
            callback("return", "async (result u32)"),
        ],
    );
    let artifact = component(&[("maker", MAKER), ("borrower", BORROWER), ("lender", LENDER)])?;
    let expected = [
        ("drop-started", CanonTrap::HandleLent),
        ("cancel", CanonTrap::BorrowsNotDropped),
        ("return", CanonTrap::BorrowsNotDropped),
    ];
    each_traps(subject, &artifact, &expected)
}

pub(in crate::kit) fn a_loan_lasts_until_the_caller_knows_of_the_end(subject: &Subject) -> Checked {
    const LENDER: Guest = lender(
        r#"
        (global $r (mut i32) (i32.const 0))
        (func (export "drop-returned") (result i32)
          (global.set $r (call $make))
          (drop (call $subtask (call $yields (global.get $r)) (global.get $STARTED)))
          (global.get $YIELD))
        (func (export "drop-returned-event") (param i32 i32 i32) (result i32)
          (call $resource.drop (global.get $r))
          (global.get $EXIT))"#,
        &[callback("drop-returned", "async (result u32)")],
    );
    let artifact = component(&[("maker", MAKER), ("borrower", BORROWER), ("lender", LENDER)])?;
    each_traps(
        subject,
        &artifact,
        &[("drop-returned", CanonTrap::HandleLent)],
    )
}

/// `make` makes a resource. `use` borrows one, and returns later.
const USES: &str = r#"(component
  (type $own (resource (rep i32)))
  (export $r "r" (type $own))
  (core func $new (canon resource.new $own))
  (core func $return (canon task.return))
  (core module $m
    (import "" "new" (func $new (param i32) (result i32)))
    (import "" "return" (func $return))
    (func (export "make") (result i32) (call $new (i32.const 7)))
    (func (export "use") (param i32) (result i32) (i32.const 1 (; YIELD ;)))
    (func (export "use-event") (param i32 i32 i32) (result i32)
      (call $return)
      (i32.const 0 (; EXIT ;))))
  (core instance $m (instantiate $m (with "" (instance
    (export "new" (func $new))
    (export "return" (func $return))))))
  (func (export "make") (result (own $r)) (canon lift (core func $m "make")))
  (func (export "use") async (param "r" (borrow $r))
    (canon lift (core func $m "use") async (callback (core func $m "use-event")))))"#;

pub(in crate::kit) fn loans_of_the_host_end_with_their_calls(subject: &Subject) -> Checked {
    let mut instance = subject.instantiate(&wat("uses", USES)?, &World::new())?;
    let made = instance.call_blocking("make", &[])?;
    let Some(Value::Own(resource)) = made else {
        return Err(Failure::new(format!(
            "make: expected a handle, found {made:?}"
        )));
    };
    let borrow = |resource: &Resource| Value::Borrow(resource.clone());
    gives_nothing(&mut *instance, "use", &[borrow(&resource)])?;
    gives_nothing(&mut *instance, "use", &[borrow(&resource)])?;
    instance.drop_resource(&resource)?;
    misuse("a dropped handle", instance.drop_resource(&resource)).map(drop)
}
