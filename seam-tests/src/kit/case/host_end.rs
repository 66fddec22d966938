//! Streams and futures that the host reads and writes.

use std::sync::{Arc, Mutex, PoisonError};

use seam_core::typed::{FutureEnd, StreamEnd};
use seam_core::{
    CanonTrap, ErrorKind, HostCall, Instance, InstanceExt, List, OutputStream, Result, Sink,
    StreamReader, Supply, Value, World,
};

use crate::kit::expect::{fails, gives, misuse, same, traps, wat};
use crate::kit::{Checked, Failure, Subject};

/// `sum` adds the bytes of a stream, four at a time. `count` returns a stream, and then writes the
/// bytes from 1 to 10 to it, in two parts. `written` tells how many of them were read, and adds 100
/// if the reader went away. `read` returns the value of a future, and `promise` a future that it
/// writes afterwards. `echo` returns the end that it gets. `pump` copies from `give` to `take`. `send`
/// passes a stream to `take`, returns, and then writes like `count`. `drop` drops two ends.
const ENDS: &str = r#"(component
  (import "give" (func $give (result (stream u8))))
  (import "take" (func $take (param "to" (stream u8))))
  (type $bytes (stream u8))
  (type $text (future string))
  (core module $libc
    (memory (export "m") 1)
    (global $next (mut i32) (i32.const 4096))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (global.get $next)
      (global.set $next (i32.add (global.get $next) (local.get 3)))))
  (core instance $libc (instantiate $libc))
  (alias core export $libc "m" (core memory $m))
  (alias core export $libc "realloc" (core func $realloc))
  (core func $give (canon lower (func $give)))
  (core func $take (canon lower (func $take)))
  (core func $new (canon stream.new $bytes))
  (core func $read (canon stream.read $bytes async (memory $m)))
  (core func $read-now (canon stream.read $bytes (memory $m)))
  (core func $write (canon stream.write $bytes async (memory $m)))
  (core func $write-now (canon stream.write $bytes (memory $m)))
  (core func $drop-readable (canon stream.drop-readable $bytes))
  (core func $drop-writable (canon stream.drop-writable $bytes))
  (core func $new-text (canon future.new $text))
  (core func $read-text (canon future.read $text async (memory $m) (realloc $realloc)))
  (core func $write-text (canon future.write $text async (memory $m)))
  (core func $drop-text (canon future.drop-writable $text))
  (core func $return-sum (canon task.return (result u32)))
  (core func $return-bytes (canon task.return (result $bytes)))
  (core func $return-string (canon task.return (result string) (memory $m)))
  (core func $return-text (canon task.return (result $text)))
  (core func $return (canon task.return))
  (core func $set (canon waitable-set.new))
  (core func $join (canon waitable.join))
  (core module $guest
    (import "" "m" (memory 1))
    (import "" "give" (func $give (result i32)))
    (import "" "take" (func $take (param i32)))
    (import "" "new" (func $new (result i64)))
    (import "" "read" (func $read (param i32 i32 i32) (result i32)))
    (import "" "read-now" (func $read-now (param i32 i32 i32) (result i32)))
    (import "" "write" (func $write (param i32 i32 i32) (result i32)))
    (import "" "write-now" (func $write-now (param i32 i32 i32) (result i32)))
    (import "" "drop-readable" (func $drop-readable (param i32)))
    (import "" "drop-writable" (func $drop-writable (param i32)))
    (import "" "new-text" (func $new-text (result i64)))
    (import "" "read-text" (func $read-text (param i32 i32) (result i32)))
    (import "" "write-text" (func $write-text (param i32 i32) (result i32)))
    (import "" "drop-text" (func $drop-text (param i32)))
    (import "" "return-sum" (func $return-sum (param i32)))
    (import "" "return-bytes" (func $return-bytes (param i32)))
    (import "" "return-string" (func $return-string (param i32 i32)))
    (import "" "return-text" (func $return-text (param i32)))
    (import "" "return" (func $return))
    (import "" "set" (func $set (result i32)))
    (import "" "join" (func $join (param i32 i32)))
    (global $end (mut i32) (i32.const 0))
    (global $sum (mut i32) (i32.const 0))
    (global $written (mut i32) (i32.const 0))

    (func $wait (param $waitable i32) (result i32)
      (local $set i32)
      (local.set $set (call $set))
      (call $join (local.get $waitable) (local.get $set))
      (i32.or (i32.const 2 (; WAIT ;)) (i32.shl (local.get $set) (i32.const 4))))

    (func (export "sum") (param $stream i32) (result i32)
      (global.set $end (local.get $stream))
      (global.set $sum (i32.const 0))
      (call $go-on-reading (call $read (local.get $stream) (i32.const 16) (i32.const 4))))
    (func (export "sum-event") (param i32 i32) (param $payload i32) (result i32)
      (call $join (global.get $end) (i32.const 0))
      (call $go-on-reading (local.get $payload)))
    (func $go-on-reading (param $payload i32) (result i32)
      (local $n i32)
      (loop $again
        (if (i32.eq (local.get $payload) (i32.const -1 (; BLOCKED ;)))
          (then (return (call $wait (global.get $end)))))
        (local.set $n (i32.shr_u (local.get $payload) (i32.const 4)))
        (if (i32.gt_u (local.get $n) (i32.const 4)) (then unreachable))
        (loop $add
          (if (local.get $n)
            (then
              (local.set $n (i32.sub (local.get $n) (i32.const 1)))
              (global.set $sum (i32.add (global.get $sum)
                (i32.load8_u (i32.add (i32.const 16) (local.get $n)))))
              (br $add))))
        (if (i32.and (local.get $payload) (i32.const 15))
          (then
            (call $drop-readable (global.get $end))
            (call $return-sum (global.get $sum))
            (return (i32.const 0 (; EXIT ;)))))
        (local.set $payload (call $read (global.get $end) (i32.const 16) (i32.const 4)))
        (br $again))
      unreachable)

    (func (export "count") (result i32)
      (local $both i64)
      (i64.store (i32.const 32) (i64.const 0x0807060504030201))
      (i32.store (i32.const 40) (i32.const 0x0a09))
      (local.set $both (call $new))
      (call $return-bytes (i32.wrap_i64 (local.get $both)))
      (global.set $end (i32.wrap_i64 (i64.shr_u (local.get $both) (i64.const 32))))
      (call $go-on-writing (call $write (global.get $end) (i32.const 32) (i32.const 6))))
    (func (export "count-event") (param i32 i32) (param $payload i32) (result i32)
      (call $join (global.get $end) (i32.const 0))
      (call $go-on-writing (local.get $payload)))
    (func $go-on-writing (param $payload i32) (result i32)
      (local $left i32)
      (loop $again
        (if (i32.eq (local.get $payload) (i32.const -1 (; BLOCKED ;)))
          (then (return (call $wait (global.get $end)))))
        (global.set $written (i32.add (global.get $written)
          (i32.shr_u (local.get $payload) (i32.const 4))))
        (if (i32.and (local.get $payload) (i32.const 15))
          (then
            (global.set $written (i32.add (global.get $written) (i32.const 100)))
            (call $drop-writable (global.get $end))
            (return (i32.const 0 (; EXIT ;)))))
        (local.set $left (i32.sub (i32.const 10) (global.get $written)))
        (if (i32.eqz (local.get $left))
          (then
            (call $drop-writable (global.get $end))
            (return (i32.const 0 (; EXIT ;)))))
        (local.set $payload
          (call $write (global.get $end) (i32.add (i32.const 32) (global.get $written)) (local.get $left)))
        (br $again))
      unreachable)
    (func (export "written") (result i32) (global.get $written))

    (func (export "send") (result i32)
      (local $both i64)
      (i64.store (i32.const 32) (i64.const 0x0807060504030201))
      (i32.store (i32.const 40) (i32.const 0x0a09))
      (local.set $both (call $new))
      (call $take (i32.wrap_i64 (local.get $both)))
      (call $return)
      (global.set $end (i32.wrap_i64 (i64.shr_u (local.get $both) (i64.const 32))))
      (call $go-on-writing (call $write (global.get $end) (i32.const 32) (i32.const 6))))

    (func (export "read") (param $future i32) (result i32)
      (local $payload i32)
      (global.set $end (local.get $future))
      (local.set $payload (call $read-text (local.get $future) (i32.const 64)))
      (if (i32.eq (local.get $payload) (i32.const -1 (; BLOCKED ;)))
        (then (return (call $wait (local.get $future)))))
      (call $return-string (i32.load (i32.const 64)) (i32.load (i32.const 68)))
      (i32.const 0 (; EXIT ;)))
    (func (export "read-event") (param i32 i32 i32) (result i32)
      (call $return-string (i32.load (i32.const 64)) (i32.load (i32.const 68)))
      (i32.const 0 (; EXIT ;)))

    (func (export "promise") (param $ptr i32) (param $len i32) (result i32)
      (local $both i64)
      (local.set $both (call $new-text))
      (call $return-text (i32.wrap_i64 (local.get $both)))
      (global.set $end (i32.wrap_i64 (i64.shr_u (local.get $both) (i64.const 32))))
      (i32.store (i32.const 80) (local.get $ptr))
      (i32.store (i32.const 84) (local.get $len))
      (if (i32.eq (call $write-text (global.get $end) (i32.const 80)) (i32.const -1 (; BLOCKED ;)))
        (then (return (call $wait (global.get $end)))))
      (call $drop-text (global.get $end))
      (i32.const 0 (; EXIT ;)))
    (func (export "promise-event") (param i32 i32 i32) (result i32)
      (call $drop-text (global.get $end))
      (i32.const 0 (; EXIT ;)))

    (func (export "echo") (param i32) (result i32) (local.get 0))
    (func (export "drop") (param i32 i32)
      (call $drop-readable (local.get 0))
      (call $drop-readable (local.get 1)))

    (func (export "pump") (result i32)
      (local $from i32) (local $to i32) (local $both i64) (local $read i32)
      (local.set $both (call $new))
      (local.set $to (i32.wrap_i64 (i64.shr_u (local.get $both) (i64.const 32))))
      (call $take (i32.wrap_i64 (local.get $both)))
      (local.set $from (call $give))
      (loop $again
        (local.set $read (call $read-now (local.get $from) (i32.const 128) (i32.const 3)))
        (if (i32.eqz (i32.and (local.get $read) (i32.const 15)))
          (then
            (if (i32.ne
                (call $write-now (local.get $to) (i32.const 128) (i32.shr_u (local.get $read) (i32.const 4)))
                (local.get $read))
              (then unreachable))
            (br $again))))
      (call $drop-writable (local.get $to))
      (call $drop-readable (local.get $from))
      (call $return)
      (i32.const 0 (; EXIT ;)))
    (func (export "no-event") (param i32 i32 i32) (result i32) unreachable))
  (core instance $guest (instantiate $guest (with "" (instance
    (export "m" (memory $m))
    (export "give" (func $give))
    (export "take" (func $take))
    (export "new" (func $new))
    (export "read" (func $read))
    (export "read-now" (func $read-now))
    (export "write" (func $write))
    (export "write-now" (func $write-now))
    (export "drop-readable" (func $drop-readable))
    (export "drop-writable" (func $drop-writable))
    (export "new-text" (func $new-text))
    (export "read-text" (func $read-text))
    (export "write-text" (func $write-text))
    (export "drop-text" (func $drop-text))
    (export "return-sum" (func $return-sum))
    (export "return-bytes" (func $return-bytes))
    (export "return-string" (func $return-string))
    (export "return-text" (func $return-text))
    (export "return" (func $return))
    (export "set" (func $set))
    (export "join" (func $join))))))
  (func (export "sum") async (param "from" (stream u8)) (result u32)
    (canon lift (core func $guest "sum") async (callback (core func $guest "sum-event"))))
  (func (export "count") async (result (stream u8))
    (canon lift (core func $guest "count") async (callback (core func $guest "count-event"))))
  (func (export "send") async
    (canon lift (core func $guest "send") async (callback (core func $guest "count-event"))))
  (func (export "written") (result u32) (canon lift (core func $guest "written")))
  (func (export "read") async (param "from" (future string)) (result string)
    (canon lift (core func $guest "read") async (memory $m) (realloc $realloc)
      (callback (core func $guest "read-event"))))
  (func (export "promise") async (param "text" string) (result (future string))
    (canon lift (core func $guest "promise") async (memory $m) (realloc $realloc)
      (callback (core func $guest "promise-event"))))
  (func (export "echo") (param "end" (stream u8)) (result (stream u8))
    (canon lift (core func $guest "echo")))
  (func (export "drop") (param "one" (stream u8)) (param "other" (stream u8))
    (canon lift (core func $guest "drop")))
  (func (export "pump") async
    (canon lift (core func $guest "pump") async (callback (core func $guest "no-event")))))"#;

