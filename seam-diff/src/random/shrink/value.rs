//! Makes a value smaller as long as a test passes.

use std::sync::Arc;

use seam_core::{List, Type, Value};

use super::fewer::fewer;

/// Most elements that are made smaller one by one.
const ELEMENTS: usize = 64;

/// A test that the smaller value must pass.
type Test<'a> = &'a mut dyn FnMut(&Value) -> bool;

/// Returns a smaller value of the type that passes the test. `value` must pass it.
///
/// Smaller are: 0 and numbers nearer to it, positive rather than negative ones, `a` and characters
/// nearer to it, shorter strings and lists, `none`, `ok`, earlier cases, fewer flags.
pub(crate) fn smaller(ty: &Type, value: Value, test: Test<'_>) -> Value {
    if Value::default_of(ty).is_some_and(|zero| zero == value) {
        return value;
    }
    match (ty, value) {
        (_, Value::Bool(true)) => first(&[false.into()], true.into(), test),
        (Type::Char, Value::Char(c)) => Value::Char(character(c, &mut |c| test(&Value::Char(c)))),
        (Type::String, Value::String(text)) => string(&text, test),
        (Type::F32, Value::F32(value)) => {
            #[allow(clippy::cast_possible_truncation, reason = "the candidates are exact")]
            let narrow = |wide: f64| wide as f32;
            let wide = float(value.into(), &mut |wide| test(&Value::F32(narrow(wide))));
            Value::F32(narrow(wide))
        }
        (Type::F64, Value::F64(value)) => {
            Value::F64(float(value, &mut |wide| test(&Value::F64(wide))))
        }
        (Type::List(element), Value::List(list)) => elements(element, &list, true, test),
        (Type::FixedLengthList(element, _), Value::List(list)) => {
            elements(element, &list, false, test)
        }
        (Type::Map(key, value), Value::Map(entries)) => map(key, value, entries, test),
        (Type::Record(record), Value::Record(fields)) => {
            let (names, values): (Vec<_>, Vec<_>) = fields.into_iter().unzip();
            let types = record.fields.iter().map(|(_, ty)| ty);
            let whole = |values: &[Value]| {
                let fields = names.iter().cloned().zip(values.iter().cloned());
                Value::Record(fields.collect())
            };
            parts(types, values, &whole, test)
        }
        (Type::Tuple(types), Value::Tuple(values)) => parts(
            types.iter(),
            values,
            &|values| Value::Tuple(values.to_vec()),
            test,
        ),
        (Type::Flags(_), Value::Flags(names)) => Value::Flags(fewer(names, &mut |names| {
            test(&Value::Flags(names.to_vec()))
        })),
        (Type::Enum(cases), Value::Enum(case)) => {
            let earlier = cases.iter().take_while(|earlier| **earlier != case);
            let earlier: Vec<Value> = earlier.cloned().map(Value::Enum).collect();
            first(&earlier, Value::Enum(case), test)
        }
        (ty, value @ (Value::Variant(..) | Value::Option(_) | Value::Result(_))) => {
            alternative(ty, value, test)
        }
        (ty, value) => match integer(&value) {
            Some(number) => whole_number(ty, number, value, test),
            None => value,
        },
    }
}

/// Returns the first candidate that passes the test, or the value if none does.
fn first(candidates: &[Value], value: Value, test: Test<'_>) -> Value {
    let found = candidates.iter().find(|candidate| test(candidate));
    found.cloned().unwrap_or(value)
}

fn integer(value: &Value) -> Option<i128> {
    Some(match value {
        Value::U8(value) => (*value).into(),
        Value::S8(value) => (*value).into(),
        Value::U16(value) => (*value).into(),
        Value::S16(value) => (*value).into(),
        Value::U32(value) => (*value).into(),
        Value::S32(value) => (*value).into(),
        Value::U64(value) => (*value).into(),
        Value::S64(value) => (*value).into(),
        _ => return None,
    })
}

/// Returns the number as a value of the type, if it has that value.
fn of_integer(ty: &Type, number: i128) -> Option<Value> {
    Some(match ty {
        Type::U8 => Value::U8(number.try_into().ok()?),
        Type::S8 => Value::S8(number.try_into().ok()?),
        Type::U16 => Value::U16(number.try_into().ok()?),
        Type::S16 => Value::S16(number.try_into().ok()?),
        Type::U32 => Value::U32(number.try_into().ok()?),
        Type::S32 => Value::S32(number.try_into().ok()?),
        Type::U64 => Value::U64(number.try_into().ok()?),
        Type::S64 => Value::S64(number.try_into().ok()?),
        _ => return None,
    })
}

