//! `flatten_type` of the canonical ABI, in a second implementation.
//!
//! The generated components must not depend on the code under test.

use seam_core::Type;

/// Returns the core types that a value is passed as.
pub(crate) fn flatten(ty: &Type) -> Vec<&'static str> {
    match ty {
        Type::S64 | Type::U64 => vec!["i64"],
        Type::F32 => vec!["f32"],
        Type::F64 => vec!["f64"],
        Type::String | Type::List(_) | Type::Map(..) => vec!["i32", "i32"],
        Type::FixedLengthList(element, len) => flatten(element).repeat(*len as usize),
        Type::Record(ty) => ty.fields.iter().flat_map(|(_, ty)| flatten(ty)).collect(),
        Type::Tuple(types) => types.iter().flat_map(flatten).collect(),
        Type::Variant(ty) => variant(ty.cases.iter().map(|(_, ty)| ty.as_ref())),
        Type::Option(ty) => variant([None, Some(&**ty)]),
        Type::Result(ty) => variant([ty.ok.as_ref(), ty.err.as_ref()]),
        _ => vec!["i32"],
    }
}

fn variant<'a>(payloads: impl IntoIterator<Item = Option<&'a Type>>) -> Vec<&'static str> {
    let mut joined: Vec<&'static str> = Vec::new();
    for payload in payloads.into_iter().flatten() {
        for (index, flat) in flatten(payload).into_iter().enumerate() {
            match joined.get_mut(index) {
                Some(slot) => *slot = join(slot, flat),
                None => joined.push(flat),
            }
        }
    }
    joined.insert(0, "i32");
    joined
}

fn join(a: &'static str, b: &'static str) -> &'static str {
    match (a, b) {
        (a, b) if a == b => a,
        ("i32", "f32") | ("f32", "i32") => "i32",
        _ => "i64",
    }
}
