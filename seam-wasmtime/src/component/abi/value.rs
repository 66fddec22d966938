//! From lifted parts to values, and from values to parts.

use std::sync::Arc;

use seam_core::typed::{Lower, Numbers, Scalar};
use seam_core::{Error, FuncType, List, Records, Result, Type, Value};
use wasmtime::component::ResourceAny;

use super::part::{Part, Parts, expected};

/// Makes the host's value of a handle of this type.
pub(crate) type Hold<'a> = dyn FnMut(&Type, ResourceAny) -> Result<Value> + 'a;

/// Builds a value of this type from the parts at the front.
///
/// # Errors
/// `Misuse` for parts of another type; the errors of `hold`.
pub(crate) fn to_value(ty: &Type, parts: &mut Parts, hold: &mut Hold<'_>) -> Result<Value> {
    match ty {
        Type::Record(ty) => {
            let mut fields = Vec::with_capacity(ty.fields.len());
            for (name, ty) in &ty.fields {
                fields.push((name.clone(), to_value(ty, parts, hold)?));
            }
            return Ok(Value::Record(fields));
        }
        Type::Tuple(types) => {
            let elements = types.iter().map(|ty| to_value(ty, parts, hold));
            return elements.collect::<Result<_>>().map(Value::Tuple);
        }
        _ => {}
    }
    Ok(match (ty, parts.next()) {
        (Type::String, Some(Part::String(text))) => Value::from(text),
        (Type::List(_) | Type::FixedLengthList(..), Some(Part::Numbers(list))) => Value::List(list),
        (Type::List(element) | Type::FixedLengthList(element, _), Some(Part::List(len))) => {
            Value::List(to_list(element, len, parts, hold)?)
        }
        (Type::Map(key, value), Some(Part::List(len))) => {
            let mut entries = Vec::with_capacity(len);
            for _ in 0..len {
                entries.push((to_value(key, parts, hold)?, to_value(value, parts, hold)?));
            }
            Value::Map(entries)
        }
        (Type::Variant(ty), Some(Part::Case(case))) => {
            let (name, ty) = ty.cases.get(case as usize).ok_or_else(|| no_case(case))?;
            Value::Variant(name.clone(), payload(ty.as_ref(), parts, hold)?)
        }
        (Type::Enum(names), Some(Part::Case(case))) => {
            let name = names.get(case as usize).ok_or_else(|| no_case(case))?;
            Value::Enum(name.clone())
        }
        (Type::Option(_), Some(Part::Case(0))) => Value::Option(None),
        (Type::Option(ty), Some(Part::Case(_))) => Value::Option(payload(Some(ty), parts, hold)?),
        (Type::Result(ty), Some(Part::Case(0))) => {
            Value::Result(Ok(payload(ty.ok.as_ref(), parts, hold)?))
        }
        (Type::Result(ty), Some(Part::Case(_))) => {
            Value::Result(Err(payload(ty.err.as_ref(), parts, hold)?))
        }
        (Type::Flags(names), Some(Part::Flags(bits))) => Value::Flags(set_flags(names, &bits)),
        (Type::Own(_) | Type::Borrow(_), Some(Part::Resource(any))) => hold(ty, *any)?,
        (_, Some(Part::Scalar(scalar))) => scalar.to_value(),
        (ty, part) => return Err(expected(ty.kind(), part.as_ref())),
    })
}

/// Builds a list of this length. The lifted parts are there, so the length is that of the list in
/// memory.
fn to_list(element: &Type, len: usize, parts: &mut Parts, hold: &mut Hold<'_>) -> Result<List> {
    match element {
        Type::Record(ty) if !ty.fields.is_empty() => {
            let mut values = Vec::with_capacity(len * ty.fields.len());
            for _ in 0..len {
                for (_, ty) in &ty.fields {
                    values.push(to_value(ty, parts, hold)?);
                }
            }
            let names = ty.fields.iter().map(|(name, _)| name.clone());
            let records = Records::new(names.collect(), values)?;
            Ok(List::Records(Box::new(records)))
        }
        _ => {
            let mut values = Vec::with_capacity(len);
            for _ in 0..len {
                values.push(to_value(element, parts, hold)?);
            }
            Ok(List::Values(values))
        }
    }
}

fn payload(
    ty: Option<&Type>,
    parts: &mut Parts,
    hold: &mut Hold<'_>,
) -> Result<Option<Box<Value>>> {
    let payload = ty.map(|ty| to_value(ty, parts, hold).map(Box::new));
    payload.transpose()
}

fn set_flags(names: &[Arc<str>], bits: &[u32]) -> Vec<Arc<str>> {
    let is_set = |bit: usize| {
        bits.get(bit / 32)
            .is_some_and(|word| word >> (bit % 32) & 1 == 1)
    };
    let set = names.iter().enumerate().filter(|(bit, _)| is_set(*bit));
    set.map(|(_, name)| name.clone()).collect()
}

