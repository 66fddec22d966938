//! The fixture `command` in the hermetic world.

use seam_core::{Exit, Limit, Limits, Program, Trap, World};
use seam_wasi::{Access, FileTree, Wasi};

use crate::fixtures;
use crate::kit::expect::{holds, limited, same, traps};
use crate::kit::hermetic::{Seen, see, see_in, wasi};
use crate::kit::{Checked, Failure, Subject};

fn command(words: &[&str]) -> Wasi {
    wasi("command", words)
}

/// Loads the guest. A case loads it only once, because compiling takes most of the time.
fn guest(subject: &Subject) -> Result<Box<dyn Program>, Failure> {
    subject.load(&fixtures::command_component()?)
}

pub(in crate::kit) fn hermetic_commands_see_args_env_and_stdin(subject: &Subject) -> Checked {
    let guest = &*guest(subject)?;
    see(guest, command(&[]))?.prints(0, "hello from the guest\n", "")?;
    see(guest, command(&["both"]))?.prints(0, "to stdout\n", "to stderr\n")?;
    let words = command(&["args", "one", "", "tw\u{f6}"]);
    see(guest, words)?.prints(0, "one\n\ntw\u{f6}\n", "")?;
    // The guest does not see the environment of the process.
    see(guest, command(&["env"]))?.prints(0, "", "")?;
    let env = command(&["env"]).env("B", "2").env("A", "one two");
    see(guest, env)?.prints(0, "A=one two\nB=2\n", "")?;
    see(guest, command(&["count"]))?.prints(0, "0\n", "")?;
    let cat = command(&["cat"]).stdin("line\nno newline");
    see(guest, cat)?.prints(0, "line\nno newline", "")?;
    let count = command(&["count"]).stdin(vec![7; 200_000]);
    see(guest, count)?.prints(0, "200000\n", "")
}

pub(in crate::kit) fn hermetic_commands_end_with_a_code_or_a_trap(subject: &Subject) -> Checked {
    let guest = &*guest(subject)?;
    let ended = |words: &[&str]| see(guest, command(words));
    ended(&["exit", "0"])?.prints(0, "", "")?;
    // The adapter in this component knows only the codes 0 and 1.
    ended(&["exit", "7"])?.prints(1, "", "")?;
    ended(&["nonsense"])?.prints(1, "", "unknown command: nonsense\n")?;
    for (word, trap) in [
        ("trap", Trap::Unreachable),
        ("div", Trap::IntegerDivideByZero),
        ("panic", Trap::Unreachable),
    ] {
        let Seen { ended, observed } = ended(&[word])?;
        traps(word, ended, trap)?;
        let stderr = String::from_utf8_lossy(&observed.stderr);
        holds(
            "the message of a panic on stderr, and nothing else",
            stderr.contains("asked to panic") == (word == "panic"),
            &stderr,
        )?;
    }
    Ok(())
}

/// Returns all paths of a tree.
fn paths(tree: &FileTree) -> Vec<&str> {
    tree.iter().map(|(path, _)| path).collect()
}

pub(in crate::kit) fn hermetic_commands_change_files_in_memory(subject: &Subject) -> Checked {
    let guest = &*guest(subject)?;
    let write = command(&["write", "/data/new", "text"]);
    let seen = see(guest, write.folder("/data").file("/old", "old"))?;
    let tree = seen.tree()?;
    same("files", paths(&tree), ["/data", "/data/new", "/old"])?;
    let file = |path| tree.file(path);
    same("what was written", file("/data/new"), Some(&b"text"[..]))?;
    same("what was there", file("/old"), Some(&b"old"[..]))?;
    seen.prints(0, "", "")?;

    let rename = see(guest, command(&["mv", "/old", "/new"]).file("/old", "old"))?;
    let tree = rename.tree()?;
    same("files", paths(&tree), ["/new"])?;
    same("what was renamed", tree.file("/new"), Some(&b"old"[..]))?;
    rename.prints(0, "", "")?;

    let read = command(&["read", "/a"]).file("/a", "text");
    see(guest, read)?.prints(0, "text", "")?;
    let list = command(&["ls", "/"])
        .file("/b", "")
        .folder("/a")
        .file("/c/d", "");
    see(guest, list)?.prints(0, "a/\nb\nc/\n", "")?;
    // Each instance has fresh files.
    let list = command(&["ls", "/"]).file("/b", "");
    see(guest, list)?.prints(0, "b\n", "")
}

pub(in crate::kit) fn hermetic_files_that_cannot_be_had_are_errors(subject: &Subject) -> Checked {
    let guest = &*guest(subject)?;
    let refuses = |words: &[&str], access: Access, number: u32| {
        let seen = see(guest, command(words).file("/f", "text").files(access))?;
        let stderr = seen.stderr();
        let code = format!("(os error {number})");
        holds(
            format_args!("{code} for {words:?}"),
            stderr.contains(&code),
            &stderr,
        )?;
        seen.prints(1, "", &stderr)
    };
    // The numbers are those of preview1, which the guest's `std` uses.
    refuses(&["read", "/none"], Access::ReadWrite, 44)?;
    refuses(&["read", "/f/inside"], Access::ReadWrite, 54)?;
    refuses(&["write", "/", "x"], Access::ReadWrite, 31)?;
    refuses(&["mkdir", "/f"], Access::ReadWrite, 20)?;
    refuses(&["write", "/../f", "x"], Access::ReadWrite, 63)?;
    refuses(&["write", "/f", "x"], Access::Read, 69)?;
    // No folder is visible, so no path has a capability.
    refuses(&["read", "/f"], Access::None, 76)
}

pub(in crate::kit) fn hermetic_clocks_and_chance_are_what_the_world_says(
    subject: &Subject,
) -> Checked {
    let guest = &*guest(subject)?;
    let time = command(&["time"]).wall_clock(1, 5).monotonic_clock(9);
    let expected = "wall 1000000005\nmonotonic 9\nadvances true\n";
    see(guest, time)?.prints(0, expected, "")?;
    let random = |seed| {
        let seen = see(guest, command(&["random", "20"]).seed(seed))?;
        Ok::<_, Failure>(seen.stdout())
    };
    let one = random(1)?;
    same("random bytes as digits, and a line's end", one.len(), 41)?;
    same("the same seed again", random(1)?, &*one)?;
    holds("other bytes for another seed", random(2)? != one, one)
}

pub(in crate::kit) fn hermetic_output_is_bounded(subject: &Subject) -> Checked {
    let guest = &*guest(subject)?;
    let run = |bytes: &str| {
        let world = World::new().limits(Limits::new().with_output(50_000));
        see_in(guest, &command(&["big", bytes]).add_to(world)?)
    };
    let fits = run("50000")?;
    same("bytes that fit", fits.observed.stdout.len(), 50_000)?;
    same("end", fits.ended?, Exit::new(0))?;
    let Seen { ended, observed } = run("100000")?;
    limited("100000 bytes", ended, Limit::Output)?;
    let kept = observed.stdout.len();
    holds("no more than the limit to be kept", kept <= 50_000, kept)
}

pub(in crate::kit) fn hermetic_worlds_do_for_components_without_wasi(subject: &Subject) -> Checked {
    for (guest, code) in [(fixtures::run_only()?, 0), (fixtures::run_err()?, 1)] {
        let seen = see(&*subject.load(&guest)?, Wasi::hermetic())?;
        same("files", paths(&seen.tree()?), [""; 0])?;
        same("host calls", seen.observed.host_calls.len(), 0)?;
        seen.prints(code, "", "")?;
    }
    Ok(())
}
