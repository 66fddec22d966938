//! Types that do not fit are `Misuse`, and the message shows both.

use std::collections::BTreeMap;
use std::fmt::Debug;

use seam_core::typed::{Liftable, Results, Typed, TypedArgs};
use seam_core::{ErrorKind, Instance, InstanceExt};

use crate::kind::{Color, Perms, Point};
use crate::{echo, types};

#[derive(Typed, Liftable, Debug)]
struct Misnamed {
    x: i32,
    z: i32,
}

#[derive(Typed, Liftable, Debug)]
struct Short {
    x: i32,
}

#[derive(Typed, Liftable, Debug)]
enum Reordered {
    Green,
    Red,
    Blue,
}

#[derive(Typed, Liftable, Debug)]
#[seam(variant)]
enum AsVariant {
    Red,
    Green,
    Blue,
}

#[derive(Typed, Liftable, Debug)]
enum NoPayload {
    Empty,
    Radius,
    Serial(u64),
}

/// The message of a call that must be refused, and must have reached no guest.
fn refused<A: TypedArgs, R: Results + Debug>(
    instance: &mut dyn Instance,
    function: &str,
    args: A,
) -> String {
    let error = instance
        .call_typed_blocking::<A, R>(&echo(function), args)
        .unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Misuse, "{error}");
    error.message().to_owned()
}

fn check(message: &str, parts: &[&str]) {
    for part in parts {
        assert!(message.contains(part), "{message} does not say {part}");
    }
}

#[test]
fn both_types_are_shown() {
    let at = Point { x: 1, y: 2 };
    for mut types in types() {
        let types = &mut *types;
        let found = refused::<_, Point>(types, "point", (Misnamed { x: 1, z: 2 },));
        check(
            &found,
            &["record { x: s32, z: s32 }", "record { x: s32, y: s32 }"],
        );
        let found = refused::<_, Misnamed>(types, "point", (at,));
        check(
            &found,
            &["record { x: s32, z: s32 }", "record { x: s32, y: s32 }"],
        );
        let found = refused::<_, Point>(types, "point", (Short { x: 1 },));
        check(&found, &["record { x: s32 }", "record { x: s32, y: s32 }"]);
        let found = refused::<_, Color>(types, "color", (Reordered::Green,));
        check(
            &found,
            &["enum { green, red, blue }", "enum { red, green, blue }"],
        );
        let found = refused::<_, AsVariant>(types, "color", (Color::Red,));
        check(
            &found,
            &["variant { red, green, blue }", "enum { red, green, blue }"],
        );
        let found = refused::<_, Perms>(types, "flags9", (Perms::default(),));
        check(&found, &["flags { read, write, exec }", "f8"]);
        let found = refused::<_, NoPayload>(types, "shape", (NoPayload::Serial(1),));
        check(&found, &["radius, ", "radius(f32)"]);
        let found = refused::<_, Vec<u32>>(types, "list-u32", ([1u32, 2],));
        check(&found, &["list<u32, 2>", "list<u32>"]);
        let map = BTreeMap::from([(1u8, 2u64)]);
        let found = refused::<_, Vec<(u8, u64)>>(types, "list-tuple", (map,));
        check(&found, &["map<u8, u64>", "list<tuple<u8, u64>>"]);
    }
}
