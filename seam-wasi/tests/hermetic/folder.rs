//! Folders of the host.

use std::fs;
use std::path::PathBuf;

use seam_core::Value;
use seam_wasi::{Access, FileTree, Wasi};

use crate::support::{Host, at, field, lent};

/// A temporary folder, which is removed on drop. The guest must not reach anything outside `shown`.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let name = format!("seam-wasi-{}-{}", std::process::id(), seam_core::token());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(path.join("shown/d")).unwrap();
        fs::write(path.join("secret"), "secret").unwrap();
        fs::write(path.join("shown/f"), "text").unwrap();
        Self(path)
    }

    fn wasi(&self, access: Access) -> Wasi {
        Wasi::hermetic().dir(self.0.join("shown"), "/data", access)
    }

    fn read(&self, path: &str) -> Vec<u8> {
        fs::read(self.0.join(path)).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Returns the host side and a descriptor of the folder that it shows.
fn open(wasi: Wasi) -> (Host, Value) {
    let mut host = Host::new(wasi);
    let mut preopens = host.preopens();
    assert_eq!(preopens.len(), 2);
    let (folder, path) = preopens.remove(1);
    assert_eq!(path, "/data");
    (host, folder)
}

#[test]
fn files_are_read_written_listed_renamed_and_removed() {
    let folder = Folder::new();
    let (mut host, root) = open(folder.wasi(Access::ReadWrite));
    assert_eq!(host.read(&root, "f"), b"text");
    host.write(&root, "d/new", b"one");
    assert_eq!(folder.read("shown/d/new"), b"one");
    let file = host.open(&root, "d/new", "write").unwrap();
    let end = host.ok(&at("append-via-stream"), &[lent(&file)]).unwrap();
    let write = "io/streams#[method]output-stream.write";
    host.ok(write, &[lent(&end), b" two".to_vec().into()]);
    host.ok(
        &at("write"),
        &[lent(&file), b"O".to_vec().into(), 0u64.into()],
    );
    host.ok(&at("sync"), &[lent(&file)]);
    assert_eq!(folder.read("shown/d/new"), b"One two");
    let rename = [lent(&root), "d".into(), lent(&root), "e".into()];
    host.ok(&at("rename-at"), &rename);
    // The descriptor stays valid when the file's path changes.
    host.ok(&at("set-size"), &[lent(&file), 3u64.into()]);
    assert_eq!(folder.read("shown/e/new"), b"One");
    host.ok(&at("create-directory-at"), &[lent(&root), "g".into()]);
    let unlink = [lent(&root), "e/new".into()];
    host.ok(&at("unlink-file-at"), &unlink);
    assert_eq!(host.err(&at("unlink-file-at"), &unlink), "no-entry");
    let remove = [lent(&root), "e".into()];
    host.ok(&at("remove-directory-at"), &remove);
    let link = [
        lent(&root),
        Value::flags([""; 0]),
        "f".into(),
        lent(&root),
        "h".into(),
    ];
    host.ok(&at("link-at"), &link);
    let mut names: Vec<_> = fs::read_dir(folder.0.join("shown")).unwrap().collect();
    names.sort_by_key(|entry| entry.as_ref().unwrap().file_name());
    let names: Vec<_> = names
        .iter()
        .map(|entry| entry.as_ref().unwrap().file_name())
        .collect();
    assert_eq!(names, ["f", "g", "h"]);
    assert_eq!(FileTree::of(host.observed()), Some(FileTree::default()));
}

#[test]
fn metadata_is_the_same_in_every_run() {
    let folder = Folder::new();
    let look = || {
        let (mut host, root) = open(folder.wasi(Access::Read).wall_clock(9, 0));
        let args = [lent(&root), Value::flags([""; 0]), "f".into()];
        let stat = host.ok(&at("stat-at"), &args).unwrap();
        let hash = host.ok(&at("metadata-hash-at"), &args).unwrap();
        assert_eq!(field(&stat, "size"), 4u64.into());
        let time = field(&stat, "data-modification-timestamp");
        let nine = Value::record([("seconds", 9u64.into()), ("nanoseconds", 0u32.into())]);
        assert_eq!(time, Value::some(nine));
        (stat, hash)
    };
    assert_eq!(look(), look());
}

#[test]
fn a_folder_that_is_read_only_stays_as_it_is() {
    let folder = Folder::new();
    let (mut host, root) = open(folder.wasi(Access::Read));
    assert_eq!(host.read(&root, "f"), b"text");
    for how in ["write", "truncate", "create write"] {
        assert_eq!(host.open(&root, "f", how).unwrap_err(), "read-only");
    }
    assert_eq!(
        host.open(&root, "new", "create write").unwrap_err(),
        "read-only"
    );
    for (method, path) in [
        ("create-directory-at", "new"),
        ("unlink-file-at", "f"),
        ("remove-directory-at", "d"),
    ] {
        let args = [lent(&root), path.into()];
        assert_eq!(host.err(&at(method), &args), "read-only", "{method}");
    }
    assert_eq!(folder.read("shown/f"), b"text");
}

#[test]
fn a_folder_without_access_is_invisible() {
    let folder = Folder::new();
    let mut host = Host::new(folder.wasi(Access::None));
    assert_eq!(host.preopens().len(), 1);
}

#[test]
fn two_file_systems_are_two_devices() {
    let folder = Folder::new();
    let mut host = Host::new(folder.wasi(Access::ReadWrite).file("/a", ""));
    let preopens = host.preopens();
    let (tree, shown) = (&preopens[0].0, &preopens[1].0);
    let rename = [lent(tree), "a".into(), lent(shown), "a".into()];
    assert_eq!(host.err(&at("rename-at"), &rename), "cross-device");
    let flags = Value::flags([""; 0]);
    let link = [lent(shown), flags, "f".into(), lent(tree), "f".into()];
    assert_eq!(host.err(&at("link-at"), &link), "cross-device");
}

#[cfg(unix)]
#[test]
fn no_path_and_no_link_leads_out() {
    use std::os::unix::fs::symlink;

    let folder = Folder::new();
    let shown = folder.0.join("shown");
    symlink("../secret", shown.join("up")).unwrap();
    symlink(folder.0.join("secret"), shown.join("absolute")).unwrap();
    symlink("../../shown/d", shown.join("d/around")).unwrap();
    symlink("d/../f", shown.join("in")).unwrap();
    let (mut host, root) = open(folder.wasi(Access::ReadWrite));
    for path in [
        "..",
        "../secret",
        "d/../../secret",
        "up",
        "absolute",
        "d/around/x",
    ] {
        for how in ["read follow", "create write follow"] {
            let code = host.open(&root, path, how).unwrap_err();
            assert_eq!(code, "not-permitted", "{path} {how}");
        }
    }
    assert_eq!(host.read(&root, "in"), b"text");
    // A link may have any relative target. What counts is where it leads.
    host.ok(
        &at("symlink-at"),
        &[lent(&root), "../secret".into(), "mine".into()],
    );
    assert_eq!(
        host.open(&root, "mine", "read follow").unwrap_err(),
        "not-permitted"
    );
    assert_eq!(host.open(&root, "mine", "read").unwrap_err(), "loop");
    // Removing a link does not follow it.
    host.ok(&at("unlink-file-at"), &[lent(&root), "up".into()]);
    assert_eq!(folder.read("secret"), b"secret");
}

#[cfg(unix)]
#[test]
fn replacing_an_open_folder_with_a_link_leads_nowhere() {
    use std::os::unix::fs::symlink;

    let folder = Folder::new();
    let (mut host, root) = open(folder.wasi(Access::ReadWrite));
    fs::create_dir(folder.0.join("other")).unwrap();
    fs::write(folder.0.join("other/f"), "other").unwrap();
    let inner = host.open(&root, "d", "directory read").unwrap();
    let file = host.open(&root, "f", "read write").unwrap();
    fs::remove_dir(folder.0.join("shown/d")).unwrap();
    symlink("../other", folder.0.join("shown/d")).unwrap();
    assert!(host.open(&inner, "f", "read").is_err());
    assert!(host.open(&inner, "new", "create write").is_err());
    assert_eq!(
        host.open(&root, "d/f", "read").unwrap_err(),
        "not-permitted"
    );
    fs::remove_file(folder.0.join("shown/f")).unwrap();
    symlink("../secret", folder.0.join("shown/f")).unwrap();
    host.ok(
        &at("write"),
        &[lent(&file), b"changed".to_vec().into(), 0u64.into()],
    );
    assert_eq!(folder.read("secret"), b"secret");
    assert!(!folder.0.join("other/new").exists());
}
