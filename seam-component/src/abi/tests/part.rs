//! Values of any type as parts of a typed call.

use seam_core::typed::{Lift, LiftResult, Lower, LowerArgs, Numbers, Scalar};
use seam_core::{List, Result, Type, Value};

/// Arguments that pass their parts.
pub(super) struct Args<'a>(pub(super) &'a [Type], pub(super) &'a [Value]);

impl LowerArgs for Args<'_> {
    fn lower(&mut self, to: &mut dyn Lower) -> Result<()> {
        let mut args = self.0.iter().zip(self.1);
        args.try_for_each(|(ty, value)| lower(ty, value, to))
    }
}

fn lower(ty: &Type, value: &Value, to: &mut dyn Lower) -> Result<()> {
    let payload =
        |ty: &Option<Type>, value: &Option<Box<Value>>, to: &mut dyn Lower| match (ty, value) {
            (Some(ty), Some(value)) => lower(ty, value, to),
            _ => Ok(()),
        };
    match (ty, value) {
        (_, Value::Bool(b)) => to.scalar(Scalar::Bool(*b)),
        (_, Value::S8(i)) => to.scalar(Scalar::S8(*i)),
        (_, Value::U8(i)) => to.scalar(Scalar::U8(*i)),
        (_, Value::S16(i)) => to.scalar(Scalar::S16(*i)),
        (_, Value::U16(i)) => to.scalar(Scalar::U16(*i)),
        (_, Value::S32(i)) => to.scalar(Scalar::S32(*i)),
        (_, Value::U32(i)) => to.scalar(Scalar::U32(*i)),
        (_, Value::S64(i)) => to.scalar(Scalar::S64(*i)),
        (_, Value::U64(i)) => to.scalar(Scalar::U64(*i)),
        (_, Value::F32(f)) => to.scalar(Scalar::F32(*f)),
        (_, Value::F64(f)) => to.scalar(Scalar::F64(*f)),
        (_, Value::Char(c)) => to.scalar(Scalar::Char(*c)),
        (_, Value::String(text)) => to.string(text),
        (Type::List(ty) | Type::FixedLengthList(ty, _), Value::List(list)) => {
            lower_list(ty, list, to)
        }
        (Type::Map(k, v), Value::Map(entries)) => {
            to.list(entries.len())?;
            entries.iter().try_for_each(|(key, value)| {
                lower(k, key, to)?;
                lower(v, value, to)
            })
        }
        (Type::Record(ty), Value::Record(fields)) => {
            let mut fields = ty.fields.iter().zip(fields);
            fields.try_for_each(|((_, ty), (_, value))| lower(ty, value, to))
        }
        (Type::Tuple(types), Value::Tuple(values)) => Args(types, values).lower(to),
        (Type::Variant(ty), Value::Variant(name, value)) => {
            let index = ty.cases.iter().position(|(case, _)| case == name).unwrap();
            to.case(index as u32)?;
            payload(&ty.cases[index].1, value, to)
        }
        (Type::Enum(names), Value::Enum(name)) => {
            to.case(names.iter().position(|case| case == name).unwrap() as u32)
        }
        (Type::Option(ty), Value::Option(some)) => {
            to.case(some.is_some().into())?;
            some.iter().try_for_each(|value| lower(ty, value, to))
        }
        (Type::Result(ty), Value::Result(result)) => {
            to.case(result.is_err().into())?;
            match result {
                Ok(ok) => payload(&ty.ok, ok, to),
                Err(err) => payload(&ty.err, err, to),
            }
        }
        (Type::Flags(names), Value::Flags(set)) => {
            let bit = |name| 1 << names.iter().position(|flag| flag == name).unwrap();
            to.flags(&[set.iter().fold(0, |bits, name| bits | bit(name))])
        }
        (_, Value::Own(resource) | Value::Borrow(resource)) => to.resource(resource),
        (ty, value) => panic!("{value:?} is not of type {ty}"),
    }
}

