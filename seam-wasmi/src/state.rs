//! The data of a store.

use std::sync::Arc;
use std::time::Instant;

use seam_core::{
    Capabilities, Capability, CoreInstanceId, CoreValue, Error, HostState, Limit, Limits, Result,
    store_number,
};
use wasmi::{AsContextMut, Caller, Extern, Store, Val};

use crate::handles::Handles;
use crate::limits::Limiter;
use crate::module::Compiled;
use crate::scan::IndirectCalls;
use crate::stack::Stack;

/// The data of every store.
pub(crate) struct CoreState {
    pub(crate) number: u32,
    /// The number of the store's engine.
    pub(crate) engine: u32,
    pub(crate) host: HostState,
    pub(crate) handles: Handles,
    pub(crate) limits: Limits,
    pub(crate) limiter: Limiter,
    /// Whether the engine counts fuel.
    pub(crate) metered: bool,
    /// Whether host functions may call guests.
    pub(crate) reentrant: bool,
    /// The store's fuel that the engine has not been given yet.
    pub(crate) reserve: u64,
    /// When the current outermost call must end.
    pub(crate) deadline: Option<Instant>,
    /// How many calls of host functions are running.
    pub(crate) depth: u32,
    pub(crate) stack: Stack,
    /// The instance whose start function trapped last.
    pub(crate) failed: Option<CoreInstanceId>,
    /// The code of modules whose instantiation has failed: it may be in tables of others.
    pub(crate) failed_code: Vec<Arc<IndirectCalls>>,
    pub(crate) scratch: Scratch,
}

/// Room for the values of a call, kept between calls.
#[derive(Default)]
pub(crate) struct Scratch {
    pub(crate) args: Vec<Val>,
    pub(crate) results: Vec<Val>,
    pub(crate) values: Vec<CoreValue>,
    /// For copies between memories.
    pub(crate) bytes: Vec<u8>,
}

impl CoreState {
    pub(crate) fn new(engine: u32, has: &Capabilities, limits: &Limits, host: HostState) -> Self {
        Self {
            number: store_number(),
            engine,
            host,
            handles: Handles::default(),
            limits: limits.clone(),
            limiter: Limiter::new(limits),
            metered: has.has(Capability::Fuel) || has.has(Capability::Deadline),
            reentrant: has.has(Capability::Reentrant),
            reserve: 0,
            deadline: None,
            depth: 0,
            stack: Stack::default(),
            failed: None,
            failed_code: Vec::new(),
            scratch: Scratch::default(),
        }
    }

    /// Whether any code in the store calls through a table.
    pub(crate) fn calls_indirectly(&self) -> bool {
        let made = self.handles.instances.iter();
        let mut made = made.filter_map(|entry| entry.module.compiled::<Compiled>().ok());
        made.any(|compiled| compiled.indirect_calls.any())
            || self.failed_code.iter().any(|code| code.any())
    }

    /// Takes up the code of a module whose instantiation has failed, once.
    pub(crate) fn add_failed_code(&mut self, code: &Arc<IndirectCalls>) {
        if !self
            .failed_code
            .iter()
            .any(|known| Arc::ptr_eq(known, code))
        {
            self.failed_code.push(code.clone());
        }
    }

    /// Checks the clock.
    ///
    /// # Errors
    /// `Limit(Deadline)` if the time of the outermost call is over.
    #[inline]
    pub(crate) fn check_deadline(&self) -> Result<()> {
        match self.deadline {
            Some(deadline) => check_time(deadline),
            None => Ok(()),
        }
    }

    /// Starts the clock of a call, if it is an outermost one.
    pub(crate) fn start_clock(&mut self) {
        if self.depth == 0 {
            let limit = self.limits.deadline;
            self.deadline = limit.and_then(|limit| Instant::now().checked_add(limit));
        }
    }
}

/// Out of line, since a host function is called more often without a deadline.
#[inline(never)]
fn check_time(deadline: Instant) -> Result<()> {
    match Instant::now() < deadline {
        true => Ok(()),
        false => Err(Error::limit(Limit::Deadline)),
    }
}

/// A store, or what a host function sees of one.
pub(crate) trait AnyStore: AsContextMut<Data = CoreState> + Send {
    fn state(&self) -> &CoreState;
    fn state_mut(&mut self) -> &mut CoreState;
    /// Returns an export of the calling instance; `None` on the store itself.
    fn caller_extern(&self, name: &str) -> Option<Extern>;
}

impl AnyStore for Store<CoreState> {
    fn state(&self) -> &CoreState {
        self.data()
    }

    fn state_mut(&mut self) -> &mut CoreState {
        self.data_mut()
    }

    fn caller_extern(&self, _: &str) -> Option<Extern> {
        None
    }
}

/// The view of a host function, which knows the calling instance.
impl AnyStore for &mut Caller<'_, CoreState> {
    fn state(&self) -> &CoreState {
        self.data()
    }

    fn state_mut(&mut self) -> &mut CoreState {
        self.data_mut()
    }

    fn caller_extern(&self, name: &str) -> Option<Extern> {
        self.get_export(name)
    }
}
