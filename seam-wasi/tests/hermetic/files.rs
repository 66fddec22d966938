//! The file system in memory.

use seam_core::Value;
use seam_wasi::{Access, FileTree, FileTreeEntry, Wasi};

use crate::support::{Host, at, bytes, field, lent};

const FOLLOW: [&str; 1] = ["symlink-follow"];

pub(crate) fn path_flags(follow: bool) -> Value {
    Value::flags(FOLLOW.into_iter().filter(|_| follow))
}

pub(crate) fn stat(host: &mut Host, folder: &Value, path: &str, follow: bool) -> Value {
    let args = [lent(folder), path_flags(follow), path.into()];
    host.ok(&at("stat-at"), &args).unwrap()
}

/// Lists the names in a folder with their types.
pub(crate) fn list(host: &mut Host, folder: &Value) -> Vec<(String, String)> {
    let stream = host.ok(&at("read-directory"), &[lent(folder)]).unwrap();
    let next = "filesystem/types#[method]directory-entry-stream.read-directory-entry";
    let mut names = Vec::new();
    loop {
        match host.ok(next, &[lent(&stream)]).unwrap() {
            Value::Option(Some(entry)) => match (field(&entry, "name"), field(&entry, "type")) {
                (Value::String(name), Value::Enum(kind)) => {
                    names.push((name.to_string(), kind.to_string()));
                }
                other => panic!("{other:?}"),
            },
            Value::Option(None) => break,
            other => panic!("{other:?}"),
        }
    }
    host.drop(&stream);
    names
}

pub(crate) fn names(host: &mut Host, folder: &Value) -> Vec<String> {
    list(host, folder)
        .into_iter()
        .map(|(name, _)| name)
        .collect()
}

pub(crate) fn tree(host: &mut Host) -> FileTree {
    FileTree::of(host.observed()).unwrap()
}

#[test]
fn a_guest_reads_files_that_were_put_in_and_its_writes_are_observed() {
    let wasi = Wasi::hermetic()
        .file("/data/a.txt", "text")
        .folder("/empty")
        .link("/l", "data/a.txt");
    let mut host = Host::new(wasi);
    let [(root, path)] = &host.preopens()[..] else {
        panic!("one preopen")
    };
    assert_eq!(path, "/");
    assert_eq!(host.read(root, "data/a.txt"), b"text");
    assert_eq!(host.read(root, "l"), b"text");
    host.write(root, "data/b.txt", b"new");
    let kinds = list(&mut host, root);
    let kinds: Vec<_> = kinds
        .iter()
        .map(|(name, kind)| (name.as_str(), kind.as_str()))
        .collect();
    let expected = [
        ("data", "directory"),
        ("empty", "directory"),
        ("l", "symbolic-link"),
    ];
    assert_eq!(kinds, expected);
    let tree = tree(&mut host);
    let paths: Vec<_> = tree.iter().map(|(path, _)| path).collect();
    assert_eq!(
        paths,
        ["/data", "/data/a.txt", "/data/b.txt", "/empty", "/l"]
    );
    assert_eq!(tree.file("/data/b.txt"), Some(b"new".as_slice()));
    assert_eq!(tree.at("/empty"), Some(&FileTreeEntry::Folder));
    assert_eq!(
        tree.at("/l"),
        Some(&FileTreeEntry::Link("data/a.txt".into()))
    );
}

#[test]
fn a_guest_without_files_sees_none() {
    let mut host = Host::new(Wasi::hermetic().file("/a", "").files(Access::None));
    assert!(host.preopens().is_empty());
    assert_eq!(tree(&mut host), FileTree::default());
}

#[test]
fn files_are_read_and_written_at_offsets() {
    let mut host = Host::new(Wasi::hermetic().file("/a", "0123456789"));
    let root = host.root();
    let file = host.open(&root, "a", "read write").unwrap();
    let mut read = |len: u64, offset: u64| {
        let pair = host
            .ok(&at("read"), &[lent(&file), len.into(), offset.into()])
            .unwrap();
        let Value::Tuple(pair) = pair else {
            panic!("{pair:?}")
        };
        (bytes(&pair[0]), pair[1] == true.into())
    };
    assert_eq!(read(3, 2), (b"234".to_vec(), false));
    assert_eq!(read(30, 8), (b"89".to_vec(), false));
    assert_eq!(read(1, 10), (vec![], true));
    assert_eq!(read(1, u64::MAX), (vec![], true));
    let write = [lent(&file), b"xy".to_vec().into(), 12u64.into()];
    assert_eq!(host.ok(&at("write"), &write), Some(2u64.into()));
    assert_eq!(host.read(&root, "a"), b"0123456789\0\0xy");
    host.ok(&at("set-size"), &[lent(&file), 4u64.into()]);
    host.ok(&at("set-size"), &[lent(&file), 6u64.into()]);
    assert_eq!(host.read(&root, "a"), b"0123\0\0");
    for sync in ["sync", "sync-data"] {
        host.ok(&at(sync), &[lent(&file)]);
    }
    let advise = [
        lent(&file),
        0u64.into(),
        1u64.into(),
        Value::enumeration("random"),
    ];
    host.ok(&at("advise"), &advise);
}

