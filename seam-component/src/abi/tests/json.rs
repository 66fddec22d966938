//! Types and values of the test vectors.

use std::sync::Arc;

use seam_core::{List, Resource, ResourceType, Type, Value};
use serde_json::Value as Json;

use super::convert::Convert;
use super::guest::{Realloc, fill};
use seam_decode::types::{RecordTy, ResourceId, StringEncoding, Ty};

/// Returns the cases of a file.
pub(super) fn cases(text: &str) -> Vec<Json> {
    let mut file: Json = serde_json::from_str(text).unwrap();
    assert_eq!(file["revision"], "6d28164");
    match file["cases"].take() {
        Json::Array(cases) if !cases.is_empty() => cases,
        other => panic!("expected cases, found {other}"),
    }
}

fn label(prefix: &str, index: usize) -> Arc<str> {
    format!("{prefix}{index}").into()
}

fn labels(prefix: &str, count: &Json) -> Vec<Arc<str>> {
    (0..count.as_u64().unwrap() as usize)
        .map(|i| label(prefix, i))
        .collect()
}

fn types(json: &Json) -> impl Iterator<Item = Type> + '_ {
    json.as_array().unwrap().iter().map(ty)
}

fn optional(json: &Json) -> Option<Type> {
    (!json.is_null()).then(|| ty(json))
}

pub(super) fn ty(json: &Json) -> Type {
    if let Some(name) = json.as_str() {
        return match name {
            "bool" => Type::Bool,
            "s8" => Type::S8,
            "u8" => Type::U8,
            "s16" => Type::S16,
            "u16" => Type::U16,
            "s32" => Type::S32,
            "u32" => Type::U32,
            "s64" => Type::S64,
            "u64" => Type::U64,
            "f32" => Type::F32,
            "f64" => Type::F64,
            "char" => Type::Char,
            "string" => Type::String,
            "error-context" => Type::ErrorContext,
            other => panic!("unknown type {other}"),
        };
    }
    let object = json.as_object().unwrap();
    let (kind, of) = object.iter().find(|(kind, _)| *kind != "len").unwrap();
    match kind.as_str() {
        "list" => match object.get("len") {
            Some(len) => Type::FixedLengthList(ty(of).into(), len.as_u64().unwrap() as u32),
            None => Type::list(ty(of)),
        },
        "map" => Type::Map(ty(&of[0]).into(), ty(&of[1]).into()),
        "record" => Type::record(types(of).enumerate().map(|(i, ty)| (label("f", i), ty))),
        "tuple" => Type::tuple(types(of)),
        "variant" => {
            let cases = of.as_array().unwrap().iter().enumerate();
            Type::variant(cases.map(|(i, ty)| (label("c", i), optional(ty))))
        }
        "enum" => Type::enumeration(labels("c", of)),
        "option" => Type::option(ty(of)),
        "result" => Type::result(optional(&of[0]), optional(&of[1])),
        "flags" => Type::flags(labels("l", of)),
        "own" => Type::Own(ResourceType::new(of.to_string())),
        "borrow" => Type::Borrow(ResourceType::new(of.to_string())),
        "stream" => Type::Stream(optional(of).map(Arc::new)),
        "future" => Type::Future(optional(of).map(Arc::new)),
        other => panic!("unknown type {other}"),
    }
}

/// Returns the run-time form of a type. A resource type becomes its number.
pub(super) fn run_time(ty: &Type) -> Ty {
    Ty::from_type(ty, &mut |name| Ok(ResourceId(name.name().parse().unwrap()))).unwrap()
}

/// Returns types as the parameters of a function.
pub(super) fn params(types: &[Type]) -> RecordTy {
    let field = |(i, ty)| (label("p", i), run_time(ty));
    RecordTy::new(types.iter().enumerate().map(field))
}

