//! The running components of one store: `Store` and `ComponentInstance` of the reference interpreter.

use std::sync::Arc;

use seam_core::{CanonTrap, CoreStore, Error, HostState, Resource, Result, WorldState};

use seam_decode::types::ResourceId;

use super::entry::Entry;
use super::frame::{Frame, Loan, ThreadStorage};
use super::held::{Held, HostTable};
use super::held_end::HostEnds;
use super::ids::ThreadId;
use super::job::Job;
use super::lifted::{FuncInst, Lifted};
use super::perform::Perform;
use super::resource::{ResourceHandle, ResourceInfo};
use super::table::Table;
use super::task::Scope;
use super::tasks::Tasks;

/// The state of everything above the core engine, which the store keeps in its [`HostState`].
pub(crate) struct Running {
    pub(crate) world: WorldState,
    pub(crate) instances: Vec<InstanceState>,
    pub(crate) resources: Vec<ResourceInfo>,
    /// The calls in progress, outermost first.
    pub(crate) frames: Vec<Frame>,
    /// The loans of the calls in progress, those of the innermost call last.
    pub(super) loans: Vec<Loan>,
    /// The context of each running thread, innermost last. Each call and each `realloc` has its own
    /// thread.
    pub(crate) threads: Vec<ThreadStorage>,
    /// The lowered calls that glue performs step by step, outermost first.
    pub(crate) jobs: Vec<Box<dyn Job>>,
    /// The means of glue to call any function. `None` if no glue needs them.
    pub(crate) perform: Option<Perform>,
    /// Arguments or results that glue and host exchange.
    ///
    /// The glue writes them before it asks the host for the next step, and reads them afterwards.
    pub(crate) registers: Vec<u64>,
    pub(crate) host: HostTable,
    pub(crate) host_ends: HostEnds,
    /// Bytes that lifting has allocated on the host in the outermost call.
    pub(crate) lifted: u64,
    /// The tasks, if the artifact has asynchronous parts.
    pub(crate) tasks: Tasks,
    /// The task that values are passed to or from, if calls are tasks.
    pub(crate) scope: Option<Scope>,
}

/// A component instance.
#[derive(Debug)]
pub(crate) struct InstanceState {
    pub(super) parent: Option<u32>,
    /// The number of instances around it.
    pub(super) nesting: u32,
    pub(super) may_enter: bool,
    pub(crate) may_leave: bool,
    pub(crate) backpressure: u16,
    /// The number of tasks that wait until there is no backpressure.
    pub(crate) num_waiting_to_enter: u32,
    /// `exclusive_thread`
    pub(crate) exclusive: Option<ThreadId>,
    /// The registered threads. `None` before the first one.
    threads: Option<Table<ThreadId>>,
    /// What describes its core functions that no function lifts, once one was called as a task.
    pub(crate) unlifted: Option<Arc<Lifted>>,
    /// The instance whose table has its handles: itself, except in a fused module.
    table: u32,
    handles: Table<Entry>,
}

impl Running {
    pub(crate) fn new(world: WorldState, owner: u64) -> Self {
        let tasks = Tasks::new(world.schedule_seed(), world.limits().deadline);
        Self {
            world,
            tasks,
            instances: Vec::new(),
            resources: Vec::new(),
            frames: Vec::new(),
            loans: Vec::new(),
            // Start functions run on a thread too, outside any call.
            threads: vec![ThreadStorage::default()],
            jobs: Vec::new(),
            perform: None,
            registers: Vec::new(),
            host: HostTable::new(owner),
            host_ends: HostEnds::default(),
            lifted: 0,
            scope: None,
        }
    }

    /// Returns the state in a store that this layer created.
    ///
    /// # Errors
    /// `Engine` if the engine returns other data.
    #[inline]
    pub(crate) fn of(store: &mut dyn CoreStore) -> Result<&mut Self> {
        Self::in_host(store.host())
    }

    /// Returns the state in the data that this layer put into a store.
    ///
    /// # Errors
    /// `Engine` if the engine returns other data.
    #[inline]
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
            num_waiting_to_enter: 0,
            exclusive: None,
            threads: None,
            unlifted: None,
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

    #[inline]
    pub(crate) fn instance(&mut self, index: u32) -> Result<&mut InstanceState> {
        let found = self.instances.get_mut(index as usize);
        found.ok_or_else(|| unknown_instance(index))
    }

    /// Returns the handles of an instance.
    ///
    /// # Errors
    /// `Engine` if the instance is unknown.
    pub(crate) fn handles(&mut self, instance: u32) -> Result<&mut Table<Entry>> {
        let table = self.instance(instance)?.table;
        Ok(&mut self.instance(table)?.handles)
    }

    /// Returns a resource handle of an instance.
    ///
    /// # Errors
    /// The traps `UnknownHandle` and `WrongHandleKind`.
    pub(crate) fn resource_handle(
        &mut self,
        instance: u32,
        index: u32,
    ) -> Result<&mut ResourceHandle> {
        self.handles(instance)?.get(index)?.resource()
    }

    /// Removes a resource handle of an instance.
    ///
    /// # Errors
    /// The traps `UnknownHandle` and `WrongHandleKind`.
    pub(crate) fn remove_resource(&mut self, instance: u32, index: u32) -> Result<ResourceHandle> {
        self.handles(instance)?.remove(index)?.into_resource()
    }

    /// Adds a resource handle to an instance's table.
    ///
    /// # Errors
    /// The trap `TableFull`.
    pub(crate) fn add_resource(&mut self, instance: u32, handle: ResourceHandle) -> Result<u32> {
        self.handles(instance)?.add(Entry::Resource(handle))
    }

    /// Returns the registered threads of an instance.
    ///
    /// # Errors
    /// `Engine` if the instance is unknown.
    pub(crate) fn instance_threads(&mut self, instance: u32) -> Result<&mut Table<ThreadId>> {
        Ok(self
            .instance(instance)?
            .threads
            .get_or_insert_with(Table::new))
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

    /// Ends the innermost call that has resumed a thread: the instances are left. Returns whether the
    /// caller has blocked in the meantime.
    pub(crate) fn pop_level(&mut self) -> Result<bool> {
        let Some(level) = self.tasks.levels.pop() else {
            return Err(Error::engine("expected a call that has resumed a thread"));
        };
        if let Some(entered) = level.entered {
            self.leave(&entered)?;
        }
        Ok(level.detached)
    }

    /// Returns whether a function may block its caller, so that its calls must be tasks.
    pub(crate) fn blocks(&self, func: &FuncInst) -> bool {
        match func {
            FuncInst::Lifted(lifted) => lifted.concurrent,
            FuncInst::Host(host) => host.ty.is_async && self.world.is_async(host.index),
        }
    }

    /// `trap_if(not inst.may_leave)`
    #[inline]
    pub(crate) fn check_may_leave(&mut self, instance: u32) -> Result<()> {
        if self.instance(instance)?.may_leave {
            Ok(())
        } else {
            Err(Error::trap(CanonTrap::CannotLeave))
        }
    }
}

#[cold]
fn unknown_instance(index: u32) -> Error {
    Error::engine(format!(
        "expected a component instance, found index {index}"
    ))
}
