//! The running components of one store: `ComponentInstance`, `Task` and `Subtask` of the reference
//! interpreter.

use seam_core::{CanonTrap, CoreStore, Error, HostState, Resource, Result, WorldState};

use seam_decode::types::ResourceId;

use super::held::{Held, HostTable};
use super::job::Job;
use super::resource::{ResourceHandle, ResourceInfo};
use super::table::Table;

/// The state of everything above the core engine, which the store keeps in its [`HostState`].
pub(crate) struct Running {
    pub(crate) world: WorldState,
    pub(crate) instances: Vec<InstanceState>,
    pub(crate) resources: Vec<ResourceInfo>,
    /// The calls in progress, outermost first.
    pub(crate) frames: Vec<Frame>,
    /// The context of each running thread, innermost last. Each call and each `realloc` has its own
    /// thread.
    threads: Vec<ThreadStorage>,
    /// The lowered calls that glue performs step by step, outermost first.
    pub(crate) jobs: Vec<Box<dyn Job>>,
    /// Arguments or results that glue and host exchange.
    ///
    /// The glue writes them before it asks the host for the next step, and reads them afterwards.
    pub(crate) registers: Vec<u64>,
    pub(crate) host: HostTable,
    /// Bytes that lifting has allocated on the host in the outermost call.
    pub(crate) lifted: u64,
}

/// A component instance.
#[derive(Debug)]
pub(crate) struct InstanceState {
    parent: Option<u32>,
    /// The number of instances around it.
    nesting: u32,
    may_enter: bool,
    pub(crate) may_leave: bool,
    pub(crate) backpressure: u16,
    /// The instance whose table has its handles: itself, except in a fused module.
    table: u32,
    handles: Table<ResourceHandle>,
}

/// A call in progress: the callee's `Task` and the caller's `Subtask` in one, because calls are
/// synchronous.
#[derive(Debug, Default)]
pub(crate) struct Frame {
    /// The number of borrowed handles that the callee must still drop.
    pub(crate) num_borrows: u32,
    /// Handles lent for the call: instance and index.
    pub(crate) lenders: Vec<(u32, u32)>,
    /// Slots of the host's table that are lent to the callee.
    pub(crate) host_lent: Vec<u32>,
    /// Slots of the host's table that are borrowed from the caller.
    pub(crate) host_borrowed: Vec<u32>,
    /// Whether the call counts as a level of host recursion.
    counted: bool,
    /// The number of threads that were running before.
    threads: usize,
}

/// The number of calls in progress.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Depth {
    frames: usize,
    jobs: usize,
}

/// The values that `context.get` reads.
type ThreadStorage = [u64; 2];

impl Running {
    pub(crate) fn new(world: WorldState, owner: u64) -> Self {
        Self {
            world,
            instances: Vec::new(),
            resources: Vec::new(),
            frames: Vec::new(),
            // Start functions run on a thread too, outside any call.
            threads: vec![ThreadStorage::default()],
            jobs: Vec::new(),
            registers: Vec::new(),
            host: HostTable::new(owner),
            lifted: 0,
        }
    }

    /// Returns the state in a store that this layer created.
    ///
    /// # Errors
    /// `Engine` if the engine returns other data.
    pub(crate) fn of(store: &mut dyn CoreStore) -> Result<&mut Self> {
        Self::in_host(store.host())
    }

    /// Returns the state in the data that this layer put into a store.
    ///
    /// # Errors
    /// `Engine` if the engine returns other data.
    pub(crate) fn in_host(host: &mut HostState) -> Result<&mut Self> {
        host.downcast_mut().ok_or_else(|| {
            Error::engine("expected the state that the component layer put into the store")
        })
    }

    /// Adds an instance. It counts as entered until its instantiation is done and it is
    /// [opened](Self::open).
    ///
    /// `table` is the instance whose handle table it uses.
    pub(crate) fn add_instance(&mut self, parent: Option<u32>, table: u32) -> Result<u32> {
        let index = u32::try_from(self.instances.len())
            .map_err(|_| Error::limit(seam_core::Limit::Instances))?;
        let nesting = match parent {
            Some(parent) => self.instance(parent)?.nesting + 1,
            None => 0,
        };
        self.instances.push(InstanceState {
            parent,
            nesting,
            may_enter: false,
            may_leave: true,
            backpressure: 0,
            table,
            handles: Table::new(),
        });
        Ok(index)
    }