/// Writes what it accepts to the standard output.
struct Print;

impl Sink for Print {
    fn accept(&mut self, call: &mut HostCall<'_>, elements: List) -> Result<()> {
        let bytes: Vec<u8> = match elements {
            List::U8(bytes) => bytes,
            _ => Vec::new(),
        };
        call.output(OutputStream::Stdout, &bytes)
    }

    fn end(&mut self, call: &mut HostCall<'_>) -> Result<()> {
        call.output(OutputStream::Stderr, b"end")
    }
}

fn world() -> World {
    World::new()
        .func_values("give", None, |call, _| {
            let mut left = vec![b"lo!".to_vec(), b"hel".to_vec()];
            let source = move |_: &mut HostCall<'_>, _: usize| {
                Ok(match left.pop() {
                    Some(bytes) => Supply::Elements(List::U8(bytes)),
                    None => Supply::End,
                })
            };
            Ok(Some(call.stream(source)))
        })
        .func_values("take", None, |call, args| {
            for arg in args {
                call.connect(arg, Print)?;
            }
            Ok(None)
        })
}

fn instance(subject: &Subject) -> Result<Box<dyn Instance>, Failure> {
    subject.instantiate(&wat("ends", ENDS)?, &world())
}

pub(in crate::kit) fn guests_read_streams_of_the_host(subject: &Subject) -> Checked {
    let mut instance = instance(subject)?;
    let (mut writer, stream) = instance.stream::<u8>()?;
    let stream = stream.into_value();
    writer.write(&[1, 2, 3, 4, 5, 6, 7])?;
    writer.write(&[8, 9, 10])?;
    drop(writer);
    gives(&mut *instance, "sum", &[stream], 55u32)?;
    let (writer, stream) = instance.stream::<u8>()?;
    let stream = stream.into_value();
    drop(writer);
    gives(&mut *instance, "sum", &[stream], 0u32)
}

