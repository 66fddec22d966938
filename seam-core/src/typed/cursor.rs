//! Takes values apart.

use std::sync::Arc;

use super::{Lift, Scalar};
use crate::value::path::Brief;
use crate::{Error, FuncType, List, Resource, Result, Type, Value};

/// Returns the parts of values one after another. The values must have been checked against their
/// types.
///
/// Only strings and lists of numbers are copied, when they are taken.
#[derive(Default)]
pub(super) struct Cursor<'a> {
    /// The parts that have not been taken. The next one is at the end.
    rest: Vec<Due<'a>>,
}

/// A part that has not been taken, or a value with several of them.
enum Due<'a> {
    Value(&'a Type, &'a Value),
    /// An element of a list of numbers.
    Scalar(Scalar),
}

impl<'a> Cursor<'a> {
    pub(super) fn of_args(ty: &'a FuncType, args: &'a [Value]) -> Self {
        let types = ty.params.iter().map(|(_, ty)| ty);
        let mut cursor = Self { rest: Vec::new() };
        cursor.push_all(types.zip(args));
        cursor
    }

    pub(super) fn of_value(ty: &'a Type, value: &'a Value) -> Self {
        Self {
            rest: vec![Due::Value(ty, value)],
        }
    }

    /// Checks that all parts have been taken.
    ///
    /// # Errors
    /// `Misuse` if some have not.
    pub(super) fn end(&mut self) -> Result<()> {
        match self.next() {
            None => Ok(()),
            due => expected("all parts to be taken", due),
        }
    }

    fn push_all(&mut self, values: impl DoubleEndedIterator<Item = (&'a Type, &'a Value)>) {
        let dues = values.rev().map(|(ty, value)| Due::Value(ty, value));
        self.rest.extend(dues);
    }

    /// Returns the next part. For records and tuples, this is the first part of their fields.
    fn next(&mut self) -> Option<Due<'a>> {
        loop {
            match self.rest.pop()? {
                Due::Value(Type::Record(ty), Value::Record(fields)) => {
                    let types = ty.fields.iter().map(|(_, ty)| ty);
                    self.push_all(types.zip(fields.iter().map(|(_, value)| value)));
                }
                Due::Value(Type::Tuple(types), Value::Tuple(values)) => {
                    self.push_all(types.iter().zip(values));
                }
                due => return Some(due),
            }
        }
    }

    fn payload(
        &mut self,
        case: usize,
        ty: Option<&'a Type>,
        value: Option<&'a Value>,
    ) -> Result<u32> {
        if let (Some(ty), Some(value)) = (ty, value) {
            self.rest.push(Due::Value(ty, value));
        }
        u32::try_from(case).map_err(|_| Error::misuse("expected fewer cases"))
    }
}

/// Returns the error for a part that is due when another one was asked for.
fn expected<T>(asked: &str, due: Option<Due<'_>>) -> Result<T> {
    Err(Error::misuse(match due {
        Some(Due::Value(ty, _)) => format!("expected {asked}, found {}", Brief(ty)),
        Some(Due::Scalar(scalar)) => format!("expected {asked}, found {}", scalar.ty().kind()),
        None => format!("expected {asked}, found none"),
    }))
}