    /// Ends an instantiation. It is not called after a failure, so that the failed instance cannot
    /// be entered.
    pub(crate) fn open(&mut self, instance: u32) -> Result<()> {
        self.instance(instance)?.may_enter = true;
        Ok(())
    }

    pub(crate) fn instance(&mut self, index: u32) -> Result<&mut InstanceState> {
        self.instances.get_mut(index as usize).ok_or_else(|| {
            Error::engine(format!(
                "expected a component instance, found index {index}"
            ))
        })
    }

    /// Returns the handles of an instance.
    ///
    /// # Errors
    /// `Engine` if the instance is unknown.
    pub(crate) fn handles(&mut self, instance: u32) -> Result<&mut Table<ResourceHandle>> {
        let table = self.instance(instance)?.table;
        Ok(&mut self.instance(table)?.handles)
    }

    pub(crate) fn resource(&self, ty: ResourceId) -> Result<&ResourceInfo> {
        self.resources
            .get(ty.0 as usize)
            .ok_or_else(|| Error::engine(format!("expected a resource type, found index {}", ty.0)))
    }

    /// Returns the slot and entry of the host's handle of this type.
    ///
    /// # Errors
    /// `Misuse` if the handle was moved or dropped, or belongs to another instance or type.
    pub(crate) fn held(&self, resource: &Resource, ty: ResourceId) -> Result<(u32, Held)> {
        let found = self.host.find(resource)?;
        if found.1.ty == ty {
            return Ok(found);
        }
        Err(Error::misuse(format!(
            "expected a handle of resource `{}`, found `{}` of another type or instance of it",
            self.resource(ty)?.name.name(),
            resource.ty().name()
        )))
    }

    /// Returns the guest-defined resources that the host owns, in the order in which it received
    /// them.
    pub(crate) fn owned_by_host(&self) -> Vec<Resource> {
        let named = |(handle, ty)| {
            let info = self.resource(ty).ok()?;
            Some(Resource::guest(info.name.clone(), handle))
        };
        self.host.owned().into_iter().filter_map(named).collect()
    }

    pub(crate) fn frame(&mut self) -> Result<&mut Frame> {
        self.frames
            .last_mut()
            .ok_or_else(|| Error::engine("expected a call under way"))
    }

    /// `trap_if(not inst.may_leave)`
    pub(crate) fn check_may_leave(&mut self, instance: u32) -> Result<()> {
        if self.instance(instance)?.may_leave {
            Ok(())
        } else {
            Err(Error::trap(CanonTrap::CannotLeave))
        }
    }

    /// `trap_if(not inst.may_enter_from(caller))`, then `inst.enter_from(caller)`.
    pub(crate) fn enter_from(&mut self, callee: u32, caller: Option<u32>) -> Result<()> {
        let around_both = self.around_both(callee, caller)?;
        self.for_entering_set(callee, around_both, |instance| match instance.may_enter {
            true => Ok(()),
            false => Err(Error::trap(CanonTrap::CannotEnter)),
        })?;
        self.for_entering_set(callee, around_both, |instance| {
            instance.may_enter = false;
            Ok(())
        })
    }

    /// `inst.leave_to(caller)`. It is not called after a trap, so that the entering set stays
    /// closed.
    pub(crate) fn leave_to(&mut self, callee: u32, caller: Option<u32>) -> Result<()> {
        let around_both = self.around_both(callee, caller)?;
        self.for_entering_set(callee, around_both, |instance| {
            instance.may_enter = true;
            Ok(())
        })
    }

    /// `entering_set`: the callee and its ancestors, without the caller and its ancestors.
    ///
    /// Those are the instances from the callee to the innermost one around both.
    fn for_entering_set(
        &mut self,
        callee: u32,
        around_both: Option<u32>,
        mut each: impl FnMut(&mut InstanceState) -> Result<()>,
    ) -> Result<()> {
        let mut next = Some(callee);
        while let Some(index) = next.filter(|_| next != around_both) {
            let instance = self.instance(index)?;
            each(instance)?;
            next = instance.parent;
        }
        Ok(())
    }

