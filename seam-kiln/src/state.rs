//! The data of a store beside kiln's engine.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use seam_core::{CoreInstanceId, Error, HostState};

use crate::handles::Handles;
use crate::kiln::KilnValue;
use crate::probe::Order;

/// The data of a store. While kiln runs, the handler of host imports has it, see [`Shared`].
pub(crate) struct CoreState {
    pub(crate) host: HostState,
    pub(crate) handles: Handles,
    /// The order in which kiln passes arguments to host functions.
    pub(crate) order: Order,
    /// How many host functions may run inside each other.
    pub(crate) host_depth: u32,
    /// How many host functions are running.
    pub(crate) depth: u32,
    /// The two numbers that kiln has for each instance: the index of its handle, and its
    /// [`instance_id`](crate::Kiln::instance_id).
    pub(crate) ids: Vec<(u32, u32)>,
    /// What each import of kiln's handler stands for, by module and field name.
    bindings: HashMap<String, HashMap<String, Binding>>,
    /// The host's references, by kiln's numbers for them.
    pub(crate) externs: Vec<u64>,
    /// The results of the last host function after the first one, until they are fetched.
    pub(crate) further: Vec<KilnValue>,
    /// The error of a host function, until kiln has returned to the store.
    pub(crate) pending: Option<Error>,
    /// The last instance whose start function trapped, until the store is asked for it.
    pub(crate) failed: Option<CoreInstanceId>,
    /// The fuel that was consumed when kiln's current or last operation began, if the store has a
    /// limit of fuel.
    pub(crate) fuel_consumed: Option<u64>,
}

/// What an import of kiln's handler stands for.
#[derive(Clone, Copy)]
pub(crate) struct Binding {
    /// The index of the function among the handles.
    pub(crate) func: u32,
    /// 0 calls the function; n fetches result n of the call before.
    pub(crate) part: usize,
    /// The index of the calling instance among the handles.
    pub(crate) caller: u32,
}

impl CoreState {
    pub(crate) fn new(host: HostState, host_depth: u32, order: Order) -> Self {
        Self {
            host,
            handles: Handles::new(),
            order,
            host_depth,
            depth: 0,
            ids: Vec::new(),
            bindings: HashMap::new(),
            externs: Vec::new(),
            further: Vec::new(),
            pending: None,
            failed: None,
            fuel_consumed: None,
        }
    }

    /// Returns the number that references use for the instance with this handle.
    pub(crate) fn id_of(&self, handle: u32) -> u32 {
        let known = self.ids.iter().find(|(known, _)| *known == handle);
        known.map_or(handle, |(_, id)| *id)
    }

    /// Returns the handle of the instance for which references use this number.
    pub(crate) fn handle_of(&self, id: u32) -> u32 {
        let known = self.ids.iter().find(|(_, known)| *known == id);
        known.map_or(id, |(handle, _)| *handle)
    }

    /// Makes an import of kiln's handler stand for a host function.
    pub(crate) fn bind(&mut self, module: &str, field: &str, binding: Binding) {
        let fields = self.bindings.entry(module.to_string()).or_default();
        fields.insert(field.to_string(), binding);
    }

    pub(crate) fn binding(&self, module: &str, field: &str) -> Option<Binding> {
        self.bindings.get(module)?.get(field).copied()
    }
}

/// Where a store leaves its state for the handler of host imports while kiln runs.
#[derive(Clone, Default)]
pub(crate) struct Shared(Arc<Mutex<Option<Box<CoreState>>>>);

impl Shared {
    /// Leaves the state.
    pub(crate) fn put(&self, state: Box<CoreState>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(state);
    }

    /// Takes the state, or returns `None` if it is not there.
    pub(crate) fn take(&self) -> Option<Box<CoreState>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
