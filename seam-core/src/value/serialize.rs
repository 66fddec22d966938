//! Serialization of values, for reports.

use std::sync::Arc;

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::Value;
use crate::List;

/// The largest integer up to which every JSON reader represents all integers exactly.
pub(crate) const EXACT: u64 = 1 << 53;

/// Serializes the value for reports. In JSON:
///
/// | value | data |
/// |---|---|
/// | `bool` | boolean |
/// | `s8` .. `u32` | number |
/// | `s64`, `u64` | number up to ±2^53; beyond, a string of digits, as JSON readers would round |
/// | `f32`, `f64` | number, or `"nan"`, `"inf"`, `"-inf"` |
/// | `char`, `string`, `enum` | string |
/// | `list`, `tuple` | array |
/// | `map` | array of `[key, value]` |
/// | `record` | object |
/// | `variant` | the case as a string; with a payload, `{"case": payload}` |
/// | `option` | `null` or the value; `{"some": value}` if the value is itself an option |
/// | `result` | `{"ok": payload}` or `{"err": payload}`; the payload is `null` if there is none |
/// | `flags` | array of the names that are set |
/// | handles | their ordinal: `{"own": 3}`, `{"borrow": 3}`, `{"stream": 0}`, ... |
impl Serialize for Value {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Bool(value) => to.serialize_bool(*value),
            Value::S8(value) => to.serialize_i8(*value),
            Value::U8(value) => to.serialize_u8(*value),
            Value::S16(value) => to.serialize_i16(*value),
            Value::U16(value) => to.serialize_u16(*value),
            Value::S32(value) => to.serialize_i32(*value),
            Value::U32(value) => to.serialize_u32(*value),
            Value::S64(value) if value.unsigned_abs() > EXACT => to.collect_str(value),
            Value::S64(value) => to.serialize_i64(*value),
            Value::U64(value) if *value > EXACT => to.collect_str(value),
            Value::U64(value) => to.serialize_u64(*value),
            Value::F32(value) if value.is_finite() => to.serialize_f32(*value),
            Value::F64(value) if value.is_finite() => to.serialize_f64(*value),
            // Spelled as in WAVE.
            Value::F32(_) | Value::F64(_) => to.collect_str(self),
            Value::Char(value) => to.serialize_char(*value),
            Value::String(value) => to.serialize_str(value),
            Value::List(List::Values(values)) | Value::Tuple(values) => to.collect_seq(values),
            Value::List(List::Records(records)) => {
                let names = records.names();
                to.collect_seq(records.iter().map(|values| Fields { names, values }))
            }
            Value::List(numbers) => to.collect_seq(numbers.iter()),
            Value::Map(entries) => to.collect_seq(entries),
            Value::Record(fields) => {
                to.collect_map(fields.iter().map(|(name, value)| (&**name, value)))
            }
            Value::Variant(case, None) | Value::Enum(case) => to.serialize_str(case),
            Value::Variant(case, Some(payload)) => tagged(to, case, payload),
            Value::Option(None) => to.serialize_none(),
            Value::Option(Some(value)) if matches!(**value, Value::Option(_)) => {
                tagged(to, "some", value)
            }
            Value::Option(Some(value)) => value.serialize(to),
            Value::Result(Ok(payload)) => tagged(to, "ok", payload),
            Value::Result(Err(payload)) => tagged(to, "err", payload),
            Value::Flags(names) => to.collect_seq(names.iter().map(|name| &**name)),
            Value::Own(resource) | Value::Borrow(resource) => match resource.as_variable() {
                Some(name) => to.collect_str(&format_args!("${name}")),
                None => tagged(to, self.kind(), &resource.ordinal()),
            },
            Value::Stream(handle) | Value::Future(handle) | Value::ErrorContext(handle) => {
                tagged(to, self.kind(), &handle.ordinal())
            }
        }
    }
}

/// A record in a list.
struct Fields<'a> {
    names: &'a [Arc<str>],
    values: &'a [Value],
}

