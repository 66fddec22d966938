//! Conversion between parts and values.

use std::sync::Arc;

use super::cursor::Cursor;
use super::named::no_case;
use super::parts::{Part, Parts, expected};
use super::{Lift, LiftResult, Liftable, Lower, LowerArgs, Typed};
use crate::value::check::length;
use crate::value::path::Brief;
use crate::{Error, FuncType, List, Result, Type, Value};

/// # For implementors
/// Builds the arguments of a call from their parts, for a backend that calls by value.
///
/// # Errors
/// `Misuse` for parts that are not of the parameters' types; the errors of `lower`.
pub fn args_to_values(ty: &FuncType, lower: &mut dyn LowerArgs) -> Result<Vec<Value>> {
    let mut parts = Parts::default();
    lower.lower(&mut parts)?;
    let args = ty.params.iter().map(|(_, ty)| put_together(ty, &mut parts));
    let args = args.collect::<Result<_>>()?;
    parts.end()?;
    Ok(args)
}

/// # For implementors
/// Passes the parts of a result to `lift`, if there is a result, for a backend that calls by value.
///
/// # Errors
/// `Engine` for a result that is not of the function's type; `Misuse` if `lift` does not take all
/// parts; the errors of `lift`.
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
    let mut cursor = Cursor::of_value(ty, &value);
    lift.lift(&mut cursor)?;
    cursor.end()
}

/// Passes the parts of a host function's arguments to `lift`.
///
/// # Errors
/// `Misuse` for values that are not of the types, and for parts that are not taken. The errors of
/// `lift`.
pub(crate) fn params_from_values<A>(
    ty: &FuncType,
    args: &[Value],
    lift: impl FnOnce(&mut dyn Lift) -> Result<A>,
) -> Result<A> {
    ty.check_args(args)?;
    let mut cursor = Cursor::of_args(ty, args);
    let lifted = lift(&mut cursor)?;
    cursor.end()?;
    Ok(lifted)
}

/// Returns the result of a host function as a value, if it has one, from the parts of `lower`.
///
/// # Errors
/// `Host` for errors of `lower`, and for parts that are not of the result's type.
pub(crate) fn result_to_value(
    ty: &FuncType,
    lower: impl FnOnce(&mut dyn Lower) -> Result<()>,
) -> Result<Option<Value>> {
    let mut parts = Parts::default();
    let lowered = lower(&mut parts).and_then(|()| {
        let value = ty.result.as_ref().map(|ty| put_together(ty, &mut parts));
        let value = value.transpose()?;
        parts.end()?;
        Ok(value)
    });
    lowered.map_err(|e| Error::host(format!("result: {}", e.message())))
}

/// Returns the elements of a stream or future as a list.
///
/// # Errors
/// `Misuse` for parts that are not of the type. The errors of the type.
pub(crate) fn list_of<T: Typed>(elements: &[T]) -> Result<List> {
    let mut parts = Parts::default();
    T::lower_list(elements, &mut parts)?;
    let value = put_together(&Type::list(T::ty()), &mut parts)?;
    parts.end()?;
    match value {
        Value::List(list) => Ok(list),
        other => Err(Error::misuse(format!(
            "expected a list, found {}",
            other.kind()
        ))),
    }
}

/// Returns the elements of a list.
///
/// # Errors
/// `Misuse` for elements of another type. The errors of the type.
pub(crate) fn list_into<T: Liftable>(list: List) -> Result<Vec<T>> {
    let (ty, value) = (Type::list(T::ty()), Value::List(list));
    ty.check(&value)?;
    let mut cursor = Cursor::of_value(&ty, &value);
    let elements = Vec::<T>::lift(&mut cursor)?;
    cursor.end()?;
    Ok(elements)
}

/// Builds a value of this type from the parts at the front.
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
        (Type::Stream(_), Some(Part::End(end @ Value::Stream(_))))
        | (Type::Future(_), Some(Part::End(end @ Value::Future(_)))) => end,
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

fn at<T>(cases: &[T], index: u32) -> Result<&T> {
    let case = usize::try_from(index).ok().and_then(|at| cases.get(at));
    case.ok_or_else(|| no_case(cases.len(), index))
}

/// Returns the names of the bits that are set. The first name is the lowest bit of the first word.
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
