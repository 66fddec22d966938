//! The effects of lifting and lowering that need no guest and no memory.

use std::sync::Arc;

use seam_core::{CanonTrap, Error, Limit, NumericFunc, Resource, Result, Value};

use crate::abi::Options;
use crate::state::{
    CopyEnd, Entry, HeldEnd, HostEnd, Kind, Loan, ResourceHandle, ResourceImpl, Running, Shared,
    SharedId, Waitable, wrong_kind,
};
use seam_decode::CopyingTy;
use seam_decode::types::{ResourceId, Ty};

impl Running {
    /// Returns the defining instance of a resource whose handles a fused module keeps itself, and
    /// the function from a handle to its representation.
    ///
    /// The host holds and passes on the module's own handles of such a resource.
    pub(crate) fn table(&self, ty: ResourceId) -> Result<Option<(u32, &NumericFunc)>> {
        let not_instantiated = || {
            Error::engine(
                "expected the handle table of an instance, found none before its instantiation",
            )
        };
        Ok(match &self.resource(ty)?.implementation {
            ResourceImpl::Table {
                instance, funcs, ..
            } => {
                let funcs = funcs.as_ref().ok_or_else(not_instantiated)?;
                Some((*instance, &funcs.rep))
            }
            _ => None,
        })
    }

    pub(crate) fn lift_own(&mut self, opts: &Options, index: u32, ty: ResourceId) -> Result<u32> {
        if self.table(ty)?.is_some() {
            return Ok(index);
        }
        let handle = self.remove_resource(opts.instance, index)?;
        handle.check_type(ty)?;
        handle.check_not_lent()?;
        handle.check_own()?;
        Ok(handle.rep)
    }

    pub(crate) fn lift_borrow(
        &mut self,
        opts: &Options,
        index: u32,
        ty: ResourceId,
    ) -> Result<u32> {
        if self.table(ty)?.is_some() {
            return Ok(index);
        }
        let handle = self.resource_handle(opts.instance, index)?;
        handle.check_type(ty)?;
        handle.num_lends += 1;
        let rep = handle.rep;
        self.lend(Loan::Guest(opts.instance, index))?;
        Ok(rep)
    }

    pub(crate) fn lower_own(&mut self, opts: &Options, rep: u32, ty: ResourceId) -> Result<u32> {
        if self.table(ty)?.is_some() {
            return Ok(rep);
        }
        self.add_resource(opts.instance, ResourceHandle::own(ty, rep))
    }

    /// `lower_borrow`, unless a fused module keeps the handles itself.
    pub(crate) fn lower_borrow(&mut self, opts: &Options, rep: u32, ty: ResourceId) -> Result<u32> {
        if let ResourceImpl::Guest { instance, .. } = self.resource(ty)?.implementation {
            if instance == opts.instance {
                return Ok(rep);
            }
        }
        let scope = self.borrow_scope()?;
        self.add_resource(opts.instance, ResourceHandle::borrow(ty, rep, scope))
    }

    pub(crate) fn lift_async(&mut self, opts: &Options, index: u32, ty: &Ty) -> Result<u32> {
        if let Ty::ErrorContext = ty {
            let message = self.handles(opts.instance)?.get(index)?.error_context()?;
            return number(self.tasks.lift_error_context(message));
        }
        let id = self.handles(opts.instance)?.remove(index)?.waitable()?;
        let waitable = self.tasks.remove_waitable(id)?;
        let Kind::End(end) = &waitable.kind else {
            return Err(wrong_kind());
        };
        if end.is_writable || !is_of(ty, &self.tasks.shared(end.shared)?.ty) {
            return Err(wrong_kind());
        }
        end.check_idle()?;
        if waitable.set.is_some() {
            return Err(Error::trap(CanonTrap::InWaitableSet));
        }
        number(end.shared.0)
    }

    pub(crate) fn lower_async(&mut self, opts: &Options, rep: u32, ty: &Ty) -> Result<u32> {
        let instance = opts.instance;
        if let Ty::ErrorContext = ty {
            let message = self.tasks.lower_error_context(rep as usize)?;
            return self.add_error_context(instance, message);
        }
        self.add_end(instance, CopyEnd::new(SharedId(rep as usize), false))
    }

    pub(crate) fn host_end(&mut self, rep: u32, ty: &Ty) -> Result<Value> {
        let held = match ty {
            Ty::ErrorContext => {
                HeldEnd::ErrorContext(self.tasks.lower_error_context(rep as usize)?)
            }
            _ => HeldEnd::Readable(SharedId(rep as usize)),
        };
        let handle = self.host_ends.add(&mut self.host, held)?;
        Ok(match ty {
            Ty::Stream(_) => Value::Stream(handle),
            Ty::Future(_) => Value::Future(handle),
            _ => Value::ErrorContext(handle),
        })
    }

