//! Values on their way from the guest: wasmtime's values as the seam's.

use std::sync::Arc;

use seam_core::{Error, Handle, List, Resource, ResourceType, Result, Type, Value};
use wasmtime::StoreContextMut;
use wasmtime::component::{ResourceAny, Val};

use crate::component::held::{ElementType, HeldItem};
use crate::component::state::State;
use crate::error::engine_error;

/// Lifts values, and keeps track of the resources that the guest lent to the host.
pub(crate) struct FromVals<'a, 'b> {
    store: &'a mut StoreContextMut<'b, State>,
    /// Resources that the host may use only during the call.
    borrowed: Vec<(Handle, ResourceAny)>,
}

impl<'a, 'b> FromVals<'a, 'b> {
    pub(crate) fn new(store: &'a mut StoreContextMut<'b, State>) -> Self {
        Self {
            store,
            borrowed: Vec::new(),
        }
    }

    /// Returns the borrowed resources, which must be dropped at the end of the call.
    pub(crate) fn done(self) -> Vec<(Handle, ResourceAny)> {
        self.borrowed
    }

    /// Returns the value of a handle.
    ///
    /// # Errors
    /// `Engine` for another type; those of the table of handles.
    pub(crate) fn handle(&mut self, ty: &Type, any: ResourceAny) -> Result<Value> {
        match ty {
            Type::Own(ty) => Ok(Value::Own(self.resource(ty, any)?)),
            Type::Borrow(ty) => Ok(Value::Borrow(self.resource(ty, any)?)),
            ty => Err(misfit(ty, &Val::Resource(any))),
        }
    }

    /// Returns the seam's value.
    pub(crate) fn value(&mut self, ty: &Type, val: Val) -> Result<Value> {
        Ok(match (ty, val) {
            (_, Val::Bool(value)) => Value::Bool(value),
            (_, Val::S8(value)) => Value::S8(value),
            (_, Val::U8(value)) => Value::U8(value),
            (_, Val::S16(value)) => Value::S16(value),
            (_, Val::U16(value)) => Value::U16(value),
            (_, Val::S32(value)) => Value::S32(value),
            (_, Val::U32(value)) => Value::U32(value),
            (_, Val::S64(value)) => Value::S64(value),
            (_, Val::U64(value)) => Value::U64(value),
            (_, Val::Float32(value)) => Value::F32(value),
            (_, Val::Float64(value)) => Value::F64(value),
            (_, Val::Char(value)) => Value::Char(value),
            (_, Val::String(value)) => Value::String(value.into()),
            (Type::List(element), Val::List(list)) => self.list(element, list)?,
            (Type::FixedLengthList(element, _), Val::FixedLengthList(list)) => {
                self.list(element, list)?
            }
            (Type::Map(key, value), Val::Map(entries)) => {
                let entries = entries.into_iter();
                let entries =
                    entries.map(|(k, v)| Ok((self.value(key, k)?, self.value(value, v)?)));
                Value::Map(entries.collect::<Result<_>>()?)
            }
            (Type::Record(ty), Val::Record(fields)) => {
                let pairs = ty.fields.iter().zip(fields);
                let fields =
                    pairs.map(|((name, ty), (_, val))| Ok((name.clone(), self.value(ty, val)?)));
                Value::Record(fields.collect::<Result<_>>()?)
            }
            (Type::Tuple(types), Val::Tuple(elements)) => {
                let pairs = types.iter().zip(elements);
                let elements = pairs.map(|(ty, val)| self.value(ty, val));
                Value::Tuple(elements.collect::<Result<_>>()?)
            }
            (Type::Variant(ty), Val::Variant(case, payload)) => {
                let found = ty.cases.iter().find(|(name, _)| **name == *case);
                let (name, ty) = found.ok_or_else(|| unknown("case", &case))?;
                Value::Variant(name.clone(), self.payload(ty.as_ref(), payload)?)
            }
            (Type::Enum(cases), Val::Enum(case)) => Value::Enum(known(cases, "case", &case)?),
            (Type::Option(ty), Val::Option(some)) => Value::Option(self.payload(Some(ty), some)?),
            (Type::Result(ty), Val::Result(result)) => Value::Result(match result {
                Ok(ok) => Ok(self.payload(ty.ok.as_ref(), ok)?),
                Err(err) => Err(self.payload(ty.err.as_ref(), err)?),
            }),
            (Type::Flags(names), Val::Flags(set)) => {
                let set = set.iter().map(|flag| known(names, "flag", flag));
                Value::Flags(set.collect::<Result<_>>()?)
            }
            (Type::Own(_) | Type::Borrow(_), Val::Resource(any)) => self.handle(ty, any)?,
            (Type::Stream(ty), end @ Val::Stream(_)) => Value::Stream(self.end(end, ty)?),
            (Type::Future(ty), end @ Val::Future(_)) => Value::Future(self.end(end, ty)?),
            (Type::ErrorContext, end @ Val::ErrorContext(_)) => {
                Value::ErrorContext(self.end(end, &None)?)
            }
            (ty, val) => return Err(misfit(ty, &val)),
        })
    }

