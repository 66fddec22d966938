//! Copies that wait for the host: of no elements, given up, or with a trap. Elements of another type.

use std::sync::{Arc, Mutex, PoisonError};

use seam_core::{
    CanonTrap, Error, ErrorKind, HostCall, Instance, InstanceExt, List, Result, Sink, Supply, Trap,
    Value, World,
};

use crate::kit::expect::{fails, gives, gives_nothing, same, traps, wat};
use crate::kit::guest::{Guest, callback, instantiated, lifted_sync};
use crate::kit::{Checked, Failure, Subject};

/// `take` keeps a stream. `make` returns the readable end of one, and keeps the other. `read` and `write`
/// begin a copy of so many elements. `poll` returns the payload of its event, or 99 if there is none.
const COPIER: Guest = Guest {
    types: "(type $s (stream u8))",
    builtins: &[
        "stream.new $s",
        "stream.read $s async",
        "stream.write $s async",
        "waitable-set.new",
        "waitable-set.poll",
        "waitable.join",
    ],
    code: r#"
        (global $end (mut i32) (i32.const 0))
        (global $set (mut i32) (i32.const 0))
        (func $keep (param $end i32)
          (global.set $end (local.get $end))
          (global.set $set (call $waitable-set.new)))
        (func (export "take") (param $end i32) (call $keep (local.get $end)))
        (func (export "make") (result i32)
          (local $s i64)
          (local.set $s (call $stream.new))
          (call $keep (call $writable (local.get $s)))
          (call $readable (local.get $s)))
        ;; An end that is in a set could not be passed.
        (func (export "read") (param $n i32) (result i32)
          (call $waitable.join (global.get $end) (global.get $set))
          (call $stream.read (global.get $end) (i32.const 16) (local.get $n)))
        (func (export "write") (param $n i32) (result i32)
          (call $waitable.join (global.get $end) (global.get $set))
          (call $stream.write (global.get $end) (i32.const 16) (local.get $n)))
        (func (export "poll") (result i32)
          (if (i32.eqz (call $waitable-set.poll (global.get $set) (i32.const 64)))
            (then (return (i32.const 99))))
          (i32.load (i32.const 68)))"#,
    exports: &[
        lifted_sync("take", r#"(param "from" $s)"#),
        lifted_sync("make", "(result $s)"),
        lifted_sync("read", r#"(param "n" u32) (result u32)"#),
        lifted_sync("write", r#"(param "n" u32) (result u32)"#),
        lifted_sync("poll", "(result u32)"),
    ],
    ..Guest::EMPTY
};

const BLOCKED: u32 = u32::MAX;
const NO_EVENT: u32 = 99;

/// Lets the guests go on, and takes the event of the copy.
fn event(instance: &mut dyn Instance, payload: u32) -> Checked {
    instance.progress()?;
    gives(instance, "poll", &[], payload)
}

/// A sink whose room changes, and what it has accepted.
#[derive(Clone, Default)]
struct Room(Arc<Mutex<(Option<usize>, usize)>>);

/// How often a sink was told of the end.
#[derive(Clone, Default)]
struct Ends(Arc<Mutex<u32>>);

impl Ends {
    fn told(&self) -> u32 {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sink for Ends {
    fn accept(&mut self, _: &mut HostCall<'_>, _: List) -> Result<()> {
        Ok(())
    }

    fn end(&mut self, _: &mut HostCall<'_>) -> Result<()> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        Ok(())
    }
}

impl Room {
    fn with<T>(&self, access: impl FnOnce(&mut (Option<usize>, usize)) -> T) -> T {
        access(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Sink for Room {
    fn room(&mut self) -> Option<usize> {
        self.with(|(room, _)| *room)
    }

    fn accept(&mut self, _: &mut HostCall<'_>, elements: List) -> Result<()> {
        if elements.is_empty() {
            return Err(Error::host("expected elements to accept, found none"));
        }
        self.with(|(_, accepted)| *accepted += elements.len());
        Ok(())
    }
}

pub(in crate::kit) fn copies_of_no_elements_wait_for_the_host(subject: &Subject) -> Checked {
    let mut instance = instantiated(subject, &[("copier", COPIER)])?;
    let instance = &mut *instance;
    let (mut writer, stream) = instance.stream::<u8>()?;
    gives_nothing(instance, "take", &[stream.into_value()])?;
    gives(instance, "read", &[0u32.into()], BLOCKED)?;
    event(instance, NO_EVENT)?;
    writer.write(&[1, 2])?;
    event(instance, 0)?;
    // Nothing was taken.
    gives(instance, "read", &[0u32.into()], 0u32)?;
    gives(instance, "read", &[3u32.into()], 0x20u32)?;
    gives(instance, "read", &[0u32.into()], BLOCKED)?;
    drop(writer);
    // DROPPED
    event(instance, 1)?;

    let mut instance = instantiated(subject, &[("copier", COPIER)])?;
    let instance = &mut *instance;
    let stream = instance.call_blocking("make", &[])?;
    let room = Room::default();
    room.with(|(room, _)| *room = Some(0));
    gives(instance, "write", &[0u32.into()], BLOCKED)?;
    let stream = stream.unwrap_or(Value::Bool(false));
    instance.connect(&stream, Box::new(room.clone()))?;
    event(instance, NO_EVENT)?;
    room.with(|(room, _)| *room = Some(2));
    event(instance, 0)?;
    gives(instance, "write", &[0u32.into()], 0u32)?;
    gives(instance, "write", &[3u32.into()], 0x20u32)?;
    same("what was accepted", room.with(|(_, accepted)| *accepted), 2)?;
    room.with(|(room, _)| *room = Some(0));
    gives(instance, "write", &[3u32.into()], BLOCKED)?;
    event(instance, NO_EVENT)?;
    room.with(|(room, _)| *room = None);
    // DROPPED
    event(instance, 1)?;
    same("what was accepted", room.with(|(_, accepted)| *accepted), 2)
}

pub(in crate::kit) fn a_read_that_was_given_up_waits_no_more(subject: &Subject) -> Checked {
    const GUEST: Guest = Guest {
        types: "(type $s (stream u8))",
        builtins: &[
            "stream.new $s",
            "stream.read $s async",
            "stream.cancel-read $s",
            "stream.drop-readable $s",
            "stream.write $s async",
            "task.return",
        ],
        code: r#"
            (global $s (mut i64) (i64.const 0))
            (func (export "begin") (param $end i32) (result i32)
              (call $is
                (call $stream.read (local.get $end) (i32.const 16) (i32.const 1))
                (global.get $BLOCKED))
              (call $is (call $stream.cancel-read (local.get $end)) (global.get $CANCELLED))
              (call $stream.drop-readable (local.get $end))
              ;; Another stream, which the host has nothing to do with.
              (global.set $s (call $stream.new))
              (call $is
                (call $stream.write (call $writable (global.get $s)) (i32.const 32) (i32.const 1))
                (global.get $BLOCKED))
              (call $task.return)
              (global.get $EXIT))
            (func (export "begin-event") (param i32 i32 i32) (result i32) unreachable)
            (func (export "end") (result i32)
              (call $stream.read (call $readable (global.get $s)) (i32.const 16) (i32.const 4)))"#,
        exports: &[
            callback("begin", r#"async (param "from" $s)"#),
            lifted_sync("end", "(result u32)"),
        ],
        ..Guest::EMPTY
    };
    let mut instance = instantiated(subject, &[("guest", GUEST)])?;
    let (mut writer, stream) = instance.stream::<u8>()?;
    gives_nothing(&mut *instance, "begin", &[stream.into_value()])?;
    instance.progress()?;
    same("whether anybody reads", writer.write(&[1])?, false)?;
    gives(&mut *instance, "end", &[], 0x10u32)
}

/// `read` begins to read a future, for whose value `realloc` traps, and returns. `make` returns the readable end of a
/// stream, to which it writes a name outside its memory.
const TRAPPING: &str = r#"(component
  (type $text (future string))
  (type $names (stream string))
  (core module $libc
    (memory (export "m") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) unreachable))
  (core instance $libc (instantiate $libc))
  (alias core export $libc "m" (core memory $m))
  (alias core export $libc "realloc" (core func $realloc))
  (core func $read (canon future.read $text async (memory $m) (realloc $realloc)))
  (core func $return (canon task.return))
  (core func $set (canon waitable-set.new))
  (core func $new (canon stream.new $names))
  (core func $write (canon stream.write $names async (memory $m)))
  (core module $guest
    (import "" "m" (memory 1))
    (import "" "read" (func $read (param i32 i32) (result i32)))
    (import "" "return" (func $return))
    (import "" "set" (func $set (result i32)))
    (import "" "new" (func $new (result i64)))
    (import "" "write" (func $write (param i32 i32 i32) (result i32)))
    (func $blocks (param i32)
      (if (i32.ne (local.get 0) (i32.const -1 (; BLOCKED ;))) (then unreachable)))
    ;; Its task goes on, and waits.
    (func (export "read") (param $end i32) (result i32)
      (call $blocks (call $read (local.get $end) (i32.const 16)))
      (call $return)
      (i32.or (i32.const 2 (; WAIT ;)) (i32.shl (call $set) (i32.const 4))))
    (func (export "read-event") (param i32 i32 i32) (result i32) unreachable)
    (func (export "make") (result i32)
      (local $ends i64)
      (local.set $ends (call $new))
      (i32.store (i32.const 16) (i32.const 0xffff))
      (i32.store (i32.const 20) (i32.const 9))
      (call $blocks (call $write
        (i32.wrap_i64 (i64.shr_u (local.get $ends) (i64.const 32)))
        (i32.const 16) (i32.const 1)))
      (i32.wrap_i64 (local.get $ends)))
    (func (export "after")))
  (core instance $guest (instantiate $guest (with "" (instance
    (export "m" (memory $m))
    (export "read" (func $read))
    (export "return" (func $return))
    (export "set" (func $set))
    (export "new" (func $new))
    (export "write" (func $write))))))
  (func (export "read") async (param "from" (future string))
    (canon lift (core func $guest "read") async (callback (core func $guest "read-event"))))
  (func (export "make") (result (stream string)) (canon lift (core func $guest "make")))
  (func (export "after") (canon lift (core func $guest "after"))))"#;

fn trapping(subject: &Subject) -> std::result::Result<Box<dyn Instance>, Failure> {
    subject.instantiate(&wat("trapping", TRAPPING)?, &World::new())
}

fn is_closed(instance: &mut dyn Instance) -> Checked {
    let after = instance.call_blocking("after", &[]);
    traps("a later call", after, CanonTrap::CannotEnter)
}

pub(in crate::kit) fn a_trap_of_a_copy_with_the_host_closes_the_component(
    subject: &Subject,
) -> Checked {
    let mut instance = trapping(subject)?;
    let (writer, future) = instance.future::<String>()?;
    gives_nothing(&mut *instance, "read", &[future.into_value()])?;
    instance.progress()?;
    gives_nothing(&mut *instance, "after", &[])?;
    writer.write("a value".to_string())?;
    traps("the value", instance.progress(), Trap::Unreachable)?;
    is_closed(&mut *instance)?;

    let mut instance = trapping(subject)?;
    let names = instance.call_blocking("make", &[])?;
    let mut reader = instance.stream_reader::<String>(&names.unwrap_or(Value::Bool(false)))?;
    gives_nothing(&mut *instance, "after", &[])?;
    let read = reader.read(&mut *instance, 1);
    traps("the names", read, CanonTrap::StringOutOfBounds)?;
    is_closed(&mut *instance)?;

    // The sink takes the names at once.
    let mut instance = trapping(subject)?;
    let names = instance.call_blocking("make", &[])?;
    let sink = Room::default();
    sink.with(|(room, _)| *room = Some(9));
    let connected = instance.connect(&names.unwrap_or(Value::Bool(false)), Box::new(sink));
    let copied = connected.and_then(|()| instance.progress());
    traps("the names, at once", copied, CanonTrap::StringOutOfBounds)?;
    is_closed(&mut *instance)
}

pub(in crate::kit) fn sinks_are_told_of_the_end(subject: &Subject) -> Checked {
    const GUEST: Guest = Guest {
        types: "(type $s (stream u8)) (type $f (future u32))",
        builtins: &[
            "stream.new $s",
            "stream.drop-writable $s",
            "future.new $f",
            "future.write $f async",
        ],
        code: r#"
            (global $end (mut i32) (i32.const 0))
            (func $keep (param $ends i64) (result i32)
              (global.set $end (call $writable (local.get $ends)))
              (call $readable (local.get $ends)))
            (func (export "stream") (result i32) (call $keep (call $stream.new)))
            (func (export "close") (call $stream.drop-writable (global.get $end)))
            (func (export "future") (result i32) (call $keep (call $future.new)))
            (func (export "write")
              (drop (call $future.write (global.get $end) (i32.const 16))))"#,
        exports: &[
            lifted_sync("stream", "(result $s)"),
            lifted_sync("close", ""),
            lifted_sync("future", "(result $f)"),
            lifted_sync("write", ""),
        ],
        ..Guest::EMPTY
    };
    for (make, finish) in [("stream", "close"), ("future", "write")] {
        // The guest comes second, or first.
        for connects_first in [true, false] {
            let mut instance = instantiated(subject, &[("guest", GUEST)])?;
            let ends = Ends::default();
            let made = instance
                .call_blocking(make, &[])?
                .unwrap_or(Value::Bool(false));
            if !connects_first {
                gives_nothing(&mut *instance, finish, &[])?;
            }
            instance.connect(&made, Box::new(ends.clone()))?;
            if connects_first {
                instance.progress()?;
                same("ends before", ends.told(), 0)?;
                gives_nothing(&mut *instance, finish, &[])?;
            }
            instance.progress()?;
            same(format_args!("ends of a {make}"), ends.told(), 1)?;
        }
    }
    Ok(())
}

/// `r` and `q` make a resource of the type. `take` reads an `r`, and returns its representation.
const TAKER: &str = r#"(component
  (type $own-r (resource (rep i32)))
  (export $r "types-r" (type $own-r))
  (type $own-q (resource (rep i32)))
  (export $q "types-q" (type $own-q))
  (type $s (stream (own $r)))
  (core module $libc (memory (export "m") 1))
  (core instance $libc (instantiate $libc))
  (alias core export $libc "m" (core memory $m))
  (core func $new-r (canon resource.new $own-r))
  (core func $new-q (canon resource.new $own-q))
  (core func $rep (canon resource.rep $own-r))
  (core func $read (canon stream.read $s async (memory $m)))
  (core func $set (canon waitable-set.new))
  (core func $join (canon waitable.join))
  (core func $return (canon task.return (result u32)))
  (core module $guest
    (import "" "m" (memory 1))
    (import "" "new-r" (func $new-r (param i32) (result i32)))
    (import "" "new-q" (func $new-q (param i32) (result i32)))
    (import "" "rep" (func $rep (param i32) (result i32)))
    (import "" "read" (func $read (param i32 i32 i32) (result i32)))
    (import "" "set" (func $set (result i32)))
    (import "" "join" (func $join (param i32 i32)))
    (import "" "return" (func $return (param i32)))
    (func (export "r") (result i32) (call $new-r (i32.const 7)))
    (func (export "q") (result i32) (call $new-q (i32.const 8)))
    (func (export "take") (param $end i32) (result i32)
      (local $payload i32) (local $set i32)
      (local.set $payload (call $read (local.get $end) (i32.const 16) (i32.const 1)))
      (if (i32.eq (local.get $payload) (i32.const -1 (; BLOCKED ;)))
        (then
          (local.set $set (call $set))
          (call $join (local.get $end) (local.get $set))
          (return (i32.or (i32.const 2 (; WAIT ;)) (i32.shl (local.get $set) (i32.const 4))))))
      (call $event (i32.const 0) (local.get $end) (local.get $payload)))
    (func $event (export "event") (param i32 i32) (param $payload i32) (result i32)
      (if (i32.ne (local.get $payload) (i32.const 0x10)) (then unreachable))
      (call $return (call $rep (i32.load (i32.const 16))))
      (i32.const 0 (; EXIT ;))))
  (core instance $guest (instantiate $guest (with "" (instance
    (export "m" (memory $m))
    (export "new-r" (func $new-r))
    (export "new-q" (func $new-q))
    (export "rep" (func $rep))
    (export "read" (func $read))
    (export "set" (func $set))
    (export "join" (func $join))
    (export "return" (func $return))))))
  (func (export "r") (result (own $r)) (canon lift (core func $guest "r")))
  (func (export "q") (result (own $q)) (canon lift (core func $guest "q")))
  (func (export "take") async (param "from" $s) (result u32)
    (canon lift (core func $guest "take") async (callback (core func $guest "event")))))"#;

pub(in crate::kit) fn sources_supply_elements_of_the_right_type(subject: &Subject) -> Checked {
    for (export, fits) in [("r", true), ("q", false), ("", false)] {
        let mut instance = subject.instantiate(&wat("taker", TAKER)?, &World::new())?;
        let element = match export {
            "" => Value::U32(7),
            export => (instance.call_blocking(export, &[])?).unwrap_or(Value::Bool(false)),
        };
        let mut left = Some(List::from_iter([element]));
        let source = move |_: &mut HostCall<'_>, _: usize| {
            Ok(left.take().map_or(Supply::End, Supply::Elements))
        };
        let stream = Value::Stream(instance.create_end(Box::new(source))?);
        if fits {
            gives(&mut *instance, "take", &[stream], 7u32)?;
        } else {
            let taken = instance.call_blocking("take", &[stream]);
            fails("an element of another type", taken, &ErrorKind::Host)?;
        }
    }
    Ok(())
}