    /// Returns the innermost instance that is, or is around, both the callee and the caller.
    fn around_both(&mut self, callee: u32, caller: Option<u32>) -> Result<Option<u32>> {
        let (mut one, mut other) = (Some(callee), caller);
        while one != other {
            let (Some(first), Some(second)) = (one, other) else {
                return Ok(None);
            };
            let a = self.instance(first)?;
            let (nesting, parent) = (a.nesting, a.parent);
            let b = self.instance(second)?;
            if b.nesting >= nesting {
                other = b.parent;
            }
            if nesting >= b.nesting {
                one = parent;
            }
        }
        Ok(one)
    }

    /// Begins a call by the host.
    pub(crate) fn begin_outer(&mut self) {
        if self.frames.is_empty() {
            self.lifted = 0;
        }
        self.push(false);
    }

    /// Begins a call by a guest, of another guest or of a host function.
    ///
    /// The call takes native stack, and counts as a level of host recursion.
    ///
    /// # Errors
    /// `Limit(HostDepth)`
    pub(crate) fn begin(&mut self) -> Result<()> {
        self.world.begin_host_call()?;
        self.push(true);
        Ok(())
    }

    fn push(&mut self, counted: bool) {
        self.frames.push(Frame {
            counted,
            threads: self.threads.len(),
            ..Frame::default()
        });
        self.begin_thread();
    }

    /// Begins a thread for a call, or the separate thread of a `realloc`.
    pub(crate) fn begin_thread(&mut self) {
        self.threads.push(ThreadStorage::default());
    }

    /// Ends a call of `realloc`: its thread ends, and the instance may be left again.
    ///
    /// # Errors
    /// `Engine` if the instance is unknown.
    pub(crate) fn end_realloc(&mut self, instance: u32) -> Result<()> {
        self.threads.pop();
        self.instance(instance)?.may_leave = true;
        Ok(())
    }

    /// Returns a slot of the current thread's context.
    ///
    /// # Errors
    /// `Engine` if the slot does not exist, which the validator rules out.
    pub(crate) fn context(&mut self, slot: u32) -> Result<&mut u64> {
        let context = self.threads.last_mut();
        let slot = context.and_then(|context| context.get_mut(slot as usize));
        slot.ok_or_else(|| Error::engine("expected a slot of the current thread's context"))
    }

    /// Returns the number of calls in progress.
    pub(crate) fn depth(&self) -> Depth {
        Depth {
            frames: self.frames.len(),
            jobs: self.jobs.len(),
        }
    }

    /// Ends all calls above this depth, whatever their outcome is.
    pub(crate) fn unwind(&mut self, depth: Depth) {
        self.jobs.truncate(depth.jobs);
        while self.frames.len() > depth.frames {
            // After a trap, a lender's table may be in any state, but its loans no longer matter.
            let _ = self.end_frame();
        }
    }

    /// `trap_if(self.num_borrows > 0)` of `Task.return_`.
    pub(crate) fn check_borrows_dropped(&mut self) -> Result<()> {
        if self.frame()?.num_borrows == 0 {
            Ok(())
        } else {
            Err(Error::trap(CanonTrap::BorrowsNotDropped))
        }
    }

    /// Ends the loans of the current call: `subtask.deliver_resolve`, and its counterpart for the
    /// host.
    pub(crate) fn end_frame(&mut self) -> Result<()> {
        let Some(frame) = self.frames.pop() else {
            return Ok(());
        };
        self.threads.truncate(frame.threads);
        if frame.counted {
            self.world.end_host_call();
        }
        frame
            .host_lent
            .into_iter()
            .for_each(|slot| self.host.give_back(slot));
        frame
            .host_borrowed
            .into_iter()
            .for_each(|slot| self.host.end_borrow(slot));
        frame.lenders.into_iter().try_for_each(|(instance, index)| {
            let handle = self.handles(instance)?.get(index)?;
            handle.num_lends = handle.num_lends.saturating_sub(1);
            Ok(())
        })
    }
}