pub(in crate::kit) fn a_guest_that_only_the_host_could_wake_is_a_deadlock(
    subject: &Subject,
) -> Checked {
    let mut instance = instance(subject)?;
    let (mut writer, stream) = instance.stream::<u8>()?;
    let stream = stream.into_value();
    writer.write(&[1])?;
    let called = instance.call_blocking("sum", &[stream]);
    traps(
        "a read that the host could end",
        called,
        CanonTrap::Deadlock,
    )?;
    // The guest waits as before.
    gives(&mut *instance, "written", &[], 0u32)
}

pub(in crate::kit) fn the_host_reads_streams_of_guests(subject: &Subject) -> Checked {
    let mut instance = instance(subject)?;
    let stream = instance.call_blocking("count", &[])?;
    let stream = stream.unwrap_or(Value::Bool(false));
    gives(&mut *instance, "written", &[], 0u32)?;
    let mut reader = instance.stream_reader::<u8>(&stream)?;
    same(
        "what was read",
        reader.read(&mut *instance, 4)?,
        vec![1, 2, 3, 4],
    )?;
    gives(&mut *instance, "written", &[], 4u32)?;
    let rest = reader.read_to_end(&mut *instance)?;
    same("the rest", rest, vec![5, 6, 7, 8, 9, 10])?;
    same(
        "what follows",
        reader.read(&mut *instance, 4)?,
        Vec::<u8>::new(),
    )?;
    gives(&mut *instance, "written", &[], 10u32)
}

