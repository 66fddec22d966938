//! Between parts and values, led by types.

use std::sync::Arc;

use super::named::no_case;
use super::parts::{Part, Parts, expected};
use super::{LiftResult, LowerArgs, Results, Scalar, TypedParams};
use crate::value::check::length;
use crate::value::path::Brief;
use crate::{Error, FuncType, List, Result, Type, Value};

/// # For implementors
/// The arguments of a call, from their parts: for calls that a backend makes by value.
///
/// # Errors
/// `Misuse` for parts that are not of the parameters' types; what `lower` returns.
pub fn args_to_values(ty: &FuncType, lower: &mut dyn LowerArgs) -> Result<Vec<Value>> {
    let mut parts = Parts::default();
    lower.lower(&mut parts)?;
    let args = ty.params.iter().map(|(_, ty)| put_together(ty, &mut parts));
    let args = args.collect::<Result<_>>()?;
    parts.end()?;
    Ok(args)
}

/// # For implementors
/// Hands the result of a call that was made by value to `lift`, if there is a result.
///
/// # Errors
/// `Engine` for a result that is not of the function's type; what `lift` returns.
pub fn result_from_value(
    ty: &FuncType,
    value: Option<Value>,
    lift: &mut dyn LiftResult,
) -> Result<()> {
    ty.check_result(value.as_ref())
        .map_err(|e| Error::engine(e.message().to_owned()))?;
    let (Some(ty), Some(value)) = (&ty.result, value) else {
        return Ok(());
    };
    let mut parts = Parts::default();
    take_apart(ty, value, &mut parts)?;
    lift.lift(&mut parts)
}

/// The arguments of a host function as a Rust tuple.
///
/// # Errors
/// `Misuse` for values that are not of the types.
pub(crate) fn params_from_values<A: TypedParams>(ty: &FuncType, args: &[Value]) -> Result<A> {
    ty.check_args(args)?;
    let mut parts = Parts::default();
    for ((_, ty), value) in ty.params.iter().zip(args) {
        take_apart(ty, value.clone(), &mut parts)?;
    }
    A::lift_args(&mut parts)
}

/// The result of a host function as a value, if it has one.
///
/// # Errors
/// `Host` for a result that hands out parts of another type than its own.
pub(crate) fn result_to_value<R: Results>(ty: &FuncType, result: &R) -> Result<Option<Value>> {
    let mut parts = Parts::default();
    let lowered = result.lower_result(&mut parts).and_then(|()| {
        let value = ty.result.as_ref().map(|ty| put_together(ty, &mut parts));
        let value = value.transpose()?;
        parts.end()?;
        Ok(value)
    });
    lowered.map_err(|e| Error::host(format!("result: {}", e.message())))
}

/// A value of this type, from the parts at the front.
fn put_together(ty: &Type, parts: &mut Parts) -> Result<Value> {
    match ty {
        Type::Record(ty) => {
            let fields = ty.fields.iter();
            let fields = fields.map(|(name, ty)| Ok((name.clone(), put_together(ty, parts)?)));
            return fields.collect::<Result<_>>().map(Value::Record);
        }
        Type::Tuple(types) => {
            let elements = types.iter().map(|ty| put_together(ty, parts));
            return elements.collect::<Result<_>>().map(Value::Tuple);
        }
        _ => {}
    }
    let part = parts.pop();
    Ok(match (ty, part) {
        (Type::String, Some(Part::String(text))) => Value::String(text),
        (Type::List(_) | Type::FixedLengthList(..), Some(Part::Numbers(list))) => {
            let value = Value::List(list);
            ty.check(&value)?;
            value
        }
        (Type::List(element) | Type::FixedLengthList(element, _), Some(Part::List(len))) => {
            let mut list = List::of(element);
            for _ in 0..len {
                list.push(put_together(element, parts)?);
            }
            if let Type::FixedLengthList(_, expected) = ty {
                length(*expected as usize, len)?;
            }
            Value::List(list)
        }
        (Type::Map(key, value), Some(Part::List(len))) => {
            let entry = |_| Ok((put_together(key, parts)?, put_together(value, parts)?));
            Value::Map((0..len).map(entry).collect::<Result<_>>()?)
        }
        (Type::Variant(ty), Some(Part::Case(index))) => {
            let (case, ty) = at(&ty.cases, index)?;
            Value::Variant(case.clone(), payload(ty.as_ref(), parts)?)
        }
        (Type::Enum(cases), Some(Part::Case(index))) => Value::Enum(at(cases, index)?.clone()),
        (Type::Option(_), Some(Part::Case(0))) => Value::none(),
        (Type::Option(ty), Some(Part::Case(1))) => Value::some(put_together(ty, parts)?),
        (Type::Result(ty), Some(Part::Case(0))) => {
            Value::Result(Ok(payload(ty.ok.as_ref(), parts)?))
        }
        (Type::Result(ty), Some(Part::Case(1))) => {
            Value::Result(Err(payload(ty.err.as_ref(), parts)?))
        }
        (Type::Flags(names), Some(Part::Flags(bits))) => Value::Flags(names_of(names, &bits)?),
        (Type::Own(_), Some(Part::Resource(resource))) => Value::Own(resource),
        (Type::Borrow(_), Some(Part::Resource(resource))) => Value::Borrow(resource),
        (Type::Option(_) | Type::Result(_), Some(Part::Case(index))) => {
            return Err(no_case(2, index));
        }
        (ty, Some(Part::Scalar(scalar))) if scalar.ty() == *ty => scalar.to_value(),
        (ty, part) => return Err(expected(&Brief(ty).to_string(), part.as_ref())),
    })
}

