//! `seam run`.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::support::{BACKENDS, Scratch, fixture, seam, seam_with_input};

/// The command as a component, and as the preview1 module from which it was made.
const COMMANDS: [&str; 2] = ["command/command.component.wasm", "command/command.wasm"];

#[test]
fn a_command_prints_and_exits() {
    for command in COMMANDS.map(fixture) {
        seam(["run", &command])
            .with_status(0)
            .printing("hello from the guest\n");
        let both = seam(["run", &command, "--", "both"]).with_status(0);
        assert_eq!(both.stdout, "to stdout\n");
        assert_eq!(both.stderr, "to stderr\n");
        // After a failed operation, the guest exits with 1 and prints its own message.
        let failed = seam(["run", &command, "--", "read", "/nowhere"]).with_status(1);
        assert!(!failed.stderr.contains("error:"), "{failed:#?}");
    }
}

#[test]
fn a_command_is_entered_at_wasi_cli_run() {
    seam(["run", &fixture("run-only/run-only.wasm")])
        .with_status(0)
        .printing("");
    seam(["run", &fixture("run-only/run-err.wasm")]).with_status(1);
}

#[test]
fn a_command_sees_arguments_environment_and_stdin() {
    for command in COMMANDS.map(fixture) {
        seam(["run", &command, "--", "args", "one", "--format", "two"])
            .with_status(0)
            .printing("one\n--format\ntwo\n");
        let env = ["run", &command, "--env", "B=2=2", "--env", "A=1"];
        seam(env.into_iter().chain(["--", "env"]))
            .with_status(0)
            .printing("A=1\nB=2=2\n");
        let cat = |options: &[&str]| {
            let run = ["run", &command];
            let words = run.iter().chain(options).chain(&["--", "cat"]);
            seam_with_input(words, b"from a pipe").with_status(0)
        };
        cat(&["--stdin", "-"]).printing("from a pipe");
        cat(&["--wasi", "system"]).printing("from a pipe");
        // By default, the guest sees nothing of this process.
        cat(&[]).printing("");
    }
}

#[test]
fn stdin_can_be_a_file() {
    let notes = Scratch::file("notes.txt", "from a file");
    let command = fixture(COMMANDS[0]);
    seam(["run", &command, "--stdin", notes.text(), "--", "cat"])
        .with_status(0)
        .printing("from a file");
}

#[test]
fn every_backend_runs_it_in_the_same_world() {
    for command in COMMANDS.map(fixture) {
        for backend in BACKENDS {
            let run = |options: &[&str], words: &[&str]| {
                let command = ["run", &command, "--backend", backend];
                let words = options.iter().chain(&["--"]).chain(words);
                seam(command.iter().chain(words)).with_status(0).stdout
            };
            assert_eq!(run(&[], &["args", "a", "b"]), "a\nb\n");
            let time = |options: &[&str]| run(options, &["time"]);
            assert!(time(&[]).starts_with("wall 946684800000000000\nmonotonic 0\n"));
            let later = time(&["--wall-clock", "2001-09-09T01:46:40.5Z"]);
            assert!(later.starts_with("wall 1000000000500000000\n"), "{later}");
            let random = |seed| run(&["--seed", seed], &["random", "8"]);
            assert_eq!(random("7"), "45ceab7e97c2b4b8\n");
            assert_ne!(random("7"), random("8"));
        }
    }
}

#[test]
fn output_has_a_limit() {
    let command = fixture(COMMANDS[0]);
    for backend in BACKENDS {
        let run = ["run", &command, "--backend", backend];
        let big = ["--max-output", "1KiB", "--", "big", "2000"];
        seam(run.into_iter().chain(big))
            .with_status(124)
            .complaining(&[backend, "captured output exceeds its limit"]);
    }
}

#[test]
fn a_preview1_module_has_its_own_exit_code() {
    let command = fixture(COMMANDS[1]);
    for backend in BACKENDS {
        let run = ["run", &command, "--backend", backend, "--", "exit", "7"];
        seam(run).with_status(7).printing("");
    }
}

