//! Values on their way to the guest: the seam's values as wasmtime's.

use seam_core::{Error, Handle, HostSource, List, Resource, ResourceType, Result, Type, Value};
use wasmtime::component::{ResourceAny, ResourceDynamic, Val};
use wasmtime::{AsContextMut, StoreContextMut};

use crate::component::ends;
use crate::component::held::HeldItem;
use crate::component::state::State;
use crate::error::engine_error;

/// Whether a value of this type can have handles in it.
pub(crate) fn has_handles(ty: &Type) -> bool {
    match ty {
        Type::Own(_) | Type::Borrow(_) => true,
        Type::Stream(_) | Type::Future(_) | Type::ErrorContext => true,
        Type::List(element) | Type::FixedLengthList(element, _) => has_handles(element),
        Type::Option(some) => has_handles(some),
        Type::Map(key, value) => has_handles(key) || has_handles(value),
        Type::Record(ty) => ty.fields.iter().any(|(_, ty)| has_handles(ty)),
        Type::Tuple(types) => types.iter().any(has_handles),
        Type::Variant(ty) => ty
            .cases
            .iter()
            .any(|(_, ty)| ty.as_ref().is_some_and(has_handles)),
        Type::Result(ty) => ty.ok.iter().chain(&ty.err).any(has_handles),
        _ => false,
    }
}

/// Lowers values, and keeps track of the handles in them.
pub(crate) struct ToVals<'a, 'b> {
    store: &'a mut StoreContextMut<'b, State>,
    /// Handles that move with the values.
    moved: Vec<Handle>,
    /// Slots of the ends that the host has created.
    created: Vec<u32>,
    /// Handles that the values borrow.
    borrowed: Vec<Handle>,
    /// Resources of the host that are lent to the guest for the call.
    lent: Vec<ResourceAny>,
}

/// Handles in lowered values: what must still be done for them.
#[derive(Default)]
#[must_use]
pub(crate) struct Lowered {
    moved: Vec<Handle>,
    lent: Vec<ResourceAny>,
}

impl Lowered {
    /// Removes the handles that move, just before the guest gets the values.
    pub(crate) fn commit(&mut self, state: &mut State) -> Result<()> {
        let mut moved = self.moved.drain(..);
        moved.try_for_each(|handle| state.held.take(handle).map(|_| ()))
    }

    /// Takes back what was lent, at the end of the call.
    pub(crate) fn end(self, store: &mut impl AsContextMut<Data = State>) {
        for resource in self.lent {
            // After a trap, the engine may have dropped it already.
            let _ = resource.try_into_resource_dynamic(&mut *store);
        }
    }
}

impl<'a, 'b> ToVals<'a, 'b> {
    pub(crate) fn new(store: &'a mut StoreContextMut<'b, State>) -> Self {
        Self {
            store,
            moved: Vec::new(),
            created: Vec::new(),
            borrowed: Vec::new(),
            lent: Vec::new(),
        }
    }

    pub(crate) fn done(self) -> Lowered {
        Lowered {
            moved: self.moved,
            lent: self.lent,
        }
    }

    /// Checks the handles in a value, and records which of them will move.
    ///
    /// If this fails, nothing has changed.
    pub(crate) fn claim(&mut self, value: &Value) -> Result<()> {
        match value {
            Value::Own(resource) => self.claim_resource(resource, true),
            Value::Borrow(resource) => self.claim_resource(resource, false),
            Value::Stream(handle) | Value::Future(handle) if self.is_created(handle) => {
                self.claim_created(*handle)
            }
            Value::Stream(handle) | Value::Future(handle) | Value::ErrorContext(handle) => {
                self.claim_handle(*handle, true)
            }
            Value::List(list) => list.values().iter().try_for_each(|value| self.claim(value)),
            Value::Tuple(values) => values.iter().try_for_each(|value| self.claim(value)),
            Value::Map(entries) => entries.iter().try_for_each(|(key, value)| {
                self.claim(key)?;
                self.claim(value)
            }),
            Value::Record(fields) => fields.iter().try_for_each(|(_, value)| self.claim(value)),
            Value::Variant(_, Some(value)) | Value::Option(Some(value)) => self.claim(value),
            Value::Result(Ok(Some(value)) | Err(Some(value))) => self.claim(value),
            _ => Ok(()),
        }
    }

