//! Derived types, which stand for those of the fixture with all types.

use std::borrow::Cow;
use std::sync::Arc;

use seam_core::typed::{Liftable, Typed};
use seam_core::{InstanceExt, Value};

use crate::{check_echo, echo, types};

#[derive(Typed, Liftable, Clone, Copy, Debug, PartialEq)]
pub(crate) enum Color {
    Red,
    Green,
    Blue,
}

#[derive(Typed, Liftable, Clone, Copy, Debug, PartialEq, Default)]
#[seam(flags)]
pub(crate) struct Perms {
    pub(crate) read: bool,
    pub(crate) write: bool,
    pub(crate) exec: bool,
}

#[derive(Typed, Liftable, Clone, Copy, Debug, PartialEq)]
pub(crate) struct Point {
    pub(crate) x: i32,
    pub(crate) y: i32,
}

#[derive(Typed, Liftable, Clone, Debug, PartialEq)]
pub(crate) struct Mixed {
    pub(crate) flag: bool,
    pub(crate) wide: u64,
    pub(crate) small: u8,
    pub(crate) ratio: f32,
    pub(crate) letter: char,
    pub(crate) name: String,
    pub(crate) origin: Point,
    pub(crate) samples: Vec<u16>,
    pub(crate) note: Option<String>,
    #[seam(rename = "shade")]
    pub(crate) color: Color,
    pub(crate) rights: Perms,
}

#[derive(Typed, Liftable, Clone, Debug, PartialEq)]
pub(crate) enum Shape {
    Empty,
    Radius(f32),
    Serial(u64),
    #[seam(rename = "label")]
    Text(String),
    At(Box<Point>),
    Area(f64),
    Dot,
}

/// As [`Mixed`], over borrowed text and another type for each of the rest.
#[derive(Typed)]
struct MixedRef<'a> {
    flag: bool,
    wide: u64,
    small: u8,
    ratio: f32,
    letter: char,
    name: &'a str,
    origin: &'a Point,
    samples: &'a [u16],
    note: Option<Cow<'a, str>>,
    shade: Color,
    rights: Perms,
}

pub(crate) fn mixed() -> Mixed {
    Mixed {
        flag: true,
        wide: u64::MAX,
        small: 7,
        ratio: -0.5,
        letter: 'é',
        name: "text".into(),
        origin: Point { x: -1, y: 2 },
        samples: vec![1, 2, 3],
        note: Some("note".into()),
        color: Color::Blue,
        rights: Perms {
            read: true,
            write: false,
            exec: true,
        },
    }
}

#[test]
fn records_round_trip() {
    let mut types = types();
    check_echo(&mut types, &echo("point"), &Point { x: 1, y: i32::MIN });
    check_echo(&mut types, &echo("mixed"), &mixed());
    let few = Mixed {
        note: None,
        name: String::new(),
        ..mixed()
    };
    check_echo(&mut types, &echo("list-mixed"), &vec![mixed(), few]);
    check_echo(&mut types, &echo("list-mixed"), &Vec::<Mixed>::new());
}

#[test]
fn fields_are_passed_in_their_places() {
    for mut types in types() {
        let point = Point { x: 1, y: 2 };
        let found = types.call_blocking(
            "test:types/echo@1.0.0#mirror",
            &[Value::record([("x", 1i32.into()), ("y", 2i32.into())])],
        );
        let mirrored: Point = types
            .call_typed_blocking("test:types/echo@1.0.0#mirror", (point,))
            .unwrap();
        assert_eq!(
            found.unwrap(),
            Some(Value::record([
                ("x", mirrored.x.into()),
                ("y", mirrored.y.into())
            ]))
        );
        assert_ne!(mirrored, point);
    }
}

#[test]
fn borrowed_records_can_be_passed() {
    let owned = mixed();
    for mut types in types() {
        let borrowed = MixedRef {
            flag: true,
            wide: u64::MAX,
            small: 7,
            ratio: -0.5,
            letter: 'é',
            name: &owned.name,
            origin: &owned.origin,
            samples: &owned.samples,
            note: Some("note".into()),
            shade: Color::Blue,
            rights: owned.rights,
        };
        let found: Mixed = types
            .call_typed_blocking(&echo("mixed"), (&borrowed,))
            .unwrap();
        assert_eq!(found, owned);
    }
}

