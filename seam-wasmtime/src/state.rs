//! The data of a store.

use std::sync::Arc;
use std::time::{Duration, Instant};

use seam_core::{Alarm, HostState, Limits, store_number};
use wasmtime::{Instance, Module, Store, Val};

use crate::broken::Broken;
use crate::build::Build;
use crate::deadline;
use crate::error::Code;
use crate::func_types::FuncTypes;
use crate::handles::Handles;
use crate::limits::Limiter;
use crate::stack::Begin;

/// The data of every store; the store of a component has more.
pub(crate) struct CoreState {
    pub(crate) number: u32,
    pub(crate) host: HostState,
    pub(crate) handles: Handles,
    pub(crate) limiter: Limiter,
    /// Fuel at the start; `None` if it is not limited.
    pub(crate) fuel: Option<u64>,
    /// Time for each outermost call.
    pub(crate) time: Option<Duration>,
    /// When the current call must end.
    pub(crate) deadline: Option<Instant>,
    /// What wakes the engine at the deadline.
    pub(crate) alarm: Option<Alarm>,
    pub(crate) instances: Option<u64>,
    pub(crate) host_depth: u32,
    pub(crate) depth: u32,
    /// The instance that the last failed instantiation left.
    pub(crate) failed: Option<Instance>,
    /// Whether the engine shows such an instance.
    pub(crate) shows_failed: bool,
    pub(crate) sources: Sources,
    /// Whether calls must be asynchronous, because an import of the guest can suspend it.
    pub(crate) asynchronous: bool,
    /// Bytes of stack that synchronous calls need, if that is more than every thread has.
    pub(crate) stack: Option<usize>,
    /// Where the outermost call began, or `None` while the innermost guest runs on a stack of its
    /// own.
    pub(crate) begin: Option<Begin>,
    /// Room for arguments and results, kept between calls.
    pub(crate) scratch: Vec<Val>,
    /// Whether the engine has panicked.
    pub(crate) broken: Broken,
    /// The types of host functions. `None` in the store of a component, whose linker makes them.
    pub(crate) types: Option<Arc<FuncTypes>>,
}

/// The bytes of the modules that were instantiated in the store.
#[derive(Default)]
pub(crate) struct Sources(Vec<(Module, Arc<[u8]>)>);

/// Data of a store that contains a [`CoreState`].
pub(crate) trait HasCore: Send + 'static {
    fn core(&mut self) -> &mut CoreState;
    fn core_ref(&self) -> &CoreState;
    /// The bytes that offsets in the store's modules refer to.
    fn code(&self) -> &dyn Code;
}

impl CoreState {
    pub(crate) fn new(limits: &Limits, host: HostState) -> Self {
        Self {
            number: store_number(),
            host,
            handles: Handles::default(),
            limiter: Limiter::new(limits),
            fuel: limits.fuel,
            time: limits.deadline,
            deadline: None,
            alarm: None,
            instances: limits.instances,
            host_depth: limits.host_depth,
            depth: 0,
            failed: None,
            shows_failed: false,
            sources: Sources::default(),
            asynchronous: false,
            stack: None,
            begin: None,
            scratch: Vec::new(),
            broken: Broken::default(),
            types: None,
        }
    }
}

impl HasCore for CoreState {
    fn core(&mut self) -> &mut CoreState {
        self
    }

    fn core_ref(&self) -> &CoreState {
        self
    }

    fn code(&self) -> &dyn Code {
        &self.sources
    }
}

impl Sources {
    pub(crate) fn add(&mut self, module: &Module, bytes: &Arc<[u8]>) {
        if !self.0.iter().any(|(known, _)| Module::same(known, module)) {
            self.0.push((module.clone(), bytes.clone()));
        }
    }
}

impl Code for Sources {
    fn of(&self, module: &Module, _offset: usize) -> Option<(&[u8], usize)> {
        let found = self.0.iter().find(|(known, _)| Module::same(known, module));
        found.map(|(_, bytes)| (&**bytes, 0))
    }
}

/// Sets the limits in its [`CoreState`] on a new store of an engine of this build.
pub(crate) fn set_limits<T: HasCore>(store: &mut Store<T>, build: Build) {
    store.limiter(|data| &mut data.core().limiter);
    if build.fuel {
        let fuel = store.data().core_ref().fuel.unwrap_or(u64::MAX);
        // An engine that counts fuel does not reject this.
        let _ = store.set_fuel(fuel);
    }
    if build.deadline {
        store.epoch_deadline_callback(|ctx| deadline::at_epoch(ctx.data().core_ref().deadline));
        store.set_epoch_deadline(1);
    }
}
