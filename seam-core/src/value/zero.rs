//! The zero value of a type.

use crate::{Type, Value};

impl Value {
    /// Returns the zero value of a type.
    ///
    /// - Booleans and numbers: `false` and `0`.
    /// - Strings, lists, maps and flags: empty.
    /// - Options: `none`.
    /// - Records, tuples and fixed-length lists: the zero value of each part.
    /// - Enums, variants and results: the first case, with the zero value of its payload.
    ///
    /// Returns `None` if this would need a resource, stream, future or error context, or more than
    /// 2^20 parts.
    #[must_use]
    pub fn default_of(ty: &Type) -> Option<Value> {
        zero(ty, &mut (1 << 20))
    }
}

/// Builds a zero value and counts its parts.
///
/// Nested fixed-length lists and shared types can repeat a part more often than memory can hold.
fn zero(ty: &Type, budget: &mut usize) -> Option<Value> {
    *budget = budget.checked_sub(1)?;
    let mut payload = |ty: &Option<Type>| match ty {
        Some(ty) => Some(Some(zero(ty, budget)?)),
        None => Some(None),
    };
    Some(match ty {
        Type::Bool => Value::Bool(false),
        Type::S8 => Value::S8(0),
        Type::U8 => Value::U8(0),
        Type::S16 => Value::S16(0),
        Type::U16 => Value::U16(0),
        Type::S32 => Value::S32(0),
        Type::U32 => Value::U32(0),
        Type::S64 => Value::S64(0),
        Type::U64 => Value::U64(0),
        Type::F32 => Value::F32(0.0),
        Type::F64 => Value::F64(0.0),
        Type::Char => Value::Char('\0'),
        Type::String => Value::from(""),
        Type::List(_) => Value::list([]),
        Type::Map(..) => Value::Map(Vec::new()),
        Type::Option(_) => Value::none(),
        Type::Flags(_) => Value::Flags(Vec::new()),
        Type::FixedLengthList(element, len) => {
            let zeroes = (0..*len).map(|_| zero(element, budget));
            Value::List(zeroes.collect::<Option<_>>()?)
        }
        Type::Record(ty) => {
            let fields = ty.fields.iter();
            let zeroes = fields.map(|(name, ty)| Some((name.clone(), zero(ty, budget)?)));
            Value::Record(zeroes.collect::<Option<_>>()?)
        }
        Type::Tuple(types) => {
            let zeroes = types.iter().map(|ty| zero(ty, budget));
            Value::Tuple(zeroes.collect::<Option<_>>()?)
        }
        Type::Variant(ty) => {
            let (case, ty) = ty.cases.first()?;
            Value::variant(case.clone(), payload(ty)?)
        }
        Type::Enum(cases) => Value::Enum(cases.first()?.clone()),
        Type::Result(ty) => Value::ok(payload(&ty.ok)?),
        Type::ErrorContext | Type::Own(_) | Type::Borrow(_) | Type::Stream(_) | Type::Future(_) => {
            return None;
        }
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::{List, ResourceType};

    #[test]
    fn the_zero_value_has_the_type() {
        let numbers = Type::tuple([
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
        ]);
        for ty in [
            numbers,
            Type::list(Type::String),
            Type::FixedLengthList(Type::String.into(), 3),
            Type::Map(Type::String.into(), Type::U8.into()),
            Type::record([("a", Type::U8), ("b", Type::flags(["x"]))]),
            Type::variant([("a", Some(Type::U8)), ("b", None)]),
            Type::variant([("a", None::<Type>)]),
            Type::enumeration(["a", "b"]),
            Type::option(Type::Own(ResourceType::new("r"))),
            Type::result(None, Some(Type::Own(ResourceType::new("r")))),
            Type::result(Some(Type::U8), None),
        ] {
            ty.check(&Value::default_of(&ty).unwrap()).unwrap();
        }
    }

    #[test]
    fn zero_values_are_first_cases_and_empty_collections() {
        let ty = Type::variant([("a", Some(Type::enumeration(["x", "y"]))), ("b", None)]);
        let zero = Value::variant("a", Some(Value::enumeration("x")));
        assert_eq!(Value::default_of(&ty), Some(zero));
        let ty = Type::result(Some(Type::U8), Some(Type::U8));
        assert_eq!(Value::default_of(&ty), Some(Value::ok(Some(Value::U8(0)))));
    }

    #[test]
    fn fixed_lists_of_numbers_are_stored_flat() {
        let ty = Type::FixedLengthList(Type::U16.into(), 3);
        let zero = Value::default_of(&ty);
        assert!(matches!(zero, Some(Value::List(List::U16(list))) if list == [0, 0, 0]));
    }

    #[test]
    fn handles_have_no_zero_value() {
        let resource = || ResourceType::new("r");
        for ty in [
            Type::Own(resource()),
            Type::Borrow(resource()),
            Type::Stream(None),
            Type::Future(None),
            Type::ErrorContext,
            Type::tuple([Type::U8, Type::Own(resource())]),
            Type::result(Some(Type::Own(resource())), None),
        ] {
            assert_eq!(Value::default_of(&ty), None);
        }
    }

    #[test]
    fn a_type_with_too_many_parts_has_no_zero_value() {
        let mut ty = Type::U8;
        for _ in 0..4 {
            ty = Type::FixedLengthList(ty.into(), u32::MAX);
        }
        assert_eq!(Value::default_of(&ty), None);
        let mut ty = Type::U8;
        for _ in 0..64 {
            ty = Type::tuple([ty.clone(), ty]);
        }
        assert_eq!(Value::default_of(&ty), None);
    }
}
