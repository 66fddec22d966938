//! The first part in which two values differ.

use std::fmt::Write;

use seam_core::{List, Value};

/// Most bytes that are shown in hexadecimal.
const BYTES: usize = 8;

/// Describes the first part in which two values differ: the path to it, and both sides with their
/// bytes, e.g. `field "name", byte 1: "é" (c3 a9) | "??" (3f 3f)`.
///
/// Returns `None` if there is nothing to add to the values themselves.
pub(crate) fn differing(left: &Value, right: &Value) -> Option<String> {
    let mut path = Vec::new();
    let (left, right) = descend(left, right, &mut path);
    let (left, right) = match (left, right) {
        (Some(Value::String(left)), Some(Value::String(right))) => {
            let at = common(left.as_bytes(), right.as_bytes());
            let at = char_start(&left, at).min(char_start(&right, at));
            path.push(format!("byte {at}"));
            (text_from(&left, at), text_from(&right, at))
        }
        (left, right) => (with_bits(left.as_ref()), with_bits(right.as_ref())),
    };
    let plain = |text: &str| !text.contains('(');
    if path.is_empty() && plain(&left) && plain(&right) {
        return None;
    }
    let path = path.join(", ");
    let colon = if path.is_empty() { "" } else { ": " };
    Some(format!("{path}{colon}{left} | {right}"))
}

/// Goes down to the first differing part of both values. `None` is a part that one side lacks.
fn descend(left: &Value, right: &Value, path: &mut Vec<String>) -> (Option<Value>, Option<Value>) {
    let pair = || (Some(left.clone()), Some(right.clone()));
    match (left, right) {
        (Value::List(left), Value::List(right)) => elements(left, right, path),
        (Value::Tuple(left), Value::Tuple(right)) => {
            let (left, right) = (List::from(left.clone()), List::from(right.clone()));
            elements(&left, &right, path)
        }
        (Value::Record(left), Value::Record(right)) => {
            let mut fields = left.iter().zip(right);
            match fields.find(|((_, left), (_, right))| left != right) {
                Some(((name, left), (_, right))) => {
                    path.push(format!("field \"{name}\""));
                    descend(left, right, path)
                }
                None => pair(),
            }
        }
        (Value::Map(left), Value::Map(right)) => {
            let mut entries = left.iter().zip(right).enumerate();
            match entries.find(|(_, (left, right))| left != right) {
                Some((index, (left, right))) if left.0 == right.0 => {
                    path.push(format!("value {}", index + 1));
                    descend(&left.1, &right.1, path)
                }
                Some((index, (left, right))) => {
                    path.push(format!("key {}", index + 1));
                    descend(&left.0, &right.0, path)
                }
                None => pair(),
            }
        }
        (Value::Variant(a, Some(left)), Value::Variant(b, Some(right))) if a == b => {
            path.push(format!("case \"{a}\""));
            descend(left, right, path)
        }
        (Value::Option(Some(left)), Value::Option(Some(right))) => descend(left, right, path),
        (Value::Result(Ok(Some(left))), Value::Result(Ok(Some(right))))
        | (Value::Result(Err(Some(left))), Value::Result(Err(Some(right)))) => {
            descend(left, right, path)
        }
        _ => pair(),
    }
}

fn elements(left: &List, right: &List, path: &mut Vec<String>) -> (Option<Value>, Option<Value>) {
    let same = left.iter().zip(right.iter()).take_while(|(l, r)| l == r);
    let index = same.count();
    let of = left.len().max(right.len());
    path.push(format!("element {} of {of}", index + 1));
    match (left.at(index), right.at(index)) {
        (Some(left), Some(right)) => descend(&left, &right, path),
        sides => sides,
    }
}

fn common(left: &[u8], right: &[u8]) -> usize {
    left.iter().zip(right).take_while(|(l, r)| l == r).count()
}

/// Returns the start of the character that the byte belongs to.
fn char_start(text: &str, at: usize) -> usize {
    let starts = (0..=at.min(text.len())).rev();
    let mut starts = starts.filter(|at| text.is_char_boundary(*at));
    starts.next().unwrap_or_default()
}

/// Shows a text from a byte on, with its bytes.
fn text_from(text: &str, at: usize) -> String {
    let rest = text.get(at..).unwrap_or_default();
    if rest.is_empty() {
        return "the end".to_string();
    }
    let mut shown = String::new();
    for c in rest.chars() {
        if !shown.is_empty() && shown.len() + c.len_utf8() > BYTES {
            break;
        }
        shown.push(c);
    }
    let more = if shown.len() < rest.len() { ".." } else { "" };
    format!(
        "{}{more} ({}{more})",
        Value::from(shown.as_str()),
        hex(shown.as_bytes())
    )
}