#[test]
fn variants_round_trip() {
    let mut types = types();
    let all = vec![
        Shape::Empty,
        Shape::Radius(1.5),
        Shape::Serial(u64::MAX),
        Shape::Text("text".into()),
        Shape::At(Box::new(Point { x: 1, y: 2 })),
        Shape::Area(-0.0),
        Shape::Dot,
    ];
    for shape in &all {
        check_echo(&mut types, &echo("shape"), shape);
    }
    check_echo(&mut types, &echo("list-shape"), &all);
}

#[test]
fn enums_round_trip() {
    for mut types in types() {
        for (color, next) in [
            (Color::Red, Color::Green),
            (Color::Green, Color::Blue),
            (Color::Blue, Color::Red),
        ] {
            let found: Color = types
                .call_typed_blocking("test:types/echo@1.0.0#next-color", (color,))
                .unwrap();
            assert_eq!(found, next);
        }
    }
}

#[test]
fn flags_round_trip() {
    for mut types in types() {
        for bits in 0..8 {
            let [read, write, exec] = [1, 2, 4].map(|bit| bits & bit != 0);
            let perms = Perms { read, write, exec };
            let others = Perms {
                read: !read,
                write: !write,
                exec: !exec,
            };
            let found: Perms = types
                .call_typed_blocking("test:types/echo@1.0.0#not-perms", (perms,))
                .unwrap();
            assert_eq!(found, others);
        }
    }
}

/// The highest bit of a word, and names with digits.
#[derive(Typed, Liftable, Clone, Copy, Debug, PartialEq, Default)]
#[seam(flags)]
#[rustfmt::skip]
struct Flags32 {
    f0: bool, f1: bool, f2: bool, f3: bool, f4: bool, f5: bool, f6: bool, f7: bool,
    f8: bool, f9: bool, f10: bool, f11: bool, f12: bool, f13: bool, f14: bool, f15: bool,
    f16: bool, f17: bool, f18: bool, f19: bool, f20: bool, f21: bool, f22: bool, f23: bool,
    f24: bool, f25: bool, f26: bool, f27: bool, f28: bool, f29: bool, f30: bool, f31: bool,
}

#[test]
fn the_highest_of_32_flags_is_the_highest_bit() {
    let flags = Flags32 {
        f0: true,
        f8: true,
        f31: true,
        ..Flags32::default()
    };
    check_echo(&mut types(), &echo("flags32"), &flags);
    for mut types in types() {
        let found: Flags32 = types
            .call_typed_blocking(&echo("flags32"), (flags,))
            .unwrap();
        let value = types.call_blocking(&echo("flags32"), &[Value::flags(["f0", "f8", "f31"])]);
        assert_eq!(found, flags);
        assert_eq!(value.unwrap(), Some(Value::flags(["f0", "f8", "f31"])));
    }
}

#[test]
fn pointers_stand_for_what_they_point_to() {
    let mut types = types();
    check_echo(&mut types, &echo("string"), &Arc::<str>::from("text"));
    check_echo(&mut types, &echo("string"), &Box::<str>::from("text"));
    check_echo(&mut types, &echo("string"), &Cow::Borrowed("text"));
    check_echo(&mut types, &echo("point"), &Arc::new(Point { x: 1, y: 2 }));
    check_echo(&mut types, &echo("list-u32"), &Arc::<[u32]>::from([1, 2]));
    check_echo(&mut types, &echo("list-u32"), &Box::<[u32]>::from([1, 2]));
    check_echo(
        &mut types,
        &echo("list-u64"),
        &Cow::<[u64]>::Owned(vec![1, 2]),
    );
    // Elements one by one, though a list of numbers can be passed whole.
    check_echo(
        &mut types,
        &echo("list-u32"),
        &vec![Box::new(1u32), Box::new(2)],
    );
}