    /// Checks that a handle of the host can be passed to a guest.
    ///
    /// # Errors
    /// `Misuse` if it cannot.
    pub(crate) fn check_host_end(&self, value: &Value, ty: &Ty) -> Result<()> {
        match value {
            Value::Stream(handle) | Value::Future(handle) if self.world.has_created(handle) => {
                return Ok(());
            }
            _ => {}
        }
        match (self.host_ends.find(&self.host, value)?.1, ty) {
            (HeldEnd::ErrorContext(_), Ty::ErrorContext) => Ok(()),
            (HeldEnd::Readable(shared), _) if is_of(ty, &self.tasks.shared(shared)?.ty) => Ok(()),
            _ => Err(another_type(value, ty)),
        }
    }

    pub(crate) fn host_end_rep(&mut self, value: &Value, ty: &Ty) -> Result<u32> {
        if let (Value::Stream(handle) | Value::Future(handle), Some(copying)) = (value, copying(ty))
        {
            if let Some(source) = self.world.pass_created(handle)? {
                let shared = Shared::new(copying, Some(HostEnd::Source(source)));
                return number(self.tasks.add_shared(shared)?.0);
            }
        }
        let (slot, held) = self.host_ends.find(&self.host, value)?;
        match (held, ty) {
            (HeldEnd::ErrorContext(message), Ty::ErrorContext) => {
                number(self.tasks.lift_error_context(message))
            }
            (HeldEnd::Readable(shared), Ty::Stream(_) | Ty::Future(_))
                if is_of(ty, &self.tasks.shared(shared)?.ty) =>
            {
                self.host_ends.take(slot);
                number(shared.0)
            }
            _ => Err(another_type(value, ty)),
        }
    }

    /// Adds an error context to an instance's table.
    ///
    /// # Errors
    /// `Limit(Lifted)` if the messages of a store take too much memory. The trap `TableFull`.
    pub(crate) fn add_error_context(&mut self, instance: u32, message: Arc<str>) -> Result<u32> {
        let limit = self.world.limits().lifted;
        self.tasks.add_message(&message, limit)?;
        self.handles(instance)?.add(Entry::ErrorContext(message))
    }

    /// Adds an end of a stream or future to an instance's table.
    ///
    /// # Errors
    /// The trap `TableFull`.
    pub(crate) fn add_end(&mut self, instance: u32, end: CopyEnd) -> Result<u32> {
        let id = Waitable::new(Kind::End(end), instance);
        let id = self.tasks.add_waitable(id)?;
        let index = self.handles(instance)?.add(Entry::Waitable(id))?;
        self.tasks.waitable_mut(id)?.index = index;
        Ok(index)
    }

    pub(crate) fn host_resource(
        &mut self,
        rep: u32,
        ty: ResourceId,
        owned: bool,
    ) -> Result<Resource> {
        let info = self.resource(ty)?;
        let name = info.name.clone();
        if let ResourceImpl::Host(_) = info.implementation {
            return Ok(Resource::host(name, rep));
        }
        match owned {
            true => self.host.add(&name, ty, rep),
            // The validator refuses an import whose type has such a resource.
            false => Err(Error::engine(
                "expected the host to borrow resources that it defines, found one of a guest",
            )),
        }
    }

    pub(crate) fn host_rep(
        &mut self,
        resource: &Resource,
        ty: ResourceId,
        owned: bool,
    ) -> Result<u32> {
        let info = self.resource(ty)?;
        if let ResourceImpl::Host(_) = info.implementation {
            if *resource.ty() != info.name {
                return Err(Error::misuse(format!(
                    "expected a handle of resource `{}`, found `{}`",
                    info.name.name(),
                    resource.ty().name()
                )));
            }
            return resource.rep();
        }
        self.held(resource, ty)?;
        if owned {
            return Ok(self.host.take(resource)?.rep);
        }
        let (slot, held) = self.host.lend(resource)?;
        self.lend(Loan::Host(slot))?;
        Ok(held.rep)
    }

    #[inline]
    pub(crate) fn charge(&mut self, bytes: u64) -> Result<()> {
        self.lifted = self.lifted.saturating_add(bytes);
        if self.lifted > self.world.limits().lifted {
            return Err(Error::limit(Limit::Lifted));
        }
        Ok(())
    }
}

/// Returns the error for a handle of the host of another type than the one that is due.
fn another_type(value: &Value, ty: &Ty) -> Error {
    Error::misuse(format!(
        "expected a {} of the parameter's type, found a {} of another type",
        ty.kind(),
        value.kind()
    ))
}

/// Returns whether a type is this stream type or future type.
fn is_of(ty: &Ty, other: &CopyingTy) -> bool {
    copying(ty).is_some_and(|ty| ty == *other)
}

/// Returns a type as a stream type or future type.
fn copying(ty: &Ty) -> Option<CopyingTy> {
    let (is_future, element) = match ty {
        Ty::Stream(element) => (false, element.clone()),
        Ty::Future(element) => (true, element.clone()),
        _ => return None,
    };
    Some(CopyingTy { is_future, element })
}

/// Returns the number of something in the store that is being passed.
fn number(id: usize) -> Result<u32> {
    u32::try_from(id).map_err(|_| Error::limit(Limit::EngineCapacity))
}
