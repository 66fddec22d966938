//! What a core-only runtime implements: the store, and what host functions see of it.

use std::sync::Arc;

use crate::{
    Capabilities, Capability, CoreExtern, CoreFunc, CoreFuncType, CoreGlobal, CoreInstanceId,
    CoreMemory, CoreModule, CoreTable, CoreType, CoreValue, GlobalType, HostState, Limits,
    MemoryType, MemoryView, Result, TableType,
};

/// A host function over core values: arguments in, results out. Both slices have the lengths of the
/// function's type; the results hold zeroes at first. An `Err` ends the guest's call and comes out
/// of [`CoreStore::call`] unchanged.
pub type HostFn =
    Arc<dyn Fn(&mut dyn CoreCaller, &[CoreValue], &mut [CoreValue]) -> Result<()> + Send + Sync>;

/// Instances of core modules that can be linked with each other, and their memories, tables and
/// globals.
///
/// # Contract
/// 1. `instantiate` takes imports by their position in the module's import section, whatever their
///    names and kinds, and checks their number and types: `Link`. (kit: `core_imports_are_checked`,
///    `core_imports_of_every_kind_link`, `core_imports_are_matched_by_position`)
/// 2. `instantiate` writes segments in order and then runs the start function, once; host functions
///    work during it, memory access included. (kit: `core_start_calls_the_host`,
///    `core_instantiation_goes_in_order`)
/// 3. If a segment or the start function traps, the error is that trap, and writes to imported
///    memories and tables stay. (kit: `core_failed_instantiation_keeps_writes`)
/// 4. `call` checks the number and types of arguments (`Misuse`), and leaves `results` alone on
///    error. Arguments, results and the types of functions are in declaration order. (kit:
///    `core_arguments_are_checked`, `core_arguments_and_results_come_in_order`)
/// 5. Every trap is the cause of the one taxonomy. (kit: `core_traps_map_to_their_cause`)
/// 6. What a host function returns as an error comes out of `call` as it was. (kit:
///    `core_host_errors_pass_unchanged`)
/// 7. A handle of another store is `Misuse`. (kit: `core_foreign_handles_are_misuse`)
/// 8. After a trap the store stays usable: globals and memories read, and functions can be called.
///    (kit: `core_store_survives_a_trap`)
/// 9. Values pass bit by bit in both directions: NaNs with their payloads, and the host's reference 0
///    is not null. A function reference stands for the same function wherever it goes. (kit:
///    `core_floats_pass_as_bits`, `core_numbers_pass_as_bits`, `core_vectors_pass_as_bits`,
///    `core_host_references_pass`, `core_function_references_pass`)
/// 10. Fuel counts down over the store's life, for all its instances together, and ends in
///     `Limit(Fuel)`; it is exact to [`EngineInfo::fuel_granularity`](crate::EngineInfo). A deadline
///     starts anew with each outermost call or instantiation and ends in `Limit(Deadline)`. (kit:
///     `core_fuel_ends_an_endless_loop`, `core_fuel_is_counted_over_the_whole_store`,
///     `core_a_deadline_ends_an_endless_loop`, `core_deadlines_are_for_outermost_calls`)
/// 11. Calls host -> guest -> host nested deeper than the limit are `Limit(HostDepth)`. (kit:
///     `core_host_recursion_is_bounded`)
/// 12. Limits on memories, tables and instances hold for all of the store together. `instantiate`
///     ends in `Limit`; a memory or table that would grow past the limit does not grow, and uses
///     nothing up. (kit: `core_memory_limit_holds`, `core_table_limit_holds`,
///     `core_instance_limit_holds`)
/// 13. A handle stands for one thing of one instance, also where a store has several instances of a
///     module; asked for again, the same thing has the same handle. What instances import is the
///     exporter's own, not a copy. (kit: `core_instances_of_a_module_are_told_apart`,
///     `core_imported_things_are_the_same_thing`)
/// 14. `failed_instance` gives the instance whose start function trapped in the last `instantiate`,
///     at most once, where the engine has `FailedInstance`; otherwise `None`. (kit:
///     `core_failed_instances_are_given_once`)
/// 15. A host function finds zeroes in `results` at each call, and the layer's data in `host`. What it
///     gives is checked against its type: `Host`. A panic is `Host`. One that fails leaves nothing
///     behind, however often. (kit: `core_host_functions_have_every_type`,
///     `core_host_results_start_as_zeroes`, `core_failing_host_functions_leave_nothing_behind`,
///     `core_stores_are_told_apart`, `core_host_state_is_kept`)
/// 16. Memories, tables and globals are what the guest sees at that time: sizes grow, bytes and values
///     change. Past the end there is `None`, whatever the width of the index. (kit:
///     `core_memories_are_read_written_and_grown`, `core_globals_are_read_and_set`,
///     `core_tables_are_read`, `core_wide_memories_and_tables_are_read`,
///     `core_second_memories_are_told_apart`, `core_exception_tags_are_told_apart`)
///
/// # For implementors
/// Handles are indices into tables that you keep in the store's data, beside [`HostState`]. Number
/// your stores with [`store_number`](crate::store_number).
///
/// - [`Slots`](crate::Slots) is a table behind the handles of one kind. It finds or adds an entry by a
///   key of the engine's, and returns `Misuse` for a handle of another store.
/// - [`check_core_call`] checks the arguments of `call`, [`check_core_results`] the results of a host
///   function, and [`check_core_limits`] whether the build can enforce the limits.
/// - [`Tally`](crate::Tally) counts the bytes of all memories, or the elements of all tables, for an
///   engine that asks before one of them grows.
/// - [`CoreExternType::provides`](crate::CoreExternType::provides) says whether an import fits.
///
/// Where you call a host function, count the levels of host recursion against
/// [`Limits::host_depth`], and catch its panics ([`Error::panicked`](crate::Error::panicked)). The
/// layer above catches panics of the engine itself.
pub trait CoreStore: Send {
    /// The layer's data.
    fn host(&mut self) -> &mut HostState;

