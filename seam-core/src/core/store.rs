//! The traits that a core-only runtime implements for its stores and their host functions.

use std::sync::Arc;

use crate::{
    CoreExtern, CoreFunc, CoreFuncType, CoreGlobal, CoreInstanceId, CoreMemory, CoreModule,
    CoreTable, CoreValue, GlobalType, HostState, MemoryType, MemoryView, NumericFunc, Result,
    Suspended, TableType, memory_copy, numeric_call, numeric_host_fn,
};

/// A host function over core values: arguments in, results out.
///
/// Both slices have the lengths of the function's type. The results are initially zero. An `Err`
/// ends the guest's call, and [`CoreStore::call`] returns it unchanged.
pub type HostFn =
    Arc<dyn Fn(&mut dyn CoreCaller, &[CoreValue], &mut [CoreValue]) -> Result<()> + Send + Sync>;

/// A host function over numbers: arguments in, results out, as [bits](NumericFunc#bits).
///
/// The slice is as long as the longer one of parameters and results. It begins with the arguments.
/// The function writes its results to the beginning. An `Err` ends the guest's call, as for
/// [`HostFn`].
pub type NumericFn = Arc<dyn Fn(&mut dyn CoreCaller, &mut [u64]) -> Result<()> + Send + Sync>;

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
///     the current bytes and values, also of shared memories. The guest sees what the host wrote.
///     `globals` returns what `global` returns for each handle, or its first error.
///     Sizes of memories are in their own pages. An index that is out of bounds returns `None`,
///     whatever its width is. (kit: `core_memories_are_read_written_and_grown`,
///     `core_globals_are_read_and_set`, `core_tables_are_read`, `core_table_elements_are_set`,
///     `core_wide_memories_and_tables_are_read`, `core_second_memories_are_told_apart`,
///     `core_pages_of_other_sizes_are_counted`, `core_shared_memories_are_read_and_written`,
///     `core_exception_tags_are_told_apart`)
/// 17. `call_numeric` does what `call` does with the same numbers, bit by bit, and ends with the
///     same errors. It returns `Misuse` for a slice that is too short and for a function that is
///     not over numbers, whatever the [`NumericFunc`] says. (kit:
///     `core_numeric_calls_agree_with_calls`)
/// 18. A host function over numbers gets the same arguments, and the guest the same results, as for
///     `host_func`. It counts as a level of host recursion, its panics are caught, and its errors
///     are returned unchanged. (kit: `core_numeric_host_functions_agree_with_others`)
/// 19. If `memory_and_host` returns bytes, they are those of `memory`, and the data is that of
///     `host`. (kit: `core_memories_are_borrowed_with_the_state`)
/// 20. `memory_copy` copies as if by way of a buffer, also within one memory. If a range is out of
///     bounds, it returns `Misuse` and writes nothing. (kit: `core_memories_are_copied`)
/// 21. If the engine has `SuspendedCalls`, a host function that returns the error
///     [`suspend`](crate::Error::suspend) suspends the innermost call of the guest, if
///     `call_suspendable` or `resume` made this call. The store is usable in the meantime: calls
///     can be made, and other calls can be suspended and resumed in any order. `resume` returns the
///     given values from the host function. A suspended call that is dropped never runs again. In a
///     call by `call`, the error is returned as any other one, and suspends no call further out.
///     (kit: `core_calls_suspend_and_resume`)
///
/// # For implementors
/// Handles are indices into tables that you keep in the store's data, next to [`HostState`]. Number
/// your stores with [`store_number`](crate::store_number).
///
/// - The methods with a default are for speed, or for what few engines can do. Write them last.
/// - [`Slots`](crate::Slots) is a table behind the handles of one kind. It finds or adds an entry by a
///   key of the engine's, and returns `Misuse` for a handle of another store.
/// - [`check_core_call`](crate::check_core_call) checks the arguments of `call`,
///   [`check_core_element`](crate::check_core_element) those of `set_table_at`,
///   [`check_core_bits`](crate::check_core_bits) the slice of `call_numeric`,
///   [`check_core_results`](crate::check_core_results) the results of a host function, and
///   [`check_core_limits`](crate::check_core_limits) whether the build can enforce the limits.
/// - [`Tally`](crate::Tally) counts the bytes of all memories, or the elements of all tables, for an
///   engine that asks before one of them grows.
/// - [`CoreExternType::provides`](crate::CoreExternType::provides) says whether an import fits.
///
/// Where you call a host function, count the levels of host recursion against
/// [`Limits::host_depth`](crate::Limits::host_depth), and catch its panics ([`contain_host`](crate::contain_host)). The
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

    /// Calls a function over numbers. `bits` begins with the arguments, and afterwards with the
    /// results.
    ///
    /// The default converts the numbers and uses [`CoreStore::call`].
    ///
    /// # For implementors
    /// This is the call that the layer above makes most. The signature in `func` is what its maker
    /// claims. If you skip the checks of [`CoreStore::call`], rely on your own type of the function.
    ///
    /// # Errors
    /// `Misuse` if `bits` is shorter than [`NumericFunc::len`]. Those of [`CoreStore::call`].
    fn call_numeric(&mut self, func: &NumericFunc, bits: &mut [u64]) -> Result<()> {
        numeric_call(self, func, bits)
    }

    /// Creates a function over numbers that calls the host.
    ///
    /// The default converts the numbers and uses [`CoreStore::host_func`].
    ///
    /// # Errors
    /// `Misuse` if a parameter or result is not a number. Those of [`CoreStore::host_func`].
    fn host_func_numeric(&mut self, ty: CoreFuncType, func: NumericFn) -> Result<CoreFunc> {
        let func = numeric_host_fn(&ty, func)?;
        self.host_func(ty, func)
    }

    /// Calls a function that a host function may suspend.
    ///
    /// Returns `None` if the call has ended, with its results in `results`. Otherwise a host
    /// function has returned [`Error::suspend`](crate::Error::suspend), and [`CoreStore::resume`] continues the call.
    ///
    /// # Errors
    /// Those of [`CoreStore::call`]. `Unsupported(SuspendedCalls)` is the default.
    fn call_suspendable(
        &mut self,
        func: CoreFunc,
        args: &[CoreValue],
        results: &mut [CoreValue],
    ) -> Result<Option<Suspended>> {
        let _ = (func, args, results);
        Err(Suspended::unsupported())
    }

    /// Continues a suspended call. `values` are the results of the host function that suspended it,
    /// and `results` receives those of the function that was called first.
    ///
    /// Returns `None` if the call has ended, and the call if a host function has suspended it again.
    ///
    /// # Errors
    /// Those of [`CoreStore::call`]: `Misuse` if `values` or `results` do not fit, or if another
    /// store suspended the call. In all cases, the call is over. `Unsupported(SuspendedCalls)` is
    /// the default.
    fn resume(
        &mut self,
        suspended: Suspended,
        values: &[CoreValue],
        results: &mut [CoreValue],
    ) -> Result<Option<Suspended>> {
        let _ = (suspended, values, results);
        Err(Suspended::unsupported())
    }

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

    /// Returns the bytes of a memory and the data of the layer above, borrowed together.
    ///
    /// The default returns `None`. Then [`CoreStore::memory`] and [`CoreStore::host`] return the
    /// same, one after the other.
    ///
    /// # For implementors
    /// Return both if you can expose the bytes as a slice.
    ///
    /// # Errors
    /// `Misuse` for a foreign handle.
    fn memory_and_host(
        &mut self,
        memory: CoreMemory,
    ) -> Result<Option<(&mut [u8], &mut HostState)>> {
        let _ = memory;
        Ok(None)
    }

    /// Copies `len` bytes from one memory to another, or within a memory. Each memory is followed by
    /// an offset.
    ///
    /// The default copies by way of a buffer of bounded size.
    ///
    /// # Errors
    /// `Misuse` for a foreign handle, and if a range is out of bounds.
    fn memory_copy(
        &mut self,
        from: (CoreMemory, u64),
        to: (CoreMemory, u64),
        len: u64,
    ) -> Result<()> {
        memory_copy(self, from, to, len)
    }

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

    /// Returns the values of several globals, in the order of their handles.
    ///
    /// The default uses [`CoreStore::global`]. Snapshots read all exported globals with this method.
    ///
    /// # Errors
    /// `Misuse` for a foreign handle.
    fn globals(&mut self, globals: &[CoreGlobal]) -> Result<Vec<CoreValue>> {
        // An iterator of results does not know its length, and a vector that grows copies.
        let mut values = Vec::with_capacity(globals.len());
        for global in globals {
            values.push(self.global(*global)?);
        }
        Ok(values)
    }

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
