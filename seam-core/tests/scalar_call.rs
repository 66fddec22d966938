//! A host call over scalars in one operation has the outcome of the call by value.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use seam_core::typed::{Lift, Liftable, Lower, Scalar, Typed};
use seam_core::{
    Artifact, Error, ErrorKind, Interface, Limit, Limits, OutputStream, Result, Type, Value, World,
    WorldState,
};

/// Imports `f: func(x: u32) -> u32` and `g: func()`.
fn interface() -> Interface {
    let text = r#"(component
        (import "f" (func (param "x" u32) (result u32)))
        (import "g" (func)))"#;
    let artifact = Artifact::from_bytes("imports", wat::parse_str(text).unwrap()).unwrap();
    seam_decode::validate(&artifact).unwrap()
}

fn start(world: &World) -> WorldState {
    let world = world.clone().stub(seam_core::Stub::Trap);
    WorldState::new(&world, &world.bind(&interface()).unwrap())
}

/// A `u32` whose conversions are given by the two numbers.
struct Odd<const LIFT: u8, const LOWER: u8>(u32);

impl<const LIFT: u8, const LOWER: u8> Typed for Odd<LIFT, LOWER> {
    fn ty() -> Type {
        Type::U32
    }

    fn lower(&self, to: &mut dyn Lower) -> Result<()> {
        match LOWER {
            0 => to.scalar(Scalar::U32(self.0)),
            1 => to.scalar(Scalar::U8(1)),
            2 => to.string("text"),
            3 => Ok(()),
            4 => {
                to.scalar(Scalar::U32(1))?;
                to.scalar(Scalar::U32(2))
            }
            5 => {
                let _ = to.list(1);
                to.scalar(Scalar::U32(1))
            }
            6 => Err(Error::misuse("an odd number")),
            _ => panic!("lowered"),
        }
    }
}

impl<const LIFT: u8, const LOWER: u8> Liftable for Odd<LIFT, LOWER> {
    fn lift(from: &mut dyn Lift) -> Result<Self> {
        match LIFT {
            0 => u32::lift(from).map(Self),
            1 => u8::lift(from).map(|number| Self(number.into())),
            2 => from.string().map(|_| Self(0)),
            3 => Ok(Self(0)),
            4 => {
                from.scalar()?;
                u32::lift(from).map(Self)
            }
            5 => {
                let _ = from.case();
                Ok(Self(0))
            }
            6 => Err(Error::misuse("an odd number")),
            _ => panic!("lifted"),
        }
    }
}

fn by_scalars(world: &World, arg: u32) -> Result<Option<Value>> {
    let mut state = start(world);
    let mut bits = [arg.into()];
    state.call_scalars(0, &mut bits)?;
    let result = Scalar::from_bits(&Type::U32, bits[0])?;
    Ok(Some(result.to_value()))
}

fn by_value(world: &World, arg: u32) -> Result<Option<Value>> {
    start(world).call(0, &[Value::U32(arg)])
}

#[test]
fn numbers_pass() {
    let world = World::new().func("f", |(x,): (u32,)| Ok(x + 1));
    let expected = Some(Value::U32(42));
    assert_eq!(by_scalars(&world, 41).unwrap(), expected);
    assert_eq!(by_value(&world, 41).unwrap(), expected);
}

#[test]
fn a_function_without_parameters_and_result_is_called() {
    let world = World::new().func_call("g", |call, (): ()| {
        call.output(OutputStream::Stdout, b"called")
    });
    let mut state = start(&world);
    let mut bits = [7];
    state.call_scalars(1, &mut bits).unwrap();
    assert_eq!(bits, [7]);
    assert_eq!(state.observed().stdout, b"called");
}

#[test]
fn calls_that_need_values_are_made_by_value() {
    let typed = World::new().func("f", |(_,): (u32,)| Ok(8u32));
    let over_values = World::new().func_values("f", None, |_, _| Ok(Some(Value::U32(8))));
    for (world, recorded) in [(typed.record(true), 1), (over_values, 0)] {
        let mut state = start(&world);
        let mut bits = [7];
        state.call_scalars(0, &mut bits).unwrap();
        assert_eq!(bits, [8]);
        assert_eq!(state.observed().host_calls.len(), recorded);
    }
    let stubbed = start(&World::new()).call_scalars(0, &mut [7]);
    assert!(stubbed.unwrap_err().as_trap().is_some());
}

