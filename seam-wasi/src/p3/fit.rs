//! Values of WASI 0.2 as values of WASI 0.3, and back.
//!
//! | 0.2 | 0.3 |
//! |---|---|
//! | an enum of error codes or of file types | a variant with a case `other` |
//! | the file type `unknown` | `other` without a text |
//! | seconds of a time as `u64` | as `s64` |
//! | resource types of 0.2 | those of 0.3 |

use seam_core::{Resource, Type, Value};

/// Converts a result.
pub(super) fn to_0_3(ty: &Type, value: Value) -> Value {
    match (ty, value) {
        (Type::Variant(ty), Value::Enum(case)) => {
            match ty.cases.iter().find(|(name, _)| *name == case) {
                Some((name, _)) => Value::Variant(name.clone(), None),
                None => Value::variant("other", Some(Value::none())),
            }
        }
        (Type::S64, Value::U64(seconds)) => Value::S64(i64::try_from(seconds).unwrap_or(i64::MAX)),
        (Type::Own(ty), Value::Own(resource)) => match resource.rep() {
            Ok(rep) => Value::Own(Resource::host(ty.clone(), rep)),
            Err(_) => Value::Own(resource),
        },
        (Type::Record(ty), Value::Record(fields)) => {
            let pairs = ty.fields.iter().zip(fields);
            let fields = pairs.map(|((name, ty), (_, value))| (name.clone(), to_0_3(ty, value)));
            Value::Record(fields.collect())
        }
        (Type::Tuple(types), Value::Tuple(values)) => {
            let pairs = types.iter().zip(values);
            Value::Tuple(pairs.map(|(ty, value)| to_0_3(ty, value)).collect())
        }
        (Type::List(ty), Value::List(list)) if !list.values().is_empty() => {
            Value::list(list.iter().map(|value| to_0_3(ty, value)))
        }
        (Type::Option(ty), Value::Option(value)) => Value::Option(payload(Some(ty), value)),
        (Type::Result(ty), Value::Result(result)) => Value::Result(match result {
            Ok(value) => Ok(payload(ty.ok.as_ref(), value)),
            Err(value) => Err(payload(ty.err.as_ref(), value)),
        }),
        (_, value) => value,
    }
}

fn payload(ty: Option<&Type>, value: Option<Box<Value>>) -> Option<Box<Value>> {
    match (ty, value) {
        (Some(ty), Some(value)) => Some(Box::new(to_0_3(ty, *value))),
        (_, value) => value,
    }
}

/// Converts an argument. A time before 1970 becomes the beginning of 1970.
pub(super) fn to_0_2(value: &Value) -> Value {
    match value {
        Value::S64(seconds) => Value::U64(u64::try_from(*seconds).unwrap_or(0)),
        Value::Variant(case, Some(value)) => {
            Value::Variant(case.clone(), Some(Box::new(to_0_2(value))))
        }
        Value::Record(fields) => {
            let fields = fields.iter();
            Value::Record(fields.map(|(n, v)| (n.clone(), to_0_2(v))).collect())
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_times_and_file_types_are_converted() {
        let code = Type::variant([
            ("no-entry", None),
            ("other", Some(Type::option(Type::String))),
        ]);
        let enumeration = |case| Value::enumeration(case);
        let kept = Value::variant("no-entry", None);
        assert_eq!(to_0_3(&code, enumeration("no-entry")), kept);
        let other = Value::variant("other", Some(Value::none()));
        assert_eq!(to_0_3(&code, enumeration("unknown")), other);
        let result = Type::result(None, Some(code));
        let failed = Value::err(Some(enumeration("no-entry")));
        assert_eq!(to_0_3(&result, failed), Value::err(Some(kept)));
        let time = Type::record([("seconds", Type::S64)]);
        let seconds = |value| Value::record([("seconds", value)]);
        assert_eq!(
            to_0_3(&time, seconds(Value::U64(7))),
            seconds(Value::S64(7))
        );
        let argument = Value::variant("timestamp", Some(seconds(Value::S64(-1))));
        let expected = Value::variant("timestamp", Some(seconds(Value::U64(0))));
        assert_eq!(to_0_2(&argument), expected);
    }
}
