//! The operating system's WASI, as the fixture `command` sees it.

use seam_core::{
    Args, Exit, Instance, InstanceExt, Limit, Limits, Program, ProgramExt, SystemWasi, Trap, Value,
    World,
};

use crate::fixtures;
use crate::kit::expect::{gives, gives_nothing, holds, limited, misuse, same, traps};
use crate::kit::{Checked, Failure, Subject};

fn wasi(args: &[&str]) -> SystemWasi {
    let program = std::iter::once("command");
    SystemWasi::new().args(program.chain(args.iter().copied()))
}

/// Creates an instance of the command. A case loads it only once, because compiling takes long.
fn component(program: &dyn Program, wasi: SystemWasi) -> Result<Box<dyn Instance>, Failure> {
    let world = World::new().system_wasi(wasi);
    Ok(program.instantiate_blocking(&world)?)
}

/// Runs the command to its end, and expects this exit code and output.
fn prints(mut command: Box<dyn Instance>, code: i32, stdout: &str, stderr: &str) -> Checked {
    same("exit", command.run_blocking()?, Exit::new(code))?;
    let observed = command.observed();
    same("stdout", String::from_utf8_lossy(&observed.stdout), stdout)?;
    same("stderr", String::from_utf8_lossy(&observed.stderr), stderr)
}

pub(in crate::kit) fn commands_print_and_exit(subject: &Subject) -> Checked {
    let program = &*subject.load(&fixtures::command_component()?)?;
    prints(
        component(program, wasi(&[]))?,
        0,
        "hello from the guest\n",
        "",
    )?;
    prints(
        component(program, wasi(&["both"]))?,
        0,
        "to stdout\n",
        "to stderr\n",
    )?;
    prints(component(program, wasi(&["exit", "0"]))?, 0, "", "")?;
    // The official adapter knows only the codes 0 and 1.
    prints(component(program, wasi(&["exit", "7"]))?, 1, "", "")
}

pub(in crate::kit) fn commands_see_args_env_and_stdin(subject: &Subject) -> Checked {
    let program = &*subject.load(&fixtures::command_component()?)?;
    let args = ["args", "one", "", "tw\u{f6}"];
    prints(component(program, wasi(&args))?, 0, "one\n\ntw\u{f6}\n", "")?;
    let env = wasi(&["env"]).env("B", "2").env("A", "one two");
    prints(component(program, env)?, 0, "A=one two\nB=2\n", "")?;
    prints(component(program, wasi(&["env"]))?, 0, "", "")?;
    let cat = wasi(&["cat"]).stdin("line\nno newline");
    prints(component(program, cat)?, 0, "line\nno newline", "")?;
    prints(component(program, wasi(&["count"]))?, 0, "0\n", "")?;
    let count = wasi(&["count"]).stdin(vec![0u8; 70_000]);
    prints(component(program, count)?, 0, "70000\n", "")
}

pub(in crate::kit) fn commands_trap_and_panic(subject: &Subject) -> Checked {
    let program = &*subject.load(&fixtures::command_component()?)?;
    for (word, trap) in [
        ("trap", Trap::Unreachable),
        ("div", Trap::IntegerDivideByZero),
        ("panic", Trap::Unreachable),
    ] {
        let mut command = component(program, wasi(&[word]))?;
        traps(word, command.run_blocking(), trap)?;
        let stderr = String::from_utf8_lossy(&command.observed().stderr).into_owned();
        holds(
            "the message of a panic on stderr, and nothing else",
            stderr.contains("asked to panic") == (word == "panic"),
            &stderr,
        )?;
    }
    Ok(())
}

pub(in crate::kit) fn commands_open_folders(subject: &Subject) -> Checked {
    let folder = Folder::new()?;
    let program = &*subject.load(&fixtures::command_component()?)?;
    let run = |args: &[&str], writable: bool| {
        let wasi = wasi(args).dir(&folder.0, "/data", writable);
        component(program, wasi)
    };
    prints(run(&["write", "/data/a.txt", "text"], true)?, 0, "", "")?;
    let written = std::fs::read_to_string(folder.0.join("a.txt"));
    same("the file", written.ok().as_deref(), Some("text"))?;
    prints(run(&["read", "/data/a.txt"], false)?, 0, "text", "")?;
    prints(run(&["ls", "/data"], false)?, 0, "a.txt\n", "")?;
    let mut refused = run(&["write", "/data/b.txt", "text"], false)?;
    same(
        "a write where it is forbidden",
        refused.run_blocking()?,
        Exit::new(1),
    )?;
    let mut outside = run(&["read", "/data/../../etc/hostname"], true)?;
    same("a path outside", outside.run_blocking()?, Exit::new(1))?;
    holds("no file", !folder.0.join("b.txt").exists(), &folder.0)
}

/// A temporary folder of the case, which is removed on drop.
struct Folder(std::path::PathBuf);

