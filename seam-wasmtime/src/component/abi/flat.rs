//! How many core values a type flattens to.

use seam_core::Type;

/// Returns the number of core values that the types flatten to, or `None` if there are more than `max`,
/// so that they are passed in memory.
pub(super) fn flat_count<'a>(
    types: impl IntoIterator<Item = &'a Type>,
    max: usize,
) -> Option<usize> {
    let count = types.into_iter().map(count).fold(0, usize::saturating_add);
    (count <= max).then_some(count)
}

fn count(ty: &Type) -> usize {
    match ty {
        Type::String | Type::List(_) | Type::Map(..) => 2,
        Type::FixedLengthList(element, len) => {
            count(element).saturating_mul(usize::try_from(*len).unwrap_or(usize::MAX))
        }
        Type::Record(ty) => sum(ty.fields.iter().map(|(_, ty)| ty)),
        Type::Tuple(types) => sum(types.iter()),
        Type::Variant(ty) => variant(ty.cases.iter().map(|(_, ty)| ty.as_ref())),
        Type::Option(ty) => variant([Some(&**ty)]),
        Type::Result(ty) => variant([ty.ok.as_ref(), ty.err.as_ref()]),
        Type::Flags(names) => names.len().div_ceil(32),
        _ => 1,
    }
}

fn sum<'a>(types: impl Iterator<Item = &'a Type>) -> usize {
    types.map(count).fold(0, usize::saturating_add)
}

/// A discriminant, and as many core values as the largest payload has.
fn variant<'a>(payloads: impl IntoIterator<Item = Option<&'a Type>>) -> usize {
    let payloads = payloads.into_iter().map(|ty| ty.map_or(0, count));
    payloads.max().unwrap_or(0).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn core_values_are_counted_as_in_the_canonical_abi() {
        let string_or_nothing = Type::option(Type::String);
        for (ty, expected) in [
            (Type::U64, 1),
            (Type::String, 2),
            (string_or_nothing.clone(), 3),
            (Type::result(None, None), 1),
            (Type::result(Some(Type::U8), Some(string_or_nothing)), 4),
            (Type::fixed_length_list(Type::String, 3), 6),
            (Type::map(Type::String, Type::String), 2),
            (Type::tuple([Type::Char, Type::list(Type::U8)]), 3),
            (Type::record([("a", Type::F32), ("b", Type::Bool)]), 2),
            (Type::enumeration(["a", "b"]), 1),
            (Type::variant([("a", Some(Type::String)), ("b", None)]), 3),
            (Type::flags(["a"]), 1),
        ] {
            assert_eq!(flat_count([&ty], 16), Some(expected), "{ty}");
            assert_eq!(flat_count([&ty], expected - 1), None, "{ty}");
        }
        let endless =
            Type::fixed_length_list(Type::fixed_length_list(Type::U8, u32::MAX), u32::MAX);
        assert_eq!(flat_count([&endless, &endless], 16), None);
    }
}
