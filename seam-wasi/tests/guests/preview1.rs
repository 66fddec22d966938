//! Modules of preview1: the same world, through the adapter.

use seam_core::{InstanceExt, Value, World};
use seam_tests::fixtures;
use seam_wasi::{FileTree, Wasi};
use seam_wasmtime::Wasmtime;

use crate::support::{args, see};

#[test]
fn a_command_has_its_own_exit_code() {
    for code in [0, 1, 42, 255] {
        let wasi = args("tour", &["exit", &code.to_string()]);
        let world = wasi.add_to(World::new()).unwrap();
        let seen = see(&Wasmtime::new(), &fixtures::tour().unwrap(), &world);
        assert_eq!(seen.ended, Ok(code));
    }
}

#[test]
fn the_module_and_the_component_do_the_same() {
    for words in [["files", "/"].as_slice(), &["time"], &["chance"]] {
        let world = args("tour", words).add_to(World::new()).unwrap();
        let module = see(&Wasmtime::new(), &fixtures::tour().unwrap(), &world);
        let component = see(
            &Wasmtime::new(),
            &fixtures::tour_component().unwrap(),
            &world,
        );
        assert_eq!(module.ended, Ok(0));
        assert_eq!(module, component);
        assert!(FileTree::of(&module.observed).is_some());
    }
}

#[test]
fn a_reactor_prints_into_the_hermetic_world() {
    use seam_core::BackendExt;
    let world = Wasi::hermetic().add_to(World::new()).unwrap();
    let reactor = fixtures::reactor().unwrap();
    let mut reactor = Wasmtime::new()
        .instantiate_blocking(&reactor, &world)
        .unwrap();
    let initialized = reactor.invoke("initialized", &[]).unwrap();
    assert_eq!(initialized, Some(Value::S32(1)));
    reactor.invoke("hello", &[]).unwrap();
    assert_eq!(reactor.observed().stdout, b"hello from the reactor\n");
}
