//! Typed calls, and host functions over Rust types.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use seam_core::typed::{
    Lift, LiftResult, Lower, LowerArgs, Numbers, Scalar, Typed, args_to_values, result_from_value,
};
use seam_core::{
    Artifact, ErrorKind, FuncType, Handle, List, Records, Resource, ResourceType, Result, Type,
    Value, World, WorldState,
};

/// Calls the only host function of a world as a guest would.
fn call(world: World, ty: &FuncType, args: &[Value]) -> Result<Option<Value>> {
    let params: Vec<_> = ty
        .params
        .iter()
        .map(|(name, ty)| format!("(param \"{name}\" {})", wat_of(ty)))
        .collect();
    let result = ty
        .result
        .as_ref()
        .map(|ty| format!("(result {})", wat_of(ty)));
    let text = format!(
        "(component (import \"f\" (func {} {})))",
        params.join(" "),
        result.unwrap_or_default()
    );
    let artifact = Artifact::from_bytes("host", wat::parse_str(&text).unwrap()).unwrap();
    let bindings = world.bind(&seam_decode::validate(&artifact).unwrap())?;
    WorldState::new(&world, &bindings).call(0, args)
}

/// Returns a type in the text format.
fn wat_of(ty: &Type) -> String {
    match ty {
        Type::List(element) => format!("(list {})", wat_of(element)),
        Type::Option(some) => format!("(option {})", wat_of(some)),
        Type::Tuple(types) => {
            let types: Vec<_> = types.iter().map(wat_of).collect();
            format!("(tuple {})", types.join(" "))
        }
        Type::Result(ty) => {
            let ok = ty.ok.as_ref().map(wat_of).unwrap_or_default();
            let err = ty.err.as_ref().map(|ty| format!("(error {})", wat_of(ty)));
            format!("(result {ok} {})", err.unwrap_or_default())
        }
        simple => simple.to_string(),
    }
}

#[test]
fn rust_types_stand_for_component_types() {
    for (ty, text) in [
        (<u8>::ty(), "u8"),
        (<&str>::ty(), "string"),
        (<Vec<String>>::ty(), "list<string>"),
        (<&[f32]>::ty(), "list<f32>"),
        (<Option<Option<bool>>>::ty(), "option<option<bool>>"),
        (<Result<(), String>>::ty(), "result<_, string>"),
        (<Result<u8, ()>>::ty(), "result<u8>"),
        (<Result<(), ()>>::ty(), "result"),
        (<(char, i64)>::ty(), "tuple<char, s64>"),
        (
            <Vec<(u8, Option<String>)>>::ty(),
            "list<tuple<u8, option<string>>>",
        ),
    ] {
        assert_eq!(ty.to_string(), text);
    }
    assert!(<(u8, Vec<String>)>::is(&Type::tuple([
        Type::U8,
        Type::list(Type::String)
    ])));
    assert!(!<(u8, Vec<String>)>::is(&Type::tuple([Type::U8])));
    assert!(!<(u8,)>::is(&Type::tuple([Type::U8, Type::U8])));
    assert!(!<Result<(), String>>::is(&Type::result(None, None)));
    assert!(!<Option<u8>>::is(&Type::option(Type::S8)));
}

type Everything = (
    (bool, i8, u8, i16, u16, i32, u32, i64, u64, f32, f64, char),
    Vec<u8>,
    Vec<f64>,
    Vec<String>,
    Option<Option<u8>>,
    Vec<Option<(u8, char)>>,
    Result<String, u32>,
    Result<(), String>,
    Vec<Vec<i16>>,
    Vec<bool>,
);

#[test]
fn every_rust_type_round_trips() {
    let scalars = vec![
        Value::Bool(true),
        Value::S8(-1),
        Value::U8(1),
        Value::S16(-2),
        Value::U16(2),
        Value::S32(-3),
        Value::U32(3),
        Value::S64(-4),
        Value::U64(4),
        Value::F32(0.5),
        Value::F64(-0.0),
        Value::Char('é'),
    ];
    let pair = Value::Tuple(vec![Value::U8(1), Value::Char('x')]);
    let args = [
        Value::Tuple(scalars),
        Value::from(vec![1u8, 2]),
        Value::from(vec![1.5f64]),
        Value::list(["a".into(), "".into()]),
        Value::some(Value::none()),
        Value::list([Value::none(), Value::some(pair)]),
        Value::err(Some(Value::U32(9))),
        Value::ok(None),
        Value::list([Value::from(vec![1i16]), Value::list([])]),
        Value::list([Value::Bool(true)]),
    ];
    let world = World::new().func("f", |args: Everything| Ok(args));
    let types: Vec<_> = <Everything as seam_core::typed::TypedArgs>::types();
    let ty = FuncType::new(types, Some(Everything::ty()));
    let result = call(world, &ty, &args).unwrap();
    assert_eq!(result, Some(Value::Tuple(args.to_vec())));
    let Some(Value::Tuple(parts)) = result else {
        unreachable!("it is equal to a tuple");
    };
    assert!(
        matches!(&parts[1], Value::List(List::U8(_))),
        "{:?}",
        parts[1]
    );
}