pub(super) fn value(ty: &Type, json: &Json) -> Value {
    let unsigned = || json.as_u64().unwrap();
    let signed = || json.as_i64().unwrap();
    match ty {
        Type::Bool => Value::Bool(json.as_bool().unwrap()),
        Type::S8 => Value::S8(signed() as i8),
        Type::U8 => Value::U8(unsigned() as u8),
        Type::S16 => Value::S16(signed() as i16),
        Type::U16 => Value::U16(unsigned() as u16),
        Type::S32 => Value::S32(signed() as i32),
        Type::U32 => Value::U32(unsigned() as u32),
        Type::S64 => Value::S64(signed()),
        Type::U64 => Value::U64(unsigned()),
        Type::F32 => Value::F32(f32::from_bits(unsigned() as u32)),
        Type::F64 => Value::F64(f64::from_bits(unsigned())),
        Type::Char => Value::Char(char::from_u32(unsigned() as u32).unwrap()),
        Type::String => Value::from(json.as_str().unwrap()),
        Type::List(element) | Type::FixedLengthList(element, _) => {
            let elements = json.as_array().unwrap().iter();
            Value::List(elements.map(|json| value(element, json)).collect::<List>())
        }
        Type::Map(k, v) => {
            let entries = json.as_array().unwrap().iter();
            Value::Map(
                entries
                    .map(|e| (value(k, &e[0]), value(v, &e[1])))
                    .collect(),
            )
        }
        Type::Record(ty) => {
            let fields = ty.fields.iter().enumerate();
            Value::record(fields.map(|(i, (name, ty))| (name.clone(), value(ty, &json[i]))))
        }
        Type::Tuple(types) => Value::Tuple(values(types, json)),
        Type::Variant(ty) => {
            let (name, payload) = &ty.cases[json[0].as_u64().unwrap() as usize];
            Value::variant(name.clone(), payload.as_ref().map(|ty| value(ty, &json[1])))
        }
        Type::Enum(names) => Value::Enum(names[json[0].as_u64().unwrap() as usize].clone()),
        Type::Option(some) => Value::Option((json[0] == 1).then(|| value(some, &json[1]).into())),
        Type::Result(ty) => match json[0].as_u64() {
            Some(0) => Value::ok(ty.ok.as_ref().map(|ty| value(ty, &json[1]))),
            _ => Value::err(ty.err.as_ref().map(|ty| value(ty, &json[1]))),
        },
        Type::Flags(names) => {
            let set = names.iter().enumerate();
            Value::Flags(
                set.filter(|(i, _)| unsigned() >> i & 1 == 1)
                    .map(|(_, n)| n.clone())
                    .collect(),
            )
        }
        Type::Own(ty) => Value::Own(Resource::host(ty.clone(), unsigned() as u32)),
        Type::Borrow(ty) => Value::Borrow(Resource::host(ty.clone(), unsigned() as u32)),
        other => panic!("no values of type {other}"),
    }
}

pub(super) fn values(types: &[Type], json: &Json) -> Vec<Value> {
    let json = json.as_array().unwrap();
    assert_eq!(types.len(), json.len());
    types
        .iter()
        .zip(json)
        .map(|(ty, json)| value(ty, json))
        .collect()
}

pub(super) fn encoding(json: &Json) -> StringEncoding {
    match json.as_str().unwrap() {
        "utf8" => StringEncoding::Utf8,
        "utf16" => StringEncoding::Utf16,
        "latin1+utf16" => StringEncoding::Latin1Utf16,
        other => panic!("unknown encoding {other}"),
    }
}

/// Returns the bits of core values, which the vectors give without sign.
pub(super) fn flat(json: &Json) -> Vec<u64> {
    let value = |json: &Json| json[1].as_u64().unwrap();
    json.as_array().unwrap().iter().map(value).collect()
}

pub(super) fn memory(size: &Json, runs: &Json) -> Vec<u8> {
    let mut bytes = fill(size.as_u64().unwrap() as usize);
    for run in runs.as_array().unwrap() {
        let start = run[0].as_u64().unwrap() as usize;
        let hex = run[1].as_str().unwrap();
        for i in 0..hex.len() / 2 {
            bytes[start + i] = u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap();
        }
    }
    bytes
}

pub(super) fn reallocs(json: &Json) -> Vec<Realloc> {
    let call = |json: &Json| {
        let n = |i: usize| json[i].as_u64().unwrap() as u32;
        Realloc {
            args: [n(0), n(1), n(2), n(3)],
            result: n(4),
            carries: json.get(5).is_none(),
        }
    };
    json.as_array().unwrap().iter().map(call).collect()
}
