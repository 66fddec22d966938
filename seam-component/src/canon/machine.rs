//! The effects of lifting and lowering on the running components: `LiftLowerContext`.

use seam_core::{CoreFunc, CoreStore, CoreValue, Error, Limit, MemoryView, Resource, Result};

use crate::abi::{Machine, Options};
use crate::state::Running;
use crate::state::{ResourceHandle, ResourceImpl};
use seam_decode::types::ResourceId;

/// A store with running components.
pub(crate) struct StoreMachine<'a>(pub(crate) &'a mut dyn CoreStore);

impl StoreMachine<'_> {
    fn running(&mut self) -> Result<&mut Running> {
        Running::of(self.0)
    }

    /// Returns the defining instance of a resource whose handles a fused module keeps itself, and
    /// the function from a handle to its representation.
    ///
    /// The host holds and passes on the module's own handles of such a resource.
    fn table(&mut self, ty: ResourceId) -> Result<Option<(u32, CoreFunc)>> {
        Ok(match self.running()?.resource(ty)?.implementation {
            ResourceImpl::Table {
                instance, funcs, ..
            } => Some((instance, funcs.ok_or_else(not_instantiated)?.rep)),
            _ => None,
        })
    }

    /// Asks a fused module for the representation behind one of its own handles.
    fn rep_in_table(&mut self, func: CoreFunc, handle: u32) -> Result<u32> {
        let mut result = [CoreValue::I32(0)];
        self.0.call(func, &[CoreValue::from(handle)], &mut result)?;
        match result {
            [CoreValue::I32(rep)] => Ok(u32::from_ne_bytes(rep.to_ne_bytes())),
            [other] => Err(Error::engine(format!(
                "expected the handle table to return an i32, found {}",
                other.kind()
            ))),
        }
    }

    /// Returns the `realloc` of these options, which must be called next.
    ///
    /// The instance must not be left until it has returned.
    ///
    /// # Errors
    /// `Engine` if the options have no `realloc`.
    pub(crate) fn begin_realloc(&mut self, opts: &Options) -> Result<CoreFunc> {
        let realloc = opts
            .realloc
            .ok_or_else(|| Error::engine("expected the canonical option `realloc`"))?;
        let running = self.running()?;
        running.instance(opts.instance)?.may_leave = false;
        running.begin_thread();
        Ok(realloc)
    }
}

fn not_instantiated() -> Error {
    Error::engine("expected the handle table of an instance, found none before its instantiation")
}

impl Machine for StoreMachine<'_> {
    fn memory(&mut self, opts: &Options) -> Result<MemoryView<'_>> {
        let memory = opts
            .memory
            .ok_or_else(|| Error::engine("expected the canonical option `memory`"))?;
        self.0.memory(memory)
    }

    fn realloc(
        &mut self,
        opts: &Options,
        old: u32,
        old_len: u32,
        align: u32,
        new_len: u32,
    ) -> Result<u32> {
        let realloc = self.begin_realloc(opts)?;
        let mut result = [CoreValue::I32(0)];
        self.0.call(
            realloc,
            &[old, old_len, align, new_len].map(CoreValue::from),
            &mut result,
        )?;
        self.running()?.end_realloc(opts.instance)?;
        match result {
            [CoreValue::I32(ptr)] => Ok(u32::from_ne_bytes(ptr.to_ne_bytes())),
            [other] => Err(Error::engine(format!(
                "expected realloc to return an i32, found {}",
                other.kind()
            ))),
        }
    }

    fn lift_own(&mut self, opts: &Options, index: u32, ty: ResourceId) -> Result<u32> {
        if self.table(ty)?.is_some() {
            return Ok(index);
        }
        let handle = self.running()?.handles(opts.instance)?.remove(index)?;
        handle.check_type(ty)?;
        handle.check_not_lent()?;
        handle.check_own()?;
        Ok(handle.rep)
    }

    fn lift_borrow(&mut self, opts: &Options, index: u32, ty: ResourceId) -> Result<u32> {
        if self.table(ty)?.is_some() {
            return Ok(index);
        }
        let running = self.running()?;
        let handle = running.handles(opts.instance)?.get(index)?;
        handle.check_type(ty)?;
        handle.num_lends += 1;
        let rep = handle.rep;
        running.frame()?.lenders.push((opts.instance, index));
        Ok(rep)
    }

    fn lower_own(&mut self, opts: &Options, rep: u32, ty: ResourceId) -> Result<u32> {
        if self.table(ty)?.is_some() {
            return Ok(rep);
        }
        self.running()?
            .handles(opts.instance)?
            .add(ResourceHandle::own(ty, rep))
    }

    fn lower_borrow(&mut self, opts: &Options, rep: u32, ty: ResourceId) -> Result<u32> {
        if let Some((instance, func)) = self.table(ty)? {
            return match instance == opts.instance {
                true => self.rep_in_table(func, rep),
                false => Ok(rep),
            };
        }
        let running = self.running()?;
        if let ResourceImpl::Guest { instance, .. } = running.resource(ty)?.implementation {
            if instance == opts.instance {
                return Ok(rep);
            }
        }
        running.frame()?.num_borrows += 1;
        let scope = running.frames.len() - 1;
        running
            .handles(opts.instance)?
            .add(ResourceHandle::borrow(ty, rep, scope))
    }

    fn host_resource(&mut self, rep: u32, ty: ResourceId, owned: bool) -> Result<Resource> {
        let running = self.running()?;
        let info = running.resource(ty)?;
        let name = info.name.clone();
        if let ResourceImpl::Host(_) = info.implementation {
            return Ok(Resource::host(name, rep));
        }
        let resource = running.host.add(&name, ty, rep, !owned)?;
        if let (false, Some(handle)) = (owned, resource.handle()) {
            running.frame()?.host_borrowed.push(handle.slot());
        }
        Ok(resource)
    }

    fn host_rep(&mut self, resource: &Resource, ty: ResourceId, owned: bool) -> Result<u32> {
        let running = self.running()?;
        let info = running.resource(ty)?;
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
        running.held(resource, ty)?;
        if owned {
            return Ok(running.host.take(resource)?.rep);
        }
        let (slot, held) = running.host.lend(resource)?;
        running.frame()?.host_lent.push(slot);
        Ok(held.rep)
    }

    fn check_borrows_dropped(&mut self) -> Result<()> {
        self.running()?.check_borrows_dropped()
    }

    fn charge(&mut self, bytes: u64) -> Result<()> {
        let running = self.running()?;
        running.lifted = running.lifted.saturating_add(bytes);
        if running.lifted > running.world.limits().lifted {
            return Err(Error::limit(Limit::Lifted));
        }
        Ok(())
    }
}