#[test]
fn functions_without_arguments_or_result_use_the_unit_type() {
    let world = World::new().func("f", |(): ()| Ok(()));
    assert_eq!(call(world, &FuncType::default(), &[]).unwrap(), None);
}

#[test]
fn ill_typed_arguments_of_a_host_function_are_misuse() {
    let world = World::new().func("f", |(a,): (Vec<String>,)| Ok(a.len() as u32));
    let ty = FuncType::new([Type::list(Type::String)], Some(Type::U32));
    let error = call(world.clone(), &ty, &[Value::list([Value::U8(1)])]).unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Misuse);
    assert_eq!(
        error.message(),
        "argument 1, element 1: expected string, found u8"
    );
    let mismatch = FuncType::new([Type::U8], None);
    let error = call(world, &mismatch, &[]).unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Link);
}

/// Passes parts with a plain function.
struct Parts(fn(&mut dyn Lower) -> Result<()>);

impl LowerArgs for Parts {
    fn lower(&mut self, to: &mut dyn Lower) -> Result<()> {
        (self.0)(to)
    }
}

/// Takes parts with a plain function.
struct Take<F>(F);

impl<F: FnMut(&mut dyn Lift) -> Result<()>> LiftResult for Take<F> {
    fn lift(&mut self, from: &mut dyn Lift) -> Result<()> {
        (self.0)(from)
    }
}

fn every_structure() -> (Vec<Type>, Vec<Value>) {
    let counter = || ResourceType::new("counter");
    let own = Value::Own(Resource::guest(counter(), Handle::new(1, 2, 3, 4)));
    let types = vec![
        Type::record([("a", Type::U8), ("b", Type::enumeration(["x", "y"]))]),
        Type::variant([("n", None), ("p", Some(Type::String))]),
        Type::flags((0..40).map(|n| format!("f{n}"))),
        Type::Map(Type::String.into(), Type::U8.into()),
        Type::FixedLengthList(Type::U16.into(), 2),
        Type::Own(counter()),
    ];
    let values = vec![
        Value::record([("a", Value::U8(1)), ("b", Value::enumeration("y"))]),
        Value::variant("p", Some("text".into())),
        Value::flags(["f0", "f33"]),
        Value::Map(vec![("k".into(), Value::U8(2))]),
        Value::from(vec![7u16, 8]),
        own,
    ];
    (types, values)
}

#[test]
fn every_structure_is_built_from_its_parts() {
    let (types, values) = every_structure();
    let ty = FuncType::new(types, None);
    let mut lower = Parts(|to| {
        to.scalar(Scalar::U8(1))?;
        to.case(1)?;
        to.case(1)?;
        to.string("text")?;
        to.flags(&[1, 2])?;
        to.list(1)?;
        to.string("k")?;
        to.scalar(Scalar::U8(2))?;
        to.numbers(Numbers::U16(&[7, 8]))?;
        to.resource(&Resource::guest(
            ResourceType::new("counter"),
            Handle::new(1, 2, 3, 4),
        ))
    });
    assert_eq!(args_to_values(&ty, &mut lower).unwrap(), values);
}

#[test]
fn every_structure_is_split_into_its_parts() {
    let (types, values) = every_structure();
    let ty = FuncType::new([], Some(Type::tuple(types)));
    let mut seen = 0;
    let mut lift = Take(|from: &mut dyn Lift| {
        assert_eq!(from.scalar()?, Scalar::U8(1));
        assert_eq!((from.case()?, from.case()?), (1, 1));
        assert_eq!(from.string()?, "text");
        assert_eq!(from.flags()?, [1, 2]);
        assert_eq!(from.list()?, 1);
        assert_eq!(from.string()?, "k");
        assert_eq!(from.scalar()?, Scalar::U8(2));
        // Numbers can be read in bulk or one by one.
        assert_eq!(from.list()?, 2);
        assert_eq!(from.scalar()?, Scalar::U16(7));
        assert_eq!(from.scalar()?, Scalar::U16(8));
        assert_eq!(from.resource()?.ordinal(), 4);
        assert!(from.scalar().is_err());
        seen += 1;
        Ok(())
    });
    result_from_value(&ty, Some(Value::Tuple(values)), &mut lift).unwrap();
    assert_eq!(seen, 1);
}