fn lower_list(ty: &Type, list: &List, to: &mut dyn Lower) -> Result<()> {
    let Some(numbers) = Numbers::of(list) else {
        to.list(list.len())?;
        return list.iter().try_for_each(|value| lower(ty, &value, to));
    };
    to.numbers(numbers)
}

/// A result that takes the parts of values of these types.
pub(super) struct Results<'a>(pub(super) &'a [Type], pub(super) Vec<Value>);

impl LiftResult for Results<'_> {
    fn lift(&mut self, from: &mut dyn Lift) -> Result<()> {
        self.1 = lift_all(self.0, from)?;
        Ok(())
    }
}

fn lift_all(types: &[Type], from: &mut dyn Lift) -> Result<Vec<Value>> {
    types.iter().map(|ty| lift(ty, from)).collect()
}

fn lift(ty: &Type, from: &mut dyn Lift) -> Result<Value> {
    let payload = |ty: &Option<Type>, from: &mut dyn Lift| {
        ty.as_ref()
            .map(|ty| lift(ty, from).map(Box::new))
            .transpose()
    };
    Ok(match ty {
        Type::String => Value::from(from.string()?),
        Type::List(ty) | Type::FixedLengthList(ty, _) => Value::List(match **ty {
            Type::S8 | Type::U8 | Type::S16 | Type::U16 | Type::S32 => from.numbers()?,
            Type::U32 | Type::S64 | Type::U64 | Type::F32 | Type::F64 => from.numbers()?,
            _ => {
                let len = from.list()?;
                (0..len).map(|_| lift(ty, from)).collect::<Result<List>>()?
            }
        }),
        Type::Map(k, v) => {
            let len = from.list()?;
            let entries = (0..len).map(|_| Ok((lift(k, from)?, lift(v, from)?)));
            Value::Map(entries.collect::<Result<_>>()?)
        }
        Type::Record(ty) => {
            let fields = ty.fields.iter();
            let fields = fields.map(|(name, ty)| Ok((name.clone(), lift(ty, from)?)));
            Value::Record(fields.collect::<Result<_>>()?)
        }
        Type::Tuple(types) => Value::Tuple(lift_all(types, from)?),
        Type::Variant(ty) => {
            let (name, ty) = &ty.cases[from.case()? as usize];
            Value::Variant(name.clone(), payload(ty, from)?)
        }
        Type::Enum(names) => Value::Enum(names[from.case()? as usize].clone()),
        Type::Option(ty) => match from.case()? {
            0 => Value::none(),
            _ => Value::some(lift(ty, from)?),
        },
        Type::Result(ty) => Value::Result(match from.case()? {
            0 => Ok(payload(&ty.ok, from)?),
            _ => Err(payload(&ty.err, from)?),
        }),
        Type::Flags(names) => {
            let bits = from.flags()?[0];
            let set = names
                .iter()
                .enumerate()
                .filter(|(bit, _)| bits >> bit & 1 == 1);
            Value::Flags(set.map(|(_, name)| name.clone()).collect())
        }
        Type::Own(_) => Value::Own(from.resource()?),
        Type::Borrow(_) => Value::Borrow(from.resource()?),
        _ => match from.scalar()? {
            Scalar::Bool(b) => Value::Bool(b),
            Scalar::S8(i) => Value::S8(i),
            Scalar::U8(i) => Value::U8(i),
            Scalar::S16(i) => Value::S16(i),
            Scalar::U16(i) => Value::U16(i),
            Scalar::S32(i) => Value::S32(i),
            Scalar::U32(i) => Value::U32(i),
            Scalar::S64(i) => Value::S64(i),
            Scalar::U64(i) => Value::U64(i),
            Scalar::F32(f) => Value::F32(f),
            Scalar::F64(f) => Value::F64(f),
            Scalar::Char(c) => Value::Char(c),
        },
    })
}
