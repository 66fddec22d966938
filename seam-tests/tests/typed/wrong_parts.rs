//! Arguments that pass other parts than those of their types.

use seam_core::typed::{Lower, LowerArgs, Numbers, Scalar};
use seam_core::{Args, Error, ErrorKind, InstanceExt, Result, Returns, Value, World};

use crate::of_text;

/// Returns the sum of the string's length and the numbers.
const GUEST: &str = r#"(component
  (core module $m
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 16))
    (func (export "sum") (param i32 i32 i32 i64 i32) (result i64)
      (i64.add
        (local.get 3)
        (i64.extend_i32_u
          (i32.add (local.get 1) (i32.add (local.get 2) (local.get 4)))))))
  (core instance $i (instantiate $m))
  (func (export "sum") (param "text" string) (param "n" u32) (param "wide" s64) (param "c" char)
      (result s64)
    (canon lift (core func $i "sum") (memory (core memory $i "memory"))
      (realloc (core func $i "realloc")))))"#;

#[derive(Clone, Copy, Debug)]
enum Part {
    Scalar(Scalar),
    String(&'static str),
    Bytes(&'static [u8]),
    List,
    Case,
    Flags,
}

/// Passes parts. Drops their errors if `drops` is set.
struct Script<'a> {
    parts: &'a [Part],
    drops: bool,
}

impl LowerArgs for Script<'_> {
    fn lower(&mut self, to: &mut dyn Lower) -> Result<()> {
        for part in self.parts {
            let passed = match *part {
                Part::Scalar(scalar) => to.scalar(scalar),
                Part::String(text) => to.string(text),
                Part::Bytes(bytes) => to.numbers(Numbers::U8(bytes)),
                Part::List => to.list(1),
                Part::Case => to.case(0),
                Part::Flags => to.flags(&[0]),
            };
            if !self.drops {
                passed?;
            }
        }
        Ok(())
    }
}

/// Calls the function on each backend.
fn sums(parts: &[Part], drops: bool) -> Vec<Result<Option<Value>>> {
    let call = |mut instance: Box<dyn seam_core::Instance>| {
        let func = instance.func(&"sum".parse().unwrap())?;
        let (mut script, mut result) = (Script { parts, drops }, None);
        let returns = Returns::Value(&mut result);
        let called = instance.call_in_one(&func, Args::Typed(&mut script), returns);
        // The guest has not run, so another call can be made.
        let mut again = Script {
            parts: &RIGHT,
            drops: false,
        };
        let mut sum = None;
        instance.call_in_one(&func, Args::Typed(&mut again), Returns::Value(&mut sum))?;
        assert_eq!(sum, Some(Value::S64(SUM)));
        called.map(|()| result)
    };
    let instances = of_text(GUEST, &World::new());
    instances.into_iter().map(call).collect()
}

const RIGHT: [Part; 4] = [
    Part::String("four"),
    Part::Scalar(Scalar::U32(30)),
    Part::Scalar(Scalar::S64(-200)),
    Part::Scalar(Scalar::Char('a')),
];

const SUM: i64 = 4 + 30 - 200 + 97;

#[test]
fn strings_and_scalars_are_passed_in_their_places() {
    for drops in [false, true] {
        for found in sums(&RIGHT, drops) {
            assert_eq!(found.unwrap(), Some(Value::S64(SUM)));
        }
    }
}

#[test]
fn other_parts_are_misuse_and_the_guest_does_not_run() {
    let [text, n, wide, c] = RIGHT;
    for (parts, expected) in [
        (vec![n], "string, found u32"),
        (vec![Part::Bytes(b"four")], "expected string, found list"),
        (vec![Part::List], "expected string, found list"),
        (vec![Part::Case], "expected string, found a case"),
        (vec![Part::Flags], "expected string, found flags"),
        (vec![text, text], "expected u32, found string"),
        (vec![text, wide], "expected u32, found s64"),
        (vec![text, n, wide, n], "expected char, found u32"),
        (vec![text, n, wide], "char, found no"),
        (vec![], "string, found no"),
        (
            vec![text, n, wide, c, text],
            "expected no more parts, found string",
        ),
    ] {
        for found in sums(&parts, false) {
            let error: Error = found.unwrap_err();
            assert_eq!(*error.kind(), ErrorKind::Misuse, "{parts:?}: {error}");
            assert!(error.message().contains(expected), "{parts:?}: {error}");
        }
    }
}

/// The Rust type is at fault: it has not said that a part was refused.
#[test]
fn an_argument_whose_error_is_dropped_is_not_passed() {
    let [text, n, wide, c] = RIGHT;
    for parts in [
        [n, text, n, wide, c].to_vec(),
        [n, n, wide, c].to_vec(),
        [text, text, wide, c].to_vec(),
        [text, n, wide, Part::Case].to_vec(),
        [text, n, wide, c, text].to_vec(),
    ] {
        for found in sums(&parts, true) {
            let error = found.unwrap_err();
            assert_eq!(*error.kind(), ErrorKind::Misuse, "{parts:?}: {error}");
        }
    }
}

/// Takes a string and a number in a tuple, and returns the number.
const TAKE: &str = r#"(component
  (core module $m
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 64))
    (func (export "take") (param i32 i32 i32) (result i32) (local.get 2)))
  (core instance $i (instantiate $m))
  (func (export "take") (param "p" (tuple string u32)) (result u32)
    (canon lift (core func $i "take") (memory (core memory $i "memory"))
      (realloc (core func $i "realloc")))))"#;

#[test]
fn a_part_inside_a_tuple_whose_error_is_dropped_is_not_passed() {
    let [text, n, ..] = RIGHT;
    for parts in [&[n, n][..], &[text, text], &[text, Part::Flags]] {
        for mut instance in of_text(TAKE, &World::new()) {
            let take = instance.func(&"take".parse().unwrap()).unwrap();
            let (mut script, mut result) = (Script { parts, drops: true }, None);
            let returns = Returns::Value(&mut result);
            let called = instance.call_in_one(&take, Args::Typed(&mut script), returns);
            let error = called.unwrap_err();
            assert_eq!(*error.kind(), ErrorKind::Misuse, "{parts:?}: {error}");
            let right = Value::Tuple(vec!["four".into(), Value::U32(30)]);
            let taken = instance.call_blocking(&take, &[right]).unwrap();
            assert_eq!(taken, Some(Value::U32(30)), "{parts:?}");
        }
    }
}