#[test]
fn numbers_that_were_not_stored_flat_are_lifted_in_bulk() {
    let ty = FuncType::new([], Some(Type::list(Type::U8)));
    for (stored, lifted) in [
        (List::Values(vec![Value::U8(1)]), List::U8(vec![1])),
        (List::F64(vec![]), List::U8(vec![])),
    ] {
        let mut found = None;
        let mut lift = Take(|from: &mut dyn Lift| {
            found = Some(from.numbers()?);
            Ok(())
        });
        result_from_value(&ty, Some(Value::List(stored)), &mut lift).unwrap();
        assert!(matches!(found, Some(List::U8(list)) if List::U8(list.clone()) == lifted));
    }
}

#[test]
fn records_in_lists_are_taken_apart_however_they_are_stored() {
    let entry = Type::record([("id", Type::U32), ("name", Type::String)]);
    let ty = FuncType::new([], Some(Type::list(entry)));
    let record = |id: u32, name: &str| Value::record([("id", id.into()), ("name", name.into())]);
    let values = vec![record(1, "x"), record(2, "y")];
    for stored in [List::from(values.clone()), List::Values(values)] {
        let mut found = Vec::new();
        let mut lift = Take(|from: &mut dyn Lift| {
            for _ in 0..from.list()? {
                found.push((from.scalar()?, from.string()?));
            }
            Ok(())
        });
        result_from_value(&ty, Some(Value::List(stored)), &mut lift).unwrap();
        let expected = [(1, "x"), (2, "y")];
        assert_eq!(
            found,
            expected.map(|(id, name)| (Scalar::U32(id), name.to_owned()))
        );
    }
    // Without records, it is a list of any type.
    let records = Records::new(["id".into()].into(), Vec::new()).unwrap();
    let ty = FuncType::new([], Some(Type::list(Type::String)));
    let mut lift = Take(|from: &mut dyn Lift| {
        assert_eq!(from.list()?, 0);
        Ok(())
    });
    let list = Value::List(List::Records(Box::new(records)));
    result_from_value(&ty, Some(list), &mut lift).unwrap();
}

#[test]
fn parts_of_another_type_are_misuse() {
    let pair = Type::FixedLengthList(Type::U8.into(), 2);
    for (ty, parts, message) in [
        (
            Type::String,
            Parts(|to| to.scalar(Scalar::U8(1))),
            "expected string, found u8",
        ),
        (
            Type::U8,
            Parts(|to| to.scalar(Scalar::S8(1))),
            "expected u8, found s8",
        ),
        (Type::U8, Parts(|_| Ok(())), "expected u8, found none"),
        (
            Type::Bool,
            Parts(|to| {
                to.scalar(Scalar::Bool(true))?;
                to.case(0)
            }),
            "expected no more parts, found a case",
        ),
        (
            Type::enumeration(["a"]),
            Parts(|to| to.case(1)),
            "expected one of 1 cases, found case 1",
        ),
        (
            Type::option(Type::U8),
            Parts(|to| to.case(2)),
            "expected one of 2 cases, found case 2",
        ),
        (
            Type::flags(["a"]),
            Parts(|to| to.flags(&[2])),
            "expected 1 flags, found flag 1",
        ),
        (
            pair.clone(),
            Parts(|to| to.numbers(Numbers::U8(&[1]))),
            "expected 2 elements, found 1",
        ),
        (
            pair,
            Parts(|to| {
                to.list(1)?;
                to.scalar(Scalar::U8(1))
            }),
            "expected 2 elements, found 1",
        ),
        (
            Type::list(Type::U8),
            Parts(|to| to.numbers(Numbers::S8(&[1]))),
            "element 1: expected u8, found s8",
        ),
    ] {
        let mut parts = parts;
        let ty = FuncType::new([ty], None);
        let error = args_to_values(&ty, &mut parts).unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Misuse);
        assert_eq!(error.message(), message);
    }
}

#[test]
fn a_backend_whose_result_is_of_another_type_is_to_blame() {
    let ty = FuncType::new([], Some(Type::U8));
    let mut lift = Take(|_: &mut dyn Lift| Ok(()));
    for value in [None, Some(Value::Bool(true))] {
        let error = result_from_value(&ty, value, &mut lift).unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Engine);
    }
}
