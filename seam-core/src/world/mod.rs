//! The world that a guest sees: a recipe from which each instance gets fresh state.

mod bind;
mod bind_core;
mod clock;
mod core_define;
mod core_item;
mod end_state;
mod ends;
mod fault;
mod fit;
mod func;
mod host;
mod observed;
mod per_world;
mod report;
mod scalar_call;
mod state;
mod states;
mod typed_call;
mod wasi;
mod without_values;

use std::any::{Any, TypeId};
use std::sync::Arc;

pub use bind::{Binding, Target};
pub use bind_core::{CoreBindings, CoreSource};
pub use clock::{OnIdle, VirtualClock, while_idle};
pub use core_item::{CoreHostFunc, CoreItem, CoreItemKind, StatesOf};
pub(crate) use ends::Ends;
pub use ends::{HostSink, HostSource, Ready, Sink, Source, Supply};
pub use host::{HostCall, HostFuture};
pub use observed::{HostCallRecord, Observed, OutputHook, OutputStream};
pub use per_world::PerWorld;
pub use report::{ImportReport, ImportStatus};
pub use state::{Started, WorldState};
pub use states::States;
pub use typed_call::{TypedHostCall, TypedHostFuture};
pub use wasi::{Dir, Stdio, SystemWasi};
pub use without_values::StartedTyped;

use crate::{ExportName, FuncType, Limits, ResourceType, Result, Value};
use core_item::DefineFields;
use states::MakeState;
use typed_call::{AsyncTypedBody, TypedBody};

