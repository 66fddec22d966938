//! Checks the handles among a call's arguments before the guest runs.
//!
//! Using a handle that was moved is the caller's mistake, and must not close the component as a
//! trap does.

use seam_core::{Error, Handle, List, Resource, Result, Value};

use crate::state::{ResourceImpl, Running};
use seam_decode::types::{RecordTy, ResourceId, Ty, VariantTy};

/// Checks that every handle among the arguments can be passed.
///
/// # Errors
/// `Misuse` if a handle was moved or dropped, or belongs to another instance or type, or if the
/// arguments move it twice or both move and lend it.
pub(super) fn check_handles(running: &Running, params: &RecordTy, args: &[Value]) -> Result<()> {
    if !params.contents.handle {
        return Ok(());
    }
    let mut check = Check {
        running,
        moved: Vec::new(),
        lent: Vec::new(),
        ends: Vec::new(),
    };
    check.record(params, args.iter())
}

struct Check<'a> {
    running: &'a Running,
    /// Slots of the host's table.
    moved: Vec<u32>,
    lent: Vec<u32>,
    /// Ends of streams and futures, and error contexts.
    ends: Vec<Handle>,
}

impl Check<'_> {
    fn value(&mut self, ty: &Ty, value: &Value) -> Result<()> {
        if !ty.has_handles() {
            return Ok(());
        }
        match (ty, value) {
            (Ty::Own(id), Value::Own(resource)) => self.handle(*id, resource, true),
            (Ty::Borrow(id), Value::Borrow(resource)) => self.handle(*id, resource, false),
            (
                Ty::Stream(_) | Ty::Future(_) | Ty::ErrorContext,
                Value::Stream(handle) | Value::Future(handle) | Value::ErrorContext(handle),
            ) => self.end(ty, value, *handle),
            (Ty::List(element), Value::List(list)) => self.list(element, list),
            (Ty::FixedLengthList(ty), Value::List(list)) => self.list(&ty.element, list),
            (Ty::Map(entry), Value::Map(entries)) => match &**entry {
                Ty::Tuple(entry) => entries
                    .iter()
                    .try_for_each(|(key, value)| self.record(entry, [key, value].into_iter())),
                _ => Ok(()),
            },
            (Ty::Record(ty), Value::Record(fields)) => {
                self.record(ty, fields.iter().map(|(_, value)| value))
            }
            (Ty::Tuple(ty), Value::Tuple(values)) => self.record(ty, values.iter()),
            (Ty::Variant(ty), Value::Variant(case, payload)) => {
                let index = ty.cases.iter().position(|c| c.name == *case);
                self.payload(ty, index.unwrap_or(usize::MAX), payload.as_deref())
            }
            (Ty::Option(ty), Value::Option(payload)) => self.payload(ty, 1, payload.as_deref()),
            (Ty::Result(ty), Value::Result(Ok(payload))) => self.payload(ty, 0, payload.as_deref()),
            (Ty::Result(ty), Value::Result(Err(payload))) => {
                self.payload(ty, 1, payload.as_deref())
            }
            _ => Ok(()),
        }
    }

    fn list(&mut self, element: &Ty, list: &List) -> Result<()> {
        match (element, list) {
            (_, List::Values(values)) => values
                .iter()
                .try_for_each(|value| self.value(element, value)),
            (Ty::Record(ty), List::Records(records)) => records
                .iter()
                .try_for_each(|values| self.record(ty, values.iter())),
            _ => Ok(()),
        }
    }

    fn record<'v>(&mut self, ty: &RecordTy, values: impl Iterator<Item = &'v Value>) -> Result<()> {
        let mut fields = ty.fields.iter().zip(values);
        fields.try_for_each(|(field, value)| self.value(&field.ty, value))
    }

    fn payload(&mut self, ty: &VariantTy, case: usize, payload: Option<&Value>) -> Result<()> {
        let ty = ty.cases.get(case).and_then(|case| case.ty.as_ref());
        match (ty, payload) {
            (Some(ty), Some(payload)) => self.value(ty, payload),
            _ => Ok(()),
        }
    }

    fn handle(&mut self, ty: ResourceId, resource: &Resource, moves: bool) -> Result<()> {
        if let ResourceImpl::Host(_) = self.running.resource(ty)?.implementation {
            return resource.rep().map(|_| ());
        }
        let slot = self.running.held(resource, ty)?.0;
        let clash = self.moved.contains(&slot) || (moves && self.lent.contains(&slot));
        if clash {
            return Err(Error::misuse(format!(
                "expected each owned handle once among the arguments, found `{}` #{} again after or \
                 beside its move",
                resource.ty().name(),
                resource.ordinal()
            )));
        }
        if moves {
            self.running.host.check_movable(resource)?;
            self.moved.push(slot);
        } else {
            self.lent.push(slot);
        }
        Ok(())
    }

    /// Checks a handle that moves. An error context can be passed again and again.
    fn end(&mut self, ty: &Ty, value: &Value, handle: Handle) -> Result<()> {
        self.running.check_host_end(value, ty)?;
        if self.ends.contains(&handle) {
            return Err(Error::misuse(format!(
                "expected each {} once among the arguments, found {handle:?} twice",
                value.kind()
            )));
        }
        if !matches!(ty, Ty::ErrorContext) {
            self.ends.push(handle);
        }
        Ok(())
    }
}