#[test]
fn a_call_is_a_level_of_host_recursion() {
    for record in [false, true] {
        let world = World::new().func("f", |(x,): (u32,)| Ok(x)).record(record);
        let mut limits = Limits::new();
        limits.host_depth = 1;
        let mut state = start(&world.limits(limits));
        for _ in 0..2 {
            assert!(state.call_scalars(0, &mut [7]).is_ok());
        }
        state.begin_host_call().unwrap();
        let error = state.call_scalars(0, &mut [7]).unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Limit(Limit::HostDepth));
        state.end_host_call();
        assert!(state.call_scalars(0, &mut [7]).is_ok());
    }
}

/// Checks that both ways end with an error of this kind that contains this text.
#[track_caller]
fn fails<const LIFT: u8, const LOWER: u8>(kind: &ErrorKind, text: &str) {
    let world = World::new().func("f", |(x,): (Odd<LIFT, 0>,)| {
        assert_ne!(x.0, 7, "called");
        Ok(Odd::<0, LOWER>(x.0))
    });
    for error in [by_scalars(&world, 1), by_value(&world, 1)].map(Result::unwrap_err) {
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.message().contains(text), "{error}");
        assert_eq!(error.operation(), Some("host function f"), "{error}");
    }
}

#[test]
fn arguments_that_are_lifted_wrongly_are_misuse() {
    let misuse = &ErrorKind::Misuse;
    fails::<1, 0>(misuse, "expected u8, found u32");
    fails::<2, 0>(misuse, "expected string, found u32");
    fails::<3, 0>(misuse, "expected all parts to be taken, found u32");
    fails::<4, 0>(misuse, "expected a number, bool or char, found none");
    fails::<6, 0>(misuse, "an odd number");
    fails::<7, 0>(&ErrorKind::Host, "panicked: lifted");
}

#[test]
fn a_result_that_is_lowered_wrongly_is_an_error_of_the_host() {
    let host = &ErrorKind::Host;
    fails::<0, 1>(host, "result: expected u32, found u8");
    fails::<0, 2>(host, "result: expected u32, found");
    fails::<0, 3>(host, "result: expected u32, found");
    fails::<0, 4>(host, "result: expected no more parts, found");
    fails::<0, 6>(host, "result: an odd number");
}

#[test]
fn types_that_drop_an_error_or_panic_are_errors_of_the_host() {
    let world = World::new().func("f", |(x,): (Odd<5, 0>,)| {
        assert_ne!(x.0, 0, "called");
        Ok(x)
    });
    let error = by_scalars(&world, 1).unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Host);
    assert!(
        error.message().contains("to return the error of its part"),
        "{error}"
    );
    for lowered in [
        World::new().func("f", |(x,): (u32,)| Ok(Odd::<0, 5>(x))),
        World::new().func("f", |(x,): (u32,)| Ok(Odd::<0, 7>(x))),
    ] {
        let error = by_scalars(&lowered, 1).unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Host, "{error}");
    }
}

#[test]
fn errors_and_panics_of_the_function_are_its_own() {
    let trapped = World::new().func("f", |(x,): (u32,)| {
        Err::<u32, _>(Error::trap(seam_core::Trap::StubbedImport(
            x.to_string().into(),
        )))
    });
    let panics = World::new().func("f", |(x,): (u32,)| -> Result<u32> { panic!("at {x}") });
    for (world, text) in [(trapped, ""), (panics, "panicked: at 9")] {
        let (one, other) = (by_scalars(&world, 9), by_value(&world, 9));
        let (one, other) = (one.unwrap_err(), other.unwrap_err());
        assert_eq!(one.kind(), other.kind());
        assert_eq!(one.to_string(), other.to_string());
        assert!(one.message().contains(text), "{one}");
    }
}
