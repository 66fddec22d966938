//! Bytes and types that mean harm: nothing here may panic, overflow the stack, or take more time or
//! memory than the input deserves.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

#[path = "../../seam-core/tests/common/mod.rs"]
mod common;

use std::fmt::Write as _;

use common::Random;
use seam_core::{Artifact, ErrorKind, Interface, Limit, Type, Value, World};

/// Everything that can be done with bytes without running them.
fn read(bytes: Vec<u8>) -> Option<Interface> {
    let artifact = Artifact::from_bytes("hostile", bytes).ok()?;
    let validated = seam_decode::validate(&artifact);
    let interface = seam_decode::interface(&artifact);
    if let (Ok(validated), Ok(decoded)) = (&validated, &interface) {
        assert_eq!(validated, decoded);
    }
    let interface = interface.ok()?;
    use_all(&interface);
    Some(interface)
}

/// Prints and serialises an interface, reports on it, and makes, checks, prints and reads values of
/// its types.
fn use_all(interface: &Interface) {
    let _ = interface.to_string();
    let _ = serde_json::to_string(interface).unwrap();
    let _ = World::new().report(interface);
    let _ = World::new().bind(interface);
    let funcs = interface
        .import_funcs()
        .iter()
        .chain(interface.export_funcs());
    for (name, ty) in funcs {
        assert!(
            interface.func(name).is_ok() || interface.import_funcs().iter().any(|f| f.0 == *name)
        );
        let _ = ty.parse_args("[[[((({a: some(1)");
        for ty in ty.params.iter().map(|(_, ty)| ty).chain(&ty.result) {
            let Some(zero) = Value::default_of(ty) else {
                continue;
            };
            ty.check(&zero).unwrap();
            let text = zero.to_string();
            if let Ok(back) = Value::parse(ty, &text) {
                assert_eq!(back, zero);
            }
            let _ = serde_json::to_string(&zero).unwrap();
        }
    }
}

#[test]
fn every_fixture_is_read() {
    for name in common::fixture_names() {
        assert!(read(common::fixture(&name)).is_some(), "{name}");
    }
}

#[test]
fn damaged_fixtures_do_no_harm() {
    let mut random = Random::new(1);
    for name in common::fixture_names() {
        let whole = common::fixture(&name);
        // The big ones are mostly code, and validating it over and over shows nothing new.
        let rounds = 4_000_000 / (whole.len() + 40_000);
        for _ in 0..rounds {
            let mut bytes = whole.clone();
            for _ in 0..1 + random.below(4) {
                let at = random.below(bytes.len());
                match random.below(5) {
                    0 => bytes[at] = random.next() as u8,
                    1 => bytes[at] ^= 1 << random.below(8),
                    2 => drop(bytes.remove(at)),
                    3 => bytes.insert(at, random.pick(&[0, 1, 0x41, 0x42, 0x7f, 0x80, 0xff])),
                    _ => {
                        let end = (at + random.below(64)).min(bytes.len());
                        let piece = bytes[at..end].to_vec();
                        let to = random.below(bytes.len());
                        bytes.splice(to..to, piece);
                    }
                }
            }
            read(bytes);
        }
        for _ in 0..rounds / 4 {
            let mut bytes = whole.clone();
            bytes.truncate(random.below(whole.len()));
            read(bytes);
        }
    }
}

#[test]
fn random_bytes_behind_a_header_do_no_harm() {
    let mut random = Random::new(2);
    for header in [&b"\0asm\x01\0\0\0"[..], b"\0asm\x0d\0\x01\0"] {
        for _ in 0..20_000 {
            let mut bytes = header.to_vec();
            for _ in 0..random.below(40) {
                let next = random.next() as u8;
                // Small numbers are section ids, opcodes and lengths.
                bytes.push(if random.below(3) == 0 {
                    next
                } else {
                    next % 24
                });
            }
            read(bytes);
        }
    }
}

