//! The operating system's WASI: components of WASI 0.2, and preview1 modules.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod support;

use seam_core::{
    ErrorKind, Exit, Instance, InstanceExt, Origin, Query, SystemWasi, Trap, Value, World, block_on,
};
use seam_wasi::Wasi;
use seam_wasmtime::Wasmtime;
use support::{fixture, instance, refusal, shared, wat};

const BOTH: [&str; 2] = ["command/command.component.wasm", "command/command.wasm"];

fn wasi(args: &[&str]) -> SystemWasi {
    SystemWasi::new()
        .args(["command"])
        .args(args.iter().copied())
}

fn command(path: &'static str, wasi: SystemWasi) -> Box<dyn Instance> {
    shared(path, &World::new().system_wasi(wasi))
}

fn stdout(guest: &mut Box<dyn Instance>) -> String {
    String::from_utf8(guest.observed().stdout.clone()).unwrap()
}

#[test]
fn arguments_environment_and_input_reach_the_guest() {
    for path in BOTH {
        let run = |wasi| {
            let mut guest = command(path, wasi);
            assert_eq!(guest.run_blocking().unwrap(), Exit::new(0), "{path}");
            stdout(&mut guest)
        };
        assert_eq!(run(wasi(&[])), "hello from the guest\n");
        assert_eq!(run(wasi(&["args", "a b", "c"])), "a b\nc\n");
        assert_eq!(
            run(wasi(&["env"]).env("K", "V").env("A", "B")),
            "A=B\nK=V\n"
        );
        assert_eq!(run(wasi(&["cat"]).stdin("some\ninput")), "some\ninput");
    }
}

#[test]
fn both_streams_are_captured() {
    for path in BOTH {
        let mut guest = command(path, wasi(&["both"]));
        guest.run_blocking().unwrap();
        let observed = guest.observed();
        assert_eq!(observed.stdout, b"to stdout\n", "{path}");
        assert_eq!(observed.stderr, b"to stderr\n", "{path}");
    }
}

#[test]
fn a_preview1_commands_own_exit_code_comes_out() {
    for code in [0, 1, 3, 42, 255, 300] {
        let mut guest = command("command/command.wasm", wasi(&["exit", &code.to_string()]));
        assert_eq!(guest.run_blocking().unwrap(), Exit::new(code));
    }
}

#[test]
fn a_component_gives_success_or_failure() {
    for (code, expected) in [(0, 0), (3, 1)] {
        let path = "command/command.component.wasm";
        let mut guest = command(path, wasi(&["exit", &code.to_string()]));
        assert_eq!(guest.run_blocking().unwrap(), Exit::new(expected));
    }
    for (path, expected) in [("run-only/run-only.wasm", 0), ("run-only/run-err.wasm", 1)] {
        let mut guest = instance(&Wasmtime::new(), &fixture(path), &World::new());
        assert_eq!(guest.run_blocking().unwrap(), Exit::new(expected), "{path}");
    }
}

#[test]
fn a_trap_of_a_command_is_a_trap() {
    for path in BOTH {
        let mut guest = command(path, wasi(&["trap"]));
        let error = guest.run_blocking().unwrap_err();
        assert_eq!(error.as_trap(), Some(&Trap::Unreachable), "{path}");
        let mut guest = command(path, wasi(&["div"]));
        let error = guest.run_blocking().unwrap_err();
        assert_eq!(error.as_trap(), Some(&Trap::IntegerDivideByZero), "{path}");
    }
}