impl Folder {
    fn new() -> Result<Self, Failure> {
        let name = format!("seam-kit-{}-{}", std::process::id(), seam_core::token());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path)
            .map_err(|e| Failure::new(format!("expected a folder for temporary files: {e}")))?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // There is nobody to report an error to.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub(in crate::kit) fn output_of_commands_is_bounded(subject: &Subject) -> Checked {
    let program = subject.load(&fixtures::command_component()?)?;
    let run = |bytes: &str| {
        let world = World::new()
            .system_wasi(wasi(&["big", bytes]))
            .limits(Limits::new().with_output(1000));
        program.instantiate_blocking(&world)
    };
    let mut fits = run("1000")?;
    same("1000 bytes", fits.run_blocking()?, Exit::new(0))?;
    same("stdout", fits.observed().stdout.len(), 1000)?;
    let mut command = run("100000")?;
    limited("100000 bytes", command.run_blocking(), Limit::Output)?;
    let kept = command.observed().stdout.len();
    holds("no more than the limit to be kept", kept <= 1000, kept)
}

/// Arguments for the fixture `command3`.
fn wasi3(args: &[&str]) -> SystemWasi {
    let program = std::iter::once("command3");
    SystemWasi::new().args(program.chain(args.iter().copied()))
}

pub(in crate::kit) fn commands_of_wasi_0_3_run(subject: &Subject) -> Checked {
    let folder = Folder::new()?;
    let program = &*subject.load(&fixtures::command3()?)?;
    let both = component(program, wasi3(&["both"]))?;
    prints(both, 0, "to the output\nboth are done\n", "to the error\n")?;
    prints(
        component(program, wasi3(&["exit", "7"]))?,
        7,
        "before\n",
        "",
    )?;
    prints(component(program, wasi3(&["fail"]))?, 1, "", "")?;
    let count = wasi3(&["count"]).stdin(vec![0u8; 70_000]);
    prints(component(program, count)?, 0, "70000 bytes\n", "")?;
    let on_folder = |args: &[&str], writable: bool| {
        component(program, wasi3(args).dir(&folder.0, "/", writable))
    };
    let written = "Ok(()), 0 bytes left\n";
    prints(
        on_folder(&["write", "a.txt", "text"], true)?,
        0,
        written,
        "",
    )?;
    let content = std::fs::read_to_string(folder.0.join("a.txt"));
    same("the file", content.ok().as_deref(), Some("\0\0text"))?;
    prints(
        on_folder(&["read", "a.txt", "3"], false)?,
        0,
        "\"ext\", Ok(())\n",
        "",
    )?;
    // Two calls in flight at the same time.
    let mut twice = component(program, wasi3(&["both"]))?;
    let run = twice.resolve("wasi:cli/run@0.3.0#run")?;
    let calls = [
        twice.start(&run, Args::Values(&[]))?,
        twice.start(&run, Args::Values(&[]))?,
    ];
    for call in calls {
        twice.drive_blocking(&call)?;
        same(
            "the result",
            twice.take(call)?,
            Some(Value::Result(Ok(None))),
        )?;
    }
    same(
        "stderr",
        twice.observed().stderr.len(),
        2 * "to the error\n".len(),
    )?;
    let mut refused = on_folder(&["write", "b.txt", "text"], false)?;
    same(
        "a write where it is forbidden",
        refused.run_blocking()?,
        Exit::new(0),
    )?;
    holds(
        "no file",
        !folder.0.join("b.txt").exists(),
        &refused.observed().stderr,
    )
}

pub(in crate::kit) fn output_of_streams_is_bounded(subject: &Subject) -> Checked {
    let program = subject.load(&fixtures::command3()?)?;
    let run = |limit: u64| {
        let world = World::new()
            .system_wasi(wasi3(&["cat"]).stdin("0123456789"))
            .limits(Limits::new().with_output(limit));
        program.instantiate_blocking(&world)
    };
    // Ten bytes, and a line about them on the standard error.
    let mut fits = run(100)?;
    same("100 bytes", fits.run_blocking()?, Exit::new(0))?;
    same("stdout", fits.observed().stdout.as_slice(), b"0123456789")?;
    let mut command = run(7)?;
    limited("7 bytes", command.run_blocking(), Limit::Output)?;
    let kept = command.observed().stdout.len();
    holds("no more than the limit to be kept", kept <= 7, kept)
}

pub(in crate::kit) fn preview1_commands_run(subject: &Subject) -> Checked {
    let program = subject.load(&fixtures::command()?)?;
    let run = |args: &[&str]| component(&*program, wasi(args));
    prints(run(&[])?, 0, "hello from the guest\n", "")?;
    prints(run(&["both"])?, 0, "to stdout\n", "to stderr\n")?;
    prints(run(&["args", "x", "y"])?, 0, "x\ny\n", "")?;
    // Without the adapter, the exit code is the guest's own.
    prints(run(&["exit", "42"])?, 42, "", "")?;
    traps(
        "div",
        run(&["div"])?.run_blocking(),
        Trap::IntegerDivideByZero,
    )
}

pub(in crate::kit) fn preview1_reactors_are_initialised_once(subject: &Subject) -> Checked {
    let world = World::new().system_wasi(SystemWasi::new());
    let mut reactor = subject.instantiate(&fixtures::reactor()?, &world)?;
    for count in 1..3 {
        gives(&mut *reactor, "counter_next", &[], count)?;
        gives(&mut *reactor, "initialized", &[], 1)?;
    }
    gives_nothing(&mut *reactor, "hello", &[])?;
    let stdout = String::from_utf8_lossy(&reactor.observed().stdout).into_owned();
    same("stdout", stdout, "hello from the reactor\n")?;
    misuse("run", reactor.run_blocking())?;
    let resolved = reactor.resolve("hello");
    holds("an export still", resolved.is_ok(), resolved.err())
}