pub(in crate::kit) fn guests_learn_that_the_host_reads_no_more(subject: &Subject) -> Checked {
    let mut dropped = instance(subject)?;
    let stream = dropped.call_blocking("count", &[])?;
    dropped.drop_end(&stream.unwrap_or(Value::Bool(false)))?;
    dropped.progress()?;
    gives(&mut *dropped, "written", &[], 100u32)?;
    let mut stopped = instance(subject)?;
    let stream = stopped.call_blocking("count", &[])?;
    let stream = stream.unwrap_or(Value::Bool(false));
    let mut reader = stopped.stream_reader::<u8>(&stream)?;
    same("what was read", reader.read(&mut *stopped, 6)?.len(), 6)?;
    drop(reader);
    stopped.progress()?;
    gives(&mut *stopped, "written", &[], 106u32)
}

pub(in crate::kit) fn futures_pass_between_host_and_guests(subject: &Subject) -> Checked {
    let mut instance = instance(subject)?;
    let (writer, future) = instance.future::<String>()?;
    let future = future.into_value();
    writer.write("a value".to_string())?;
    gives(&mut *instance, "read", &[future], "a value")?;
    let future = instance.call_blocking("promise", &["later".into()])?;
    let reader = instance.future_reader::<String>(&future.unwrap_or(Value::Bool(false)))?;
    same("the value", reader.read(&mut *instance)?, "later")?;
    let (writer, future) = instance.future::<String>()?;
    let future = future.into_value();
    drop(writer);
    let called = instance.call_blocking("read", &[future]);
    fails("a future without a value", called, &ErrorKind::Host)?;
    Ok(())
}

