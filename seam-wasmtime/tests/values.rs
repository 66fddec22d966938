//! Typed calls of components.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod support;

use seam_core::{Backend, BackendExt, Capability, ErrorKind, InstanceExt, Value, World};
use seam_wasmtime::Wasmtime;
use support::{fixture, instance, sample, wat};

#[test]
fn every_type_makes_the_round_trip() {
    let artifact = fixture("types/types.wasm");
    let mut echo = instance(&Wasmtime::new(), &artifact, &World::new());
    let interface = seam_decode::validate(&artifact).unwrap();
    let mut checked = 0;
    for (name, ty) in interface.export_funcs() {
        let Some(result) = &ty.result else { continue };
        if !name.item().starts_with("echo-") {
            continue;
        }
        for seed in 0..12 {
            let value = sample(result, seed);
            let func = echo.func(name).unwrap();
            let found = echo.call_blocking(&func, std::slice::from_ref(&value));
            assert_eq!(found.unwrap(), Some(value), "{name}");
            checked += 1;
        }
    }
    assert!(checked > 500, "{checked}");
}

#[test]
fn arguments_and_results_past_the_flat_limits_pass_through_memory() {
    let mut types = instance(
        &Wasmtime::new(),
        &fixture("types/types.wasm"),
        &World::new(),
    );
    let func = types.resolve("test:types/echo@1.0.0#many").unwrap();
    let params = func.ty().params.clone();
    let args: Vec<Value> = (params.iter().enumerate())
        .map(|(i, (_, ty))| sample(ty, i))
        .collect();
    let found = types.call_blocking(&func, &args).unwrap();
    let tuples = args.chunks(6).map(|six| Value::Tuple(six.to_vec()));
    assert_eq!(found, Some(Value::list(tuples)));
}

#[test]
fn strings_and_lists_are_computed_with() {
    let mut greet = instance(
        &Wasmtime::new(),
        &fixture("greet/greet.wasm"),
        &World::new(),
    );
    let tags = Value::list(["a", "b"].map(Value::from));
    let hello = greet.call_blocking("test:guest/strs#greet", &["bob".into(), tags]);
    assert_eq!(hello.unwrap(), Some("hello bob [a, b]".into()));
    let bytes: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    let sum: u64 = bytes.iter().map(|b| u64::from(*b)).sum();
    let total = greet.call_blocking("test:guest/strs#bytes-sum", &[bytes.into()]);
    assert_eq!(total.unwrap(), Some(Value::U64(sum)));
}

#[test]
fn typed_calls_take_rust_types() {
    let mut greet = instance(
        &Wasmtime::new(),
        &fixture("greet/greet.wasm"),
        &World::new(),
    );
    let args = ("bob".to_string(), vec!["a".to_string()]);
    let hello: String = greet
        .call_typed_blocking("test:guest/strs#greet", args)
        .unwrap();
    assert_eq!(hello, "hello bob [a]");
}

#[test]
fn an_ill_typed_argument_is_misuse_and_harms_nothing() {
    let mut greet = instance(
        &Wasmtime::new(),
        &fixture("greet/greet.wasm"),
        &World::new(),
    );
    let tags = Value::list([Value::U32(1)]);
    let error = greet
        .call_blocking("test:guest/strs#greet", &["bob".into(), tags])
        .unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Misuse);
    assert!(error.message().contains("argument 2"), "{error}");
    let shout = greet
        .call_blocking("test:guest/strs#shout", &["a".into()])
        .unwrap();
    assert_eq!(shout, Some("A".into()));
}

#[test]
fn errors_name_backend_and_operation() {
    let mut greet = instance(
        &Wasmtime::new(),
        &fixture("greet/greet.wasm"),
        &World::new(),
    );
    let error = greet
        .call_blocking("test:guest/strs#gret", &[])
        .unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Misuse);
    assert_eq!(error.backend(), Some("wasmtime"));
    assert!(error.message().contains("test:guest/strs#greet"), "{error}");
}