    /// Instantiates a module; `imports` in the order of the module's import section.
    ///
    /// # Errors
    /// `Link` for imports that do not fit; the trap of a segment or of the start function; `Limit`.
    fn instantiate(
        &mut self,
        module: &CoreModule,
        imports: &[CoreExtern],
    ) -> Result<CoreInstanceId>;

    /// The instance whose start function trapped, if the engine leaves one.
    ///
    /// Call this immediately after [`CoreStore::instantiate`] fails; later calls return `None`.
    fn failed_instance(&mut self) -> Option<CoreInstanceId> {
        None
    }

    /// An export by name.
    fn export(&mut self, instance: CoreInstanceId, name: &str) -> Option<CoreExtern>;

    /// A function of the host.
    ///
    /// # Errors
    /// `Unsupported` for a type that the engine cannot express.
    fn host_func(&mut self, ty: CoreFuncType, func: HostFn) -> Result<CoreFunc>;

    /// Calls a function. `results` must have the length of the function's results; what it holds is
    /// overwritten.
    ///
    /// # Errors
    /// `Misuse` for arguments that do not fit, traps, limits, and what host functions return.
    fn call(&mut self, func: CoreFunc, args: &[CoreValue], results: &mut [CoreValue])
    -> Result<()>;

    /// The type of a function.
    ///
    /// # Errors
    /// `Misuse` for a foreign handle.
    fn func_type(&mut self, func: CoreFunc) -> Result<CoreFuncType>;

    /// The type of a memory; the minimum is its current size.
    ///
    /// # Errors
    /// `Misuse` for a foreign handle.
    fn memory_type(&mut self, memory: CoreMemory) -> Result<MemoryType>;

    /// The bytes of a memory.
    ///
    /// # Errors
    /// `Misuse` for a foreign handle.
    fn memory(&mut self, memory: CoreMemory) -> Result<MemoryView<'_>>;

    /// Grows a memory by `delta` pages; the former size in pages, or nothing if it cannot grow.
    ///
    /// # Errors
    /// `Misuse` for a foreign handle.
    fn memory_grow(&mut self, memory: CoreMemory, delta: u64) -> Result<Option<u64>>;

    /// The type of a table; the minimum is its current size.
    ///
    /// # Errors
    /// `Misuse` for a foreign handle.
    fn table_type(&mut self, table: CoreTable) -> Result<TableType>;

    /// An element of a table; nothing past its end.
    ///
    /// # Errors
    /// `Misuse` for a foreign handle.
    fn table_at(&mut self, table: CoreTable, index: u64) -> Result<Option<CoreValue>>;

    /// The type of a global.
    ///
    /// # Errors
    /// `Misuse` for a foreign handle.
    fn global_type(&mut self, global: CoreGlobal) -> Result<GlobalType>;