#[test]
fn folders_of_the_host_can_be_opened() {
    let folder = Scratch::folder("opened");
    std::fs::write(folder.path().join("in.txt"), "given").unwrap();
    let dir = format!("{}::/data", folder.text());
    for command in COMMANDS.map(fixture) {
        let run = |words: &[&str]| {
            let options = ["run", &command, "--dir", &dir, "--"];
            seam(options.iter().chain(words))
        };
        run(&["read", "/data/in.txt"])
            .with_status(0)
            .printing("given");
        run(&["write", "/data/out.txt", "taken"]).with_status(0);
        let written = std::fs::read_to_string(folder.path().join("out.txt"));
        assert_eq!(written.unwrap(), "taken");
        run(&["read", "/etc/passwd"]).with_status(1);
    }
}

#[test]
fn a_trap_is_status_134_and_a_limit_124() {
    for command in COMMANDS.map(fixture) {
        seam(["run", &command, "--", "trap"])
            .with_status(134)
            .explaining(&["unreachable"]);
        seam(["run", &command, "--", "div"])
            .with_status(134)
            .explaining(&["integer divide by zero"]);
        seam(["run", &command, "--fuel", "100"])
            .with_status(124)
            .explaining(&["all fuel consumed"]);
    }
}

#[test]
fn wrong_input_is_status_125() {
    seam(["run", "nowhere.wasm"])
        .with_status(125)
        .complaining(&["nowhere.wasm"]);
    seam(["run", "--no-such-option"])
        .with_status(125)
        .complaining(&["--no-such-option"]);
    seam(["run", &fixture("core/calc.wat")])
        .with_status(125)
        .complaining(&["_start", "wasi:cli/run", "`add`"]);
}

#[test]
fn a_reactor_is_not_a_command() {
    seam(["run", &fixture("reactor/reactor.wasm")])
        .with_status(125)
        .complaining(&["reactor", "`hello`", "`counter_next`"]);
    // Its exports can be called after it was initialised once.
    let reactor = fixture("reactor/reactor.wasm");
    seam([
        "invoke",
        &reactor,
        "counter_next()",
        "counter_next()",
        "initialized()",
    ])
    .with_status(0)
    .printing("1\n2\n1\n");
}

#[test]
fn the_document_has_exit_code_and_output() {
    let command = fixture(COMMANDS[0]);
    let ended = seam(["run", &command, "--format", "json", "--", "both"]).with_status(0);
    let document = ended.document();
    assert_eq!(document["artifact"], command);
    assert_eq!(document["backend"], "wasmtime");
    assert_eq!(document["exit"], 0);
    assert_eq!(document["stdout"], "to stdout\n");
    assert_eq!(document["stderr"], "to stderr\n");
    assert_eq!(ended.stderr, "");

    let trapped = seam(["run", &command, "--format", "json", "--", "trap"]).with_status(134);
    let document = trapped.document();
    assert!(document.get("exit").is_none());
    assert_eq!(document["error"]["kind"], "trap");
}

#[test]
fn what_an_invoked_guest_prints_goes_to_stderr() {
    let reactor = fixture("reactor/reactor.wasm");
    let ended = seam(["invoke", &reactor, "hello()"])
        .with_status(0)
        .printing("()\n");
    assert_eq!(ended.stderr, "hello from the reactor\n");
}

/// A command of preview1 that prints a line and never ends.
const PRINTS_FOREVER: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_write"
        (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "\08\00\00\00\05\00\00\00here\n")
    (func (export "_start")
        (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 32)))
        (loop $forever (br $forever))))"#;

#[test]
fn output_is_shown_while_the_guest_runs() {
    let command = Scratch::file("prints-forever.wat", PRINTS_FOREVER);
    let mut child = Command::new(env!("CARGO_BIN_EXE_seam"))
        .args(["run", command.text(), "--backend", "wasmi"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let stdout = child.stdout.take().unwrap();
    let (told, line) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        let read = BufReader::new(stdout).read_line(&mut line);
        let _ = told.send(read.map(|_| line));
    });
    // The guest never ends, so without this bound the test would not either.
    let line = line.recv_timeout(Duration::from_secs(300));
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(line.unwrap().unwrap(), "here\n");
}