#[test]
fn a_function_of_another_instance_is_misuse() {
    let artifact = fixture("greet/greet.wasm");
    let program = Wasmtime::new().load_blocking(&artifact).unwrap();
    let make = || seam_core::ProgramExt::instantiate_blocking(&*program, &World::new()).unwrap();
    let (mut one, mut other) = (make(), make());
    let func = one.resolve("test:guest/strs#shout").unwrap();
    let error = other.call_blocking(&func, &["a".into()]).unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Misuse);
}

#[test]
fn maps_and_fixed_length_lists_make_the_round_trip() {
    // Both are in memory as the host wrote them, so returning the pointer returns the value.
    let artifact = wat(r#"(component
          (core module $m
            (memory (export "memory") 1)
            (global $next (mut i32) (i32.const 64))
            (func (export "realloc") (param i32 i32 i32 i32) (result i32)
              (global.set $next (i32.and (i32.add (global.get $next) (i32.const 15)) (i32.const -16)))
              (global.get $next)
              (global.set $next (i32.add (global.get $next) (local.get 3))))
            (func (export "map") (param i32 i32) (result i32)
              (i32.store (i32.const 8) (local.get 0))
              (i32.store (i32.const 12) (local.get 1))
              (i32.const 8))
            (func (export "three") (param i32 i32 i32) (result i32)
              (i32.store (i32.const 8) (local.get 0))
              (i32.store (i32.const 12) (local.get 1))
              (i32.store (i32.const 16) (local.get 2))
              (i32.const 8)))
          (core instance $i (instantiate $m))
          (type $map (map string u32))
          (type $three (list u32 3))
          (func (export "map") (param "m" $map) (result $map)
            (canon lift (core func $i "map") (memory (core memory $i "memory")) (realloc (core func $i "realloc"))))
          (func (export "three") (param "l" $three) (result $three)
            (canon lift (core func $i "three") (memory (core memory $i "memory")))))"#);
    let mut echo = instance(&Wasmtime::new(), &artifact, &World::new());
    let map = Value::Map(vec![
        ("a".into(), Value::U32(1)),
        ("b".into(), Value::U32(2)),
    ]);
    let back = echo
        .call_blocking("map", std::slice::from_ref(&map))
        .unwrap();
    assert_eq!(back, Some(map));
    let three = Value::from(vec![1_u32, 2, 3]);
    let back = echo
        .call_blocking("three", std::slice::from_ref(&three))
        .unwrap();
    assert_eq!(back, Some(three));
}

#[test]
fn frames_count_from_the_start_of_the_guests_module() {
    let module = r#"(module $inner (func $deep unreachable) (func (export "trap") call $deep))"#;
    let plain = wat(module);
    let inner = module.replacen("(module", "(core module", 1);
    let nested = wat(&format!(
        r#"(component
          {inner}
          (core instance $i (instantiate $inner))
          (func (export "trap") (canon lift (core func $i "trap"))))"#
    ));
    let frames = |artifact| {
        let mut guest = instance(&Wasmtime::new(), artifact, &World::new());
        let error = guest.call_blocking("trap", &[]).unwrap_err();
        assert!(error.frames().len() >= 2, "{error:?}");
        error.frames()[..2].to_vec()
    };
    assert_eq!(frames(&plain), frames(&nested));
    assert_eq!(frames(&nested)[0].func_name.as_deref(), Some("deep"));
}

#[test]
fn bytes_that_are_no_component_are_invalid_with_an_offset() {
    let greet = fixture("greet/greet.wasm");
    let cut = &greet.bytes()[..greet.bytes().len() / 2];
    let cut = seam_core::Artifact::from_bytes("cut", cut).unwrap();
    let error = Wasmtime::new().load_blocking(&cut).err().unwrap();
    assert!(
        matches!(error.kind(), ErrorKind::Invalid { offset: Some(_) }),
        "{error:?}"
    );
}

#[test]
fn what_no_build_has_is_unsupported() {
    let wanted = [Capability::CustomDescriptors].into();
    assert!(Wasmtime::new().rebuilt_with(&wanted).is_none());
    let wanted = [Capability::Fuel, Capability::InnerGlobals].into();
    let built = Wasmtime::new().rebuilt_with(&wanted).unwrap().unwrap();
    assert!(built.info().capabilities.has(Capability::Fuel));
    assert!(built.info().capabilities.has(Capability::InnerGlobals));
}
