//! Random values: a typed call gives what the same call by value gives.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Debug;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use seam_core::typed::Liftable;
use seam_core::{Instance, InstanceExt, Value, World};

use crate::collection::ECHO;
use crate::kind::{Color, Mixed, Perms, Point, Shape};
use crate::{echo, of_text, types};

/// Rust values as values, written by hand.
trait ToValue {
    fn to_value(&self) -> Value;
}

macro_rules! simple {
    ($($ty:ty)*) => {$(
        impl ToValue for $ty {
            fn to_value(&self) -> Value {
                self.clone().into()
            }
        }
    )*};
}

simple!(u8 u16 u32 u64 i32 f32 f64 String bool);

impl<T: ToValue> ToValue for Vec<T> {
    fn to_value(&self) -> Value {
        Value::list(self.iter().map(T::to_value))
    }
}

impl<T: ToValue, const N: usize> ToValue for [T; N] {
    fn to_value(&self) -> Value {
        Value::list(self.iter().map(T::to_value))
    }
}

impl<K: ToValue, V: ToValue> ToValue for BTreeMap<K, V> {
    fn to_value(&self) -> Value {
        let entries = self.iter().map(|(k, v)| (k.to_value(), v.to_value()));
        Value::Map(entries.collect())
    }
}

impl ToValue for Color {
    fn to_value(&self) -> Value {
        Value::enumeration(match self {
            Color::Red => "red",
            Color::Green => "green",
            Color::Blue => "blue",
        })
    }
}

impl ToValue for Perms {
    fn to_value(&self) -> Value {
        let names = [
            (self.read, "read"),
            (self.write, "write"),
            (self.exec, "exec"),
        ];
        Value::flags(names.iter().filter(|(set, _)| *set).map(|(_, name)| *name))
    }
}

impl ToValue for Point {
    fn to_value(&self) -> Value {
        Value::record([("x", self.x.to_value()), ("y", self.y.to_value())])
    }
}

impl ToValue for Mixed {
    fn to_value(&self) -> Value {
        let note = match &self.note {
            Some(note) => Value::some(note.to_value()),
            None => Value::none(),
        };
        Value::record([
            ("flag", self.flag.to_value()),
            ("wide", self.wide.to_value()),
            ("small", self.small.to_value()),
            ("ratio", self.ratio.to_value()),
            ("letter", Value::Char(self.letter)),
            ("name", self.name.to_value()),
            ("origin", self.origin.to_value()),
            ("samples", self.samples.to_value()),
            ("note", note),
            ("shade", self.color.to_value()),
            ("rights", self.rights.to_value()),
        ])
    }
}

impl ToValue for Shape {
    fn to_value(&self) -> Value {
        match self {
            Shape::Empty => Value::variant("empty", None),
            Shape::Radius(payload) => Value::variant("radius", Some(payload.to_value())),
            Shape::Serial(payload) => Value::variant("serial", Some(payload.to_value())),
            Shape::Text(payload) => Value::variant("label", Some(payload.to_value())),
            Shape::At(payload) => Value::variant("at", Some(payload.to_value())),
            Shape::Area(payload) => Value::variant("area", Some(payload.to_value())),
            Shape::Dot => Value::variant("dot", None),
        }
    }
}

fn point() -> impl Strategy<Value = Point> {
    any::<(i32, i32)>().prop_map(|(x, y)| Point { x, y })
}

fn color() -> impl Strategy<Value = Color> {
    prop_oneof![Just(Color::Red), Just(Color::Green), Just(Color::Blue)]
}

fn mixed() -> impl Strategy<Value = Mixed> {
    let numbers = any::<(bool, u64, u8, f32, char, [bool; 3])>();
    let samples = prop::collection::vec(any::<u16>(), 0..5);
    let texts = (".{0,6}", prop::option::of(".{0,6}"));
    (numbers, texts, point(), samples, color()).prop_map(
        |(
            (flag, wide, small, ratio, letter, [read, write, exec]),
            (name, note),
            origin,
            samples,
            color,
        )| Mixed {
            flag,
            wide,
            small,
            ratio,
            letter,
            name,
            origin,
            samples,
            note,
            color,
            rights: Perms { read, write, exec },
        },
    )
}

fn shape() -> impl Strategy<Value = Shape> {
    prop_oneof![
        Just(Shape::Empty),
        any::<f32>().prop_map(Shape::Radius),
        any::<u64>().prop_map(Shape::Serial),
        ".{0,6}".prop_map(Shape::Text),
        point().prop_map(|point| Shape::At(Box::new(point))),
        any::<f64>().prop_map(Shape::Area),
        Just(Shape::Dot),
    ]
}

/// Passes values to a function that returns them, typed and by value.
fn check<T: Liftable + ToValue + Debug>(
    instances: Vec<Box<dyn Instance>>,
    function: &str,
    strategy: impl Strategy<Value = T>,
) {
    let instances = RefCell::new(instances);
    let config = Config {
        cases: 64,
        failure_persistence: None,
        ..Config::default()
    };
    let result = TestRunner::new(config).run(&strategy, |given| {
        let value = given.to_value();
        for instance in instances.borrow_mut().iter_mut() {
            let by_value = instance.call_blocking(function, std::slice::from_ref(&value));
            prop_assert_eq!(by_value.as_ref().unwrap(), &Some(value.clone()));
            let typed: T = instance.call_typed_blocking(function, (&given,)).unwrap();
            prop_assert_eq!(&Some(typed.to_value()), by_value.as_ref().unwrap());
        }
        Ok(())
    });
    result.unwrap();
}

#[test]
fn records_agree_with_values() {
    let lists = prop::collection::vec(mixed(), 0..4);
    check(types(), &echo("list-mixed"), lists);
}

#[test]
fn variants_agree_with_values() {
    let lists = prop::collection::vec(shape(), 0..8);
    check(types(), &echo("list-shape"), lists);
}

/// The memory of the guest is never freed, so there are few and small values.
#[test]
fn maps_agree_with_values() {
    let maps = prop::collection::btree_map(".{0,6}", any::<u32>(), 0..5);
    check(of_text(ECHO, &World::new()), "map", maps);
}

#[test]
fn fixed_length_lists_agree_with_values() {
    let texts = [".{0,6}", ".{0,6}"];
    check(of_text(ECHO, &World::new()), "texts", texts);
    let rows = prop::collection::vec(any::<[bool; 3]>(), 0..5);
    check(of_text(ECHO, &World::new()), "rows", rows);
    check(of_text(ECHO, &World::new()), "flat", any::<[u16; 3]>());
}
