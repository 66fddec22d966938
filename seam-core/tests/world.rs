//! How a world satisfies an artifact's imports.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use seam_core::{
    Artifact, CoreExternType, CoreFuncType, CoreHostFunc, CoreItemKind, CoreModuleType, CoreSource,
    CoreType, ErrorKind, HostCall, ImportStatus, Interface, Limit, Limits, MemoryType,
    OutputStream, Result, Stub, Trap, Type, Value, World, WorldState,
};

/// Imports `a:b/c@1.0.0#f: func(x: u32) -> string`, `a:b/c@1.0.0#g: func()` and `h: func() -> u8`.
fn interface() -> Interface {
    let text = r#"(component
        (import "a:b/c@1.0.0" (instance
            (export "f" (func (param "x" u32) (result string)))
            (export "g" (func))))
        (import "h" (func (result u8))))"#;
    let artifact = Artifact::from_bytes("imports", wat::parse_str(text).unwrap()).unwrap();
    seam_decode::validate(&artifact).unwrap()
}

fn start(world: &World) -> WorldState {
    WorldState::new(world, &world.bind(&interface()).unwrap())
}

#[test]
fn one_error_names_all_missing_and_mismatched_imports() {
    let world = World::new().func("h", |(): ()| Ok(1u16));
    let error = world.bind(&interface()).unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Link);
    for part in [
        "missing import `a:b/c@1.0.0#f` of type func(x: u32) -> string",
        "missing import `a:b/c@1.0.0#g` of type func()",
        "import `h`: expected a host function of type func() -> u8, found one of type func() -> u16",
        "--stub",
    ] {
        assert!(error.message().contains(part), "{error}");
    }
    let report = world.stub(Stub::Trap).report(&interface());
    let status: Vec<_> = report.into_iter().map(|import| import.status).collect();
    assert_eq!(
        status[..2],
        [
            ImportStatus::Stubbed(Stub::Trap),
            ImportStatus::Stubbed(Stub::Trap)
        ]
    );
    assert!(matches!(status[2], ImportStatus::Mismatched(_)));
}

#[test]
fn a_compatible_version_defines_an_import() {
    let world = World::new()
        .stub(Stub::Trap)
        .func("a:b/c@1.3.0#f", |(x,): (u32,)| Ok(format!("three {x}")))
        .func("a:b/c@1.2.0#f", |(x,): (u32,)| Ok(format!("two {x}")));
    let result = start(&world).call(0, &[Value::U32(7)]).unwrap();
    assert_eq!(result, Some("three 7".into()));
    let other = World::new()
        .stub(Stub::Trap)
        .func("a:b/c@2.0.0#f", |(x,): (u32,)| Ok(x.to_string()));
    let error = start(&other).call(0, &[Value::U32(7)]).unwrap_err();
    assert!(
        matches!(error.as_trap(), Some(Trap::StubbedImport(name)) if &**name == "a:b/c@1.0.0#f")
    );
}

#[test]
fn the_longest_prefix_decides_a_stub_and_unused_stubs_are_listed() {
    let world = World::new()
        .stub(Stub::Trap)
        .stub_for("a:b", Stub::Deny)
        .stub_for("a:b/c@1.0.0#", Stub::Default);
    let mut state = start(&world);
    assert_eq!(state.observed().unused_stubs.len(), 3);
    assert_eq!(state.call(0, &[Value::U32(1)]).unwrap(), Some("".into()));
    assert_eq!(state.call(1, &[]).unwrap(), None);
    assert!(state.call(2, &[]).unwrap_err().as_trap().is_some());
    assert!(state.observed().unused_stubs.is_empty());
}

#[test]
fn state_is_made_afresh_for_every_instance() {
    let count = |count: &mut u8, (): ()| {
        *count += 1;
        Ok(*count)
    };
    let world = World::new().stub(Stub::Trap).func_with("h", || 0u8, count);
    for _ in 0..2 {
        let mut state = start(&world);
        assert_eq!(state.call(2, &[]).unwrap(), Some(Value::U8(1)));
        assert_eq!(state.call(2, &[]).unwrap(), Some(Value::U8(2)));
    }
}

