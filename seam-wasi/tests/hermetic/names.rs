//! Names in the file system in memory: paths, folders, links and renaming.

use seam_core::Value;
use seam_wasi::{FileTree, Wasi};

use crate::files::{names, path_flags, stat, tree};
use crate::support::{Host, at, field, lent};

#[test]
fn no_path_leaves_its_folder() {
    let wasi = Wasi::hermetic()
        .file("/secret", "")
        .folder("/d/e")
        .link("/d/up", "../secret")
        .link("/d/far", "e/../../secret")
        .link("/d/absolute", "/secret")
        .link("/d/in", "e/../e/.")
        .link("/d/round", "round");
    let mut host = Host::new(wasi);
    let root = host.root();
    let folder = host.open(&root, "d", "directory read").unwrap();
    for path in [
        "..",
        "../secret",
        "e/../../secret",
        "/secret",
        "/",
        "up",
        "far",
        "absolute",
    ] {
        let code = host.open(&folder, path, "read follow").unwrap_err();
        assert_eq!(code, "not-permitted", "{path}");
        for method in [
            "create-directory-at",
            "unlink-file-at",
            "remove-directory-at",
        ] {
            if !["up", "far", "absolute"].contains(&path) {
                let args = [lent(&folder), path.into()];
                assert_eq!(
                    host.err(&at(method), &args),
                    "not-permitted",
                    "{method} {path}"
                );
            }
        }
    }
    assert_eq!(
        host.open(&folder, "round", "read follow").unwrap_err(),
        "loop"
    );
    let inner = host.open(&folder, "in", "read follow").unwrap();
    host.drop(&inner);
    let link = [lent(&folder), "/secret".into(), "new".into()];
    assert_eq!(host.err(&at("symlink-at"), &link), "not-permitted");
    let read = [lent(&folder), "absolute".into()];
    assert_eq!(host.err(&at("readlink-at"), &read), "not-permitted");
}

#[test]
fn links_are_made_read_and_not_followed_unless_asked() {
    let mut host = Host::new(Wasi::hermetic().file("/f", "12345"));
    let root = host.root();
    host.ok(&at("symlink-at"), &[lent(&root), "f".into(), "l".into()]);
    let again = [lent(&root), "x".into(), "l".into()];
    assert_eq!(host.err(&at("symlink-at"), &again), "exist");
    let target = host.ok(&at("readlink-at"), &[lent(&root), "l".into()]);
    assert_eq!(target, Some("f".into()));
    assert_eq!(
        host.err(&at("readlink-at"), &[lent(&root), "f".into()]),
        "invalid"
    );
    let kind = |stat: &Value| field(stat, "type");
    let direct = stat(&mut host, &root, "l", false);
    assert_eq!(kind(&direct), Value::enumeration("symbolic-link"));
    assert_eq!(field(&direct, "size"), 1u64.into());
    let followed = stat(&mut host, &root, "l", true);
    assert_eq!(kind(&followed), Value::enumeration("regular-file"));
    assert_eq!(field(&followed, "size"), 5u64.into());
    let hash = |host: &mut Host, path: &str, follow| {
        let args = [lent(&root), path_flags(follow), path.into()];
        host.ok(&at("metadata-hash-at"), &args).unwrap()
    };
    assert_eq!(hash(&mut host, "l", true), hash(&mut host, "f", false));
    assert_ne!(hash(&mut host, "l", false), hash(&mut host, "f", false));
    host.ok(&at("unlink-file-at"), &[lent(&root), "l".into()]);
    assert_eq!(names(&mut host, &root), ["f"]);
}

#[test]
fn a_hard_link_is_the_same_file() {
    let mut host = Host::new(Wasi::hermetic().file("/f", "1").folder("/d"));
    let root = host.root();
    let link = |old: &str, new: &str, follow| {
        [
            lent(&root),
            path_flags(follow),
            old.into(),
            lent(&root),
            new.into(),
        ]
    };
    host.ok(&at("link-at"), &link("f", "d/g", false));
    host.write(&root, "d/g", b"22");
    assert_eq!(host.read(&root, "f"), b"22");
    assert_eq!(
        field(&stat(&mut host, &root, "f", false), "link-count"),
        2u64.into()
    );
    let (a, b) = (
        host.open(&root, "f", "read").unwrap(),
        host.open(&root, "d/g", "read").unwrap(),
    );
    assert_eq!(
        host.get(&at("is-same-object"), &[lent(&a), lent(&b)]),
        true.into()
    );
    assert_eq!(
        host.get(&at("is-same-object"), &[lent(&a), lent(&root)]),
        false.into()
    );
    let hashes = [&a, &b].map(|file| host.ok(&at("metadata-hash"), &[lent(file)]));
    assert_eq!(hashes[0], hashes[1]);
    assert_eq!(host.err(&at("link-at"), &link("f", "d/g", false)), "exist");
    assert_eq!(
        host.err(&at("link-at"), &link("d", "e", false)),
        "not-permitted"
    );
    assert_eq!(host.err(&at("link-at"), &link("f", "h", true)), "invalid");
    assert_eq!(
        host.err(&at("link-at"), &link("none", "h", false)),
        "no-entry"
    );
    host.ok(&at("unlink-file-at"), &[lent(&root), "f".into()]);
    assert_eq!(host.read(&root, "d/g"), b"22");
    assert_eq!(
        field(&stat(&mut host, &root, "d/g", false), "link-count"),
        1u64.into()
    );
}