impl Lift for Cursor<'_> {
    fn scalar(&mut self) -> Result<Scalar> {
        match self.next() {
            Some(Due::Scalar(scalar)) => Ok(scalar),
            due @ Some(Due::Value(_, value)) => match Scalar::of(value) {
                Some(scalar) => Ok(scalar),
                None => expected("a number, bool or char", due),
            },
            None => expected("a number, bool or char", None),
        }
    }

    fn string(&mut self) -> Result<String> {
        match self.next() {
            Some(Due::Value(_, Value::String(text))) => Ok(text.to_string()),
            due => expected("string", due),
        }
    }

    fn numbers(&mut self) -> Result<List> {
        match self.next() {
            Some(Due::Value(
                Type::List(element) | Type::FixedLengthList(element, _),
                Value::List(list),
            )) if element.is_number() => Ok(match list {
                // All empty lists are equal, but the lifted list must have its own type.
                list if list.is_empty() => List::of(element),
                List::Values(values) => {
                    let mut list = List::of(element);
                    values.iter().for_each(|value| list.push(value.clone()));
                    list
                }
                list => list.clone(),
            }),
            due => expected("a list of numbers", due),
        }
    }

    fn list(&mut self) -> Result<usize> {
        match self.next() {
            Some(Due::Value(
                Type::List(element) | Type::FixedLengthList(element, _),
                Value::List(list),
            )) => {
                match list {
                    List::Values(values) => {
                        self.push_all(values.iter().map(|value| (&**element, value)));
                    }
                    List::Records(records) => {
                        // Without records, the list can be of any type.
                        if let Type::Record(ty) = &**element {
                            for values in records.iter().rev() {
                                self.push_all(ty.fields.iter().map(|(_, ty)| ty).zip(values));
                            }
                        }
                    }
                    // Numbers may also be taken one by one.
                    list => {
                        let scalars = list.iter().rev().filter_map(|value| Scalar::of(&value));
                        self.rest.extend(scalars.map(Due::Scalar));
                    }
                }
                Ok(list.len())
            }
            Some(Due::Value(Type::Map(key, value), Value::Map(entries))) => {
                for (k, v) in entries.iter().rev() {
                    self.rest.push(Due::Value(value, v));
                    self.rest.push(Due::Value(key, k));
                }
                Ok(entries.len())
            }
            due => expected("a list", due),
        }
    }

    fn case(&mut self) -> Result<u32> {
        match self.next() {
            Some(Due::Value(Type::Variant(ty), Value::Variant(case, value))) => {
                let index = position(ty.cases.iter().map(|(name, _)| name), case)?;
                let ty = ty.cases.get(index).and_then(|(_, ty)| ty.as_ref());
                self.payload(index, ty, value.as_deref())
            }
            Some(Due::Value(Type::Enum(cases), Value::Enum(case))) => {
                self.payload(position(&**cases, case)?, None, None)
            }
            Some(Due::Value(Type::Option(ty), Value::Option(value))) => {
                self.payload(usize::from(value.is_some()), Some(ty), value.as_deref())
            }
            Some(Due::Value(Type::Result(ty), Value::Result(value))) => match value {
                Ok(value) => self.payload(0, ty.ok.as_ref(), value.as_deref()),
                Err(value) => self.payload(1, ty.err.as_ref(), value.as_deref()),
            },
            due => expected("a case", due),
        }
    }

    fn flags(&mut self) -> Result<Vec<u32>> {
        match self.next() {
            Some(Due::Value(Type::Flags(names), Value::Flags(set))) => bits_of(names, set),
            due => expected("flags", due),
        }
    }

    fn resource(&mut self) -> Result<Resource> {
        match self.next() {
            Some(Due::Value(_, Value::Own(resource) | Value::Borrow(resource))) => {
                Ok(resource.clone())
            }
            due => expected("a resource", due),
        }
    }

    fn end(&mut self) -> Result<Value> {
        match self.next() {
            Some(Due::Value(_, end @ (Value::Stream(_) | Value::Future(_)))) => Ok(end.clone()),
            due => expected("a stream or future", due),
        }
    }
}

/// Returns the position of a name among the names of a type.
fn position<'a>(names: impl IntoIterator<Item = &'a Arc<str>>, name: &Arc<str>) -> Result<usize> {
    let at = names.into_iter().position(|known| known == name);
    at.ok_or_else(|| Error::misuse(format!("expected a name of the type, found \"{name}\"")))
}

/// Returns the bits of flags that are set; the first name is the lowest bit of the first word.
fn bits_of(names: &[Arc<str>], set: &[Arc<str>]) -> Result<Vec<u32>> {
    let mut bits = vec![0; names.len().div_ceil(32)];
    for name in set {
        let bit = position(names, name)?;
        if let Some(word) = bits.get_mut(bit / 32) {
            *word |= 1 << (bit % 32);
        }
    }
    Ok(bits)
}
