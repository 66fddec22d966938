//! Preview1 modules in the hermetic world, through the adapter.

use seam_core::{
    Backend, BackendExt, CorePath, CoreValue, ErrorKind, InstanceExt, Limit, Limits, Memories,
    Origin, ProgramExt, Query, Value, World,
};
use seam_tests::fixtures;
use seam_wasi::{FileTree, Preview1, Wasi};
use seam_wasmi::Wasmi;
use seam_wasmtime::Wasmtime;

use crate::support::{agree_on, args, see};

/// Returns every backend with support for preview1 modules. The native backend has it built in.
fn backends() -> Vec<Box<dyn Backend>> {
    vec![
        Box::new(Wasmtime::new()),
        Box::new(Preview1::over(Wasmtime::layered())),
        Box::new(Preview1::over(Wasmi::new())),
    ]
}

fn hermetic(words: &[&str]) -> World {
    args("tour", words).add_to(World::new()).unwrap()
}

#[test]
fn a_command_has_its_own_exit_code() {
    let guest = fixtures::tour().unwrap();
    for code in [0, 1, 42, 255] {
        let world = hermetic(&["exit", &code.to_string()]);
        assert_eq!(agree_on(backends(), &guest, world).ended, Ok(code));
    }
}

#[test]
fn a_module_is_one_core_instance_and_its_adapters_do_not_count() {
    let guest = fixtures::tour().unwrap();
    for backend in backends() {
        let program = backend.load_blocking(&guest).unwrap();
        let instantiate = |instances| {
            let limits = Limits::new().with_instances(instances);
            let world = hermetic(&["exit", "3"]).limits(limits);
            program.instantiate_blocking(&world)
        };
        let exit = instantiate(1).unwrap().run_blocking().unwrap();
        assert_eq!(exit.code, 3);
        let error = instantiate(0).map(drop).unwrap_err().error;
        assert_eq!(*error.kind(), ErrorKind::Limit(Limit::Instances));
    }
}

#[test]
fn the_module_and_the_component_do_the_same_on_every_backend() {
    let (module, component) = (
        fixtures::tour().unwrap(),
        fixtures::tour_component().unwrap(),
    );
    for words in [
        ["files", "/"].as_slice(),
        &["time"],
        &["chance"],
        &["panic"],
    ] {
        let world = hermetic(words).record(true);
        let seen = agree_on(backends(), &module, world.clone());
        assert_eq!(seen, see(&Wasmi::new(), &component, &world));
        assert!(FileTree::of(&seen.observed).is_some());
    }
}

#[test]
fn a_reactor_is_initialised_once_and_presented_as_a_core_module() {
    let world = Wasi::hermetic().add_to(World::new()).unwrap();
    let reactor = fixtures::reactor().unwrap();
    for backend in backends() {
        let mut it = backend.instantiate_blocking(&reactor, &world).unwrap();
        for count in 1..3 {
            assert_eq!(
                it.call_blocking("counter_next", &[]).unwrap(),
                Some(Value::S32(count))
            );
            assert_eq!(
                it.call_blocking("initialized", &[]).unwrap(),
                Some(Value::S32(1))
            );
        }
        it.call_blocking("hello", &[]).unwrap();
        assert_eq!(it.observed().stdout, b"hello from the reactor\n");
        assert_eq!(*it.run_blocking().unwrap_err().kind(), ErrorKind::Misuse);
        let cores = it.cores().unwrap();
        let main = cores.iter().filter(|core| core.origin == Origin::Main);
        let paths: Vec<_> = main.map(|core| core.path.to_string()).collect();
        assert_eq!(paths, ["0"]);
        let at = CorePath::new([0]);
        let next = it.call_core(&at, "counter_next", &[]).unwrap();
        assert_eq!(next, [CoreValue::I32(3)]);
        let unknown = it.call_core(&CorePath::new([99]), "counter_next", &[]);
        assert_eq!(*unknown.unwrap_err().kind(), ErrorKind::Misuse);
        it.write_memory(&at, "memory", 1024, b"seam").unwrap();
        assert_eq!(it.read_memory(&at, "memory", 1024, 4).unwrap(), b"seam");
        let query = Query::new().with_memories(Memories::Digest);
        let snapshot = it.snapshot(&query).unwrap();
        let paths: Vec<_> = snapshot
            .instances
            .iter()
            .map(|core| core.path.to_string())
            .collect();
        assert_eq!(paths, ["0"]);
        assert!(snapshot.instances[0].memories.contains_key("memory"));
    }
}

#[test]
fn snapshots_of_a_command_agree() {
    let guest = fixtures::tour().unwrap();
    let world = hermetic(&["streams"]);
    let memories = backends().into_iter().map(|backend| {
        let mut it = backend.instantiate_blocking(&guest, &world).unwrap();
        it.run_blocking().unwrap();
        it.snapshot(&Query::new().with_memories(Memories::Digest))
            .unwrap()
    });
    let memories: Vec<_> = memories.collect();
    assert_eq!(memories[0], memories[1]);
    assert_eq!(memories[0], memories[2]);
}

#[test]
fn a_world_that_defines_preview1_itself_gets_the_module_unwrapped() {
    let wat = r#"(module
        (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
        (func (export "yield") (result i32) (call $yield)))"#;
    let guest = seam_core::Artifact::from_wat("yield", wat).unwrap();
    let own = |(): ()| Ok(7i32);
    let world = Wasi::hermetic().add_to(World::new()).unwrap();
    let world = world.func("wasi_snapshot_preview1#sched_yield", own);
    for backend in backends() {
        let mut it = backend.instantiate_blocking(&guest, &world).unwrap();
        assert_eq!(it.call_blocking("yield", &[]).unwrap(), Some(Value::S32(7)));
    }
    let missing = Preview1::over(Wasmi::new()).instantiate_blocking(&guest, &World::new());
    assert_eq!(*missing.map(|_| ()).unwrap_err().kind(), ErrorKind::Link);
}

#[test]
fn a_module_with_a_component_type_section_is_called_with_its_types() {
    let module = fixtures::lines_module().unwrap().with_component_type();
    let component = fixtures::lines().unwrap();
    let world = || {
        let wasi = args("lines", &[]).env("TAIL", "end");
        wasi.add_to(World::new()).unwrap()
    };
    let number = "test:wasi/lines@0.1.0#number";
    for backend in backends() {
        let mut oracle = backend.instantiate_blocking(&component, &world()).unwrap();
        let mut instance = backend.instantiate_blocking(&module, &world()).unwrap();
        for lines in [["a", "b"], ["", "\u{e9}"]] {
            let lines = Value::list(lines.map(Value::from));
            let found = instance.call_blocking(number, std::slice::from_ref(&lines));
            let expected = oracle.call_blocking(number, &[lines]).unwrap();
            assert_eq!(found.unwrap(), expected);
        }
        assert_eq!(instance.observed(), oracle.observed());
        assert_eq!(instance.observed().stderr, b"lines: 2\nlines: 2\n");
        let typed: u32 = instance
            .call_typed_blocking("test:wasi/lines@0.1.0#numbered", ())
            .unwrap();
        assert_eq!(typed, 4);
        // It is still the module, with its core instance at `0`.
        let main = CorePath::new([0]);
        let core = instance.call_core(&main, "test:wasi/lines@0.1.0#numbered", &[]);
        assert_eq!(core.unwrap(), [CoreValue::I32(4)]);
    }
}
