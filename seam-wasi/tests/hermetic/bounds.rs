//! No request of a guest makes the host allocate without bound.

use seam_core::{ErrorKind, Limit, Limits, Value, World};
use seam_wasi::Wasi;

use crate::support::{Host, at, lent};

#[test]
fn a_request_for_too_many_random_bytes_is_a_limit() {
    let mut host = Host::new(Wasi::hermetic());
    for len in [u64::MAX, (64 << 20) + 1] {
        for name in [
            "random/random#get-random-bytes",
            "random/insecure#get-insecure-random-bytes",
        ] {
            let error = host.fails(name, &[len.into()]);
            assert_eq!(*error.kind(), ErrorKind::Limit(Limit::Lifted), "{name}");
        }
    }
    let mut small = Host::with(
        Wasi::hermetic(),
        World::new().limits(Limits::new().with_lifted(10)),
    );
    let error = small.fails("random/random#get-random-bytes", &[11u64.into()]);
    assert_eq!(*error.kind(), ErrorKind::Limit(Limit::Lifted));
}

#[test]
fn files_do_not_grow_past_their_space() {
    let mut host = Host::new(Wasi::hermetic().space(1000).file("/a", vec![1; 600]));
    let root = host.root();
    let file = host.open(&root, "b", "write create").unwrap();
    for size in [401, u64::MAX] {
        assert_eq!(
            host.err(&at("set-size"), &[lent(&file), size.into()]),
            "insufficient-space"
        );
    }
    let far = [lent(&file), vec![1u8].into(), (1u64 << 60).into()];
    assert_eq!(host.err(&at("write"), &far), "insufficient-space");
    let past = [lent(&file), vec![1u8].into(), u64::MAX.into()];
    assert_eq!(host.err(&at("write"), &past), "file-too-large");
    host.ok(&at("set-size"), &[lent(&file), 400u64.into()]);
    // Removed files free their space when no descriptor holds them any more.
    host.ok(&at("unlink-file-at"), &[lent(&root), "b".into()]);
    let other = host.open(&root, "c", "write create").unwrap();
    let fill = [lent(&other), 1u64.into()];
    assert_eq!(host.err(&at("set-size"), &fill), "insufficient-space");
    host.drop(&file);
    host.ok(&at("set-size"), &fill);
}

#[test]
fn names_are_bounded_in_number_and_length() {
    let mut host = Host::new(Wasi::hermetic());
    let root = host.root();
    let mut folder = root.clone();
    let name = "n".repeat(255);
    let mut depth = 0;
    let code = loop {
        let args = [lent(&folder), name.as_str().into()];
        match host.get(&at("create-directory-at"), &args) {
            Value::Result(Ok(_)) => depth += 1,
            Value::Result(Err(Some(code))) => break *code,
            other => panic!("{other:?}"),
        }
        folder = host.open(&folder, &name, "directory read").unwrap();
    };
    assert_eq!((code, depth), (Value::enumeration("name-too-long"), 16));
    let long = [lent(&root), "n".repeat(256).into()];
    assert_eq!(host.err(&at("create-directory-at"), &long), "name-too-long");
    let longer = [lent(&root), "n/".repeat(2049).into()];
    assert_eq!(
        host.err(&at("create-directory-at"), &longer),
        "name-too-long"
    );
    let mut made = depth;
    let code = loop {
        let path = format!("f{made}");
        match host.open(&root, &path, "create write") {
            Ok(file) => host.drop(&file),
            Err(code) => break code,
        }
        made += 1;
    };
    assert_eq!((code.as_str(), made), ("insufficient-space", 65_536));
}

#[test]
fn resources_are_bounded() {
    let mut host = Host::new(Wasi::hermetic());
    let error = loop {
        if let Err(error) = host.call("cli/stdout#get-stdout", &[]) {
            break error;
        }
    };
    assert_eq!(*error.kind(), ErrorKind::Limit(Limit::EngineCapacity));
}

#[test]
fn header_fields_are_bounded() {
    let mut host = Host::new(Wasi::hermetic());
    let fields = host.get("http/types#[constructor]fields", &[]);
    let value = Value::from(vec![b'v'; 1 << 20]);
    let append = [lent(&fields), "name".into(), value];
    let error = loop {
        if let Err(error) = host.call("http/types#[method]fields.append", &append) {
            break error;
        }
    };
    assert_eq!(*error.kind(), ErrorKind::Limit(Limit::EngineCapacity));
}
