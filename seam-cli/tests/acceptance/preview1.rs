//! The list of backends that a command is made of.

use seam_core::{Backend, BackendExt, ErrorKind, World};
use seam_tests::fixtures;
use seam_wasi::Wasi;
use seam_wasmi::Wasmi;
use seam_wasmtime::Wasmtime;

#[test]
fn each_backend_of_a_list_runs_preview1_modules() {
    let command = fixtures::command().unwrap();
    let world = || {
        let wasi = Wasi::hermetic().args(["command", "args", "one"]);
        wasi.add_to(World::new()).unwrap()
    };
    let alone = Wasmi::new();
    assert!(!alone.runs_preview1());
    let error = alone
        .instantiate_blocking(&command, &world())
        .err()
        .unwrap();
    assert_eq!(*error.kind(), ErrorKind::Link);

    let list = seam_cli::backends![Wasmi::new(), Wasmtime::layered(), &alone];
    assert_eq!(list.len(), 3);
    for backend in list {
        assert!(backend.runs_preview1());
        let mut instance = backend.instantiate_blocking(&command, &world()).unwrap();
        assert_eq!(instance.run_blocking().unwrap().code, 0);
        let stdout = String::from_utf8_lossy(&instance.observed().stdout).into_owned();
        assert_eq!(stdout, "one\n", "{}", backend.info().name);
    }
}
