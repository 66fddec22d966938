//! A folder of compiled code changes no outcome, whatever is in it.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::path::{Path, PathBuf};

use seam_core::{Artifact, Backend, BackendExt, Capability, InstanceExt, Query, Value, World};
use seam_wasmtime::{Builder, Wasmtime};

/// A folder that is removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let dir = std::env::temp_dir().join(format!("seam-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        Self(dir)
    }

    fn files(&self) -> Vec<PathBuf> {
        let files = fs::read_dir(&self.0).into_iter().flatten();
        let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
        files.sort();
        files
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A component with a counter in a global, which traps at the third call.
fn counter() -> Artifact {
    let text = r#"(component
        (core module $m
            (global $count (export "count") (mut i32) (i32.const 0))
            (func $check (if (i32.gt_u (global.get $count) (i32.const 2)) (then unreachable)))
            (func (export "next") (result i32)
                (global.set $count (i32.add (global.get $count) (i32.const 1)))
                (call $check)
                (global.get $count)))
        (core instance $m (instantiate $m))
        (func (export "next") (result u32) (canon lift (core func $m "next"))))"#;
    Artifact::from_wat("counter", text).unwrap()
}

/// Everything that can be observed of the counter: its results, its trap with the frames, its global.
fn observe(backend: &dyn Backend) -> Vec<String> {
    let mut instance = backend
        .instantiate_blocking(&counter(), &World::new())
        .unwrap();
    let mut seen = Vec::new();
    for count in 1..=2u32 {
        let found = instance.call_blocking("next", &[]).unwrap();
        assert_eq!(found, Some(Value::U32(count)));
    }
    let trap = instance.call_blocking("next", &[]).unwrap_err();
    seen.push(format!("{trap:?}"));
    if backend.info().capabilities.has(Capability::InnerGlobals) {
        let snapshot = instance.snapshot(&Query::new()).unwrap();
        seen.push(format!("{snapshot:?}"));
    }
    seen
}

/// The builds, each with a folder or without.
fn builds(dir: Option<&Path>) -> Vec<Box<dyn Backend>> {
    let cached = |builder: Builder| match dir {
        Some(dir) => builder.cache(dir),
        None => builder,
    };
    vec![
        Box::new(cached(Wasmtime::builder()).build()),
        Box::new(cached(Wasmtime::builder().inner_instances()).build()),
        Box::new(cached(Wasmtime::builder()).build_layered()),
    ]
}

fn observe_all(dir: Option<&Path>) -> Vec<Vec<String>> {
    let builds = builds(dir);
    builds.iter().map(|backend| observe(&**backend)).collect()
}

#[test]
fn cached_code_does_what_fresh_code_does() {
    let folder = Folder::new("cached-code");
    let expected = observe_all(None);
    assert_eq!(observe_all(Some(&folder.0)), expected);
    // Two components in different builds, and the core module under the layer.
    let files = folder.files();
    assert_eq!(files.len(), 3);
    assert_eq!(observe_all(Some(&folder.0)), expected);
    assert_eq!(folder.files(), files);
}

#[test]
fn damaged_and_stale_files_change_nothing() {
    let folder = Folder::new("damaged-code");
    let expected = observe_all(Some(&folder.0));
    for damage in [
        |file: &mut Vec<u8>, _: usize| file.truncate(file.len() / 2),
        |file: &mut Vec<u8>, _: usize| file.clear(),
        // One bit, in the code or in the tables beside it.
        |file: &mut Vec<u8>, at: usize| *file.get_mut(at).unwrap() ^= 4,
    ] {
        for (index, path) in folder.files().iter().enumerate() {
            let mut file = fs::read(path).unwrap();
            let at = file.len() / 5 * (index + 1);
            damage(&mut file, at);
            fs::write(path, file).unwrap();
        }
        assert_eq!(observe_all(Some(&folder.0)), expected);
    }
    // Each file has the content of another one, as if the names meant something else before.
    let files = folder.files();
    let contents: Vec<_> = files.iter().map(|path| fs::read(path).unwrap()).collect();
    for (path, content) in files.iter().zip(contents.iter().cycle().skip(1)) {
        fs::write(path, content).unwrap();
    }
    assert_eq!(observe_all(Some(&folder.0)), expected);
    let mended = files.iter().map(|path| fs::read(path).unwrap());
    assert!(mended.eq(contents));
}

#[test]
fn another_build_of_a_backend_with_a_folder_keeps_it() {
    let folder = Folder::new("rebuilt");
    let plain: [Box<dyn Backend>; 2] = [Box::new(Wasmtime::new()), Box::new(Wasmtime::layered())];
    for (index, plain) in plain.iter().enumerate() {
        let cached = plain.cached_in(&folder.0).unwrap();
        assert_eq!(cached.info(), plain.info());
        let fueled = cached
            .rebuilt_with(&[Capability::Fuel].into())
            .unwrap()
            .unwrap();
        observe(&*fueled);
        assert_eq!(folder.files().len(), index + 1);
    }
}
