//! Comparison of sizes, alignments, offsets and flat types with those of wit-parser.

use proptest::prelude::*;
use seam_core::{CoreType, Type};
use wit_parser::abi::{FlatTypes, WasmType};
use wit_parser::{Resolve, SizeAlign, TypeDefKind};

use super::json::run_time;
use seam_decode::types::{MAX_FLAT_PARAMS, Ty};

/// Defines a type for wit-parser.
fn define(resolve: &mut Resolve, ty: &Type) -> wit_parser::Type {
    use wit_parser::Type as Wit;
    let kind = match ty {
        Type::Bool => return Wit::Bool,
        Type::S8 => return Wit::S8,
        Type::U8 => return Wit::U8,
        Type::S16 => return Wit::S16,
        Type::U16 => return Wit::U16,
        Type::S32 => return Wit::S32,
        Type::U32 => return Wit::U32,
        Type::S64 => return Wit::S64,
        Type::U64 => return Wit::U64,
        Type::F32 => return Wit::F32,
        Type::F64 => return Wit::F64,
        Type::Char => return Wit::Char,
        Type::String => return Wit::String,
        Type::List(ty) => TypeDefKind::List(define(resolve, ty)),
        Type::FixedLengthList(ty, len) => TypeDefKind::FixedLengthList(define(resolve, ty), *len),
        Type::Map(k, v) => TypeDefKind::Map(define(resolve, k), define(resolve, v)),
        Type::Record(ty) => TypeDefKind::Record(wit_parser::Record {
            fields: ty
                .fields
                .iter()
                .map(|(name, ty)| field(resolve, name, ty))
                .collect(),
        }),
        Type::Tuple(types) => TypeDefKind::Tuple(wit_parser::Tuple {
            types: types.iter().map(|ty| define(resolve, ty)).collect(),
        }),
        Type::Variant(ty) => TypeDefKind::Variant(wit_parser::Variant {
            cases: ty
                .cases
                .iter()
                .map(|(name, ty)| case(resolve, name, ty.as_ref()))
                .collect(),
        }),
        Type::Enum(names) => TypeDefKind::Enum(wit_parser::Enum {
            cases: names.iter().map(|name| enum_case(name)).collect(),
        }),
        Type::Option(ty) => TypeDefKind::Option(define(resolve, ty)),
        Type::Result(ty) => TypeDefKind::Result(wit_parser::Result_ {
            ok: ty.ok.as_ref().map(|ty| define(resolve, ty)),
            err: ty.err.as_ref().map(|ty| define(resolve, ty)),
        }),
        Type::Flags(names) => TypeDefKind::Flags(wit_parser::Flags {
            flags: names.iter().map(|name| flag(name)).collect(),
        }),
        other => panic!("no such type here: {other}"),
    };
    Wit::Id(resolve.types.alloc(wit_parser::TypeDef {
        name: None,
        kind,
        owner: wit_parser::TypeOwner::None,
        docs: Default::default(),
        stability: Default::default(),
        span: Default::default(),
        external_id: None,
    }))
}

fn field(resolve: &mut Resolve, name: &str, ty: &Type) -> wit_parser::Field {
    wit_parser::Field {
        name: name.to_owned(),
        ty: define(resolve, ty),
        docs: Default::default(),
        span: Default::default(),
    }
}

fn case(resolve: &mut Resolve, name: &str, ty: Option<&Type>) -> wit_parser::Case {
    wit_parser::Case {
        name: name.to_owned(),
        ty: ty.map(|ty| define(resolve, ty)),
        docs: Default::default(),
        span: Default::default(),
    }
}

fn enum_case(name: &str) -> wit_parser::EnumCase {
    wit_parser::EnumCase {
        name: name.to_owned(),
        docs: Default::default(),
        span: Default::default(),
    }
}

fn flag(name: &str) -> wit_parser::Flag {
    wit_parser::Flag {
        name: name.to_owned(),
        docs: Default::default(),
        span: Default::default(),
    }
}

