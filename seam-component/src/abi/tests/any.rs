//! Strategies for arbitrary types and values.

use proptest::prelude::*;
use seam_core::{List, Type, Value};

fn scalar() -> impl Strategy<Value = Type> {
    prop::sample::select(vec![
        Type::Bool,
        Type::S8,
        Type::U8,
        Type::S16,
        Type::U16,
        Type::S32,
        Type::U32,
        Type::S64,
        Type::U64,
        Type::F32,
        Type::F64,
        Type::Char,
        Type::String,
        Type::String,
        Type::String,
    ])
}

fn names(prefix: &'static str, types: Vec<Option<Type>>) -> Vec<(String, Option<Type>)> {
    types
        .into_iter()
        .enumerate()
        .map(|(i, ty)| (format!("{prefix}{i}"), ty))
        .collect()
}

fn labels(prefix: &str, count: usize) -> Vec<String> {
    (0..count).map(|i| format!("{prefix}{i}")).collect()
}

/// Generates types without handles, nested at most `depth` deep.
pub(super) fn ty(depth: u32) -> BoxedStrategy<Type> {
    let leaf = prop_oneof![
        6 => scalar(),
        1 => prop_oneof![1usize..40, Just(256usize), Just(257usize)].prop_map(|n| Type::enumeration(labels("c", n))),
        1 => (1usize..=32).prop_map(|n| Type::flags(labels("l", n))),
    ];
    leaf.prop_recursive(depth, 24, 5, |inner| {
        let some = prop::option::weighted(0.7, inner.clone()).boxed();
        prop_oneof![
            2 => inner.clone().prop_map(Type::list),
            1 => (inner.clone(), 1u32..6).prop_map(|(ty, n)| Type::FixedLengthList(ty.into(), n)),
            1 => (scalar(), inner.clone()).prop_map(|(k, v)| Type::Map(k.into(), v.into())),
            2 => prop::collection::vec(inner.clone(), 1..6).prop_map(|types| {
                Type::record(types.into_iter().enumerate().map(|(i, ty)| (format!("f{i}"), ty)))
            }),
            1 => prop::collection::vec(inner.clone(), 1..5).prop_map(Type::tuple),
            2 => prop::collection::vec(some.clone(), 1..6).prop_map(|types| Type::variant(names("c", types))),
            1 => inner.prop_map(Type::option),
            1 => (some.clone(), some).prop_map(|(ok, err)| Type::result(ok, err)),
        ]
    })
    .boxed()
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z ]{0,12}",
        "[a-zé-ÿ]{0,12}",
        "[a-zé-ÿĀ-€]{0,12}",
        "\\PC{0,8}",
        "[😀-😎x]{0,6}"
    ]
}

/// Generates values of a type.
pub(super) fn value(ty: &Type) -> BoxedStrategy<Value> {
    let payload = |ty: &Option<Type>| -> BoxedStrategy<Option<Box<Value>>> {
        match ty {
            Some(ty) => value(ty).prop_map(|value| Some(Box::new(value))).boxed(),
            None => Just(None).boxed(),
        }
    };
    match ty {
        Type::Bool => any::<bool>().prop_map(Value::Bool).boxed(),
        Type::S8 => any::<i8>().prop_map(Value::S8).boxed(),
        Type::U8 => any::<u8>().prop_map(Value::U8).boxed(),
        Type::S16 => any::<i16>().prop_map(Value::S16).boxed(),
        Type::U16 => any::<u16>().prop_map(Value::U16).boxed(),
        Type::S32 => any::<i32>().prop_map(Value::S32).boxed(),
        Type::U32 => any::<u32>().prop_map(Value::U32).boxed(),
        Type::S64 => any::<i64>().prop_map(Value::S64).boxed(),
        Type::U64 => any::<u64>().prop_map(Value::U64).boxed(),
        Type::F32 => any::<u32>()
            .prop_map(|bits| Value::F32(f32::from_bits(bits)))
            .boxed(),
        Type::F64 => any::<u64>()
            .prop_map(|bits| Value::F64(f64::from_bits(bits)))
            .boxed(),
        Type::Char => any::<char>().prop_map(Value::Char).boxed(),
        Type::String => text().prop_map(Value::from).boxed(),
        Type::List(ty) => {
            let values = prop::collection::vec(value(ty), 0..5);
            values
                .prop_map(|values| Value::List(values.into_iter().collect::<List>()))
                .boxed()
        }
        Type::FixedLengthList(ty, len) => {
            let values = prop::collection::vec(value(ty), *len as usize);
            values
                .prop_map(|values| Value::List(values.into_iter().collect::<List>()))
                .boxed()
        }
        Type::Map(k, v) => {
            let entries = prop::collection::vec((value(k), value(v)), 0..4);
            entries.prop_map(Value::Map).boxed()
        }
        Type::Record(ty) => {
            let values: Vec<_> = ty.fields.iter().map(|(_, ty)| value(ty)).collect();
            let names: Vec<_> = ty.fields.iter().map(|(name, _)| name.clone()).collect();
            let record = move |values: Vec<Value>| Value::record(names.iter().cloned().zip(values));
            values.prop_map(record).boxed()
        }
        Type::Tuple(types) => types
            .iter()
            .map(value)
            .collect::<Vec<_>>()
            .prop_map(Value::Tuple)
            .boxed(),
        Type::Variant(ty) => {
            let case = |(name, ty): &(std::sync::Arc<str>, Option<Type>)| {
                let name = name.clone();
                payload(ty)
                    .prop_map(move |value| Value::Variant(name.clone(), value))
                    .boxed()
            };
            proptest::strategy::Union::new(ty.cases.iter().map(case)).boxed()
        }
        Type::Enum(names) => prop::sample::select(names.to_vec())
            .prop_map(Value::Enum)
            .boxed(),
        Type::Option(ty) => prop::option::of(value(ty).prop_map(Box::new))
            .prop_map(Value::Option)
            .boxed(),
        Type::Result(ty) => prop_oneof![
            payload(&ty.ok).prop_map(|value| Value::Result(Ok(value))),
            payload(&ty.err).prop_map(|value| Value::Result(Err(value))),
        ]
        .boxed(),
        Type::Flags(names) => {
            let len = names.len();
            prop::sample::subsequence(names.to_vec(), 0..=len)
                .prop_map(Value::Flags)
                .boxed()
        }
        other => panic!("no values of type {other}"),
    }
}

/// Generates some types, and a value of each.
pub(super) fn types_and_values(depth: u32) -> impl Strategy<Value = (Vec<Type>, Vec<Value>)> {
    prop::collection::vec(ty(depth), 0..5).prop_flat_map(|types| {
        let values: Vec<_> = types.iter().map(value).collect();
        (Just(types), values)
    })
}