pub(in crate::kit) fn host_functions_pass_streams(subject: &Subject) -> Checked {
    let mut instance = instance(subject)?;
    instance.call_blocking("pump", &[])?;
    let observed = instance.observed();
    same("the output", &*observed.stdout, b"hello!")?;
    same("the end", &*observed.stderr, b"end")
}

pub(in crate::kit) fn streams_of_the_host_come_back(subject: &Subject) -> Checked {
    let mut instance = instance(subject)?;
    let (writer, stream) = instance.stream::<u8>()?;
    let stream = stream.into_value();
    drop(writer);
    let stream = instance.call_blocking("echo", &[stream])?;
    gives(
        &mut *instance,
        "sum",
        &[stream.unwrap_or(Value::Bool(false))],
        0u32,
    )?;
    let (mut writer, stream) = instance.stream::<u8>()?;
    let stream = stream.into_value();
    writer.write(&[1, 2, 3])?;
    let stream = instance.call_blocking("echo", &[stream])?;
    let stream = stream.unwrap_or(Value::Bool(false));
    let mut reader = instance.stream_reader::<u8>(&stream)?;
    same("what was read", reader.read(&mut *instance, 2)?, vec![1, 2])?;
    writer.write(&[4])?;
    drop(writer);
    same("the rest", reader.read_to_end(&mut *instance)?, vec![3, 4])
}

pub(in crate::kit) fn an_end_is_used_once(subject: &Subject) -> Checked {
    let mut instance = instance(subject)?;
    let (writer, stream) = instance.stream::<u8>()?;
    let stream = stream.into_value();
    drop(writer);
    let connected = instance.stream_reader::<u8>(&stream).map(drop);
    misuse("the host's own end", connected)?;
    gives(&mut *instance, "sum", std::slice::from_ref(&stream), 0u32)?;
    misuse(
        "an end passed twice",
        instance.call_blocking("sum", &[stream]),
    )?;
    let mut instance = self::instance(subject)?;
    let stream = instance.call_blocking("count", &[])?;
    let stream = stream.unwrap_or(Value::Bool(false));
    let _reader = instance.stream_reader::<u8>(&stream)?;
    let connected = instance.stream_reader::<u8>(&stream).map(drop);
    misuse("an end connected twice", connected)?;
    misuse(
        "an end passed after that",
        instance.call_blocking("sum", std::slice::from_ref(&stream)),
    )?;
    for end in [
        instance.call_blocking("count", &[])?,
        Some(instance.stream::<u8>()?.1.into_value()),
    ] {
        let end = end.unwrap_or(Value::Bool(false));
        misuse(
            "an end twice in a call",
            instance.call_blocking("drop", &[end.clone(), end]),
        )?;
    }
    let end = instance.call_blocking("count", &[])?;
    let end = end.unwrap_or(Value::Bool(false));
    instance.call_blocking("echo", std::slice::from_ref(&end))?;
    misuse(
        "an end of a guest passed twice",
        instance.call_blocking("echo", &[end]),
    )?;
    // None of this has closed the instance.
    gives(&mut *instance, "written", &[], 0u32)?;
    misuse("an end dropped after that", instance.drop_end(&stream))?;
    let connected = instance.stream_reader::<u8>(&Value::U8(1)).map(drop);
    misuse("another value", connected)?;
    Ok(())
}

