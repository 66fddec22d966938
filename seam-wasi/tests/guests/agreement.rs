//! The same guest on every backend: output, end, host calls and files.

use seam_core::{Capability, Limits, World};
use seam_tests::fixtures;
use seam_wasi::{Access, FileTree, FileTreeEntry, Wasi};

use crate::support::{agree, agree_in, args, backends};

fn command(words: &[&str]) -> Wasi {
    args("command", words)
}

fn tour(words: &[&str]) -> Wasi {
    args("tour", words)
}

#[test]
fn every_backend_runs_components() {
    for backend in backends() {
        let info = backend.info();
        assert!(
            info.capabilities.has(Capability::Components),
            "{}",
            info.name
        );
    }
}

#[test]
fn a_command_sees_arguments_environment_and_input() {
    let guest = fixtures::command_component().unwrap();
    let words = ["args", "one", "", "tw\u{f6}"];
    assert_eq!(agree(&guest, command(&words)).stdout(), "one\n\ntw\u{f6}\n");
    let env = command(&["env"]).env("B", "2").env("A", "one two");
    assert_eq!(agree(&guest, env).stdout(), "A=one two\nB=2\n");
    let cat = command(&["cat"]).stdin("line\nno newline");
    assert_eq!(agree(&guest, cat).stdout(), "line\nno newline");
    let count = command(&["count"]).stdin(vec![7; 200_000]);
    assert_eq!(agree(&guest, count).stdout(), "200000\n");
    let both = agree(&guest, command(&["both"]));
    assert_eq!(
        (both.stdout().as_str(), both.stderr().as_str()),
        ("to stdout\n", "to stderr\n")
    );
    assert!(!both.observed.host_calls.is_empty());
}

#[test]
fn a_command_ends_with_a_code_a_trap_or_a_panic() {
    let guest = fixtures::command_component().unwrap();
    let ended = |words: &[&str]| agree(&guest, command(words)).ended;
    assert_eq!(ended(&[]), Ok(0));
    assert_eq!(ended(&["exit", "0"]), Ok(0));
    // The adapter of a component that was made beforehand knows no code but 0 and 1.
    assert_eq!(ended(&["exit", "7"]), Ok(1));
    assert_eq!(ended(&["read", "/none"]), Ok(1));
    for word in ["trap", "div"] {
        assert!(ended(&[word]).unwrap_err().starts_with("Trap("), "{word}");
    }
    let panic = agree(&guest, command(&["panic"]));
    assert!(
        panic
            .ended
            .clone()
            .unwrap_err()
            .starts_with("Trap(Unreachable)")
    );
    assert!(
        panic.stderr().contains("asked to panic"),
        "{}",
        panic.stderr()
    );
}

#[test]
fn a_component_without_wasi_runs_too() {
    for (guest, code) in [(fixtures::run_only(), 0), (fixtures::run_err(), 1)] {
        let seen = agree(&guest.unwrap(), Wasi::hermetic());
        assert_eq!(seen.ended, Ok(code));
    }
}

#[test]
fn a_command_changes_files_in_memory() {
    let guest = fixtures::command_component().unwrap();
    let words = ["write", "/data/new.txt", "text"];
    let seen = agree(&guest, command(&words).folder("/data").file("/old", "old"));
    let tree = FileTree::of(&seen.observed).unwrap();
    assert_eq!(tree.file("/data/new.txt"), Some(b"text".as_slice()));
    let seen = agree(&guest, command(&["mv", "/old", "/new"]).file("/old", "old"));
    let tree = FileTree::of(&seen.observed).unwrap();
    assert_eq!(
        tree.iter().map(|(path, _)| path).collect::<Vec<_>>(),
        ["/new"]
    );
    let ls = command(&["ls", "/"])
        .file("/b", "")
        .folder("/a")
        .file("/c/d", "");
    assert_eq!(agree(&guest, ls).stdout(), "a/\nb\nc/\n");
    let denied = command(&["write", "/f", "x"]).files(Access::Read);
    let seen = agree(&guest, denied);
    assert_eq!(seen.ended, Ok(1));
    assert!(seen.stderr().contains("Read-only"), "{}", seen.stderr());
    let none = agree(
        &guest,
        command(&["read", "/f"]).file("/f", "").files(Access::None),
    );
    assert_eq!(none.ended, Ok(1));
}

#[test]
fn clocks_and_chance_are_the_same_everywhere() {
    let guest = fixtures::command_component().unwrap();
    let time = command(&["time"]).wall_clock(1, 5).monotonic_clock(9);
    let expected = "wall 1000000005\nmonotonic 9\nadvances true\n";
    assert_eq!(agree(&guest, time).stdout(), expected);
    let random = |seed| agree(&guest, command(&["random", "20"]).seed(seed)).stdout();
    assert_eq!(random(1).len(), 41);
    assert_ne!(random(1), random(2));
}

#[test]
fn output_reaches_its_limit_the_same_way() {
    let guest = fixtures::command_component().unwrap();
    let world = |limit| {
        let world = World::new().limits(Limits::new().with_output(limit));
        command(&["big", "100000"]).add_to(world).unwrap()
    };
    let seen = agree_in(&guest, world(100_000));
    assert_eq!((seen.ended, seen.observed.stdout.len()), (Ok(0), 100_000));
    let seen = agree_in(&guest, world(50_000));
    assert!(seen.ended.unwrap_err().starts_with("Limit(Output)"));
    assert!(seen.observed.stdout.len() <= 50_000);
}

#[test]
fn the_tour_of_files_is_the_golden_one() {
    let guest = fixtures::tour_component().unwrap();
    let seen = agree(&guest, tour(&["files", "/"]));
    assert_eq!(
        seen.stdout(),
        include_str!("golden/files.txt"),
        "{}",
        seen.stderr()
    );
    assert_eq!(seen.ended, Ok(0));
    let tree = FileTree::of(&seen.observed).unwrap();
    let lines = tree.iter().map(|(path, entry)| match entry {
        FileTreeEntry::File(bytes) => format!("{path} {:?}\n", String::from_utf8_lossy(bytes)),
        other => format!("{path} {other:?}\n"),
    });
    assert_eq!(lines.collect::<String>(), include_str!("golden/tree.txt"));
}

#[test]
fn the_tours_of_clocks_chance_and_streams_are_the_golden_ones() {
    let guest = fixtures::tour_component().unwrap();
    let time = agree(&guest, tour(&["time"]));
    assert_eq!(time.stdout(), include_str!("golden/time.txt"));
    let chance = agree(&guest, tour(&["chance"]).seed(42));
    assert_eq!(chance.stdout(), include_str!("golden/chance.txt"));
    let streams = tour(&["streams"])
        .stdin("one\ntwo\nthree\nfour")
        .env("LANG", "C")
        .cwd("/data");
    let streams = agree(&guest, streams);
    assert_eq!(streams.stdout(), include_str!("golden/streams.txt"));
    assert_eq!(streams.stderr(), "read 4 bytes\nread 4 bytes\n");
}

#[test]
fn a_flood_comes_through_whole() {
    let guest = fixtures::tour_component().unwrap();
    let seen = agree(&guest, tour(&["flood", "1000000"]));
    assert_eq!((seen.ended, seen.observed.stdout.len()), (Ok(0), 1_000_000));
}