#[test]
fn streams_keep_their_place_in_a_file() {
    let mut host = Host::new(Wasi::hermetic().file("/a", "0123456789"));
    let root = host.root();
    let file = host.open(&root, "a", "read write").unwrap();
    let out = host
        .ok(&at("write-via-stream"), &[lent(&file), 8u64.into()])
        .unwrap();
    let end = host.ok(&at("append-via-stream"), &[lent(&file)]).unwrap();
    let input = host
        .ok(&at("read-via-stream"), &[lent(&file), 6u64.into()])
        .unwrap();
    let write = "io/streams#[method]output-stream.blocking-write-and-flush";
    for (stream, text) in [
        (&out, "A"),
        (&end, "B"),
        (&out, "C"),
        (&end, "D"),
        (&out, "E"),
    ] {
        host.ok(write, &[lent(stream), text.as_bytes().to_vec().into()]);
    }
    let mut read = || {
        let read = "io/streams#[method]input-stream.read";
        host.get(read, &[lent(&input), 4u64.into()])
    };
    let some = |text: &str| Value::ok(Some(text.as_bytes().to_vec().into()));
    assert_eq!(read(), some("67AC"));
    assert_eq!(read(), some("ED"));
    let closed = Value::err(Some(Value::variant("closed", None)));
    assert_eq!((read(), read()), (closed.clone(), closed));
}

#[test]
fn opening_follows_the_flags() {
    let wasi = Wasi::hermetic()
        .file("/f", "text")
        .folder("/d")
        .link("/l", "f")
        .link("/m", "new");
    let mut host = Host::new(wasi);
    let root = host.root();
    let mut error = |path: &str, how: &str| match host.open(&root, path, how) {
        Ok(descriptor) => {
            host.drop(&descriptor);
            String::new()
        }
        Err(code) => code,
    };
    for (path, how, code) in [
        ("f", "read", ""),
        ("none", "read", "no-entry"),
        ("", "read", "no-entry"),
        ("none", "create directory", "invalid"),
        ("f", "create exclusive write", "exist"),
        ("l", "create exclusive write follow", "exist"),
        ("f", "directory", "not-directory"),
        ("f/", "read", "not-directory"),
        ("f/x", "read", "not-directory"),
        ("none/x", "create write", "no-entry"),
        ("none/", "create write", "is-directory"),
        ("d", "write", "is-directory"),
        ("d", "truncate", "is-directory"),
        ("d", "create", "is-directory"),
        ("d/", "directory read", ""),
        (".", "directory read", ""),
        ("d/.././/d/.", "read", ""),
        ("l", "read", "loop"),
        ("l", "read follow", ""),
        ("l", "read directory", "not-directory"),
        ("m", "read follow", "no-entry"),
        ("f", "read file-integrity-sync", "unsupported"),
        ("f\0", "read", "invalid"),
    ] {
        assert_eq!(error(path, how), code, "{path:?} {how}");
    }
    // Creating through a link to a free name creates the target.
    let made = host.open(&root, "m", "create write follow").unwrap();
    host.drop(&made);
    assert_eq!(host.read(&root, "new"), b"");
    let truncated = host.open(&root, "f", "truncate write").unwrap();
    host.drop(&truncated);
    assert_eq!(host.read(&root, "f"), b"");
}

#[test]
fn descriptors_allow_only_what_they_were_opened_for() {
    let mut host = Host::new(Wasi::hermetic().file("/f", "text"));
    let root = host.root();
    let read = host.open(&root, "f", "read").unwrap();
    let write = host.open(&root, "f", "write").unwrap();
    let bytes = || Value::from(b"x".to_vec());
    assert_eq!(
        host.err(&at("write"), &[lent(&read), bytes(), 0u64.into()]),
        "bad-descriptor"
    );
    assert_eq!(
        host.err(&at("write-via-stream"), &[lent(&read), 0u64.into()]),
        "bad-descriptor"
    );
    assert_eq!(
        host.err(&at("append-via-stream"), &[lent(&read)]),
        "bad-descriptor"
    );
    assert_eq!(
        host.err(&at("set-size"), &[lent(&read), 0u64.into()]),
        "invalid"
    );
    let some = |descriptor: &Value| [lent(descriptor), 1u64.into(), 0u64.into()];
    assert_eq!(host.err(&at("read"), &some(&write)), "bad-descriptor");
    assert_eq!(
        host.err(&at("read-via-stream"), &[lent(&write), 0u64.into()]),
        "bad-descriptor"
    );
    assert_eq!(host.err(&at("read"), &some(&root)), "bad-descriptor");
    assert_eq!(
        host.err(&at("read-via-stream"), &[lent(&root), 0u64.into()]),
        "is-directory"
    );
    assert_eq!(
        host.err(&at("write"), &[lent(&root), bytes(), 0u64.into()]),
        "bad-descriptor"
    );
    assert_eq!(
        host.err(&at("read-directory"), &[lent(&read)]),
        "not-directory"
    );
    assert_eq!(
        host.err(&at("create-directory-at"), &[lent(&read), "d".into()]),
        "not-directory"
    );
    let mut flags = |descriptor: &Value| host.ok(&at("get-flags"), &[lent(descriptor)]).unwrap();
    assert_eq!(flags(&read), Value::flags(["read"]));
    assert_eq!(flags(&write), Value::flags(["write"]));
    assert_eq!(flags(&root), Value::flags(["read", "mutate-directory"]));
    let kind = |host: &mut Host, descriptor: &Value| host.ok(&at("get-type"), &[lent(descriptor)]);
    assert_eq!(
        kind(&mut host, &read),
        Some(Value::enumeration("regular-file"))
    );
    assert_eq!(
        kind(&mut host, &root),
        Some(Value::enumeration("directory"))
    );
}

