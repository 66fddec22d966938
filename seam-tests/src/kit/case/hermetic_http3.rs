//! HTTP of WASI 0.3 in the hermetic world: a guest builds a request, and nobody sends it.

use seam_core::{ProgramExt, World};
use seam_wasi::Wasi;

use crate::kit::expect::{gives, wat};
use crate::kit::{Checked, Subject};

/// Both functions return what happened as hexadecimal digits.
///
/// `send` builds a request and sends it. The digits: whether that failed and with which error code;
/// how the read of the request's transmission ended, whether that failed, and with which error code;
/// how a write of the contents ended, and one of the trailers.
///
/// `take-back` takes the body of a request back, and ends its transmission with the error code 12. The
/// digits: how a read of the contents ended (two digits) and the write of the result; how the read of
/// the transmission ended, whether it failed, and with which error code; and whether the transmission
/// of a request that is dropped fails.
const REQUEST: &str = r#"(component
  (import "wasi:http/types@0.3.0" (instance $types
    (export "fields" (type $fields (sub resource)))
    (type $dns (record (field "rcode" (option string)) (field "info-code" (option u16))))
    (export "DNS-error-payload" (type $DNS-error-payload (eq $dns)))
    (type $tls (record (field "alert-id" (option u8)) (field "alert-message" (option string))))
    (export "TLS-alert-received-payload" (type $TLS-alert-received-payload (eq $tls)))
    (type $size (record (field "field-name" (option string)) (field "field-size" (option u32))))
    (export "field-size-payload" (type $field-size-payload (eq $size)))
    (type $code (variant
      (case "DNS-timeout")
      (case "DNS-error" $DNS-error-payload)
      (case "destination-not-found")
      (case "destination-unavailable")
      (case "destination-IP-prohibited")
      (case "destination-IP-unroutable")
      (case "connection-refused")
      (case "connection-terminated")
      (case "connection-timeout")
      (case "connection-read-timeout")
      (case "connection-write-timeout")
      (case "connection-limit-reached")
      (case "TLS-protocol-error")
      (case "TLS-certificate-error")
      (case "TLS-alert-received" $TLS-alert-received-payload)
      (case "HTTP-request-denied")
      (case "HTTP-request-length-required")
      (case "HTTP-request-body-size" (option u64))
      (case "HTTP-request-method-invalid")
      (case "HTTP-request-URI-invalid")
      (case "HTTP-request-URI-too-long")
      (case "HTTP-request-header-section-size" (option u32))
      (case "HTTP-request-header-size" (option $field-size-payload))
      (case "HTTP-request-trailer-section-size" (option u32))
      (case "HTTP-request-trailer-size" $field-size-payload)
      (case "HTTP-response-incomplete")
      (case "HTTP-response-header-section-size" (option u32))
      (case "HTTP-response-header-size" $field-size-payload)
      (case "HTTP-response-body-size" (option u64))
      (case "HTTP-response-trailer-section-size" (option u32))
      (case "HTTP-response-trailer-size" $field-size-payload)
      (case "HTTP-response-transfer-coding" (option string))
      (case "HTTP-response-content-coding" (option string))
      (case "HTTP-response-timeout")
      (case "HTTP-upgrade-failed")
      (case "HTTP-protocol-error")
      (case "loop-detected")
      (case "configuration-error")
      (case "internal-error" (option string))))
    (export "error-code" (type $error-code (eq $code)))
    (export "request" (type $request (sub resource)))
    (export "request-options" (type $request-options (sub resource)))
    (export "response" (type $response (sub resource)))
    (type $trailers (future (result (option (own $fields)) (error $error-code))))
    (type $outcome (future (result (error $error-code))))
    (export "[constructor]fields" (func (result (own $fields))))
    (export "[static]request.new" (func
      (param "headers" (own $fields)) (param "contents" (option (stream u8)))
      (param "trailers" $trailers) (param "options" (option (own $request-options)))
      (result (tuple (own $request) $outcome))))
    (export "[static]request.consume-body" (func
      (param "this" (own $request)) (param "res" $outcome)
      (result (tuple (stream u8) $trailers))))))
  (alias export $types "fields" (type $fields))
  (alias export $types "request" (type $request))
  (alias export $types "response" (type $response))
  (alias export $types "error-code" (type $error-code))
  (import "wasi:http/client@0.3.0" (instance $client
    (alias outer 1 $request (type $request))
    (alias outer 1 $response (type $response))
    (alias outer 1 $error-code (type $error-code))
    (export "send" (func async (param "request" (own $request))
      (result (result (own $response) (error $error-code)))))))
  (type $contents (stream u8))
  (type $trailers (future (result (option (own $fields)) (error $error-code))))
  (type $outcome (future (result (error $error-code))))
  (core module $libc
    (memory (export "m") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096)))
  (core instance $libc (instantiate $libc))
  (alias core export $libc "m" (core memory $m))
  (alias core export $libc "realloc" (core func $realloc))
  (core func $fields (canon lower (func $types "[constructor]fields")))
  (core func $new (canon lower (func $types "[static]request.new") (memory $m)))
  (core func $consume (canon lower (func $types "[static]request.consume-body") (memory $m)))
  (core func $drop-request (canon resource.drop $request))
  (core func $send (canon lower (func $client "send") (memory $m) (realloc $realloc)))
  (core func $contents (canon stream.new $contents))
  (core func $write-contents (canon stream.write $contents (memory $m)))
  (core func $start-writing (canon stream.write $contents async (memory $m)))
  (core func $read-contents (canon stream.read $contents (memory $m)))
  (core func $trailers (canon future.new $trailers))
  (core func $write-trailers (canon future.write $trailers (memory $m)))
  (core func $outcome (canon future.new $outcome))
  (core func $write-outcome (canon future.write $outcome (memory $m)))
  (core func $read-outcome (canon future.read $outcome (memory $m) (realloc $realloc)))
  (core func $return (canon task.return (result u32)))
  (core module $guest
    (import "" "m" (memory 1))
    (import "" "fields" (func $fields (result i32)))
    (import "" "new" (func $new (param i32 i32 i32 i32 i32 i32 i32)))
    (import "" "consume" (func $consume (param i32 i32 i32)))
    (import "" "drop-request" (func $drop-request (param i32)))
    (import "" "send" (func $send (param i32 i32)))
    (import "" "contents" (func $contents (result i64)))
    (import "" "write-contents" (func $write-contents (param i32 i32 i32) (result i32)))
    (import "" "start-writing" (func $start-writing (param i32 i32 i32) (result i32)))
    (import "" "read-contents" (func $read-contents (param i32 i32 i32) (result i32)))
    (import "" "trailers" (func $trailers (result i64)))
    (import "" "write-trailers" (func $write-trailers (param i32 i32) (result i32)))
    (import "" "outcome" (func $outcome (result i64)))
    (import "" "write-outcome" (func $write-outcome (param i32 i32) (result i32)))
    (import "" "read-outcome" (func $read-outcome (param i32 i32) (result i32)))
    (import "" "return" (func $return (param i32)))
    (global $digits (mut i32) (i32.const 0))
    ;; The writable ends of the body
    (global $contents (mut i32) (i32.const 0))
    (global $trailers (mut i32) (i32.const 0))

    (func $note (param $digit i32)
      (global.set $digits (i32.or (i32.shl (global.get $digits) (i32.const 4)) (local.get $digit))))
    (func $readable (param i64) (result i32) (i32.wrap_i64 (local.get 0)))
    (func $writable (param i64) (result i32)
      (i32.wrap_i64 (i64.shr_u (local.get 0) (i64.const 32))))
    ;; Notes whether the result at an address is an error, and which.
    (func $note-result (param $at i32)
      (call $note (i32.load8_u (local.get $at)))
      (call $note (i32.load8_u offset=8 (local.get $at))))
    ;; Notes how a transmission has ended.
    (func $note-outcome (param $outcome i32)
      (call $note (call $read-outcome (local.get $outcome) (i32.const 64)))
      (call $note-result (i32.const 64)))
    ;; Builds a request, whose handle is at 16 and the future of its transmission at 20.
    (func $request
      (local $both i64) (local $stream i32) (local $future i32)
      (local.set $both (call $contents))
      (local.set $stream (call $readable (local.get $both)))
      (global.set $contents (call $writable (local.get $both)))
      (local.set $both (call $trailers))
      (local.set $future (call $readable (local.get $both)))
      (global.set $trailers (call $writable (local.get $both)))
      (call $new (call $fields) (i32.const 1) (local.get $stream) (local.get $future)
        (i32.const 0) (i32.const 0) (i32.const 16)))

    (func (export "send") (result i32)
      (global.set $digits (i32.const 0))
      (call $request)
      (call $send (i32.load (i32.const 16)) (i32.const 128))
      (call $note-result (i32.const 128))
      (call $note-outcome (i32.load (i32.const 20)))
      (call $note (call $write-contents (global.get $contents) (i32.const 256) (i32.const 3)))
      (call $note (call $write-trailers (global.get $trailers) (i32.const 256)))
      (call $return (global.get $digits))
      (i32.const 0 (; EXIT ;)))

    (func (export "take-back") (result i32)
      (local $result i64)
      (global.set $digits (i32.const 0))
      (call $request)
      (local.set $result (call $outcome))
      (call $consume (i32.load (i32.const 16)) (call $readable (local.get $result)) (i32.const 32))
      (drop (call $start-writing (global.get $contents) (i32.const 256) (i32.const 3)))
      ;; Three elements, shifted by four bits: two digits
      (global.set $digits (call $read-contents (i32.load (i32.const 32)) (i32.const 512) (i32.const 8)))
      (i32.store8 (i32.const 128) (i32.const 1))
      (i32.store8 (i32.const 136) (i32.const 12))
      (call $note (call $write-outcome (call $writable (local.get $result)) (i32.const 128)))
      (call $note-outcome (i32.load (i32.const 20)))
      (call $request)
      (call $drop-request (i32.load (i32.const 16)))
      (drop (call $read-outcome (i32.load (i32.const 20)) (i32.const 64)))
      (call $note (i32.load8_u (i32.const 64)))
      (call $return (global.get $digits))
      (i32.const 0 (; EXIT ;)))

    (func (export "event") (param i32 i32 i32) (result i32) unreachable))
  (core instance $guest (instantiate $guest (with "" (instance
    (export "m" (memory $m))
    (export "fields" (func $fields))
    (export "new" (func $new))
    (export "consume" (func $consume))
    (export "drop-request" (func $drop-request))
    (export "send" (func $send))
    (export "contents" (func $contents))
    (export "write-contents" (func $write-contents))
    (export "start-writing" (func $start-writing))
    (export "read-contents" (func $read-contents))
    (export "trailers" (func $trailers))
    (export "write-trailers" (func $write-trailers))
    (export "outcome" (func $outcome))
    (export "write-outcome" (func $write-outcome))
    (export "read-outcome" (func $read-outcome))
    (export "return" (func $return))))))
  (func (export "send") async (result u32)
    (canon lift (core func $guest "send") async (callback (core func $guest "event"))))
  (func (export "take-back") async (result u32)
    (canon lift (core func $guest "take-back") async (callback (core func $guest "event")))))"#;

fn calls(subject: &Subject, func: &str, expected: u32) -> Checked {
    let program = subject.load(&wat("request", REQUEST)?)?;
    let world = Wasi::hermetic().add_to(World::new())?;
    let mut instance = program.instantiate_blocking(&world)?;
    gives(&mut *instance, func, &[], expected)
}

pub(in crate::kit) fn hermetic_requests_are_refused(subject: &Subject) -> Checked {
    calls(subject, "send", 0x01f0_1f11)
}

pub(in crate::kit) fn hermetic_bodies_of_requests_come_back(subject: &Subject) -> Checked {
    calls(subject, "take-back", 0x0300_01c0)
}
