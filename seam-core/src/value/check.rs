//! Checks values against types.

use std::fmt::Display;
use std::sync::Arc;

use crate::types::Params;
use crate::value::path::{At, Brief, Mismatch, Step};
use crate::{Error, FuncType, List, RecordType, Resource, ResourceType, Result, Type, Value};

type Check = std::result::Result<(), Mismatch>;

impl Type {
    /// Checks that a value is of this type: the same shape, the same names, resources of the same
    /// name.
    ///
    /// A list of numbers that is stored flat takes constant time, whatever its length. The
    /// recursion is as deep as the type, not as the value. Types of artifacts are at most 100 deep.
    ///
    /// # Errors
    /// `Misuse` with the path to the first offending part, and what was expected and found there,
    /// e.g. `field "tags", element 3: expected string, found u32`. Elements of lists and tuples,
    /// and keys and values of maps, are counted from 1.
    pub fn check(&self, value: &Value) -> Result<()> {
        Ok(check(self, value)?)
    }
}

impl FuncType {
    /// Checks that there is one argument per parameter, each [of the parameter's
    /// type](Type::check).
    ///
    /// # Errors
    /// Those of [`Type::check`]. The path starts with the argument, also counted from 1, e.g.
    /// `argument 2, field "tags", element 3: expected string, found u32`.
    pub fn check_args(&self, args: &[Value]) -> Result<()> {
        if args.len() != self.params.len() {
            return Err(self.arity(args.len()).into());
        }
        for (index, ((_, ty), value)) in self.params.iter().zip(args).enumerate() {
            if !is_plain(ty, value) {
                check(ty, value).at(|| Step::Argument(index))?;
            }
        }
        Ok(())
    }

    /// Checks that a result is present if the type has one, and is [of its type](Type::check).
    ///
    /// # Errors
    /// Those of [`Type::check`]. The path starts with `result`.
    pub fn check_result(&self, result: Option<&Value>) -> Result<()> {
        match (&self.result, result) {
            (None, None) => Ok(()),
            (Some(ty), Some(value)) => Ok(check(ty, value).at(|| Step::Result)?),
            (Some(ty), None) => Err(Error::misuse(format!(
                "expected a result of type {ty}, found none"
            ))),
            (None, Some(value)) => Err(Error::misuse(format!(
                "expected no result, found {}",
                value.kind()
            ))),
        }
    }

    /// The error for a number of arguments that is not the number of parameters.
    pub(crate) fn arity(&self, found: impl Display) -> Mismatch {
        let expected = match self.params.len() {
            0 => "no arguments".to_owned(),
            1 => format!("1 argument ({})", Params(self)),
            n => format!("{n} arguments ({})", Params(self)),
        };
        Mismatch::new(format!("expected {expected}, found {found}"))
    }
}

/// Returns whether both are of one of the most frequent types whose values are checked as a whole.
/// [`check`] agrees.
#[inline]
fn is_plain(ty: &Type, value: &Value) -> bool {
    match (ty, value) {
        (Type::U32, Value::U32(_)) | (Type::String, Value::String(_)) => true,
        (Type::U64, Value::U64(_)) => true,
        (Type::List(element), Value::List(list)) => list.is_flat_of(element),
        _ => false,
    }
}

pub(crate) fn check(ty: &Type, value: &Value) -> Check {
    match (ty, value) {
        (Type::Bool, Value::Bool(_))
        | (Type::S8, Value::S8(_))
        | (Type::U8, Value::U8(_))
        | (Type::S16, Value::S16(_))
        | (Type::U16, Value::U16(_))
        | (Type::S32, Value::S32(_))
        | (Type::U32, Value::U32(_))
        | (Type::S64, Value::S64(_))
        | (Type::U64, Value::U64(_))
        | (Type::F32, Value::F32(_))
        | (Type::F64, Value::F64(_))
        | (Type::Char, Value::Char(_))
        | (Type::String, Value::String(_))
        | (Type::ErrorContext, Value::ErrorContext(_))
        | (Type::Stream(_), Value::Stream(_))
        | (Type::Future(_), Value::Future(_)) => Ok(()),
        (Type::List(element), Value::List(elements)) => list(element, elements),
        (Type::FixedLengthList(element, len), Value::List(elements)) => {
            length(*len as usize, elements.len())?;
            list(element, elements)
        }
        (Type::Map(key, value), Value::Map(entries)) => map(key, value, entries),
        (Type::Record(ty), Value::Record(fields)) => record(ty, fields),
        (Type::Tuple(types), Value::Tuple(elements)) => tuple(types, elements),
        (Type::Variant(ty), Value::Variant(case, payload)) => {
            let Some((_, ty)) = ty.cases.iter().find(|(name, _)| name == case) else {
                let known = ty.cases.iter().map(|(name, _)| name);
                return Err(Mismatch::name("case", known, case));
            };
            self::payload(ty.as_ref(), payload.as_deref()).at(|| Step::Case(case.clone()))
        }
        (Type::Enum(cases), Value::Enum(case)) => known("case", cases, case),
        (Type::Option(ty), Value::Option(some)) => match some {
            Some(value) => check(ty, value).at(|| Step::Some),
            None => Ok(()),
        },
        (Type::Result(ty), Value::Result(result)) => match result {
            Ok(ok) => payload(ty.ok.as_ref(), ok.as_deref()).at(|| Step::Ok),
            Err(err) => payload(ty.err.as_ref(), err.as_deref()).at(|| Step::Err),
        },
        (Type::Flags(names), Value::Flags(set)) => {
            set.iter().try_for_each(|flag| known("flag", names, flag))
        }
        (Type::Own(ty), Value::Own(found)) => resource(ty, found, "own"),
        (Type::Borrow(ty), Value::Borrow(found)) => resource(ty, found, "borrow"),
        _ => Err(Mismatch::kind(ty, value)),
    }
}