    fn claim_resource(&mut self, resource: &Resource, own: bool) -> Result<()> {
        let Some(handle) = resource.handle() else {
            return Ok(());
        };
        let lent =
            matches!(self.store.data().held.at(handle)?, HeldItem::Resource(r, _) if !r.owned());
        if own && lent {
            return Err(Error::misuse(format!(
                "expected an owned resource, found {handle:?}, which is borrowed"
            )));
        }
        self.claim_handle(handle, own)
    }

    /// Returns whether the host has created an end and not passed it yet.
    fn is_created(&self, end: &Handle) -> bool {
        self.store.data().world.has_created(end)
    }

    fn created(&mut self, end: &Handle) -> Result<HostSource> {
        let source = self.store.data_mut().world.pass_created(end)?;
        source.ok_or_else(|| Error::engine("expected an end that the host has created"))
    }

    fn claim_created(&mut self, end: Handle) -> Result<()> {
        if self.created.contains(&end.slot()) {
            return Err(Error::misuse(format!(
                "expected an end of the host to be used once in a call, found {end:?} twice"
            )));
        }
        self.created.push(end.slot());
        Ok(())
    }

    fn claim_handle(&mut self, handle: Handle, moves: bool) -> Result<()> {
        self.store.data().held.at(handle)?;
        let among = |handles: &[Handle]| handles.iter().any(|h| h.slot() == handle.slot());
        if among(&self.moved) || (moves && among(&self.borrowed)) {
            return Err(Error::misuse(format!(
                "expected a moved handle to be used once in a call, found {handle:?} twice"
            )));
        }
        match moves {
            true => self.moved.push(handle),
            false => self.borrowed.push(handle),
        }
        Ok(())
    }

    /// Adds the engine's resources for those in a value, in their order. They must have been claimed.
    pub(crate) fn resources(&mut self, value: &Value, to: &mut Vec<ResourceAny>) -> Result<()> {
        for value in value.resources() {
            match value {
                Value::Own(resource) => to.push(self.resource(resource.ty(), resource, false)?),
                Value::Borrow(resource) => to.push(self.resource(resource.ty(), resource, true)?),
                _ => {}
            }
        }
        Ok(())
    }