#[test]
fn a_file_system_that_is_read_only_says_so() {
    let wasi = Wasi::hermetic()
        .file("/f", "text")
        .folder("/d")
        .files(Access::Read);
    let mut host = Host::new(wasi);
    let root = host.root();
    assert_eq!(host.read(&root, "f"), b"text");
    for how in ["write", "truncate", "create", "create write"] {
        assert_eq!(
            host.open(&root, "f", how).unwrap_err(),
            "read-only",
            "{how}"
        );
    }
    assert_eq!(
        host.open(&root, "new", "create write").unwrap_err(),
        "read-only"
    );
    assert_eq!(
        host.open(&root, "d", "mutate-directory").unwrap_err(),
        "read-only"
    );
    assert_eq!(host.open(&root, "new", "read").unwrap_err(), "no-entry");
    let file = host.open(&root, "f", "read").unwrap();
    let no = || Value::variant("no-change", None);
    let text = |text: &str| Value::from(text);
    for (method, args) in [
        ("create-directory-at", vec![text("new")]),
        ("unlink-file-at", vec![text("f")]),
        ("remove-directory-at", vec![text("d")]),
        ("symlink-at", vec![text("f"), text("l")]),
        ("rename-at", vec![text("f"), lent(&root), text("g")]),
        (
            "link-at",
            vec![path_flags(false), text("f"), lent(&root), text("g")],
        ),
        (
            "set-times-at",
            vec![path_flags(false), text("f"), no(), no()],
        ),
    ] {
        let args: Vec<_> = [lent(&root)].into_iter().chain(args).collect();
        assert_eq!(host.err(&at(method), &args), "read-only", "{method}");
    }
    // A call that would fail anyway reports its own cause.
    assert_eq!(
        host.err(&at("unlink-file-at"), &[lent(&root), text("d")]),
        "is-directory"
    );
    assert_eq!(
        host.err(&at("set-size"), &[lent(&file), 0u64.into()]),
        "read-only"
    );
    assert_eq!(
        host.err(&at("set-times"), &[lent(&file), no(), no()]),
        "read-only"
    );
    let flags = host.ok(&at("get-flags"), &[lent(&root)]);
    assert_eq!(flags, Some(Value::flags(["read"])));
}

#[test]
fn times_are_the_wall_clock_s_unless_set() {
    let mut host = Host::new(Wasi::hermetic().wall_clock(100, 5).file("/f", "text"));
    let root = host.root();
    let time = |seconds: u64, nanoseconds: u32| {
        Value::record([
            ("seconds", seconds.into()),
            ("nanoseconds", nanoseconds.into()),
        ])
    };
    let times = |host: &mut Host| {
        let stat = stat(host, &root, "f", false);
        ["access", "modification"].map(|name| field(&stat, &format!("data-{name}-timestamp")))
    };
    let some = |seconds, nanoseconds| Value::some(time(seconds, nanoseconds));
    assert_eq!(times(&mut host), [some(100, 5), some(100, 5)]);
    let set = |seconds, nanoseconds| Value::variant("timestamp", Some(time(seconds, nanoseconds)));
    let no = || Value::variant("no-change", None);
    host.ok(
        &at("set-times-at"),
        &[lent(&root), path_flags(false), "f".into(), set(7, 8), no()],
    );
    assert_eq!(times(&mut host), [some(7, 8), some(100, 5)]);
    let file = host.open(&root, "f", "write").unwrap();
    let now = Value::variant("now", None);
    host.ok(&at("set-times"), &[lent(&file), now, set(1, 2_000_000_003)]);
    assert_eq!(times(&mut host), [some(100, 5), some(3, 3)]);
    let late = [lent(&file), set(u64::MAX, u32::MAX), no()];
    assert_eq!(host.err(&at("set-times"), &late), "overflow");
    host.ok(
        &at("write"),
        &[lent(&file), b"x".to_vec().into(), 0u64.into()],
    );
    assert_eq!(times(&mut host), [some(100, 5), some(100, 5)]);
}

#[test]
fn every_instance_starts_afresh() {
    let wasi = Wasi::hermetic().file("/f", "old");
    let mut first = Host::new(wasi.clone());
    let root = first.root();
    first.write(&root, "f", b"changed");
    let mut second = Host::new(wasi);
    let root = second.root();
    assert_eq!(second.read(&root, "f"), b"old");
}