fn list(element: &Type, list: &List) -> Check {
    match (element, list) {
        (element, List::Values(values)) => {
            for (index, value) in values.iter().enumerate() {
                if !is_plain(element, value) {
                    check(element, value).at(|| Step::Element(index))?;
                }
            }
            Ok(())
        }
        (Type::Record(ty), List::Records(records)) if are_named(ty, records.names()) => {
            for (index, values) in records.iter().enumerate() {
                fields(ty, values).at(|| Step::Element(index))?;
            }
            Ok(())
        }
        // The elements of any other list have one type, so checking the first is enough.
        (element, list) => match list.at(0) {
            Some(first) => check(element, &first).at(|| Step::Element(0)),
            None => Ok(()),
        },
    }
}

fn map(key: &Type, value: &Type, entries: &[(Value, Value)]) -> Check {
    for (index, (k, v)) in entries.iter().enumerate() {
        check(key, k).at(|| Step::Key(index))?;
        check(value, v).at(|| Step::Value(index))?;
    }
    Ok(())
}

fn tuple(types: &[Type], elements: &[Value]) -> Check {
    length(types.len(), elements.len())?;
    for (index, (ty, value)) in types.iter().zip(elements).enumerate() {
        check(ty, value).at(|| Step::Element(index))?;
    }
    Ok(())
}

pub(crate) fn length(expected: usize, found: usize) -> Check {
    if expected == found {
        return Ok(());
    }
    let plural = if expected == 1 { "" } else { "s" };
    Err(Mismatch::new(format!(
        "expected {expected} element{plural}, found {found}"
    )))
}

fn record(ty: &RecordType, found: &[(Arc<str>, Value)]) -> Check {
    match are_named(ty, found.iter().map(|(name, _)| name)) {
        true => fields(ty, found.iter().map(|(_, value)| value)),
        false => Err(misfit(ty, found)),
    }
}

/// Returns whether these are the names of the fields, in order.
fn are_named<'a>(ty: &RecordType, names: impl IntoIterator<Item = &'a Arc<str>>) -> bool {
    ty.fields.iter().map(|(name, _)| name).eq(names)
}

/// Checks the values of a record's fields.
fn fields<'a>(ty: &RecordType, values: impl IntoIterator<Item = &'a Value>) -> Check {
    for ((name, ty), value) in ty.fields.iter().zip(values) {
        if !is_plain(ty, value) {
            check(ty, value).at(|| Step::Field(name.clone()))?;
        }
    }
    Ok(())
}

/// Describes how a record's fields differ from those of its type.
fn misfit(ty: &RecordType, fields: &[(Arc<str>, Value)]) -> Mismatch {
    let known = || ty.fields.iter().map(|(name, _)| name);
    for (index, (field, _)) in fields.iter().enumerate() {
        if !known().any(|name| name == field) {
            return Mismatch::name("field", known(), field);
        }
        if fields.iter().take(index).any(|(name, _)| name == field) {
            return Mismatch::new(format!("expected field \"{field}\" once, found it twice"));
        }
    }
    for (name, ty) in &ty.fields {
        if !fields.iter().any(|(field, _)| field == name) {
            let missing = format!("expected {}, found no such field", Brief(ty));
            return Mismatch::new(missing).at(Step::Field(name.clone()));
        }
    }
    // The names are the same, but in another order.
    let mut pairs = known().zip(fields);
    let found = pairs.find(|(name, (field, _))| *name != field);
    Mismatch::new(match found {
        Some((name, (field, _))) => {
            format!("expected field \"{name}\" before \"{field}\", found it after")
        }
        None => "expected the fields of the type".to_owned(),
    })
}

fn payload(ty: Option<&Type>, value: Option<&Value>) -> Check {
    match (ty, value) {
        (None, None) => Ok(()),
        (Some(ty), Some(value)) => check(ty, value),
        (Some(ty), None) => Err(Mismatch::new(format!(
            "expected a payload of type {}, found none",
            Brief(ty)
        ))),
        (None, Some(value)) => Err(Mismatch::new(format!(
            "expected no payload, found {}",
            value.kind()
        ))),
    }
}

pub(crate) fn known(what: &str, names: &[Arc<str>], name: &Arc<str>) -> Check {
    if names.contains(name) {
        return Ok(());
    }
    Err(Mismatch::name(what, names, name))
}

fn resource(ty: &ResourceType, found: &Resource, mode: &str) -> Check {
    if let Some(name) = found.as_variable() {
        let expected = ty.name();
        return Err(Mismatch::new(format!(
            "expected {mode}<{expected}>, found the variable `${name}`"
        )));
    }
    if ty == found.ty() {
        return Ok(());
    }
    Err(Mismatch::new(format!(
        "expected {mode}<{}>, found {mode}<{}>",
        ty.name(),
        found.ty().name()
    )))
}
