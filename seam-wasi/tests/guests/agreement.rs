//! The same guest on every backend: all observations agree, including host calls and files.
//!
//! The conformance kit's cases of the hermetic WASI say what the observations must be.

use seam_core::{Capability, Limits, World};
use seam_tests::fixtures;
use seam_wasi::{Access, Wasi};

use crate::support::{agree, agree_in, args, backends};

fn command(words: &[&str]) -> Wasi {
    args("command", words)
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
fn backends_agree_on_every_subcommand() {
    let guest = fixtures::command_component().unwrap();
    for words in [
        [].as_slice(),
        &["args", "one", "", "tw\u{f6}"],
        &["env"],
        &["cat"],
        &["err"],
        &["both"],
        &["big", "100000"],
        &["time"],
        &["random", "20"],
        &["exit", "7"],
        &["panic"],
        &["trap"],
        &["div"],
        &["write", "/data/new", "text"],
        &["append", "/old", " and new"],
        &["read", "/old"],
        &["read", "/none"],
        &["ls", "/"],
        &["stat", "/old"],
        &["mv", "/old", "/new"],
        &["rm", "/old"],
        &["mkdir", "/new"],
        &["rmdir", "/data"],
        &["nonsense"],
    ] {
        let wasi = command(words)
            .env("A", "one two")
            .stdin("line\nno newline")
            .folder("/data")
            .file("/old", "old");
        assert!(!agree(&guest, wasi).observed.host_calls.is_empty());
    }
}

#[test]
fn backends_agree_on_refused_calls() {
    let guest = fixtures::command_component().unwrap();
    for access in [Access::Read, Access::None] {
        let denied = command(&["write", "/f", "x"]).file("/f", "").files(access);
        assert_eq!(agree(&guest, denied).ended, Ok(1));
    }
    let limits = Limits::new().with_output(50_000);
    let world = World::new().limits(limits);
    let flood = command(&["big", "100000"]).add_to(world).unwrap();
    let seen = agree_in(&guest, flood);
    assert!(seen.ended.unwrap_err().starts_with("Limit(Output)"));
}