    /// Returns the engine's value. Its type must have been checked, and its handles claimed.
    pub(crate) fn value(&mut self, ty: &Type, value: &Value) -> Result<Val> {
        Ok(match (ty, value) {
            (_, Value::Bool(value)) => Val::Bool(*value),
            (_, Value::S8(value)) => Val::S8(*value),
            (_, Value::U8(value)) => Val::U8(*value),
            (_, Value::S16(value)) => Val::S16(*value),
            (_, Value::U16(value)) => Val::U16(*value),
            (_, Value::S32(value)) => Val::S32(*value),
            (_, Value::U32(value)) => Val::U32(*value),
            (_, Value::S64(value)) => Val::S64(*value),
            (_, Value::U64(value)) => Val::U64(*value),
            (_, Value::F32(value)) => Val::Float32(*value),
            (_, Value::F64(value)) => Val::Float64(*value),
            (_, Value::Char(value)) => Val::Char(*value),
            (_, Value::String(value)) => Val::String(value.to_string()),
            (Type::List(element), Value::List(list)) => Val::List(self.list(element, list)?),
            (Type::FixedLengthList(element, _), Value::List(list)) => {
                Val::FixedLengthList(self.list(element, list)?)
            }
            (Type::Map(key, value), Value::Map(entries)) => {
                let entries = entries
                    .iter()
                    .map(|(k, v)| Ok((self.value(key, k)?, self.value(value, v)?)));
                Val::Map(entries.collect::<Result<_>>()?)
            }
            (Type::Record(ty), Value::Record(fields)) => {
                let pairs = ty.fields.iter().zip(fields);
                let fields = pairs
                    .map(|((name, ty), (_, value))| Ok((name.to_string(), self.value(ty, value)?)));
                Val::Record(fields.collect::<Result<_>>()?)
            }
            (Type::Tuple(types), Value::Tuple(elements)) => {
                let pairs = types.iter().zip(elements);
                let elements = pairs.map(|(ty, value)| self.value(ty, value));
                Val::Tuple(elements.collect::<Result<_>>()?)
            }
            (Type::Variant(ty), Value::Variant(case, payload)) => {
                let ty = ty.cases.iter().find(|(name, _)| name == case);
                let ty = ty.and_then(|(_, ty)| ty.as_ref());
                Val::Variant(case.to_string(), self.payload(ty, payload.as_deref())?)
            }
            (_, Value::Enum(case)) => Val::Enum(case.to_string()),
            (Type::Option(ty), Value::Option(some)) => {
                Val::Option(self.payload(Some(ty), some.as_deref())?)
            }
            (Type::Result(ty), Value::Result(result)) => Val::Result(match result {
                Ok(ok) => Ok(self.payload(ty.ok.as_ref(), ok.as_deref())?),
                Err(err) => Err(self.payload(ty.err.as_ref(), err.as_deref())?),
            }),
            (_, Value::Flags(set)) => Val::Flags(set.iter().map(ToString::to_string).collect()),
            (Type::Own(ty), Value::Own(resource)) => {
                Val::Resource(self.resource(ty, resource, false)?)
            }
            (Type::Borrow(ty), Value::Borrow(resource)) => {
                Val::Resource(self.resource(ty, resource, true)?)
            }
            (Type::Stream(element), Value::Stream(end)) if self.is_created(end) => {
                let source = self.created(end)?;
                ends::new_stream(self.store, element, source)?
            }
            (Type::Future(element), Value::Future(end)) if self.is_created(end) => {
                let source = self.created(end)?;
                ends::new_future(self.store, element, source)?
            }
            (_, Value::Stream(end) | Value::Future(end) | Value::ErrorContext(end)) => {
                match self.store.data().held.at(*end)? {
                    HeldItem::End(val, _) => val.clone(),
                    HeldItem::Resource(..) => return Err(unexpected(ty, value)),
                }
            }
            _ => return Err(unexpected(ty, value)),
        })
    }

    fn list(&mut self, element: &Type, list: &List) -> Result<Vec<Val>> {
        match list {
            List::Values(values) => values.iter().map(|v| self.value(element, v)).collect(),
            List::U8(bytes) => Ok(bytes.iter().copied().map(Val::U8).collect()),
            flat => flat.iter().map(|v| self.value(element, &v)).collect(),
        }
    }

    fn payload(&mut self, ty: Option<&Type>, value: Option<&Value>) -> Result<Option<Box<Val>>> {
        match (ty, value) {
            (Some(ty), Some(value)) => Ok(Some(Box::new(self.value(ty, value)?))),
            _ => Ok(None),
        }
    }

    fn resource(
        &mut self,
        ty: &ResourceType,
        resource: &Resource,
        lend: bool,
    ) -> Result<ResourceAny> {
        if let Some(handle) = resource.handle() {
            return match self.store.data().held.at(handle)? {
                HeldItem::Resource(any, _) => Ok(*any),
                HeldItem::End(..) => Err(Error::misuse(format!(
                    "expected a resource, found {handle:?}, which is a stream, future or error context"
                ))),
            };
        }
        let rep = resource.rep()?;
        let number = self.store.data().types.number(ty.name()).ok_or_else(|| {
            Error::misuse(format!(
                "expected a resource that the guest defines, found {} {rep} of the host",
                resource.ty().name()
            ))
        })?;
        let any = ResourceDynamic::new_own(rep, number)
            .try_into_resource_any(&mut *self.store)
            .map_err(engine_error)?;
        if lend {
            self.lent.push(any);
        }
        Ok(any)
    }
}

fn unexpected(ty: &Type, value: &Value) -> Error {
    Error::misuse(format!(
        "expected a value of type {ty}, found {}",
        value.kind()
    ))
}
