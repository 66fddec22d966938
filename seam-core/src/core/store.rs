//! The traits that a core-only runtime implements for its stores and their host functions.

use std::sync::Arc;

use crate::{
    Capabilities, Capability, CoreExtern, CoreFunc, CoreFuncType, CoreGlobal, CoreInstanceId,
    CoreMemory, CoreModule, CoreTable, CoreType, CoreValue, GlobalType, HostState, Limits,
    MemoryType, MemoryView, Result, TableType,
};

/// A host function over core values: arguments in, results out.
///
/// Both slices have the lengths of the function's type. The results are initially zero. An `Err`
/// ends the guest's call, and [`CoreStore::call`] returns it unchanged.
pub type HostFn =
    Arc<dyn Fn(&mut dyn CoreCaller, &[CoreValue], &mut [CoreValue]) -> Result<()> + Send + Sync>;

/// Instances of core modules that can be linked with each other.
///
/// A store contains the instances with their memories, tables and globals.
///
/// # Contract
/// 1. `instantiate` matches imports by their position in the module's import section, whatever
///    their names and kinds are. It returns `Link` if their number or types do not fit. (kit:
///    `core_imports_are_checked`, `core_imports_of_every_kind_link`,
///    `core_imports_are_matched_by_position`)
/// 2. `instantiate` writes segments in declaration order and then runs the start function exactly
///    once. Host functions work during the start function, including their access to memory. (kit:
///    `core_start_calls_the_host`, `core_instantiation_goes_in_order`,
///    `core_large_modules_start_and_export`)
/// 3. If a segment or the start function traps, `instantiate` returns this trap. Writes that were
///    made to imported memories and tables are kept. (kit:
///    `core_failed_instantiation_keeps_writes`)
/// 4. `call` returns `Misuse` if the number or types of the arguments do not fit. It does not
///    change `results` if it returns an error. Arguments, results and the types of functions are in
///    declaration order. (kit: `core_arguments_are_checked`,
///    `core_arguments_and_results_come_in_order`)
/// 5. Every trap is reported as its cause in [`Trap`](crate::Trap). (kit:
///    `core_traps_map_to_their_cause`)
/// 6. If a host function returns an error, `call` returns it unchanged. (kit:
///    `core_host_errors_pass_unchanged`)
/// 7. A handle of another store is `Misuse`. (kit: `core_foreign_handles_are_misuse`)
/// 8. After a trap the store remains usable: globals and memories can be read, and functions can be
///    called. (kit: `core_store_survives_a_trap`)
/// 9. Values pass in both directions without a change of bits. NaNs keep their payloads, and the
///    host's reference 0 is not null. A function reference always refers to the same function.
///    So does a reference to an exception or to an object of the guest. (kit:
///    `core_floats_pass_as_bits`, `core_numbers_pass_as_bits`, `core_vectors_pass_as_bits`,
///    `core_host_references_pass`, `core_function_references_pass`, `core_guest_references_pass`,
///    `core_exception_references_pass`)
/// 10. All instances of a store share its fuel, which is never refilled. When it is used up, the
///     call ends with `Limit(Fuel)`, exact to [`EngineInfo::fuel_granularity`](crate::EngineInfo).
///     No fuel is left then, even if the last instruction needed more than the rest.
///     A deadline starts anew with each outermost call or instantiation, which then ends with
///     `Limit(Deadline)`. (kit: `core_fuel_ends_an_endless_loop`,
///     `core_fuel_is_counted_over_the_whole_store`, `core_no_fuel_is_left_at_its_limit`,
///     `core_a_deadline_ends_an_endless_loop`, `core_fuel_and_deadlines_hold_together`,
///     `core_deadlines_are_for_outermost_calls`)
/// 11. Each call of a host function is a level of host recursion, even if the engine cannot
///     re-enter. A call that would exceed the limit does not reach the host function, and ends with
///     `Limit(HostDepth)`. (kit: `core_host_recursion_is_bounded`, `core_a_host_call_is_a_level`)
/// 12. Limits on memories, tables and instances apply to the totals of the store. `instantiate`
///     returns `Limit` if it would exceed one. A memory or table that would grow beyond its limit
///     does not grow, and the refused growth does not count. (kit: `core_memory_limit_holds`,
///     `core_table_limit_holds`, `core_instance_limit_holds`)
/// 13. A handle refers to one item of one instance, even if a store has several instances of a
///     module. A later lookup of the same item returns the same handle. An imported item is the
///     exporter's item itself, not a copy. (kit: `core_instances_of_a_module_are_told_apart`,
///     `core_imported_things_are_the_same_thing`)
/// 14. If the engine has `FailedInstance`, `failed_instance` returns the instance whose start
///     function trapped in the last `instantiate`, at most once. In all other cases it returns
///     `None`. (kit: `core_failed_instances_are_given_once`)
/// 15. At each call of a host function, `results` contains zeroes and `host` returns the layer's
///     data. If the results do not fit the function's type, or if the function panics, the call
///     ends with `Host`. A reference must be of the exact type: a struct does not fit `i31ref`. A
///     failed call uses up nothing, however often it fails. (kit:
///     `core_host_functions_have_every_type`, `core_references_fit_their_exact_type`,
///     `core_host_results_start_as_zeroes`,
///     `core_failing_host_functions_leave_nothing_behind`, `core_stores_are_told_apart`,
///     `core_host_state_is_kept`)
/// 16. Memories, tables and globals always show the guest's current state: sizes after growth, and
///     the current bytes and values, also of shared memories. The guest sees what the host wrote. Sizes of memories are in their own
///     pages. An index that is out of bounds returns `None`, whatever its width is. (kit:
///     `core_memories_are_read_written_and_grown`, `core_globals_are_read_and_set`,
///     `core_tables_are_read`, `core_table_elements_are_set`, `core_wide_memories_and_tables_are_read`,
///     `core_second_memories_are_told_apart`, `core_pages_of_other_sizes_are_counted`,
///     `core_shared_memories_are_read_and_written`, `core_exception_tags_are_told_apart`)
///
/// # For implementors
/// Handles are indices into tables that you keep in the store's data, next to [`HostState`]. Number
/// your stores with [`store_number`](crate::store_number).
///
/// - [`Slots`](crate::Slots) is a table behind the handles of one kind. It finds or adds an entry by a
///   key of the engine's, and returns `Misuse` for a handle of another store.
/// - [`check_core_call`] checks the arguments of `call`, [`check_core_element`] those of
///   `set_table_at`, [`check_core_results`] the results of a host function, and
///   [`check_core_limits`] whether the build can enforce the limits.
/// - [`Tally`](crate::Tally) counts the bytes of all memories, or the elements of all tables, for an
///   engine that asks before one of them grows.
/// - [`CoreExternType::provides`](crate::CoreExternType::provides) says whether an import fits.
///
/// Where you call a host function, count the levels of host recursion against
/// [`Limits::host_depth`], and catch its panics ([`Error::panicked`](crate::Error::panicked)). The
/// layer above catches panics of the engine itself.
pub trait CoreStore: Send {
    /// Returns the data of the layer above.
    fn host(&mut self) -> &mut HostState;