fn leb(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = (number & 0x7f) as u8;
        number >>= 7;
        if number == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

fn component(sections: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = b"\0asm\x0d\0\x01\0".to_vec();
    for (id, contents) in sections {
        bytes.push(*id);
        bytes.extend(leb(contents.len()));
        bytes.extend(contents);
    }
    bytes
}

fn fails(bytes: Vec<u8>) -> ErrorKind {
    let artifact = Artifact::from_bytes("hostile", bytes).unwrap();
    let of = seam_decode::validate(&artifact).expect_err("it is hostile");
    let decode = seam_decode::interface(&artifact).expect_err("it is hostile");
    assert_eq!(of.kind(), decode.kind());
    of.kind().clone()
}

/// A component whose type section defines `types[0]`, then each next one by the index of the last.
fn chain(len: usize, first: &[u8], next: impl Fn(usize) -> Vec<u8>) -> Vec<u8> {
    let mut types = leb(len);
    types.extend(first);
    for index in 1..len {
        types.extend(next(index - 1));
    }
    // An imported function that takes the last of them makes it part of the interface.
    let mut func = vec![1, 0x40, 1, 1, b'p'];
    func.extend(leb(len - 1));
    func.extend([1, 0]);
    let mut import = vec![1, 0, 1, b'f', 1];
    import.extend(leb(len));
    component(&[(7, types), (7, func), (10, import)])
}

#[test]
fn a_short_chain_of_types_is_read() {
    // list<..list<u8>..>, so that the chains below are known to fail for their length.
    let bytes = chain(50, &[0x70, 0x7d], |last| [vec![0x70], leb(last)].concat());
    let interface = read(bytes).unwrap();
    let (_, ty) = &interface.import_funcs()[0];
    assert_eq!(ty.params[0].1.to_string().matches("list<").count(), 50);
}

#[test]
fn types_nested_without_end_are_invalid() {
    for tag in [0x70, 0x6b] {
        let bytes = chain(100_000, &[tag, 0x7d], |last| {
            [vec![tag], leb(last)].concat()
        });
        assert!(matches!(
            fails(bytes),
            ErrorKind::Invalid { offset: Some(_) }
        ));
    }
}

#[test]
fn types_that_double_forty_times_are_refused() {
    let double = |last: usize| [vec![0x6f, 2], leb(last), leb(last)].concat();
    let bytes = chain(41, &[0x6f, 2, 0x7d, 0x7d], double);
    assert!(matches!(
        fails(bytes),
        ErrorKind::Invalid { .. } | ErrorKind::Limit(_)
    ));
}

#[test]
fn the_largest_types_that_are_admitted_can_be_used() {
    // Doubled as often as validation takes.
    let double = |last: usize| [vec![0x6f, 2], leb(last), leb(last)].concat();
    let read_at = |len| read(chain(len, &[0x6f, 2, 0x7d, 0x7d], double));
    let most = (1..41).take_while(|len| read_at(*len).is_some()).count();
    assert!((10..30).contains(&most), "{most}");
}

#[test]
fn type_declarations_nested_without_end_are_invalid() {
    for opening in [0x41, 0x42] {
        let mut types = vec![1];
        for _ in 0..100_000 {
            types.extend([opening, 1, 1]);
        }
        types.extend([0x40, 0, 1, 0]);
        let kind = fails(component(&[(7, types)]));
        assert!(matches!(kind, ErrorKind::Invalid { offset: Some(_) }));
    }
}

/// Components in components, that many and nothing else.
fn nested(levels: usize) -> Vec<u8> {
    let empty = component(&[]);
    let mut len = empty.len();
    let mut openings = Vec::new();
    for _ in 0..levels {
        let opening = [empty.clone(), vec![4], leb(len)].concat();
        len += opening.len();
        openings.push(opening);
    }
    openings.reverse();
    openings.push(empty);
    openings.concat()
}

#[test]
fn components_nested_without_end_are_a_limit() {
    assert!(read(nested(1_000)).is_some());
    for levels in [1_001, 100_000] {
        let kind = fails(nested(levels));
        assert_eq!(kind, ErrorKind::Limit(Limit::EngineCapacity));
    }
}

#[test]
fn instances_that_double_without_end_are_a_limit() {
    let mut text = String::from(
        "(component (component $c0 (core module $m) (core instance (instantiate $m)))",
    );
    for level in 1..40 {
        let inner = level - 1;
        write!(
            text,
            "(component $c{level} (alias outer 1 $c{inner} (component $i))
               (instance (instantiate $i)) (instance (instantiate $i)))"
        )
        .unwrap();
    }
    text.push_str("(instance (instantiate $c39)))");
    let kind = fails(wat::parse_str(&text).unwrap());
    assert!(matches!(kind, ErrorKind::Limit(_)), "{kind:?}");
}