/// The body of a synchronous host function.
pub(crate) type SyncBody =
    Box<dyn FnMut(&mut HostCall<'_>, &[Value]) -> Result<Option<Value>> + Send>;

/// The body of an asynchronous host function.
pub(crate) type AsyncBody = Box<dyn FnMut(&mut HostCall<'_>, &[Value]) -> HostFuture + Send>;

/// One host function of one instance.
pub(crate) enum Body {
    Sync(SyncBody),
    Typed(Box<dyn TypedBody>),
    Async(AsyncBody),
    AsyncTyped(Box<dyn AsyncTypedBody>),
}

/// A host function in the recipe.
#[derive(Clone)]
pub(crate) struct HostFunc {
    pub(crate) name: ExportName,
    /// Declared type. `None` stands for the import's own type.
    pub(crate) ty: Option<FuncType>,
    pub(crate) is_async: bool,
    /// Makes the body for an instance.
    pub(crate) make: Arc<dyn Fn() -> Body + Send + Sync>,
}

/// The destructor of a host-defined resource, given the representation.
pub(crate) type Destructor = dyn Fn(&mut HostCall<'_>, u32) -> Result<()> + Send + Sync;

/// Shows a part of an instance's state as a value.
pub(crate) type ShowArtefact = dyn Fn(&States) -> Option<Value> + Send + Sync;

/// A resource type that the host defines.
#[derive(Clone)]
pub(crate) struct HostResource {
    pub(crate) name: ExportName,
    pub(crate) drop: Arc<Destructor>,
}

/// The treatment of an import that nothing defines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stub {
    /// Instantiation fails and names the import.
    #[default]
    Deny,
    /// Calling it traps, and the trap names the import.
    Trap,
    /// Calling it returns the zero value of its result type: `false`, `0`, `""`, `[]`, `none`,
    /// `ok`, the first case. If the result type has no zero value (a resource), the call traps.
    Default,
}

/// The recipe from which every instance gets a fresh world.
///
/// It consists of host functions and their state, host-defined resources, WASI, stubs, limits, and
/// what to record.
///
/// A guest cannot change the recipe, so two backends with the same `World` see the same. State of
/// host functions must be created by a factory ([`World::func_with`], [`World::state`]), not
/// captured.
///
/// ```
/// use seam_core::World;
///
/// let world = World::new()
///     .func("test:host/math@1.0.0#add", |(a, b): (u32, u32)| Ok(a + b))
///     .func_with("test:host/log#count", || 0u32, |count: &mut u32, (): ()| {
///         *count += 1;
///         Ok(*count)
///     });
/// # let _ = world;
/// ```
///
/// # Contract
/// 1. Each time a guest calls an import, in whatever way, its host function is called exactly once,
///    with the arguments in declaration order. The guest gets its result. (kit:
///    `host_functions_get_arguments_in_order`, `host_functions_are_reached_every_way`)
/// 2. A definition satisfies imports of its name in any version of the same track. (kit:
///    `imports_match_versions_within_their_track`)
/// 3. State is created once for each instance, and all functions of an instance share it, over values and
///    raw ones. (kit: `worlds_are_made_afresh`, `state_is_made_once`,
///    `state_is_made_once_for_components`, `host_functions_share_state`)
/// 4. For an import that nothing defines, the stub policy with the longest matching prefix applies.
///    A policy never hides a definition. (kit: `the_longest_prefix_decides_a_stub`)
/// 5. [`Stub::Deny`] makes instantiation return a `Link` error that names the import. (kit:
///    `missing_imports_are_named`)
/// 6. A call of a [`Stub::Trap`] traps, and the trap names the import. (kit:
///    `stubs_trap_naming_the_import`)
/// 7. A call of a [`Stub::Default`] returns the zero value of the import's result type. (kit:
///    `stubs_give_zero_values`)
/// 8. Stubs that were never called are listed. (kit: `unused_stubs_are_listed`)
/// 9. If a host function returns an error, the call ends with this error, unchanged. If it panics
///    or returns a result of another type, the call ends with `Host`. (kit:
///    `errors_of_host_functions_come_out`, `a_panicking_host_function_is_caught`,
///    `panicking_hosts_of_components_are_caught`,
///    `ill_typed_results_of_host_functions_are_host_errors`)
/// 10. Memories, tables and globals that the host defines are created for each instance. (kit:
///     `the_host_gives_memories_tables_and_globals`)
/// 11. A raw host function can access the memory of its caller. (kit:
///     `raw_host_functions_reach_memory`)
/// 12. If a host function returns a future, it is awaited, and its output is the result. (kit:
///     `async_host_functions_give_their_result`)
/// 13. Resources that the host defines can be passed to guests and back, and are dropped exactly
///     once. (kit: `the_host_defines_resources`)
/// 14. With the capability [`ScheduleSeed`](crate::Capability::ScheduleSeed), a seed decides the order in
///     which tasks go on, where the specification leaves a choice: the same seed, the same order. Without
///     a seed, the one that has waited longest goes on first. (kit:
///     `a_seed_chooses_the_order_of_tasks`)
#[derive(Clone, Default)]
pub struct World {
    pub(crate) funcs: Vec<HostFunc>,
    pub(crate) resources: Arc<Vec<HostResource>>,
    pub(crate) core_items: Vec<CoreItem>,
    /// Rules that define the fields of a host module, by its name.
    pub(crate) core_modules: Vec<(Arc<str>, Arc<DefineFields>)>,
    pub(crate) states: Vec<(TypeId, Arc<MakeState>)>,
    pub(crate) artefacts: Vec<(String, Arc<ShowArtefact>)>,
    pub(crate) stub: Stub,
    pub(crate) stubs: Vec<(String, Stub)>,
    pub(crate) limits: Limits,
    pub(crate) record: bool,
    pub(crate) schedule: Option<u64>,
    pub(crate) on_output: Option<Arc<OutputHook>>,
    pub(crate) wasi: Option<SystemWasi>,
    /// See [`World::definitions`].
    definitions: u64,
}

impl World {
    /// Creates a world that defines nothing and denies every import.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a resource type that the host defines, with the destructor of its representations.
    ///
    /// Host functions create a resource with [`Resource::host`](crate::Resource::host).
    #[must_use]
    pub fn resource<F>(mut self, name: &str, drop: F) -> Self
    where
        F: Fn(&mut HostCall<'_>, u32) -> Result<()> + Send + Sync + 'static,
    {
        let name = import_name(name);
        let resources = Arc::make_mut(&mut self.resources);
        resources.retain(|resource| resource.name != name);
        resources.push(HostResource {
            name,
            drop: Arc::new(drop),
        });
        self.redefined()
    }

    /// Adds state that all host functions of an instance share. There is one state per Rust type.
    ///
    /// Host functions reach it with [`HostCall::state`].
    #[must_use]
    pub fn state<S, M>(mut self, make: M) -> Self
    where
        S: Any + Send,
        M: Fn() -> S + Send + Sync + 'static,
    {
        self.states.retain(|(id, _)| *id != TypeId::of::<S>());
        self.states
            .push((TypeId::of::<S>(), Arc::new(move || Box::new(make()))));
        self
    }

    /// Shows a part of the state that [`World::state`] creates, as a value in
    /// [`Observed::artefacts`].
    ///
    /// This makes visible what host functions did to the state. `show` is called whenever the
    /// observations are read.
    ///
    /// ```
    /// use seam_core::{Value, World, WorldState};
    ///
    /// let world = World::new()
    ///     .state(|| vec![1u8, 2])
    ///     .artefact("bytes", |bytes: &Vec<u8>| bytes.clone().into());
    /// let mut state = WorldState::new(&world, &[]);
    /// assert_eq!(state.observed().artefacts["bytes"], Value::from(vec![1u8, 2]));
    /// ```
    #[must_use]
    pub fn artefact<S, F>(mut self, name: &str, show: F) -> Self
    where
        S: Any + Send,
        F: Fn(&S) -> Value + Send + Sync + 'static,
    {
        self.artefacts.retain(|(known, _)| known != name);
        let show = move |states: &States| states.find().map(&show);
        self.artefacts.push((name.to_owned(), Arc::new(show)));
        self
    }

    /// Sets the treatment of imports that nothing defines. The default is [`Stub::Deny`].
    #[must_use]
    pub fn stub(mut self, stub: Stub) -> Self {
        self.stub = stub;
        self.redefined()
    }

    /// Like [`World::stub`], for imports whose full name starts with `prefix`.
    ///
    /// The longest matching prefix wins.
    #[must_use]
    pub fn stub_for(mut self, prefix: impl Into<String>, stub: Stub) -> Self {
        self.stubs.push((prefix.into(), stub));
        self.redefined()
    }

    /// Adds the operating system's own WASI, on backends with
    /// [`SystemWasi`](crate::Capability::SystemWasi).
    #[must_use]
    pub fn system_wasi(mut self, wasi: SystemWasi) -> Self {
        self.wasi = Some(wasi);
        self.redefined()
    }

    /// Removes the operating system's WASI from the world.
    #[must_use]
    pub fn without_system_wasi(mut self) -> Self {
        self.wasi = None;
        self.redefined()
    }

    /// Sets the limits of an instance.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Records every host call with its arguments and result in [`Observed::host_calls`].
    ///
    /// The default is off.
    #[must_use]
    pub fn record(mut self, record: bool) -> Self {
        self.record = record;
        self
    }

    /// Permutes the order in which the threads of asynchronous calls run, and in which the events of
    /// a waitable set are delivered. Where the specification leaves a choice, the seed decides.
    ///
    /// Without a seed, the one that has waited longest comes first. A backend without
    /// [`Capability::ScheduleSeed`](crate::Capability::ScheduleSeed) has an order of its own:
    /// asynchronous components are `Unsupported` there in a world with a seed.
    #[must_use]
    pub fn schedule_seed(mut self, seed: u64) -> Self {
        self.schedule = Some(seed);
        self
    }

    /// Calls `hook` with each piece of output that is captured in [`Observed`], as the guest writes
    /// it.
    ///
    /// If the limit on output refuses a piece, `hook` does not get it.
    ///
    /// The hook is called while the guest waits, possibly on another thread.
    #[must_use]
    pub fn on_output<F>(mut self, hook: F) -> Self
    where
        F: Fn(OutputStream, &[u8]) + Send + Sync + 'static,
    {
        self.on_output = Some(Arc::new(hook));
        self
    }

    /// # For implementors
    /// Returns the number of what the world defines: functions, resources, stubs and WASI.
    ///
    /// Two worlds with the same number have the same [bindings](World::bind) for an interface, so what
    /// was linked for one can be used for the other. Clones have the same number, also if their limits,
    /// state or recording differ.
    #[must_use]
    pub fn definitions(&self) -> u64 {
        self.definitions
    }

    /// Gives the world a new number after a definition.
    fn redefined(mut self) -> Self {
        self.definitions = crate::token();
        self
    }

    /// # For implementors
    /// Returns the hook of [`World::on_output`], for a backend that captures output itself and adds
    /// it to [`Observed`] later.
    #[must_use]
    pub fn output_hook(&self) -> Option<&Arc<OutputHook>> {
        self.on_output.as_ref()
    }

    /// Returns the limits of an instance.
    #[must_use]
    pub fn limits_of_instances(&self) -> &Limits {
        &self.limits
    }

    /// Returns the configuration of the operating system's WASI, if the world uses it.
    #[must_use]
    pub fn system_wasi_config(&self) -> Option<&SystemWasi> {
        self.wasi.as_ref()
    }

    /// Returns the resource types that the host defines, under the names that it gave them.
    pub fn resources(&self) -> impl Iterator<Item = ResourceType> + '_ {
        self.resources
            .iter()
            .map(|resource| ResourceType::new(resource.name.to_string()))
    }
}

/// Parses a name. Text of any other form becomes a name at the root.
///
/// A core module may import any text.
fn import_name(name: &str) -> ExportName {
    name.parse().unwrap_or_else(|_| ExportName::root(name))
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("World")
            .field(
                "funcs",
                &self
                    .funcs
                    .iter()
                    .map(|func| func.name.to_string())
                    .collect::<Vec<_>>(),
            )
            .field("stub", &self.stub)
            .field("limits", &self.limits)
            .field("record", &self.record)
            .field("schedule", &self.schedule)
            .field("wasi", &self.wasi)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_definitions_give_a_world_another_number() {
        let world = World::new().func("f", |(): ()| Ok(()));
        let same = world.clone().limits(Limits::new()).record(true);
        let same = same.state(|| 1u8).on_output(|_, _| {});
        assert_eq!(same.definitions(), world.definitions());
        let mut known = vec![World::new().definitions(), world.definitions()];
        for changed in [
            world.clone().func("g", |(): ()| Ok(())),
            world.clone().resource("r", |_, _| Ok(())),
            world.clone().stub(Stub::Trap),
            world.clone().stub_for("f", Stub::Trap),
            world.clone().system_wasi(SystemWasi::new()),
            world.clone().without_system_wasi(),
            world
                .clone()
                .core_func("m", "f", Default::default(), |_, _, _| Ok(())),
            world.clone().core_funcs("m", |_, _| Ok(None)),
        ] {
            assert!(!known.contains(&changed.definitions()));
            known.push(changed.definitions());
        }
    }
}