fn no_case(case: u32) -> Error {
    Error::misuse(format!("expected a case of the type, found case {case}"))
}

/// Passes the parts of arguments, whose types must have been checked.
///
/// # Errors
/// The errors of `to`.
pub(super) fn lower_args(
    ty: &FuncType,
    args: &[Value],
    to: &mut (impl Lower + ?Sized),
) -> Result<()> {
    let mut pairs = ty.params.iter().zip(args);
    pairs.try_for_each(|((_, ty), arg)| lower(ty, arg, to))
}

/// Passes the parts of a value, whose type must have been checked.
///
/// # Errors
/// The errors of `to`; `Misuse` for a value of another type.
pub(super) fn lower(ty: &Type, value: &Value, to: &mut (impl Lower + ?Sized)) -> Result<()> {
    if let Some(scalar) = Scalar::of(value) {
        return to.scalar(scalar);
    }
    match (ty, value) {
        (_, Value::String(text)) => to.string(text),
        (Type::List(element) | Type::FixedLengthList(element, _), Value::List(list)) => {
            lower_list(element, list, to)
        }
        (Type::Map(key_ty, value_ty), Value::Map(entries)) => {
            to.list(entries.len())?;
            entries.iter().try_for_each(|(key, value)| {
                lower(key_ty, key, to)?;
                lower(value_ty, value, to)
            })
        }
        (Type::Record(ty), Value::Record(fields)) => {
            let mut pairs = ty.fields.iter().zip(fields);
            pairs.try_for_each(|((_, ty), (_, value))| lower(ty, value, to))
        }
        (Type::Tuple(types), Value::Tuple(elements)) => {
            let mut pairs = types.iter().zip(elements);
            pairs.try_for_each(|(ty, value)| lower(ty, value, to))
        }
        (Type::Variant(ty), Value::Variant(case, value)) => {
            let index = position(ty.cases.iter().map(|(name, _)| name), case)?;
            let ty = ty.cases.get(index).and_then(|(_, ty)| ty.as_ref());
            lower_case(index, ty, value.as_deref(), to)
        }
        (Type::Enum(names), Value::Enum(case)) => {
            lower_case(position(names.iter(), case)?, None, None, to)
        }
        (Type::Option(ty), Value::Option(value)) => {
            lower_case(usize::from(value.is_some()), Some(ty), value.as_deref(), to)
        }
        (Type::Result(ty), Value::Result(Ok(value))) => {
            lower_case(0, ty.ok.as_ref(), value.as_deref(), to)
        }
        (Type::Result(ty), Value::Result(Err(value))) => {
            lower_case(1, ty.err.as_ref(), value.as_deref(), to)
        }
        (Type::Flags(names), Value::Flags(set)) => {
            let mut bits = vec![0; names.len().div_ceil(32)];
            for flag in set {
                let bit = position(names.iter(), flag)?;
                if let Some(word) = bits.get_mut(bit / 32) {
                    *word |= 1 << (bit % 32);
                }
            }
            to.flags(&bits)
        }
        (_, Value::Own(resource) | Value::Borrow(resource)) => to.resource(resource),
        _ => Err(Error::misuse(format!(
            "expected a value of type {ty}, found {}",
            value.kind()
        ))),
    }
}

fn lower_list(element: &Type, list: &List, to: &mut (impl Lower + ?Sized)) -> Result<()> {
    match (element, list) {
        (_, List::Values(values)) => {
            to.list(values.len())?;
            values
                .iter()
                .try_for_each(|value| lower(element, value, to))
        }
        (Type::Record(ty), List::Records(records)) => {
            to.list(records.len())?;
            let types = ty.fields.iter().map(|(_, ty)| ty).cycle();
            let mut pairs = types.zip(records.values());
            pairs.try_for_each(|(ty, value)| lower(ty, value, to))
        }
        _ => match Numbers::of(list).filter(|numbers| !numbers.is_empty()) {
            Some(numbers) => to.numbers(numbers),
            // Any empty list is a list of every type.
            None => to.list(0),
        },
    }
}

fn lower_case(
    index: usize,
    ty: Option<&Type>,
    value: Option<&Value>,
    to: &mut (impl Lower + ?Sized),
) -> Result<()> {
    let case = u32::try_from(index).map_err(|_| Error::misuse("expected fewer cases"))?;
    to.case(case)?;
    match (ty, value) {
        (Some(ty), Some(value)) => lower(ty, value, to),
        _ => Ok(()),
    }
}

/// Returns the position of a name among the names of a type.
fn position<'a>(mut names: impl Iterator<Item = &'a Arc<str>>, name: &Arc<str>) -> Result<usize> {
    let at = names.position(|known| Arc::ptr_eq(known, name) || known == name);
    at.ok_or_else(|| Error::misuse(format!("expected a name of the type, found \"{name}\"")))
}
