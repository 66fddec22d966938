//! Arguments that lower themselves, as parts that are right or wrong.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use seam_core::typed::{Lower, LowerArgs, Numbers, Scalar};
use seam_core::{Args, ErrorKind, Func, Instance, InstanceExt, Result, Returns, Value, World};
use seam_wasmtime::Wasmtime;
use support::{fixture, instance};

/// A part of arguments.
#[derive(Clone, Copy, Debug)]
enum Part {
    String(&'static str),
    List(usize),
    Number,
    Numbers,
}

struct Script<'a>(&'a [Part]);

impl LowerArgs for Script<'_> {
    fn lower(&mut self, to: &mut dyn Lower) -> Result<()> {
        self.0.iter().try_for_each(|part| match *part {
            Part::String(text) => to.string(text),
            Part::List(len) => to.list(len),
            Part::Number => to.scalar(Scalar::U8(1)),
            Part::Numbers => to.numbers(Numbers::U8(&[1])),
        })
    }
}

fn call(guest: &mut dyn Instance, func: &Func, parts: &[Part]) -> Result<Option<Value>> {
    let mut result = None;
    let args = Args::Typed(&mut Script(parts));
    guest.call_in_one(func, args, Returns::Value(&mut result))?;
    Ok(result)
}

#[test]
fn strings_and_lists_of_strings_are_lowered_in_parts() {
    use Part::{List, String};
    let artifact = fixture("greet/greet.wasm");
    let mut guest = instance(&Wasmtime::new(), &artifact, &World::new());
    let greet = guest.resolve("greet").unwrap();
    for (parts, expected) in [
        (
            &[String("bob"), List(2), String("a"), String("")][..],
            "hello bob [a, ]",
        ),
        (&[String(""), List(0)], "hello  []"),
    ] {
        let found = call(&mut *guest, &greet, parts).unwrap();
        assert_eq!(found, Some(expected.into()), "{parts:?}");
    }
}

#[test]
fn wrong_parts_among_strings_are_misuse_and_harm_nothing() {
    use Part::{List, Number, Numbers, String};
    let artifact = fixture("greet/greet.wasm");
    let mut guest = instance(&Wasmtime::new(), &artifact, &World::new());
    let greet = guest.resolve("greet").unwrap();
    for (parts, expected) in [
        (&[][..], "expected string, found no more parts"),
        (&[String("a")], "expected list, found no more parts"),
        (&[String("a"), String("b")], "expected list, found string"),
        (&[List(1)], "expected string, found list"),
        (&[Numbers], "expected string, found list"),
        (&[Number], "expected string, found u8"),
        (&[String("a"), Numbers], "expected string, found u8"),
        (
            &[String("a"), List(2), String("b")],
            "expected string, found no more parts",
        ),
        (&[String("a"), List(1), Number], "expected string, found u8"),
        (
            &[String("a"), List(1), List(1)],
            "expected string, found list",
        ),
        (
            &[String("a"), List(1), String("b"), String("c")],
            "expected no more parts, found string",
        ),
        (
            &[String("a"), List(0), List(0)],
            "expected no more parts, found list",
        ),
    ] {
        let error = call(&mut *guest, &greet, parts).unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Misuse, "{parts:?}");
        assert!(error.to_string().contains(expected), "{parts:?}: {error}");
        let found = call(&mut *guest, &greet, &[String("b"), List(0)]).unwrap();
        assert_eq!(found, Some("hello b []".into()), "after {parts:?}");
    }
}