/// Returns bytes in hexadecimal, e.g. `c3 a9`.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes {
        let space = if text.is_empty() { "" } else { " " };
        let _ = write!(text, "{space}{byte:02x}");
    }
    text
}

/// Shows a value; numbers and characters with their bits, if these say more.
fn with_bits(value: Option<&Value>) -> String {
    let Some(value) = value else {
        return "no such element".to_string();
    };
    let bits = match value {
        Value::U8(number @ 10..) => format!("{number:#x}"),
        Value::U16(number @ 10..) => format!("{number:#x}"),
        Value::U32(number @ 10..) => format!("{number:#x}"),
        Value::U64(number @ 10..) => format!("{number:#x}"),
        Value::S8(number) if !(0..10).contains(number) => format!("{number:#x}"),
        Value::S16(number) if !(0..10).contains(number) => format!("{number:#x}"),
        Value::S32(number) if !(0..10).contains(number) => format!("{number:#x}"),
        Value::S64(number) if !(0..10).contains(number) => format!("{number:#x}"),
        Value::F32(number) => format!("{:#010x}", number.to_bits()),
        Value::F64(number) => format!("{:#018x}", number.to_bits()),
        Value::Char(c) => format!("U+{:04X}", u32::from(*c)),
        other => return other.to_string(),
    };
    format!("{value} ({bits})")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use seam_core::Type;

    fn shown(ty: &Type, left: &str, right: &str) -> Option<String> {
        let value = |text| Value::parse(ty, text).unwrap();
        differing(&value(left), &value(right))
    }

    #[test]
    fn the_path_leads_to_the_first_part_that_differs() {
        let point = Type::record([("x", Type::S32), ("name", Type::String)]);
        let list = Type::list(Type::option(point));
        let left = r#"[none, some({x: 1, name: "héllo"}), none]"#;
        let right = r#"[none, some({x: 1, name: "h??llo"}), none]"#;
        let expected = "element 2 of 3, field \"name\", byte 1: \"éllo\" (c3 a9 6c 6c 6f) | \
                        \"??llo\" (3f 3f 6c 6c 6f)";
        assert_eq!(shown(&list, left, right).as_deref(), Some(expected));
        let shorter = "[none]";
        assert_eq!(
            shown(&list, left, shorter).as_deref(),
            Some("element 2 of 3: some({x: 1, name: \"héllo\"}) | no such element")
        );
        let ty = Type::variant([("a", Some(Type::tuple([Type::Bool, Type::U8])))]);
        assert_eq!(
            shown(&ty, "a((true, 1))", "a((true, 200))").as_deref(),
            Some("case \"a\", element 2 of 2: 1 | 200 (0xc8)")
        );
        let map = Type::map(Type::U8, Type::U8);
        assert_eq!(
            shown(&map, "[(1, 2)]", "[(1, 3)]").as_deref(),
            Some("value 1: 2 | 3")
        );
        assert_eq!(
            shown(&map, "[(1, 2)]", "[(4, 2)]").as_deref(),
            Some("key 1: 1 | 4")
        );
    }

    #[test]
    fn strings_differ_at_a_byte_where_a_character_starts() {
        let long = "x".repeat(5000);
        let (left, right) = (format!("\"{long}é\""), format!("\"{long}è and more\""));
        assert_eq!(
            shown(&Type::String, &left, &right).as_deref(),
            Some("byte 5000: \"é\" (c3 a9) | \"è and m\".. (c3 a8 20 61 6e 64 20 6d..)")
        );
        let expected = "byte 1: \"b\" (62) | the end";
        assert_eq!(
            shown(&Type::String, "\"ab\"", "\"a\"").as_deref(),
            Some(expected)
        );
    }

    #[test]
    fn numbers_are_shown_with_their_bits() {
        let all = |ty: &Type, left: &str, right: &str| shown(ty, left, right).unwrap();
        assert_eq!(
            all(&Type::U32, "2147483648", "0"),
            "2147483648 (0x80000000) | 0"
        );
        assert_eq!(all(&Type::S8, "-1", "1"), "-1 (0xff) | 1");
        assert_eq!(
            all(&Type::F32, "-0", "0"),
            "-0 (0x80000000) | 0 (0x00000000)"
        );
        assert_eq!(
            all(&Type::Char, "'a'", "'é'"),
            "'a' (U+0061) | 'é' (U+00E9)"
        );
        assert_eq!(shown(&Type::U8, "1", "2"), None);
        assert_eq!(shown(&Type::Bool, "true", "false"), None);
    }
}