    /// Instantiates a module. `imports` are in the order of the module's import section.
    ///
    /// # Errors
    /// `Link` if the imports do not fit. The trap of a segment or of the start function. `Limit`.
    fn instantiate(
        &mut self,
        module: &CoreModule,
        imports: &[CoreExtern],
    ) -> Result<CoreInstanceId>;

    /// Returns the instance whose start function trapped, if the engine keeps it.
    ///
    /// Call this immediately after [`CoreStore::instantiate`] fails; later calls return `None`.
    fn failed_instance(&mut self) -> Option<CoreInstanceId> {
        None
    }

    /// Returns the export with this name, or `None`.
    fn export(&mut self, instance: CoreInstanceId, name: &str) -> Option<CoreExtern>;

    /// Creates a function that calls the host.
    ///
    /// # Errors
    /// `Unsupported` if the engine cannot express the type.
    fn host_func(&mut self, ty: CoreFuncType, func: HostFn) -> Result<CoreFunc>;

    /// Calls a function.
    ///
    /// `results` must have the length of the function's results, and its content is overwritten.
    ///
    /// # Errors
    /// `Misuse` if the arguments do not fit. Traps, limits, and the errors of host functions.
    fn call(&mut self, func: CoreFunc, args: &[CoreValue], results: &mut [CoreValue])
    -> Result<()>;

    /// Returns the type of a function.
    ///
    /// # Errors
    /// `Misuse` for a foreign handle.
    fn func_type(&mut self, func: CoreFunc) -> Result<CoreFuncType>;

    /// Returns the type of a memory. Its minimum is the current size.
    ///
    /// # Errors
    /// `Misuse` for a foreign handle.
    fn memory_type(&mut self, memory: CoreMemory) -> Result<MemoryType>;

    /// Returns a view of the bytes of a memory.
    ///
    /// # Errors
    /// `Misuse` for a foreign handle.
    fn memory(&mut self, memory: CoreMemory) -> Result<MemoryView<'_>>;