#[test]
fn folders_are_made_and_removed_when_empty() {
    let mut host = Host::new(Wasi::hermetic().file("/d/f", ""));
    let root = host.root();
    let path = |path: &str| [lent(&root), path.into()];
    host.ok(&at("create-directory-at"), &path("d/e/"));
    assert_eq!(host.err(&at("create-directory-at"), &path("d/e")), "exist");
    assert_eq!(host.err(&at("create-directory-at"), &path(".")), "exist");
    assert_eq!(
        host.err(&at("create-directory-at"), &path("x/y")),
        "no-entry"
    );
    assert_eq!(
        host.err(&at("create-directory-at"), &path("d/f/x")),
        "not-directory"
    );
    assert_eq!(
        host.err(&at("remove-directory-at"), &path("d")),
        "not-empty"
    );
    assert_eq!(
        host.err(&at("remove-directory-at"), &path("d/f")),
        "not-directory"
    );
    assert_eq!(host.err(&at("remove-directory-at"), &path(".")), "invalid");
    assert_eq!(host.err(&at("remove-directory-at"), &path("x")), "no-entry");
    assert_eq!(host.err(&at("unlink-file-at"), &path("d")), "is-directory");
    assert_eq!(host.err(&at("unlink-file-at"), &path("x")), "no-entry");
    let open = host.open(&root, "d/e", "directory read").unwrap();
    host.ok(&at("remove-directory-at"), &path("d/e"));
    // The folder is still held, but nothing can be created in it any more.
    assert_eq!(names(&mut host, &open), [] as [String; 0]);
    assert_eq!(
        host.open(&open, "x", "create write").unwrap_err(),
        "no-entry"
    );
    host.ok(&at("unlink-file-at"), &path("d/f"));
    host.ok(&at("remove-directory-at"), &path("d"));
    assert_eq!(tree(&mut host), FileTree::default());
}

#[test]
fn renaming_replaces_as_in_posix() {
    let wasi = Wasi::hermetic()
        .file("/a", "a")
        .file("/b", "b")
        .file("/d/e/f", "f")
        .folder("/empty")
        .folder("/full/x");
    let mut host = Host::new(wasi);
    let root = host.root();
    let args = |old: &str, new: &str| [lent(&root), old.into(), lent(&root), new.into()];
    for (old, new, code) in [
        ("none", "x", "no-entry"),
        ("a", "none/x", "no-entry"),
        ("a", "empty", "is-directory"),
        ("empty", "a", "not-directory"),
        ("d", "full", "not-empty"),
        ("d", "d/e/g", "invalid"),
        ("d", "d", ""),
        ("a", "x/", "not-directory"),
        (".", "x", "busy"),
        ("a", ".", "busy"),
        ("a", "../x", "not-permitted"),
    ] {
        match host.get(&at("rename-at"), &args(old, new)) {
            Value::Result(Ok(None)) => assert_eq!(code, "", "{old} {new}"),
            found => assert_eq!(
                found,
                Value::err(Some(Value::enumeration(code))),
                "{old} {new}"
            ),
        }
    }
    let held = host.open(&root, "b", "read").unwrap();
    let inner = host.open(&root, "d/e", "directory read").unwrap();
    host.ok(&at("rename-at"), &args("a", "b"));
    host.ok(&at("rename-at"), &args("d", "empty"));
    assert_eq!(host.read(&root, "b"), b"a");
    assert_eq!(host.read(&root, "empty/e/f"), b"f");
    // A replaced file stays readable for its holders, and open folders move with their names.
    let pair = host
        .ok(&at("read"), &[lent(&held), 9u64.into(), 0u64.into()])
        .unwrap();
    assert_eq!(pair, Value::Tuple(vec![b"b".to_vec().into(), false.into()]));
    assert_eq!(host.read(&inner, "f"), b"f");
    let into_itself = [lent(&root), "empty".into(), lent(&inner), "x".into()];
    assert_eq!(host.err(&at("rename-at"), &into_itself), "invalid");
    let tree = tree(&mut host);
    let paths: Vec<_> = tree.iter().map(|(path, _)| path).collect();
    assert_eq!(
        paths,
        ["/b", "/empty", "/empty/e", "/empty/e/f", "/full", "/full/x"]
    );
}