fn whole_number(ty: &Type, number: i128, value: Value, test: Test<'_>) -> Value {
    let mut passes = |number: i128| of_integer(ty, number).is_some_and(|value| test(&value));
    of_integer(ty, nearer_to_zero(number, &mut passes)).unwrap_or(value)
}

/// Returns a number nearer to 0 that passes the test, positive if possible.
fn nearer_to_zero(number: i128, passes: &mut dyn FnMut(i128) -> bool) -> i128 {
    if passes(0) {
        return 0;
    }
    let sign = if number < 0 && !passes(-number) {
        -1
    } else {
        1
    };
    let magnitude = least(1, number.abs(), &mut |magnitude| passes(sign * magnitude));
    sign * magnitude
}

/// Returns the least number that passes the test, as far as bisection finds it. `most` must pass it.
fn least(from: i128, most: i128, passes: &mut dyn FnMut(i128) -> bool) -> i128 {
    let (mut low, mut high) = (from, most);
    if low < high && passes(low) {
        return low;
    }
    // `high` passes, `low` does not.
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        match passes(middle) {
            true => high = middle,
            false => low = middle,
        }
    }
    high
}

/// Returns a simpler float that passes the test: an integer near 0 if possible.
fn float(value: f64, passes: &mut dyn FnMut(f64) -> bool) -> f64 {
    // Integers up to here are exact in `f32`, too.
    const EXACT: f64 = 16_777_216.0;
    let simple = [0.0, 1.0, 2.0, -1.0, 0.5, 1.5, EXACT, 1.0e30, f64::INFINITY];
    let exactly = |other: &&f64| other.to_bits() != value.to_bits();
    let simpler = simple.iter().take_while(exactly);
    let mut found = value;
    for candidate in simpler {
        if passes(*candidate) {
            found = *candidate;
            break;
        }
    }
    let truncated = found.trunc();
    if !found.is_finite() || truncated.abs() > EXACT || !(found == truncated || passes(truncated)) {
        return found;
    }
    #[allow(clippy::cast_possible_truncation, reason = "it is below 2^24")]
    let number = truncated as i128;
    #[allow(clippy::cast_precision_loss, reason = "it is below 2^24")]
    let wide = |number: i128| number as f64;
    match number {
        // The sign of zero matters.
        0 => truncated,
        _ => wide(nearer_to_zero(number, &mut |number| passes(wide(number)))),
    }
}

/// Returns a simpler character that passes the test: `a`, else one with a lower number.
fn character(c: char, passes: &mut dyn FnMut(char) -> bool) -> char {
    let simple = ['a', 'b', '0', ' '];
    for candidate in simple.into_iter().take_while(|simple| *simple != c) {
        if passes(candidate) {
            return candidate;
        }
    }
    if c <= 'a' {
        return c;
    }
    // There are no characters at the surrogates, so a number there counts as the next character.
    let at = |number: i128| {
        let number = u32::try_from(number).unwrap_or_default();
        char::from_u32(number).unwrap_or('\u{e000}')
    };
    let number = least('a' as i128, c as i128, &mut |number| passes(at(number)));
    at(number)
}

fn string(text: &str, test: Test<'_>) -> Value {
    let whole = |chars: &[char]| Value::from(chars.iter().collect::<String>());
    let mut chars = fewer(text.chars().collect(), &mut |chars| test(&whole(chars)));
    for at in 0..chars.len().min(ELEMENTS) {
        let Some(c) = chars.get(at).copied() else {
            break;
        };
        let with = |c: char| {
            let replaced = chars.iter().enumerate();
            replaced
                .map(|(index, old)| if index == at { c } else { *old })
                .collect::<Vec<_>>()
        };
        let simpler = character(c, &mut |c| test(&whole(&with(c))));
        chars = with(simpler);
    }
    whole(&chars)
}

