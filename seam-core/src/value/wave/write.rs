//! Writes values as WAVE text.

use std::fmt::{self, Display, Formatter};
use std::sync::Arc;

use super::token::is_keyword;
use crate::types::separated;
use crate::{List, Value};

/// Writes the value in [WAVE](https://docs.rs/wasm-wave), on one line.
///
/// [`Value::parse`] reads back an equal value, except for handles. WAVE does not define maps and
/// handles. A map is written as a list of pairs, like in the canonical ABI. A handle is written
/// with its ordinal, e.g. `own<#3>` or `stream<#0>`.
impl Display for Value {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Value::Bool(value) => write!(f, "{value}"),
            Value::S8(value) => write!(f, "{value}"),
            Value::U8(value) => write!(f, "{value}"),
            Value::S16(value) => write!(f, "{value}"),
            Value::U16(value) => write!(f, "{value}"),
            Value::S32(value) => write!(f, "{value}"),
            Value::U32(value) => write!(f, "{value}"),
            Value::S64(value) => write!(f, "{value}"),
            Value::U64(value) => write!(f, "{value}"),
            Value::F32(value) => float(f, value, f64::from(*value)),
            Value::F64(value) => float(f, value, *value),
            Value::Char(value) => {
                f.write_str("'")?;
                escaped(f, *value, '\'')?;
                f.write_str("'")
            }
            Value::String(text) => {
                f.write_str("\"")?;
                text.chars().try_for_each(|ch| escaped(f, ch, '"'))?;
                f.write_str("\"")
            }
            Value::List(List::Values(values)) => enclosed(f, "[", values, "]"),
            Value::List(List::Records(records)) => {
                f.write_str("[")?;
                separated(f, records.iter(), |f, values| {
                    record(f, records.names().iter().zip(values))
                })?;
                f.write_str("]")
            }
            Value::List(numbers) => enclosed(f, "[", numbers.iter(), "]"),
            Value::Map(entries) => {
                f.write_str("[")?;
                separated(f, entries, |f, (key, value)| write!(f, "({key}, {value})"))?;
                f.write_str("]")
            }
            Value::Record(fields) if fields.is_empty() => f.write_str("{:}"),
            Value::Record(fields) => record(f, fields.iter().map(|(name, value)| (name, value))),
            Value::Tuple(values) => enclosed(f, "(", values, ")"),
            Value::Variant(case, payload) => {
                let escape = if is_keyword(case) { "%" } else { "" };
                write!(f, "{escape}{case}")?;
                in_parentheses(f, payload.as_deref())
            }
            Value::Enum(case) => {
                let escape = if is_keyword(case) { "%" } else { "" };
                write!(f, "{escape}{case}")
            }
            Value::Option(None) => f.write_str("none"),
            Value::Option(Some(value)) => write!(f, "some({value})"),
            Value::Result(Ok(payload)) => {
                f.write_str("ok")?;
                in_parentheses(f, payload.as_deref())
            }
            Value::Result(Err(payload)) => {
                f.write_str("err")?;
                in_parentheses(f, payload.as_deref())
            }
            Value::Flags(names) => enclosed(f, "{", names, "}"),
            Value::Own(resource) | Value::Borrow(resource) => match resource.as_variable() {
                Some(name) => write!(f, "${name}"),
                None => write!(f, "{}<#{}>", self.kind(), resource.ordinal()),
            },
            Value::Stream(handle) | Value::Future(handle) | Value::ErrorContext(handle) => {
                write!(f, "{}<#{}>", self.kind(), handle.ordinal())
            }
        }
    }
}

fn enclosed<T: Display>(
    f: &mut Formatter<'_>,
    open: &str,
    items: impl IntoIterator<Item = T>,
    close: &str,
) -> fmt::Result {
    f.write_str(open)?;
    separated(f, items, |f, item| write!(f, "{item}"))?;
    f.write_str(close)
}

fn record<'a>(
    f: &mut Formatter<'_>,
    fields: impl Iterator<Item = (&'a Arc<str>, &'a Value)>,
) -> fmt::Result {
    f.write_str("{")?;
    separated(f, fields, |f, (name, value)| write!(f, "{name}: {value}"))?;
    f.write_str("}")
}

fn in_parentheses(f: &mut Formatter<'_>, payload: Option<&Value>) -> fmt::Result {
    payload.map_or(Ok(()), |value| write!(f, "({value})"))
}

/// Writes the shortest digits that read back as the same float.
///
/// It uses an exponent if the number would otherwise have many zeroes.
fn float<F: Display + fmt::LowerExp>(f: &mut Formatter<'_>, value: F, wide: f64) -> fmt::Result {
    let magnitude = wide.abs();
    if wide.is_nan() {
        // Sign and payload are omitted, because a component cannot distinguish them.
        f.write_str("nan")
    } else if wide.is_infinite() || wide == 0.0 || (1e-5..1e16).contains(&magnitude) {
        write!(f, "{value}")
    } else {
        write!(f, "{value:e}")
    }
}

/// Writes a character of a string or char literal that is delimited by `quote`.
fn escaped(f: &mut Formatter<'_>, ch: char, quote: char) -> fmt::Result {
    match ch {
        '\'' | '"' if ch != quote => write!(f, "{ch}"),
        '\\' | '\'' | '"' | '\t' | '\r' | '\n' => write!(f, "{}", ch.escape_default()),
        // `escape_debug` would write NUL as `\0`, which is invalid in WAVE.
        ch if ch.is_control() => write!(f, "{}", ch.escape_unicode()),
        ch => write!(f, "{}", ch.escape_debug()),
    }
}
