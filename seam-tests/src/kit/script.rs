//! Calls as text, with their results: the format of `calls.txt` among the fixtures.
//!
//! ```text
//! ; a comment
//! a = ns:pkg/iface#[constructor]thing("x")
//! ns:pkg/iface#[method]thing.name(a) => "x"
//! drop a
//! ```
//!
//! Arguments and results are WAVE. `a = ...` names the handle in the result, and `a, b = ...` all
//! handles in it, in order. Later calls use these names for own and borrow alike.

use std::collections::HashMap;

use seam_core::{ExportName, FuncType, Instance, InstanceExt, List, Resource, Type, Value};

use super::expect::same;
use super::{Checked, Failure};

/// Makes the calls of a script in one instance.
///
/// # Errors
/// The first line that fails or has another result.
pub(crate) fn run(instance: &mut dyn Instance, script: &str) -> Checked {
    let mut names = HashMap::new();
    for line in script.lines().map(str::trim) {
        if line.is_empty() || line.starts_with(';') {
            continue;
        }
        step(instance, &mut names, line).map_err(|failure| failure.about(line))?;
    }
    Ok(())
}

fn step<'s>(
    instance: &mut dyn Instance,
    names: &mut HashMap<&'s str, Resource>,
    line: &'s str,
) -> Checked {
    if let Some(name) = line.strip_prefix("drop ") {
        let handle = names.remove(name).ok_or_else(|| unknown(name))?;
        return Ok(instance.drop_resource(&handle)?);
    }
    let (call, expected) = match line.split_once(" => ") {
        Some((call, expected)) => (call, Some(expected)),
        None => (line, None),
    };
    let (given, call) = match (call.split_once(" = "), call.find('(')) {
        (Some((given, rest)), Some(paren)) if given.len() < paren => (Some(given), rest),
        _ => (None, call),
    };
    let (name, args) = call.split_once('(').ok_or_else(|| no_call(call))?;
    let args = args.strip_suffix(')').ok_or_else(|| no_call(call))?;
    let name: ExportName = name.parse()?;
    let func = instance.func(&name)?;
    let ty = func.ty().clone();
    let args = arguments(&ty, args, names)?;
    let result = instance.call_blocking(&func, &args)?;
    if let Some(given) = given {
        let mut handles = Vec::new();
        result.iter().for_each(|value| collect(value, &mut handles));
        let given: Vec<&str> = given.split(',').map(str::trim).collect();
        same("handles in the result", handles.len(), given.len())?;
        names.extend(given.into_iter().zip(handles));
    }
    match (expected, &ty.result) {
        (Some(expected), Some(ty)) => same("result", result, Some(Value::parse(ty, expected)?)),
        (Some(_), None) => Err(Failure::new(
            "expected a function with a result, found none",
        )),
        (None, _) => Ok(()),
    }
}

fn arguments(
    ty: &FuncType,
    text: &str,
    names: &mut HashMap<&str, Resource>,
) -> Result<Vec<Value>, Failure> {
    let parts = split(text);
    if parts.len() != ty.params.len() {
        let (expected, found) = (ty.params.len(), parts.len());
        return Err(Failure::new(format!(
            "expected {expected} arguments, found {found}"
        )));
    }
    let pairs = ty.params.iter().zip(parts);
    pairs
        .map(|((_, ty), text)| argument(ty, text, names))
        .collect()
}

fn argument(ty: &Type, text: &str, names: &mut HashMap<&str, Resource>) -> Result<Value, Failure> {
    Ok(match ty {
        Type::Own(_) => Value::Own(names.remove(text).ok_or_else(|| unknown(text))?),
        Type::Borrow(_) => Value::Borrow(names.get(text).cloned().ok_or_else(|| unknown(text))?),
        Type::List(element) if matches!(**element, Type::Own(_) | Type::Borrow(_)) => {
            let inner = text
                .strip_prefix('[')
                .and_then(|text| text.strip_suffix(']'));
            let inner = split(inner.ok_or_else(|| no_call(text))?);
            let values = inner.into_iter().map(|text| argument(element, text, names));
            Value::list(values.collect::<Result<Vec<_>, _>>()?)
        }
        other => Value::parse(other, text)?,
    })
}

/// Splits a list at its commas, except at those within brackets or quotes.
fn split(text: &str) -> Vec<&str> {
    let (mut parts, mut start, mut depth, mut quote) = (Vec::new(), 0, 0_usize, None);
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match (quote, c) {
            (Some(_), '\\') => drop(chars.next()),
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth = depth.saturating_sub(1),
            (None, ',') if depth == 0 => {
                parts.push(text.get(start..at).unwrap_or_default().trim());
                start = at + 1;
            }
            (None, _) => {}
        }
    }
    let last = text.get(start..).unwrap_or_default().trim();
    if !(last.is_empty() && parts.is_empty()) {
        parts.push(last);
    }
    parts
}

/// Collects the handles in a value, in order.
fn collect(value: &Value, handles: &mut Vec<Resource>) {
    match value {
        Value::Own(handle) => handles.push(handle.clone()),
        Value::List(List::Values(values)) => values.iter().for_each(|v| collect(v, handles)),
        Value::Tuple(values) => values.iter().for_each(|value| collect(value, handles)),
        Value::Option(Some(value)) => collect(value, handles),
        Value::Record(fields) => fields.iter().for_each(|(_, value)| collect(value, handles)),
        _ => {}
    }
}

fn unknown(name: &str) -> Failure {
    Failure::new(format!(
        "expected a handle that an earlier line named, found `{name}`"
    ))
}

fn no_call(text: &str) -> Failure {
    Failure::new(format!("expected a call, found `{text}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_within_brackets_and_quotes_do_not_split() {
        assert_eq!(split(""), Vec::<&str>::new());
        assert_eq!(split("a"), ["a"]);
        assert_eq!(
            split(r#"[1, 2], "x,\"y", ',', {a: (1, 2)}"#),
            ["[1, 2]", r#""x,\"y""#, "','", "{a: (1, 2)}"]
        );
    }
}