#[test]
fn host_functions_share_the_state_of_their_instance() {
    let f = |call: &mut HostCall<'_>, _: &[Value]| -> Result<Option<Value>> {
        *call.state::<u8>()? += 40;
        call.output(OutputStream::Stdout, b"f")?;
        Ok(Some(call.name().to_string().into()))
    };
    let h = |call: &mut HostCall<'_>, _: &[Value]| Ok(Some(Value::U8(*call.state::<u8>()?)));
    let world = World::new()
        .stub(Stub::Trap)
        .limits(Limits::new().with_output(1))
        .state(|| 2u8)
        .func_values("a:b/c#f", None, h)
        .func_values("a:b/c@1.0.0#f", None, f)
        .func_values("h", None, h);
    let mut state = start(&world);
    let name = state.call(0, &[Value::U32(1)]).unwrap();
    assert_eq!(name, Some("a:b/c@1.0.0#f".into()));
    assert_eq!(state.call(2, &[]).unwrap(), Some(Value::U8(42)));
    assert_eq!(state.observed().stdout, b"f");
    let error = state.call(0, &[Value::U32(1)]).unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Limit(Limit::Output));
}

#[test]
fn a_panic_and_an_ill_typed_result_of_a_host_function_are_host_errors() {
    let world = World::new()
        .stub(Stub::Trap)
        .func("a:b/c@1.0.0#g", |(): ()| -> Result<()> {
            panic!("on purpose")
        })
        .func_values("h", None, |_, _| Ok(Some(Value::U16(1))));
    let mut state = start(&world);
    let error = state.call(1, &[]).unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Host);
    assert!(error.message().contains("panicked: on purpose"), "{error}");
    let error = state.call(2, &[]).unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Host);
    assert_eq!(error.message(), "result: expected u8, found u16");
    assert_eq!(error.operation(), Some("host function h"));
}

#[test]
fn calls_are_recorded_on_request() {
    let world = World::new().stub(Stub::Default);
    for record in [false, true] {
        let mut state = start(&world.clone().record(record));
        state.call(0, &[Value::U32(5)]).unwrap();
        let calls = &state.observed().host_calls;
        assert_eq!(calls.len(), usize::from(record));
        if let Some(call) = calls.first() {
            assert_eq!(call.name.to_string(), "a:b/c@1.0.0#f");
            assert_eq!(call.args, [Value::U32(5)]);
            assert_eq!(call.result, Ok(Some("".into())));
        }
    }
}

#[test]
fn an_asynchronous_host_function_is_waited_for() {
    let polls = Arc::new(AtomicU32::new(0));
    let seen = polls.clone();
    let world = World::new()
        .stub(Stub::Trap)
        .func_async("h", None, move |_| {
            let polls = seen.clone();
            std::future::poll_fn(move |cx| {
                if polls.fetch_add(1, Ordering::Relaxed) == 0 {
                    let waker = cx.waker().clone();
                    std::thread::spawn(move || waker.wake());
                    return std::task::Poll::Pending;
                }
                std::task::Poll::Ready(Ok(Some(Value::U8(9))))
            })
        });
    let mut state = start(&world);
    assert_eq!(state.call(2, &[]).unwrap(), Some(Value::U8(9)));
    assert!(polls.load(Ordering::Relaxed) >= 2);
}

#[test]
fn host_recursion_is_counted() {
    let world = World::new()
        .stub(Stub::Trap)
        .limits(Limits::new().with_host_depth(2));
    let mut state = start(&world);
    state.begin_host_call().unwrap();
    state.begin_host_call().unwrap();
    let error = state.begin_host_call().unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Limit(Limit::HostDepth));
    state.end_host_call();
    state.begin_host_call().unwrap();
}

#[test]
fn resources_of_the_host_are_dropped_by_their_destructor() {
    let world = World::new()
        .stub(Stub::Trap)
        .state(Vec::<u32>::new)
        .resource("a:b/c@1.0.0#r", |call, rep| {
            call.state::<Vec<u32>>()?.push(rep);
            Ok(())
        })
        .func_values("h", None, |call, _| {
            let dropped = call.state::<Vec<u32>>()?.len();
            Ok(Some(Value::U8(u8::try_from(dropped).unwrap())))
        });
    let mut state = start(&world);
    let name = "a:b/c@1.1.0#r".parse().unwrap();
    state.drop_resource(&name, 3).unwrap();
    assert_eq!(state.call(2, &[]).unwrap(), Some(Value::U8(1)));
    assert_eq!(world.resources().count(), 1);
    assert_eq!(
        Type::Own(world.resources().next().unwrap()).to_string(),
        "r"
    );
}

