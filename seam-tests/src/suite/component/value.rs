//! Arguments and results of component scripts.

use seam_core::Value;
use wast::component::WastVal;
use wast::core::{NanPattern, WastArgCore, WastRetCore};
use wast::{WastArg, WastRet};

use crate::suite::outcome::{Step, Stop};

/// Converts the arguments of an invocation.
pub(super) fn arguments(args: &[WastArg<'_>]) -> Step<Vec<Value>> {
    let argument = |arg: &WastArg<'_>| match arg {
        WastArg::Component(value) => Ok(convert(value)),
        WastArg::Core(WastArgCore::I32(value)) => Ok(Value::S32(*value)),
        WastArg::Core(WastArgCore::I64(value)) => Ok(Value::S64(*value)),
        WastArg::Core(WastArgCore::F32(value)) => Ok(Value::F32(f32::from_bits(value.bits))),
        WastArg::Core(WastArgCore::F64(value)) => Ok(Value::F64(f64::from_bits(value.bits))),
        other => Err(Stop::failed(
            "a component-level value",
            format!("{other:?}"),
        )),
    };
    args.iter().map(argument).collect()
}

/// Converts the result that the script expects, if any.
pub(super) fn result(expected: &[WastRet<'_>]) -> Step<Option<Value>> {
    let value = match expected {
        [] => return Ok(None),
        [one] => one,
        _ => return Err(Stop::failed("one result", format!("{}", expected.len()))),
    };
    Ok(Some(match value {
        WastRet::Component(value) => convert(value),
        WastRet::Core(WastRetCore::I32(value)) => Value::S32(*value),
        WastRet::Core(WastRetCore::I64(value)) => Value::S64(*value),
        WastRet::Core(WastRetCore::F32(NanPattern::Value(value))) => {
            Value::F32(f32::from_bits(value.bits))
        }
        WastRet::Core(WastRetCore::F64(NanPattern::Value(value))) => {
            Value::F64(f64::from_bits(value.bits))
        }
        other => {
            return Err(Stop::failed(
                "a component-level value",
                format!("{other:?}"),
            ));
        }
    }))
}

fn convert(value: &WastVal<'_>) -> Value {
    let boxed = |payload: &Option<Box<WastVal<'_>>>| payload.as_deref().map(convert);
    match value {
        WastVal::Bool(value) => Value::Bool(*value),
        WastVal::U8(value) => Value::U8(*value),
        WastVal::S8(value) => Value::S8(*value),
        WastVal::U16(value) => Value::U16(*value),
        WastVal::S16(value) => Value::S16(*value),
        WastVal::U32(value) => Value::U32(*value),
        WastVal::S32(value) => Value::S32(*value),
        WastVal::U64(value) => Value::U64(*value),
        WastVal::S64(value) => Value::S64(*value),
        WastVal::F32(value) => Value::F32(f32::from_bits(value.bits)),
        WastVal::F64(value) => Value::F64(f64::from_bits(value.bits)),
        WastVal::Char(value) => Value::Char(*value),
        WastVal::String(value) => Value::from(*value),
        WastVal::List(items) => Value::list(items.iter().map(convert)),
        WastVal::Tuple(items) => Value::Tuple(items.iter().map(convert).collect()),
        WastVal::Record(fields) => {
            Value::record(fields.iter().map(|(name, value)| (*name, convert(value))))
        }
        WastVal::Variant(case, payload) => Value::variant(*case, boxed(payload)),
        WastVal::Enum(case) => Value::enumeration(*case),
        WastVal::Option(Some(value)) => Value::some(convert(value)),
        WastVal::Option(None) => Value::none(),
        WastVal::Result(Ok(payload)) => Value::ok(boxed(payload)),
        WastVal::Result(Err(payload)) => Value::err(boxed(payload)),
        WastVal::Flags(names) => Value::flags(names.iter().copied()),
    }
}

/// Formats a value, or its absence, for a person.
pub(super) fn text(value: Option<&Value>) -> String {
    value.map_or_else(|| "no result".into(), ToString::to_string)
}
