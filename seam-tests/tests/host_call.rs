//! Host functions over Rust types see the call: shared state, output, and asynchronous ones.
#![allow(clippy::unwrap_used, reason = "tests")]

use seam_core::typed::{Liftable, Typed};
use seam_core::{Artifact, Backend, BackendExt, InstanceExt, OutputStream, World};
use seam_wasmi::Wasmi;
use seam_wasmtime::Wasmtime;

#[derive(Typed, Liftable)]
struct Point {
    x: i32,
    y: i32,
}

fn backends() -> [Box<dyn Backend>; 2] {
    [Box::new(Wasmi::new()), Box::new(Wasmtime::new())]
}

/// `run` hands a point to the host and gives back what the host makes of it.
const HOSTED: &str = r#"(component
  (import "test:host/points@1.0.0" (instance $points
    (type $point' (record (field "x" s32) (field "y" s32)))
    (export "point" (type $point (eq $point')))
    (export "mirror" (func (param "p" $point) (result s32)))
    (export "later" (func (param "p" $point) (result s32)))))
  (core func $mirror (canon lower (func $points "mirror")))
  (core func $later (canon lower (func $points "later")))
  (core module $m
    (import "" "mirror" (func $mirror (param i32 i32) (result i32)))
    (import "" "later" (func $later (param i32 i32) (result i32)))
    (func (export "run") (result i32)
      (i32.add (call $mirror (i32.const 3) (i32.const 4)) (call $later (i32.const 5) (i32.const 6)))))
  (core instance $i (instantiate $m (with "" (instance
    (export "mirror" (func $mirror)) (export "later" (func $later))))))
  (func (export "run") (result s32) (canon lift (core func $i "run"))))"#;

#[test]
fn host_functions_over_rust_types_see_the_call() {
    let world = World::new()
        .state(|| 0i32)
        .func_call("test:host/points@1.0.0#mirror", |call, (p,): (Point,)| {
            *call.state::<i32>()? += p.x;
            call.output(OutputStream::Stdout, b"mirrored")?;
            Ok(*call.state::<i32>()? + p.y)
        })
        .func_call_async("test:host/points@1.0.0#later", |call, (p,): (Point,)| {
            let state = call.state::<i32>().map(|state| *state);
            async move { Ok(state? * 100 + p.x + p.y) }
        });
    let artifact = Artifact::from_wat("hosted", HOSTED).unwrap();
    for backend in backends() {
        let mut instance = backend.instantiate_blocking(&artifact, &world).unwrap();
        let found: i32 = instance.call_typed_blocking("run", ()).unwrap();
        assert_eq!(found, (3 + 4) + (3 * 100 + 5 + 6));
        assert_eq!(instance.observed().stdout, b"mirrored");
    }
}