/// Host functions over Rust types: `give` writes a stream, and `take` keeps the reader of one.
fn typed_world(taken: &Arc<Mutex<Option<StreamReader<u8>>>>) -> World {
    let taken = taken.clone();
    World::new()
        .func_call("give", |call, (): ()| {
            let (mut writer, end) = call.stream_writer::<u8>();
            writer.write(b"hello!")?;
            Ok(end)
        })
        .func_call("take", move |call, (end,): (StreamEnd<u8>,)| {
            let reader = call.stream_reader(&end)?;
            *taken.lock().unwrap_or_else(PoisonError::into_inner) = Some(reader);
            Ok(())
        })
}

pub(in crate::kit) fn typed_ends_pass_like_values(subject: &Subject) -> Checked {
    let taken = Arc::default();
    let world = typed_world(&taken);
    let mut instance = subject.instantiate(&wat("ends", ENDS)?, &world)?;
    let (mut writer, stream) = instance.stream::<u8>()?;
    writer.write(&[1, 2, 3])?;
    drop(writer);
    let stream: StreamEnd<u8> = instance.call_typed_blocking("echo", (stream,))?;
    let sum: u32 = instance.call_typed_blocking("sum", (stream,))?;
    same("the sum of the host's bytes", sum, 6)?;

    let stream: StreamEnd<u8> = instance.call_typed_blocking("count", ())?;
    let bytes = instance
        .stream_reader::<u8>(&stream)?
        .read_to_end(&mut *instance)?;
    same("the guest's bytes", bytes, (1..=10).collect::<Vec<_>>())?;
    misuse(
        "an end passed after it was connected",
        instance.call_typed_blocking::<_, u32>("sum", (&stream,)),
    )?;

    let (writer, future) = instance.future::<String>()?;
    writer.write("a value".to_string())?;
    let text: String = instance.call_typed_blocking("read", (future,))?;
    same("the host's value", text.as_str(), "a value")?;
    let future: FutureEnd<String> = instance.call_typed_blocking("promise", ("later",))?;
    let reader = instance.future_reader::<String>(&future)?;
    same("the guest's value", reader.read(&mut *instance)?, "later")?;
    misuse(
        "a stream of another type",
        instance.call_typed_blocking::<_, StreamEnd<u16>>("count", ()),
    )?;

    let mut instance = subject.instantiate(&wat("ends", ENDS)?, &world)?;
    instance.call_typed_blocking::<_, ()>("send", ())?;
    let reader = (taken.lock().unwrap_or_else(PoisonError::into_inner)).take();
    let Some(mut reader) = reader else {
        return Err(Failure::new("expected `take` to have a stream"));
    };
    let read = reader.read(&mut *instance, 4)?;
    same(
        "what a host function's reader reads",
        read,
        vec![1, 2, 3, 4],
    )?;
    let rest = reader.read_to_end(&mut *instance)?;
    same("the rest", rest, vec![5, 6, 7, 8, 9, 10])?;

    let world = typed_world(&taken).func_values("take", None, |call, args| {
        args.iter().try_for_each(|arg| call.connect(arg, Print))?;
        Ok(None)
    });
    let mut instance = subject.instantiate(&wat("ends", ENDS)?, &world)?;
    instance.call_typed_blocking::<_, ()>("pump", ())?;
    let observed = instance.observed();
    same("what a host function writes", &*observed.stdout, b"hello!")
}
