//! The operating system's WASI 0.3 as the oracle, like `system` for 0.2.

use std::fs;

use seam_core::{BackendExt, SystemWasi, World};
use seam_tests::fixtures;
use seam_wasi::Wasi;
use seam_wasmtime::Wasmtime;

use crate::everything;
use crate::support::{Seen, args, see};
use crate::system::{Folder, tree_of};

fn backend() -> Wasmtime {
    Wasmtime::builder().component_async().build()
}

fn system(words: &[&str], change: impl FnOnce(SystemWasi) -> SystemWasi) -> Seen {
    let words = std::iter::once("command3").chain(words.iter().copied());
    let world = World::new().system_wasi(change(SystemWasi::new().args(words)));
    see(&backend(), &fixtures::command3().unwrap(), &world)
}

fn hermetic(words: &[&str], change: impl FnOnce(Wasi) -> Wasi) -> Seen {
    let world = change(args("command3", words)).add_to(World::new());
    see(&backend(), &fixtures::command3().unwrap(), &world.unwrap())
}

fn same(words: &[&str], system: &Seen, hermetic: &Seen) {
    assert_eq!(system.stdout(), hermetic.stdout(), "{words:?}");
    assert_eq!(system.stderr(), hermetic.stderr(), "{words:?}");
    assert_eq!(system.ended, hermetic.ended, "{words:?}");
}

#[test]
fn it_agrees_on_streams_of_input_and_output() {
    let long = "0123456789".repeat(20_000);
    for (words, input) in [
        (&["cat"][..], ""),
        (&["count"], ""),
        (&["count"], &long),
        (&["both"], ""),
        (&["env"], ""),
        (&["env", "", "two words"], ""),
        (&["exit", "0"], ""),
        (&["exit", "3"], ""),
        (&["fail"], ""),
        (&["nonsense"], ""),
    ] {
        let system = system(words, |wasi| wasi.stdin(input).env("A", "b=c"));
        let hermetic = hermetic(words, |wasi| wasi.stdin(input).env("A", "b=c"));
        same(words, &system, &hermetic);
    }
    // How many pieces the input comes in is the host's choice.
    let (words, input) = (["cat"], "line\nno newline");
    let system = system(&words, |wasi| wasi.stdin(input));
    let hermetic = hermetic(&words, |wasi| wasi.stdin(input));
    assert_eq!(system.stdout(), input);
    assert_eq!(
        (system.stdout(), system.ended),
        (hermetic.stdout(), hermetic.ended)
    );
}

#[test]
fn it_agrees_on_files() {
    for words in [
        &["read", "a.txt", "0"][..],
        &["read", "a.txt", "5"],
        &["read", "a.txt", "100"],
        &["read", "folder", "0"],
        &["read", "none", "0"],
        &["read", "../a.txt", "0"],
        &["read", "/a.txt", "0"],
        &["write", "a.txt", "up"],
        &["write", "new.txt", "some text"],
        &["write", "folder", "text"],
        &["write", "folder/inner.txt", ""],
        &["append", "a.txt", " and more"],
        &["append", "none", "text"],
        &["ls", "folder"],
        &["ls", "a.txt"],
        &["stat", "none"],
        &["stat", "a.txt/none"],
    ] {
        let folder = Folder::new();
        fs::write(folder.0.join("a.txt"), "some text").unwrap();
        fs::create_dir(folder.0.join("folder")).unwrap();
        fs::write(folder.0.join("folder/b.txt"), "text").unwrap();
        let system = system(words, |wasi| wasi.dir(&folder.0, "/", true));
        let hermetic = hermetic(words, |wasi| {
            let wasi = wasi.file("/a.txt", "some text").folder("/folder");
            wasi.file("/folder/b.txt", "text")
        });
        same(words, &system, &hermetic);
        assert_eq!(folder.tree(), tree_of(&hermetic), "{words:?}");
    }
}

#[test]
fn it_has_the_same_functions_of_the_same_types() {
    // The engine itself checks every import against the type of its definition.
    let guest = everything::stable_0_3("0.3.0");
    let system = World::new().system_wasi(SystemWasi::new());
    backend().instantiate_blocking(&guest, &system).unwrap();
    let hermetic = Wasi::hermetic().add_to(World::new()).unwrap();
    backend().instantiate_blocking(&guest, &hermetic).unwrap();
}