    /// Returns a list; lists of numbers are stored flat, even if they are empty.
    fn list(&mut self, element: &Type, list: Vec<Val>) -> Result<Value> {
        macro_rules! flat {
            ($case:ident) => {{
                let numbers = list.into_iter().map(|val| match val {
                    Val::$case(number) => Ok(number),
                    other => Err(misfit(element, &other)),
                });
                Value::List(List::from(numbers.collect::<Result<Vec<_>>>()?))
            }};
        }
        Ok(match element {
            Type::S8 => flat!(S8),
            Type::U8 => flat!(U8),
            Type::S16 => flat!(S16),
            Type::U16 => flat!(U16),
            Type::S32 => flat!(S32),
            Type::U32 => flat!(U32),
            Type::S64 => flat!(S64),
            Type::U64 => flat!(U64),
            Type::F32 => flat!(Float32),
            Type::F64 => flat!(Float64),
            _ => {
                let values = list.into_iter().map(|val| self.value(element, val));
                Value::List(values.collect::<Result<_>>()?)
            }
        })
    }

    fn payload(&mut self, ty: Option<&Type>, val: Option<Box<Val>>) -> Result<Option<Box<Value>>> {
        match (ty, val) {
            (Some(ty), Some(val)) => Ok(Some(Box::new(self.value(ty, *val)?))),
            _ => Ok(None),
        }
    }

    fn resource(&mut self, ty: &ResourceType, any: ResourceAny) -> Result<Resource> {
        let number = self.store.data().types.number(ty.name());
        let of_host = number.map(wasmtime::component::ResourceType::host_dynamic);
        if of_host == Some(any.ty()) {
            let resource = any.try_into_resource_dynamic(&mut *self.store);
            let rep = resource.map_err(engine_error)?.rep();
            return Ok(Resource::host(ty.clone(), rep));
        }
        let handle = self.hold(HeldItem::Resource(any, ty.clone()))?;
        if !any.owned() {
            self.borrowed.push((handle, any));
        }
        Ok(Resource::guest(ty.clone(), handle))
    }

    fn end(&mut self, end: Val, element: &ElementType) -> Result<Handle> {
        self.hold(HeldItem::End(end, element.clone()))
    }

    fn hold(&mut self, item: HeldItem) -> Result<Handle> {
        self.store.data_mut().held.hold(item)
    }
}

/// The engine returned a value of another type.
fn misfit(ty: &Type, val: &Val) -> Error {
    Error::engine(format!("expected a value of type {ty}, found {val:?}"))
}

fn known(names: &[Arc<str>], what: &str, name: &str) -> Result<Arc<str>> {
    let found = names.iter().find(|known| ***known == *name);
    found.cloned().ok_or_else(|| unknown(what, name))
}

fn unknown(what: &str, name: &str) -> Error {
    Error::engine(format!("expected a {what} of the type, found {name:?}"))
}
