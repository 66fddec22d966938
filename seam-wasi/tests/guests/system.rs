//! The operating system's WASI as the oracle: both agree on everything that is not virtual.

use std::fs;
use std::path::{Path, PathBuf};

use seam_core::{BackendExt, SystemWasi, World};
use seam_tests::fixtures;
use seam_wasi::{Access, FileTree, FileTreeEntry, Wasi};
use seam_wasmtime::Wasmtime;

use crate::everything;
use crate::support::{Seen, args, backends, see};

/// A temporary folder of one test, which is removed on drop.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        let name = format!("seam-guests-{}-{}", std::process::id(), seam_core::token());
        let path = std::env::temp_dir().join(name).join("inner/root");
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// Returns all entries of the folder in the form of a tree in memory.
    pub(crate) fn tree(&self) -> Vec<(String, FileTreeEntry)> {
        let mut entries = Vec::new();
        let mut ahead = vec![(String::new(), self.0.clone())];
        while let Some((path, host)) = ahead.pop() {
            let metadata = fs::symlink_metadata(&host).unwrap();
            let entry = if metadata.is_dir() {
                for entry in fs::read_dir(&host).unwrap() {
                    let name = entry.unwrap().file_name().into_string().unwrap();
                    ahead.push((format!("{path}/{name}"), host.join(name)));
                }
                FileTreeEntry::Folder
            } else if metadata.is_symlink() {
                let target = fs::read_link(&host).unwrap();
                FileTreeEntry::Link(target.to_string_lossy().into_owned())
            } else {
                FileTreeEntry::File(fs::read(&host).unwrap())
            };
            if !path.is_empty() {
                entries.push((path, entry));
            }
        }
        entries.sort_by(|(a, _), (b, _)| a.cmp(b));
        entries
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let outer = self.0.parent().and_then(Path::parent);
        let _ = outer.map(fs::remove_dir_all);
    }
}

/// Returns all entries of the files in memory that a run has left.
pub(crate) fn tree_of(seen: &Seen) -> Vec<(String, FileTreeEntry)> {
    let tree = FileTree::of(&seen.observed).unwrap();
    tree.iter()
        .map(|(path, it)| (path.to_owned(), it.clone()))
        .collect()
}

fn system(words: &[&str], change: impl FnOnce(SystemWasi) -> SystemWasi) -> Seen {
    let words = std::iter::once("tour").chain(words.iter().copied());
    let world = World::new().system_wasi(change(SystemWasi::new().args(words)));
    see(
        &Wasmtime::new(),
        &fixtures::tour_component().unwrap(),
        &world,
    )
}

fn hermetic(words: &[&str], change: impl FnOnce(Wasi) -> Wasi) -> Seen {
    let world = change(args("tour", words)).add_to(World::new()).unwrap();
    see(
        &Wasmtime::new(),
        &fixtures::tour_component().unwrap(),
        &world,
    )
}

#[test]
fn it_agrees_on_files_in_memory_and_on_the_host() {
    let (theirs, ours) = (Folder::new(), Folder::new());
    let words = ["files", "/"];
    let system = system(&words, |wasi| wasi.dir(&theirs.0, "/", true));
    let memory = hermetic(&words, |wasi| wasi);
    let folder = hermetic(&words, |wasi| {
        wasi.files(Access::None)
            .dir(&ours.0, "/", Access::ReadWrite)
    });
    assert_eq!(system.stdout(), memory.stdout(), "{}", memory.stderr());
    assert_eq!(system.stdout(), folder.stdout(), "{}", folder.stderr());
    assert_eq!((&system.ended, &memory.ended), (&Ok(0), &folder.ended));
    let tree = tree_of(&memory);
    assert_eq!(theirs.tree(), tree);
    assert_eq!(ours.tree(), tree);
}

#[test]
fn it_agrees_on_streams() {
    let input = "one\ntwo\nthree";
    let system = system(&["streams"], |wasi| wasi.stdin(input).env("A", "b"));
    let hermetic = hermetic(&["streams"], |wasi| wasi.stdin(input).env("A", "b"));
    assert_eq!(system.stdout(), hermetic.stdout());
    assert_eq!(system.stderr(), hermetic.stderr());
    assert_eq!(system.ended, hermetic.ended);
}

#[test]
fn it_agrees_on_output_and_exit_codes() {
    for words in [
        ["flood", "100000"].as_slice(),
        &["panic"],
        &["exit", "3"],
        &["nonsense"],
    ] {
        let (system, hermetic) = (system(words, |wasi| wasi), hermetic(words, |wasi| wasi));
        assert_eq!(system.stdout(), hermetic.stdout(), "{words:?}");
        assert_eq!(system.stderr(), hermetic.stderr(), "{words:?}");
        assert_eq!(system.ended, hermetic.ended, "{words:?}");
    }
}

#[test]
fn it_has_the_same_functions_of_the_same_types() {
    // The engine itself checks every import against the type of its definition.
    for version in ["0.2.0", "0.2.12"] {
        let guest = everything::stable(version);
        let system = World::new().system_wasi(SystemWasi::new());
        Wasmtime::new()
            .instantiate_blocking(&guest, &system)
            .unwrap();
        let hermetic = Wasi::hermetic().add_to(World::new()).unwrap();
        for backend in backends() {
            backend.instantiate_blocking(&guest, &hermetic).unwrap();
        }
    }
}

#[test]
fn everything_links_on_every_backend() {
    let guest = everything::component("0.2.7");
    let world = Wasi::hermetic().add_to(World::new()).unwrap();
    for backend in backends() {
        backend.instantiate_blocking(&guest, &world).unwrap();
    }
}