/// A core module whose imports are of every kind: with and without a component-level type, of the
/// world's functions, and of memories and globals.
fn core_imports() -> (Interface, CoreModuleType) {
    let text = r#"(module
        (import "env" "typed" (func (param i32) (result i32)))
        (import "env" "ill-typed" (func (param i64)))
        (import "env" "raw" (func (param i64)))
        (import "env" "ill-raw" (func (param f32)))
        (import "env" "vector" (func (param v128)))
        (import "env" "missing" (func))
        (import "other" "memory" (memory 1))
        (import "env" "memory" (memory 2)))"#;
    let artifact = Artifact::from_bytes("imports", wat::parse_str(text).unwrap()).unwrap();
    let module = seam_decode::module_type(artifact.bytes()).unwrap();
    (seam_decode::validate(&artifact).unwrap(), module)
}

#[test]
fn the_report_on_a_core_module_says_what_linking_does() {
    let raw = || CoreFuncType::new([CoreType::I64], []);
    let world = World::new()
        .func("env#typed", |(x,): (u32,)| Ok(x))
        .func("env#ill-typed", |(_,): (u32,)| Ok(()))
        .core_func("env", "raw", raw(), |_, _, _| Ok(()))
        .core_func("env", "ill-raw", raw(), |_, _, _| Ok(()))
        .core_item(
            "env",
            "memory",
            CoreItemKind::Memory(MemoryType::new(1, None)),
        );
    let (interface, module) = core_imports();
    let report = world.report(&interface);
    let status = |name: &str| {
        let found = report.iter().find(|it| it.name.to_string() == name);
        found
            .unwrap_or_else(|| panic!("no {name}: {report:?}"))
            .status
            .clone()
    };
    assert_eq!(report.len(), module.imports.len());
    assert_eq!(status("env#typed"), ImportStatus::Real);
    assert_eq!(status("env#raw"), ImportStatus::Real);
    assert_eq!(status("env#vector"), ImportStatus::Missing);
    assert_eq!(status("env#missing"), ImportStatus::Missing);
    assert_eq!(status("other#memory"), ImportStatus::Missing);
    for ill in ["env#ill-typed", "env#ill-raw", "env#memory"] {
        assert!(matches!(status(ill), ImportStatus::Mismatched(_)), "{ill}");
    }
    // Linking fails for the same imports and names them.
    let error = world.bind_core(&interface, &module).unwrap_err();
    for import in &report {
        let named = error.message().contains(&format!("`{}`", import.name));
        assert_eq!(
            named,
            import.status != ImportStatus::Real,
            "{import:?}: {error}"
        );
    }
    // What the report calls real is linked.
    let stubbed = world.stub(Stub::Trap);
    let real =
        |name: &&(Arc<str>, Arc<str>, CoreExternType)| ["typed", "vector"].contains(&&*name.1);
    let fitting = CoreModuleType {
        imports: module.imports.iter().filter(real).cloned().collect(),
        ..CoreModuleType::default()
    };
    let text = r#"(module
        (import "env" "typed" (func (param i32) (result i32)))
        (import "env" "vector" (func (param v128))))"#;
    let artifact = Artifact::from_bytes("fits", wat::parse_str(text).unwrap()).unwrap();
    let bound = stubbed
        .bind_core(&seam_decode::validate(&artifact).unwrap(), &fitting)
        .unwrap();
    assert!(matches!(bound.sources[0], CoreSource::Bound(0, _)));
    assert!(matches!(
        bound.sources[1],
        CoreSource::Stub(_, _, Stub::Trap)
    ));
}