    /// The value of a global.
    ///
    /// # Errors
    /// `Misuse` for a foreign handle.
    fn global(&mut self, global: CoreGlobal) -> Result<CoreValue>;

    /// Sets a global.
    ///
    /// # Errors
    /// `Misuse` for a foreign handle, an immutable global, or a value of another type.
    fn set_global(&mut self, global: CoreGlobal, value: CoreValue) -> Result<()>;

    /// Fuel used so far, where the store counts it.
    fn fuel_consumed(&self) -> Option<u64>;
}

/// The store, as a host function sees it while a guest's call is under way.
///
/// # Contract
/// 1. Everything that [`CoreStore`] promises holds here, also during a start function; `call`
///    re-enters the guest where the engine is [`Reentrant`](crate::Capability::Reentrant), and is
///    `Unsupported` elsewhere. (kit: `core_host_functions_call_back`)
/// 2. `caller_export` finds exports of the instance whose code called the host, also during its
///    start function, and whichever instance the function came from; `None` where the host itself
///    called. (kit: `core_start_calls_the_host`, `core_callers_are_told_apart`)
/// 3. `caller_export` and [`CoreStore::export`] find what the module exports and nothing that the
///    engine or its adapter added. (kit: `core_exports_are_the_modules_own`)
pub trait CoreCaller: CoreStore {
    /// An export of the calling instance.
    fn caller_export(&mut self, name: &str) -> Option<CoreExtern>;

    /// This, as a plain store.
    fn as_store(&mut self) -> &mut dyn CoreStore;
}

impl std::fmt::Debug for dyn CoreStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CoreStore")
    }
}

/// Whether the arguments fit the parameters: one message for all engines.
///
/// # Errors
/// `Misuse` naming the first argument that does not fit.
pub fn check_core_args(params: &[CoreType], args: &[CoreValue]) -> Result<()> {
    if params.len() != args.len() {
        return Err(crate::Error::misuse(format!(
            "expected {} arguments, found {}",
            params.len(),
            args.len()
        )));
    }
    for (index, (ty, arg)) in params.iter().zip(args).enumerate() {
        if !arg.is_of(*ty) {
            return Err(crate::Error::misuse(format!(
                "argument {}: expected {ty}, found {}",
                index + 1,
                arg.kind()
            )));
        }
    }
    Ok(())
}

/// Whether a function of this type can be called so: one message for all engines.
///
/// # Errors
/// As [`check_core_args`]; `Misuse` for room for more or fewer results than there are.
pub fn check_core_call(ty: &CoreFuncType, args: &[CoreValue], results: &[CoreValue]) -> Result<()> {
    check_core_args(&ty.params, args)?;
    if results.len() != ty.results.len() {
        return Err(crate::Error::misuse(format!(
            "expected room for {} results, found {}",
            ty.results.len(),
            results.len()
        )));
    }
    Ok(())
}

/// Whether what a host function gave fits its results, of which there is room for as many as its
/// type has: one message for all engines.
///
/// # Errors
/// `Host` naming the first result that does not fit.
pub fn check_core_results(types: &[CoreType], results: &[CoreValue]) -> Result<()> {
    let mut pairs = types.iter().zip(results).enumerate();
    match pairs.find(|(_, (ty, value))| !value.is_of(**ty)) {
        None => Ok(()),
        Some((index, (ty, value))) => Err(crate::Error::host(format!(
            "result {}: expected {ty}, found {}",
            index + 1,
            value.kind()
        ))),
    }
}

/// Whether the limits ask for nothing that a build with these capabilities lacks: one message for
/// all engines.
///
/// # Errors
/// `Unsupported` naming what the build lacks.
pub fn check_core_limits(limits: &Limits, has: &Capabilities) -> Result<()> {
    for (asked, capability) in [
        (limits.fuel.is_some(), Capability::Fuel),
        (limits.deadline.is_some(), Capability::Deadline),
        (limits.memory.is_some(), Capability::MemoryLimit),
        (limits.table_elements.is_some(), Capability::TableLimit),
        (limits.instances.is_some(), Capability::InstanceLimit),
    ] {
        if asked && !has.has(capability) {
            return Err(crate::Error::unsupported(
                capability,
                format!("expected a build with `{capability}`, found one without"),
            ));
        }
    }
    Ok(())
}