    /// Grows a memory by `delta` pages.
    ///
    /// Returns the previous size in pages, or `None` if the memory cannot grow.
    ///
    /// # Errors
    /// `Misuse` for a foreign handle.
    fn memory_grow(&mut self, memory: CoreMemory, delta: u64) -> Result<Option<u64>>;

    /// Returns the type of a table. Its minimum is the current size.
    ///
    /// # Errors
    /// `Misuse` for a foreign handle.
    fn table_type(&mut self, table: CoreTable) -> Result<TableType>;

    /// Returns the element at `index`, or `None` if `index` is out of bounds.
    ///
    /// # Errors
    /// `Misuse` for a foreign handle.
    fn table_at(&mut self, table: CoreTable, index: u64) -> Result<Option<CoreValue>>;

    /// Sets the element at `index`.
    ///
    /// # Errors
    /// `Misuse` for a foreign handle, an index that is out of bounds, or a value of another type.
    /// Nothing is written in this case.
    fn set_table_at(&mut self, table: CoreTable, index: u64, value: CoreValue) -> Result<()>;

    /// Returns the type of a global.
    ///
    /// # Errors
    /// `Misuse` for a foreign handle.
    fn global_type(&mut self, global: CoreGlobal) -> Result<GlobalType>;

    /// Returns the value of a global.
    ///
    /// # Errors
    /// `Misuse` for a foreign handle.
    fn global(&mut self, global: CoreGlobal) -> Result<CoreValue>;

    /// Sets a global.
    ///
    /// # Errors
    /// `Misuse` for a foreign handle, an immutable global, or a value of another type.
    fn set_global(&mut self, global: CoreGlobal, value: CoreValue) -> Result<()>;

    /// Returns the fuel used so far, or `None` if the store does not count fuel.
    fn fuel_consumed(&self) -> Option<u64>;
}

/// The store as a host function sees it during a guest's call.
///
/// # Contract
/// 1. The contract of [`CoreStore`] applies here too, even during a start function. If the engine
///    is [`Reentrant`](crate::Capability::Reentrant), `call` re-enters the guest, otherwise it
///    returns `Unsupported`. (kit: `core_host_functions_call_back`)
/// 2. `caller_export` finds exports of the instance whose code called the host, even during its
///    start function and whichever instance the function came from. If the host itself made the
///    call, it returns `None`. (kit: `core_start_calls_the_host`, `core_callers_are_told_apart`)
/// 3. `caller_export` and [`CoreStore::export`] find only exports of the module itself, not any
///    that the engine or its adapter added. (kit: `core_exports_are_the_modules_own`)
pub trait CoreCaller: CoreStore {
    /// Returns the export of the calling instance with this name, or `None`.
    fn caller_export(&mut self, name: &str) -> Option<CoreExtern>;

    /// Returns this view as a plain store.
    fn as_store(&mut self) -> &mut dyn CoreStore;
}

impl std::fmt::Debug for dyn CoreStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CoreStore")
    }
}

/// Checks that the arguments fit the parameters. All engines use it, so that they report the same
/// message.
///
/// # Errors
/// `Misuse` that names the first argument which does not fit.
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

/// Checks a call of a function with this type. All engines use it, so that they report the same
/// message.
///
/// # Errors
/// Those of [`check_core_args`]. Also `Misuse` if the length of `results` is not the number of
/// results.
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

/// Checks that an element of a table can be set: `index` is in bounds, and `value` is of the
/// element type.
///
/// `ty` is the current type of the table, whose minimum is its size. All engines use it, so that
/// they report the same message.
///
/// # Errors
/// `Misuse` that says what was expected.
pub fn check_core_element(ty: &TableType, index: u64, value: &CoreValue) -> Result<()> {
    if index >= ty.minimum {
        return Err(crate::Error::misuse(format!(
            "expected an index below the table's size of {}, found {index}",
            ty.minimum
        )));
    }
    let element = CoreType::Ref(ty.element);
    if value.is_of(element) {
        return Ok(());
    }
    Err(crate::Error::misuse(format!(
        "expected an element of type {element}, found {}",
        value.kind()
    )))
}

/// Checks that the results of a host function fit its type.
///
/// `results` must have the length of `types`. All engines use it, so that they report the same
/// message.
///
/// # Errors
/// `Host` that names the first result which does not fit.
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

/// Checks that a build with these capabilities supports the limits.
///
/// All engines use it, so that they report the same message.
///
/// # Errors
/// `Unsupported` that names the missing capability.
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