#[test]
fn signatures_repeated_without_end_are_a_limit() {
    // One long signature, exported under very many names.
    let mut types = vec![1, 0x60];
    types.extend(leb(1000));
    types.extend([0x7f; 1000]);
    types.push(0);
    let count = 100_000;
    let mut imports = leb(count);
    for _ in 0..count {
        imports.extend([1, b'a', 1, b'b', 0, 0]);
    }
    let mut bytes = b"\0asm\x01\0\0\0".to_vec();
    for (id, contents) in [(1, types), (2, imports)] {
        bytes.push(id);
        bytes.extend(leb(contents.len()));
        bytes.extend(contents);
    }
    let artifact = Artifact::from_bytes("hostile", bytes).unwrap();
    let decoded = seam_decode::interface(&artifact).unwrap_err();
    assert!(matches!(decoded.kind(), ErrorKind::Limit(_)), "{decoded}");
    // Validation has bounds of its own.
    let validated = seam_decode::validate(&artifact).unwrap_err();
    assert!(
        matches!(validated.kind(), ErrorKind::Invalid { .. }),
        "{validated}"
    );
}

/// As deep as any artifact's types can be.
fn deepest(wrap: impl Fn(Type) -> Type) -> Type {
    (0..100).fold(Type::U8, |ty, _| wrap(ty))
}

#[test]
fn the_deepest_types_can_be_used() {
    for ty in [
        deepest(Type::option),
        deepest(Type::list),
        deepest(|ty| Type::tuple([ty])),
        deepest(|ty| Type::record([("a", ty)])),
        deepest(|ty| Type::variant([("a", Some(ty))])),
        deepest(|ty| Type::result(Some(ty), None)),
    ] {
        let zero = Value::default_of(&ty).unwrap();
        ty.check(&zero).unwrap();
        let text = zero.to_string();
        assert_eq!(Value::parse(&ty, &text).unwrap(), zero);
        assert!(!serde_json::to_string(&zero).unwrap().is_empty());
        assert!(ty.check(&Value::Bool(true)).is_err());
    }
    let ty = deepest(Type::option);
    let value = (0..100).fold(Value::U8(1), |value, _| Value::some(value));
    ty.check(&value).unwrap();
    assert_eq!(Value::parse(&ty, &value.to_string()).unwrap(), value);
}

#[test]
fn types_shared_without_end_are_named_briefly_in_messages() {
    let ty = (0..40).fold(Type::U8, |ty, _| Type::list(Type::tuple([ty.clone(), ty])));
    let error = ty.check(&Value::U8(1)).unwrap_err();
    assert_eq!(error.message(), "expected list, found u8");
    let error = Value::parse(&ty, "1").unwrap_err();
    assert_eq!(error.message(), "expected `[`, found `1` at offset 0");
    let text = "[(".repeat(40) + "1";
    assert!(Value::parse(&ty, &text).is_err());
    assert_eq!(Value::default_of(&ty), Some(Value::list([])));
}

#[test]
fn bytes_that_are_no_artifact_are_invalid_at_an_offset() {
    for (bytes, offset) in [
        (&b""[..], 0),
        (b"\0as", 0),
        (b"(module)", 0),
        (b"hello, world", 0),
        (b"\0asm", 4),
        (b"\0asm\x02\0\0\0", 4),
        (b"\x7fELF\x02\x01\x01\0", 0),
    ] {
        let error = Artifact::from_bytes("input", bytes).unwrap_err();
        let offset = Some(offset);
        assert_eq!(*error.kind(), ErrorKind::Invalid { offset }, "{error}");
        assert_eq!(error.operation(), Some("read input"));
    }
}

#[test]
fn truncated_artifacts_are_invalid_at_an_offset() {
    for name in ["greet/greet.wasm", "core/calc.wat"] {
        let mut bytes = common::fixture(name);
        bytes.truncate(bytes.len() / 2);
        let len = bytes.len() as u64;
        let artifact = Artifact::from_bytes(name, bytes).unwrap();
        let error = seam_decode::validate(&artifact).unwrap_err();
        let ErrorKind::Invalid {
            offset: Some(offset),
        } = *error.kind()
        else {
            panic!("{error:?}");
        };
        assert!((8..=len).contains(&offset), "{error}");
    }
}