fn core_type(ty: &WasmType) -> CoreType {
    match ty {
        WasmType::I32 | WasmType::Pointer | WasmType::Length => CoreType::I32,
        WasmType::I64 | WasmType::PointerOrI64 => CoreType::I64,
        WasmType::F32 => CoreType::F32,
        WasmType::F64 => CoreType::F64,
    }
}

/// Checks a type against wit-parser's sizes, alignments and flat types.
fn check_layout(ty: &Type) -> Result<(), TestCaseError> {
    let mut resolve = Resolve::default();
    let wit = define(&mut resolve, ty);
    let mut sizes = SizeAlign::default();
    sizes.fill(&resolve);
    let ours = run_time(ty);
    let layout = ours.layout();
    prop_assert_eq!(layout.size, sizes.size(&wit).size_wasm32() as u64);
    prop_assert_eq!(layout.alignment as usize, sizes.align(&wit).align_wasm32());
    prop_assert_eq!(layout.size64, sizes.size(&wit).size_wasm64() as u64);
    prop_assert_eq!(
        layout.alignment64 as usize,
        sizes.align(&wit).align_wasm64()
    );

    let mut types = [WasmType::I32; 16];
    let mut flat = FlatTypes::new(&mut types);
    if resolve.push_flat(&wit, &mut flat) {
        let flat: Vec<_> = flat.to_vec().iter().map(core_type).collect();
        prop_assert_eq!(ours.flat().core_types(), flat);
    } else {
        prop_assert!(ours.flat().len() > 16);
    }
    Ok(())
}

#[test]
fn a_part_of_sixteen_flat_values_is_flat_itself() {
    let words = |count| Type::tuple(vec![Type::U64; count]);
    for (ty, flat) in [
        (words(16), true),
        (words(17), false),
        (Type::tuple([words(16)]), true),
        (Type::tuple([words(17)]), false),
        (Type::tuple([words(16), Type::U8]), false),
        (Type::tuple([Type::U8, words(15)]), true),
        (Type::tuple([Type::U8, words(16)]), false),
        (Type::FixedLengthList(words(16).into(), 1), true),
        (Type::FixedLengthList(words(8).into(), 2), true),
        (Type::FixedLengthList(words(8).into(), 3), false),
        (Type::option(words(15)), true),
        (Type::option(words(16)), false),
        (Type::result(Some(words(15)), Some(words(17))), false),
        (Type::result(Some(words(17)), Some(Type::F32)), false),
    ] {
        check_layout(&ty).unwrap_or_else(|error| panic!("{ty}: {error}"));
        assert_eq!(run_time(&ty).flat().len() <= MAX_FLAT_PARAMS, flat, "{ty}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn layouts_match_wit_parser(ty in super::any::ty(4)) {
        check_layout(&ty)?;
    }

    #[test]
    fn whether_lifting_traps_is_known_without_the_other_contents(ty in super::any::ty(4)) {
        let ours = run_time(&ty);
        prop_assert_eq!(ours.traps(), ours.contents().traps);
    }

    #[test]
    fn offsets_of_fields_match_wit_parser(
        types in prop::collection::vec(super::any::ty(3), 1..8),
    ) {
        let mut resolve = Resolve::default();
        let wit: Vec<_> = types.iter().map(|ty| define(&mut resolve, ty)).collect();
        let mut sizes = SizeAlign::default();
        sizes.fill(&resolve);
        let offsets = sizes.field_offsets(&wit);
        let offsets: Vec<_> = offsets.iter().map(|(offset, _)| offset.size_wasm32() as u64).collect();
        let Ty::Tuple(ours) = run_time(&Type::tuple(types)) else { unreachable!() };
        let fields: Vec<_> = ours.fields.iter().map(|field| field.offset).collect();
        prop_assert_eq!(fields, offsets);
    }
}