/// A world whose rule defines `env.f$..` for modules with an export, with the type of `ty`.
fn by_rule(ty: CoreFuncType) -> World {
    World::new().core_funcs("env", move |field, module| {
        if !field.starts_with("f$") {
            return Ok(None);
        }
        let [(name, _)] = &module.exports[..] else {
            return Err(seam_core::Error::link("expected one export"));
        };
        assert_eq!(&**name, "run");
        Ok(Some(CoreHostFunc::new(ty.clone(), |_, _, _| Ok(()))))
    })
}

#[test]
fn a_rule_defines_the_fields_of_a_host_module() {
    let (with_export, without) = ("(export \"run\" (func 0))", "");
    let decoded = |field: &str, ty: &str, export: &str| {
        let text = format!("(module (import \"env\" \"{field}\" (func {ty})) {export})");
        let artifact = Artifact::from_bytes("rule", wat::parse_str(text).unwrap()).unwrap();
        seam_decode::validate(&artifact).unwrap()
    };
    let number = CoreFuncType::new([CoreType::I32], []);
    let world = by_rule(number.clone());
    // Also a type that has no component-level form.
    let vector = CoreFuncType::new([CoreType::V128], []);
    let vectors = by_rule(vector);
    for (world, field, ty, export, expected) in [
        (&world, "f$1", "(param i32)", with_export, Ok(())),
        (&vectors, "f$1", "(param v128)", with_export, Ok(())),
        (
            &world,
            "g",
            "(param i32)",
            with_export,
            Err("missing import `env#g`"),
        ),
        (
            &world,
            "f$1",
            "(param i64)",
            with_export,
            Err("expected (func (param i64))"),
        ),
        (
            &world,
            "f$1",
            "(param i32)",
            without,
            Err("import `env#f$1`: expected one export"),
        ),
        (
            &vectors,
            "f$1",
            "(param v128)",
            without,
            Err("import `env#f$1`: expected one export"),
        ),
    ] {
        let interface = decoded(field, ty, export);
        let module = &interface.core_instances()[0].module;
        let bound = world.bind_core(&interface, module);
        let report = world.report(&interface);
        match (bound, expected) {
            (Ok(bound), Ok(())) => {
                assert!(
                    matches!(bound.sources[0], CoreSource::Func(..)),
                    "{bound:?}"
                );
                assert_eq!(report[0].status, ImportStatus::Real);
            }
            (Err(error), Err(part)) => {
                assert_eq!(*error.kind(), ErrorKind::Link);
                assert!(error.message().contains(part), "{error}");
                assert_ne!(report[0].status, ImportStatus::Real);
            }
            (bound, _) => panic!("{field} {ty} {export}: {bound:?}"),
        }
    }
    // An item of the world is more specific than a rule, and a stub is less.
    let interface = decoded("f$1", "(param i32)", with_export);
    let module = &interface.core_instances()[0].module;
    let item = world
        .clone()
        .core_func("env", "f$1", number, |_, _, _| Ok(()));
    let bound = item.bind_core(&interface, module).unwrap();
    assert!(matches!(bound.sources[0], CoreSource::Item(0, Some(0))));
    let stubbed = decoded("g", "(param i32)", with_export);
    let report = world.stub(Stub::Trap).report(&stubbed);
    assert_eq!(report[0].status, ImportStatus::Stubbed(Stub::Trap));
}

#[test]
fn output_is_shown_as_it_comes_and_captured_all_the_same() {
    let shown = Arc::new(std::sync::Mutex::new(Vec::new()));
    let seen = shown.clone();
    let world = World::new()
        .stub(Stub::Trap)
        .limits(Limits::new().with_output(3))
        .on_output(move |stream, bytes| seen.lock().unwrap().push((stream, bytes.to_vec())))
        .func_values("h", None, |call: &mut HostCall<'_>, _| {
            call.output(OutputStream::Stdout, b"ab")?;
            call.output(OutputStream::Stderr, b"c")?;
            call.output(OutputStream::Stderr, b"d")?;
            Ok(Some(Value::U8(1)))
        });
    let mut state = start(&world);
    let error = state.call(2, &[]).unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Limit(Limit::Output));
    let pieces = [
        (OutputStream::Stdout, b"ab".to_vec()),
        (OutputStream::Stderr, b"c".to_vec()),
    ];
    assert_eq!(*shown.lock().unwrap(), pieces);
    assert_eq!(state.observed().interleaved, pieces);
}