fn elements(ty: &Type, list: &List, shorter: bool, test: Test<'_>) -> Value {
    let whole = |values: &[Value]| Value::list(values.iter().cloned());
    let values: Vec<Value> = list.iter().collect();
    let values = match shorter {
        true => fewer(values, &mut |values| test(&whole(values))),
        false => values,
    };
    parts(std::iter::repeat_n(ty, ELEMENTS), values, &whole, test)
}

fn map(key: &Type, value: &Type, entries: Vec<(Value, Value)>, test: Test<'_>) -> Value {
    let entries = fewer(entries, &mut |entries| test(&Value::Map(entries.to_vec())));
    let flat = entries.into_iter().flat_map(|(key, value)| [key, value]);
    let types = std::iter::repeat([key, value]).flatten().take(ELEMENTS);
    let whole = |values: &[Value]| {
        let pairs = values.chunks(2).filter_map(|pair| match pair {
            [key, value] => Some((key.clone(), value.clone())),
            _ => None,
        });
        Value::Map(pairs.collect())
    };
    parts(types, flat.collect(), &whole, test)
}

/// Makes the parts of a value smaller, one by one. `whole` puts them together.
fn parts<'a>(
    types: impl Iterator<Item = &'a Type>,
    values: Vec<Value>,
    whole: &dyn Fn(&[Value]) -> Value,
    test: Test<'_>,
) -> Value {
    let mut values = values;
    for (at, ty) in types.enumerate() {
        let Some(value) = values.get(at).cloned() else {
            break;
        };
        let with = |value: &Value| {
            let mut values = values.clone();
            if let Some(part) = values.get_mut(at) {
                part.clone_from(value);
            }
            values
        };
        let small = smaller(ty, value, &mut |value| test(&whole(&with(value))));
        values = with(&small);
    }
    whole(&values)
}

/// Makes an earlier alternative of the type, with the zero value in it, or the payload smaller.
fn alternative(ty: &Type, value: Value, test: Test<'_>) -> Value {
    let zero = |payload: &Option<Type>| match payload {
        Some(ty) => Value::default_of(ty).map(Some),
        None => Some(None),
    };
    let earlier: Vec<Value> = match (ty, &value) {
        (Type::Variant(variant), Value::Variant(case, _)) => {
            let earlier = variant
                .cases
                .iter()
                .take_while(|(earlier, _)| earlier != case);
            let made =
                earlier.filter_map(|(case, ty)| Some(Value::variant(case.clone(), zero(ty)?)));
            made.collect()
        }
        (Type::Option(_), Value::Option(Some(_))) => vec![Value::none()],
        (Type::Result(result), Value::Result(Err(_))) => {
            zero(&result.ok).map(Value::ok).into_iter().collect()
        }
        _ => Vec::new(),
    };
    if let Some(found) = earlier.iter().find(|candidate| test(candidate)) {
        return found.clone();
    }
    inside(ty, value, test)
}

/// Makes the payload of an alternative smaller.
fn inside(ty: &Type, value: Value, test: Test<'_>) -> Value {
    match (ty, value) {
        (Type::Variant(variant), Value::Variant(case, Some(payload))) => {
            let found = variant.cases.iter().find(|(name, _)| *name == case);
            let ty = found.and_then(|(_, ty)| ty.as_ref());
            let whole = |value: Value| Value::variant(Arc::clone(&case), Some(value));
            payload_in(ty, *payload, &whole, test)
        }
        (Type::Option(ty), Value::Option(Some(payload))) => {
            payload_in(Some(ty), *payload, &Value::some, test)
        }
        (Type::Result(result), Value::Result(Ok(Some(payload)))) => {
            let whole = |value| Value::ok(Some(value));
            payload_in(result.ok.as_ref(), *payload, &whole, test)
        }
        (Type::Result(result), Value::Result(Err(Some(payload)))) => {
            let whole = |value| Value::err(Some(value));
            payload_in(result.err.as_ref(), *payload, &whole, test)
        }
        (_, value) => value,
    }
}

fn payload_in(
    ty: Option<&Type>,
    payload: Value,
    whole: &dyn Fn(Value) -> Value,
    test: Test<'_>,
) -> Value {
    match ty {
        Some(ty) => whole(smaller(ty, payload, &mut |value| {
            test(&whole(value.clone()))
        })),
        None => whole(payload),
    }
}

#[cfg(test)]
mod tests;