#[test]
fn folders_are_opened_with_their_rights() {
    let dir = std::env::temp_dir().join(format!("seam-wasmtime-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    for path in BOTH {
        let run = |args: &[&str], writable| {
            let mut guest = command(path, wasi(args).dir(&dir, "/data", writable));
            (guest.run_blocking().unwrap().code, stdout(&mut guest))
        };
        assert_eq!(run(&["write", "/data/f", "text"], true).0, 0, "{path}");
        assert_eq!(
            run(&["read", "/data/f"], false),
            (0, "text".into()),
            "{path}"
        );
        assert_eq!(run(&["write", "/data/g", "text"], false).0, 1, "{path}");
        assert_eq!(run(&["read", "/elsewhere"], false).0, 1, "{path}");
    }
    std::fs::remove_dir_all(&dir).unwrap();
}

#[test]
fn a_folder_that_is_not_there_is_refused() {
    let world = World::new().system_wasi(SystemWasi::new().dir("/no/such/folder", "/", false));
    let error = refusal(&Wasmtime::new(), &fixture(BOTH[0]), &world);
    assert_eq!(*error.kind(), ErrorKind::Link);
    assert!(error.message().contains("/no/such/folder"), "{error}");
}

#[test]
fn blocking_calls_work_inside_an_executor() {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let current = builder.build().unwrap();
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let several = builder.worker_threads(1).build().unwrap();
    for path in BOTH {
        let run = async || {
            let mut guest = command(path, wasi(&["cat"]).stdin("input"));
            assert_eq!(guest.run_blocking().unwrap(), Exit::new(0));
            stdout(&mut guest)
        };
        assert_eq!(current.block_on(run()), "input");
        assert_eq!(several.block_on(run()), "input");
    }
}

#[test]
fn calls_can_be_awaited_inside_an_executor_and_outside() {
    let run = async || {
        let mut guest = command(BOTH[0], wasi(&["time"]));
        assert_eq!(guest.run().await.unwrap(), Exit::new(0));
        assert!(stdout(&mut guest).contains("advances true"));
    };
    block_on(run());
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.build().unwrap().block_on(run());
}

#[test]
fn a_function_of_the_world_can_stand_for_one_of_wasis() {
    let world = World::new()
        .system_wasi(wasi(&["env"]).env("K", "V"))
        .func("wasi:cli/environment@0.2.0#get-environment", |(): ()| {
            Ok(vec![("FROM".to_string(), "the world".to_string())])
        });
    let mut guest = shared(BOTH[0], &world);
    assert_eq!(guest.run_blocking().unwrap(), Exit::new(0));
    assert_eq!(stdout(&mut guest), "FROM=the world\n");
}

#[test]
fn a_wrapped_module_is_reported_as_what_it_is() {
    let world = World::new().system_wasi(SystemWasi::new());
    let mut guest = shared("reactor/reactor.wasm", &world);
    let cores = guest.cores().unwrap();
    assert_eq!(cores[0].path.to_string(), "0");
    assert_eq!(cores[0].origin, Origin::Main);
    assert!(cores.iter().skip(1).all(|core| core.origin != Origin::Main));
    assert!(cores.iter().any(|core| core.origin == Origin::Adapter));
    let snapshot = guest.snapshot(&Query::new()).unwrap();
    assert_eq!(snapshot.instances.len(), 1);
    assert_eq!(
        guest.call_blocking("initialized", &[]).unwrap(),
        Some(Value::S32(1))
    );
    for expected in [1, 2] {
        let next = guest.call_blocking("counter_next", &[]).unwrap();
        assert_eq!(next, Some(Value::S32(expected)));
    }
    guest.call_blocking("hello", &[]).unwrap();
    assert_eq!(stdout(&mut guest), "hello from the reactor\n");
}

#[test]
fn a_reactor_has_nothing_to_run() {
    let world = World::new().system_wasi(SystemWasi::new());
    let mut guest = shared("reactor/reactor.wasm", &world);
    let error = guest.run_blocking().unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Misuse);
    assert!(error.message().contains("counter_next"), "{error}");
}

#[test]
fn without_a_system_a_preview1_module_is_a_core_module() {
    let error = refusal(
        &Wasmtime::new(),
        &fixture("command/command.wasm"),
        &World::new(),
    );
    assert_eq!(*error.kind(), ErrorKind::Link);
    assert!(
        error.message().contains("wasi_snapshot_preview1#args_get"),
        "{error}"
    );
    let artifact = wat(r#"(module
          (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
          (func (export "_start") (call $exit (i32.const 7))))"#);
    let world = World::new().func("wasi_snapshot_preview1#proc_exit", |(code,): (i32,)| {
        Err::<(), _>(seam_core::Error::exit(code))
    });
    let mut guest = instance(&Wasmtime::new(), &artifact, &world);
    assert_eq!(guest.run_blocking().unwrap(), Exit::new(7));
}

#[test]
fn a_hermetic_world_shows_the_same_as_the_systems() {
    for path in BOTH {
        for args in [&["args", "a", "b"][..], &["both"], &["cat"], &["env"]] {
            let system = wasi(args).env("K", "V").stdin("input");
            let hermetic = Wasi::hermetic()
                .args(["command"])
                .args(args.iter().copied())
                .env("K", "V")
                .stdin("input");
            let hermetic = hermetic.add_to(World::new()).unwrap();
            let run = |world: &World| {
                let mut guest = shared(path, world);
                let exit = guest.run_blocking().unwrap();
                let observed = guest.observed();
                (exit, observed.stdout.clone(), observed.stderr.clone())
            };
            let system = World::new().system_wasi(system);
            assert_eq!(run(&hermetic), run(&system), "{path} {args:?}");
        }
    }
}

#[test]
fn a_preview1_commands_own_exit_code_comes_out_of_a_hermetic_world() {
    let hermetic = Wasi::hermetic().args(["command", "exit", "42"]);
    let world = hermetic.add_to(World::new()).unwrap();
    let mut guest = shared("command/command.wasm", &world);
    assert_eq!(guest.run_blocking().unwrap(), Exit::new(42));
}