impl Serialize for Fields<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.names.iter().map(|name| &**name).zip(self.values))
    }
}

fn tagged<S: Serializer>(to: S, tag: &str, value: &impl Serialize) -> Result<S::Ok, S::Error> {
    let mut map = to.serialize_map(Some(1))?;
    map.serialize_entry(tag, value)?;
    map.end()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::{Handle, Resource, ResourceType};

    fn json(value: &Value) -> String {
        serde_json::to_string(value).unwrap()
    }

    #[test]
    fn scalars_serialize_as_scalars() {
        for (value, text) in [
            (Value::Bool(true), "true"),
            (Value::S8(-1), "-1"),
            (Value::U32(u32::MAX), "4294967295"),
            (Value::F32(0.1), "0.1"),
            (Value::F64(-0.0), "-0.0"),
            (Value::Char('"'), r#""\"""#),
            (Value::from("a\n"), r#""a\n""#),
            (Value::enumeration("red"), r#""red""#),
        ] {
            assert_eq!(json(&value), text);
        }
    }

    #[test]
    fn integers_that_readers_would_round_serialize_as_text() {
        assert_eq!(json(&Value::U64(1 << 53)), "9007199254740992");
        assert_eq!(json(&Value::U64((1 << 53) + 1)), r#""9007199254740993""#);
        assert_eq!(json(&Value::S64(-(1 << 53))), "-9007199254740992");
        assert_eq!(json(&Value::S64(i64::MIN)), r#""-9223372036854775808""#);
        assert_eq!(
            json(&Value::from(vec![1, u64::MAX])),
            r#"[1,"18446744073709551615"]"#
        );
    }

    #[test]
    fn floats_without_a_json_number_serialize_as_text() {
        let floats = vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1.5];
        assert_eq!(json(&Value::from(floats)), r#"["nan","inf","-inf",1.5]"#);
        assert_eq!(json(&Value::F32(-f32::NAN)), r#""nan""#);
    }

    #[test]
    fn structures_serialize_as_arrays_and_objects() {
        let point = Value::record([("y", Value::U8(2)), ("x", Value::U8(1))]);
        for (value, text) in [
            (point, r#"{"y":2,"x":1}"#),
            (Value::from(vec![1u8, 2]), "[1,2]"),
            (Value::list([Value::from("a")]), r#"["a"]"#),
            (
                Value::Tuple(vec![Value::U8(1), Value::Bool(false)]),
                "[1,false]",
            ),
            (
                Value::Map(vec![(Value::from("a"), Value::U8(1))]),
                r#"[["a",1]]"#,
            ),
            (Value::variant("a", None), r#""a""#),
            (Value::variant("a", Some(Value::U8(1))), r#"{"a":1}"#),
            (Value::flags(["r", "w"]), r#"["r","w"]"#),
            (Value::ok(None), r#"{"ok":null}"#),
            (Value::err(Some(Value::from("no"))), r#"{"err":"no"}"#),
        ] {
            assert_eq!(json(&value), text);
        }
    }

    #[test]
    fn nested_options_serialize_distinctly() {
        let some = Value::some;
        assert_eq!(json(&Value::none()), "null");
        assert_eq!(json(&some(Value::U8(1))), "1");
        assert_eq!(json(&some(Value::none())), r#"{"some":null}"#);
        assert_eq!(json(&some(some(Value::U8(1)))), r#"{"some":1}"#);
    }

    #[test]
    fn handles_serialize_as_their_ordinals() {
        let handle = Handle::new(7, 5, 2, 3);
        let resource = || Resource::guest(ResourceType::new("a:b/c#r"), handle);
        assert_eq!(json(&Value::Own(resource())), r#"{"own":3}"#);
        assert_eq!(json(&Value::Borrow(resource())), r#"{"borrow":3}"#);
        assert_eq!(json(&Value::Stream(handle)), r#"{"stream":3}"#);
        assert_eq!(json(&Value::ErrorContext(handle)), r#"{"error-context":3}"#);
    }
}