fn payload(ty: Option<&Type>, parts: &mut Parts) -> Result<Option<Box<Value>>> {
    ty.map(|ty| put_together(ty, parts).map(Box::new))
        .transpose()
}

/// Puts the parts of a value, which has been checked to be of this type, at the end.
fn take_apart(ty: &Type, value: Value, parts: &mut Parts) -> Result<()> {
    if let Some(scalar) = Scalar::of(&value) {
        parts.push(Part::Scalar(scalar));
        return Ok(());
    }
    match (ty, value) {
        (_, Value::String(text)) => parts.push(Part::String(text)),
        (Type::List(element) | Type::FixedLengthList(element, _), Value::List(list)) => {
            return elements(element, list, parts);
        }
        (Type::Map(key, value), Value::Map(entries)) => {
            parts.push(Part::List(entries.len()));
            for (k, v) in entries {
                take_apart(key, k, parts)?;
                take_apart(value, v, parts)?;
            }
        }
        (Type::Record(ty), Value::Record(fields)) => {
            for ((_, ty), (_, value)) in ty.fields.iter().zip(fields) {
                take_apart(ty, value, parts)?;
            }
        }
        (Type::Tuple(types), Value::Tuple(elements)) => {
            for (ty, value) in types.iter().zip(elements) {
                take_apart(ty, value, parts)?;
            }
        }
        (Type::Variant(ty), Value::Variant(case, value)) => {
            let index = position(ty.cases.iter().map(|(name, _)| name), &case)?;
            let ty = ty.cases.get(index).and_then(|(_, ty)| ty.as_ref());
            return take_payload(index, ty, value, parts);
        }
        (Type::Enum(cases), Value::Enum(case)) => {
            return take_payload(position(&**cases, &case)?, None, None, parts);
        }
        (Type::Option(ty), Value::Option(value)) => {
            return take_payload(usize::from(value.is_some()), Some(ty), value, parts);
        }
        (Type::Result(ty), Value::Result(Ok(value))) => {
            return take_payload(0, ty.ok.as_ref(), value, parts);
        }
        (Type::Result(ty), Value::Result(Err(value))) => {
            return take_payload(1, ty.err.as_ref(), value, parts);
        }
        (Type::Flags(names), Value::Flags(set)) => {
            parts.push(Part::Flags(bits_of(names, &set)?));
        }
        (_, Value::Own(resource) | Value::Borrow(resource)) => {
            parts.push(Part::Resource(resource));
        }
        (ty, value) => {
            let message = format!("expected {}, found {}", Brief(ty), value.kind());
            return Err(Error::misuse(message));
        }
    }
    Ok(())
}

/// The parts of a list. Numbers are one part, however they were stored.
fn elements(element: &Type, list: List, parts: &mut Parts) -> Result<()> {
    let list = match list {
        List::Values(values) if !element.is_number() => {
            parts.push(Part::List(values.len()));
            return values
                .into_iter()
                .try_for_each(|value| take_apart(element, value, parts));
        }
        List::Values(values) => {
            let mut list = List::of(element);
            values.into_iter().for_each(|value| list.push(value));
            list
        }
        // All empty lists are equal, but what is lifted from one is of its type.
        list if list.is_empty() && !element.is_number() => {
            parts.push(Part::List(0));
            return Ok(());
        }
        list if list.is_empty() => List::of(element),
        list => list,
    };
    parts.push(Part::Numbers(list));
    Ok(())
}

fn take_payload(
    case: usize,
    ty: Option<&Type>,
    value: Option<Box<Value>>,
    parts: &mut Parts,
) -> Result<()> {
    let case = u32::try_from(case).map_err(|_| Error::misuse("expected fewer cases"))?;
    parts.push(Part::Case(case));
    match (ty, value) {
        (Some(ty), Some(value)) => take_apart(ty, *value, parts),
        _ => Ok(()),
    }
}

fn at<T>(cases: &[T], index: u32) -> Result<&T> {
    let case = usize::try_from(index).ok().and_then(|at| cases.get(at));
    case.ok_or_else(|| no_case(cases.len(), index))
}

fn position<'a>(names: impl IntoIterator<Item = &'a Arc<str>>, name: &Arc<str>) -> Result<usize> {
    let at = names.into_iter().position(|known| known == name);
    at.ok_or_else(|| Error::misuse(format!("expected a name of the type, found \"{name}\"")))
}

/// The names of the bits that are set; the first name is the lowest bit of the first word.
fn names_of(names: &[Arc<str>], bits: &[u32]) -> Result<Vec<Arc<str>>> {
    let is_set = |bit: &usize| {
        bits.get(bit / 32)
            .is_some_and(|word| word >> (bit % 32) & 1 == 1)
    };
    if let Some(bit) = (names.len()..bits.len() * 32).find(is_set) {
        let message = format!("expected {} flags, found flag {bit}", names.len());
        return Err(Error::misuse(message));
    }
    let named = names.iter().enumerate().filter(|(bit, _)| is_set(bit));
    Ok(named.map(|(_, name)| name.clone()).collect())
}

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
