//! Types for property tests: one that fails shrinks to a simple one that fails too.

use proptest::prelude::*;
use seam_core::Type;

/// Types at most four deep, of every kind whose values have a text: up to 32 flags, records of
/// more than 16 flat values and variants whose cases join different flat types among them.
pub(crate) fn ty() -> impl Strategy<Value = Type> {
    leaf().prop_recursive(4, 24, 4, |inner| {
        let maybe = || proptest::option::of(inner.clone());
        prop_oneof![
            2 => inner.clone().prop_map(Type::list),
            1 => (inner.clone(), 1..5u32)
                .prop_map(|(ty, len)| Type::FixedLengthList(ty.into(), len)),
            1 => (key(), inner.clone())
                .prop_map(|(key, value)| Type::Map(key.into(), value.into())),
            1 => inner.clone().prop_map(Type::option),
            1 => (maybe(), maybe()).prop_map(|(ok, err)| Type::result(ok, err)),
            1 => proptest::collection::vec(inner.clone(), 1..5).prop_map(Type::tuple),
            2 => proptest::collection::vec(inner.clone(), 1..20)
                .prop_map(|fields| Type::record(named(fields))),
            2 => proptest::collection::vec(maybe(), 1..6)
                .prop_map(|cases| Type::variant(named(cases))),
        ]
    })
}

fn leaf() -> impl Strategy<Value = Type> {
    let names = |names: std::ops::Range<usize>| {
        names.prop_map(|count| {
            let names = named(vec![(); count]).map(|(name, ())| name);
            names.collect::<Vec<String>>()
        })
    };
    prop_oneof![
        8 => key(),
        1 => Just(Type::F32),
        1 => Just(Type::F64),
        1 => names(1..6).prop_map(Type::enumeration),
        1 => names(1..33).prop_map(Type::flags),
    ]
}

/// Types that can be keys of maps; floats cannot.
fn key() -> impl Strategy<Value = Type> {
    prop::sample::select(vec![
        Type::Bool,
        Type::U8,
        Type::S8,
        Type::U16,
        Type::S16,
        Type::U32,
        Type::S32,
        Type::U64,
        Type::S64,
        Type::Char,
        Type::String,
    ])
}

fn named<T>(items: Vec<T>) -> impl Iterator<Item = (String, T)> {
    let items = items.into_iter().enumerate();
    items.map(|(index, item)| (format!("n{index}"), item))
}
