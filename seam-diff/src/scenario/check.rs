//! Checks a file against the shape of its tables.

use std::ops::Range;

use seam_core::Result;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::shape::{Key, Kind, Shape};
use super::text::Text;

/// Checks that a table has only known keys, with values of their types, and those that it must have.
///
/// # Errors
/// `Misuse` with file, line and column, what was expected and what was found.
pub(super) fn check(
    text: &Text,
    at: usize,
    table: &DeTable<'_>,
    shape: &'static Shape,
) -> Result<()> {
    let mut keys: Vec<_> = table.iter().collect();
    keys.sort_by_key(|(name, _)| name.span().start);
    for (name, found) in keys {
        let word: &str = name.get_ref();
        let Some(key) = shape.keys.iter().find(|key| key.name == word) else {
            return Err(text.fault(name.span().start, unknown(word, shape)));
        };
        value(text, word, found, &key.kind)?;
    }
    let has = |name: &str| table.contains_key(name);
    if let Some(Key { name, about, .. }) = missing(shape, has) {
        return Err(text.fault(
            at,
            format!("expected the key `{name}`, found none: {about}"),
        ));
    }
    for set in shape.one_of {
        let found: Vec<&str> = set.iter().copied().filter(|name| has(name)).collect();
        if found.len() != 1 {
            return Err(text.fault(at, expected_one(set, &found)));
        }
    }
    let found = shape
        .at_most_one_of
        .iter()
        .copied()
        .filter(|name| has(name));
    let found: Vec<&str> = found.collect();
    match found.len() {
        0 | 1 => Ok(()),
        _ => Err(text.fault(at, expected_one(shape.at_most_one_of, &found))),
    }
}

fn missing(shape: &'static Shape, has: impl Fn(&str) -> bool) -> Option<&'static Key> {
    let mut required = shape.keys.iter().filter(|key| key.required);
    required.find(|key| !has(key.name))
}

fn unknown(name: &str, shape: &Shape) -> String {
    let known: Vec<&str> = shape.keys.iter().map(|key| key.name).collect();
    format!("expected one of {}, found the key `{name}`", list(&known))
}

fn expected_one(set: &[&str], found: &[&str]) -> String {
    let found = match found {
        [] => "none".to_string(),
        found => list(found),
    };
    format!("expected one key of {}, found {found}", list(set))
}

fn list(words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    words.join(", ")
}

/// Checks a value.
fn value(text: &Text, name: &str, found: &Spanned<DeValue<'_>>, kind: &'static Kind) -> Result<()> {
    let Range { start: at, .. } = found.span();
    let wrong = || {
        let (kind, found) = (expected(kind), described(found.get_ref()));
        Err(text.fault(at, format!("`{name}`: expected {kind}, found {found}")))
    };
    match (kind, found.get_ref()) {
        (Kind::Text | Kind::TextOr(_) | Kind::TextOrCount | Kind::Time, DeValue::String(_))
        | (Kind::Flag, DeValue::Boolean(_))
        | (Kind::True, DeValue::Boolean(true))
        | (Kind::Time, DeValue::Datetime(_)) => Ok(()),
        (Kind::Count(least, most), DeValue::Integer(_)) => match integer(found.get_ref()) {
            Some(number) if (*least..=*most).contains(&number) => Ok(()),
            _ => wrong(),
        },
        (Kind::TextOrCount, DeValue::Integer(_)) => match integer(found.get_ref()) {
            Some(0..) => Ok(()),
            _ => wrong(),
        },
        (Kind::Choice(words), DeValue::String(word)) if words.contains(&&**word) => Ok(()),
        (Kind::Texts, DeValue::Array(elements)) => {
            let other = elements.iter().find(|element| !element.get_ref().is_str());
            match other {
                None => Ok(()),
                Some(other) => {
                    let found = described(other.get_ref());
                    let message = format!("`{name}`: expected a string, found {found}");
                    Err(text.fault(other.span().start, message))
                }
            }
        }
        (Kind::Map(kind), DeValue::Table(table)) => {
            let mut entries: Vec<_> = table.iter().collect();
            entries.sort_by_key(|(key, _)| key.span().start);
            let mut entries = entries.into_iter();
            entries.try_for_each(|(key, found)| value(text, key.get_ref(), found, kind))
        }
        (Kind::Table(shape) | Kind::TextOr(shape), DeValue::Table(table)) => {
            check(text, at, table, shape)
        }
        (Kind::Tables(shape), DeValue::Array(elements)) if !elements.is_empty() => elements
            .iter()
            .try_for_each(|element| match element.get_ref() {
                DeValue::Table(table) => check(text, element.span().start, table, shape),
                other => {
                    let found = described(other);
                    let message = format!("`{name}`: expected a table, found {found}");
                    Err(text.fault(element.span().start, message))
                }
            }),
        _ => wrong(),
    }
}

/// Returns an integer that fits.
pub(super) fn integer(value: &DeValue<'_>) -> Option<i64> {
    let integer = value.as_integer()?;
    i64::from_str_radix(integer.as_str(), integer.radix()).ok()
}

fn expected(kind: &Kind) -> String {
    match kind {
        Kind::Text => "a string".to_string(),
        Kind::Count(least, most) if least == most => format!("{least}"),
        Kind::Count(0, i64::MAX) => "a whole number of 0 or more".to_string(),
        Kind::Count(least, most) => format!("a whole number from {least} to {most}"),
        Kind::True => "`true`".to_string(),
        Kind::Flag => "`true` or `false`".to_string(),
        Kind::Texts => "an array of strings".to_string(),
        Kind::Choice(words) => format!("one of {}", list(words)),
        Kind::Map(_) | Kind::Table(_) => "a table".to_string(),
        Kind::Tables(_) => "tables in double brackets".to_string(),
        Kind::TextOr(_) => "a string or a table".to_string(),
        Kind::TextOrCount => "a string or a whole number of 0 or more".to_string(),
        Kind::Time => "a date and time".to_string(),
    }
}

fn described(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("the string {:?}", &**text),
        DeValue::Integer(integer) => integer.to_string(),
        DeValue::Float(float) => format!("the number {float}"),
        DeValue::Boolean(flag) => format!("`{flag}`"),
        DeValue::Datetime(time) => format!("the time {time}"),
        DeValue::Array(elements) if elements.is_empty() => "an empty array".to_string(),
        DeValue::Array(_) => "an array".to_string(),
        DeValue::Table(_) => "a table".to_string(),
    }
}
