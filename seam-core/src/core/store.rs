//! What a core-only runtime implements: the store, and what host functions see of it.

use std::sync::Arc;

use crate::{
    Capabilities, Capability, CoreFuncType, CoreModule, CoreType, CoreValue, GlobalType, HostState,
    Limits, MemoryType, MemoryView, Result, TableType,
};

macro_rules! handles {
    ($( $(#[$doc:meta])* $name:ident,)*) => {$(
        $(#[$doc])*
        ///
        /// An index into one store's table; used with another store it is `Misuse`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub struct $name {
            store: u32,
            index: u32,
        }

        impl $name {
            /// # For implementors
            /// The `index`th of its kind in the store with this number.
            #[must_use]
            pub fn new(store: u32, index: u32) -> Self {
                Self { store, index }
            }

            /// Number of the store it belongs to.
            #[must_use]
            pub fn store(self) -> u32 {
                self.store
            }

            /// Index in the store's table.
            #[must_use]
            pub fn index(self) -> u32 {
                self.index
            }
        }
    )*};
}

handles! {
    /// A core instance.
    CoreInstanceId,
    /// A core function.
    CoreFunc,
    /// A linear memory.
    CoreMemory,
    /// A table.
    CoreTable,
    /// A global.
    CoreGlobal,
    /// An exception tag.
    CoreTag,
}

/// Something that core modules import and export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CoreExtern {
    /// A function.
    Func(CoreFunc),
    /// A memory.
    Memory(CoreMemory),
    /// A table.
    Table(CoreTable),
    /// A global.
    Global(CoreGlobal),
    /// An exception tag.
    Tag(CoreTag),
}

/// A host function over core values: arguments in, results out. Both slices have the lengths of the
/// function's type; the results hold zeroes at first. An `Err` ends the guest's call and comes out
/// of [`CoreStore::call`] unchanged.
pub type HostFn =
    Arc<dyn Fn(&mut dyn CoreCaller, &[CoreValue], &mut [CoreValue]) -> Result<()> + Send + Sync>;

/// Instances of core modules that can be linked with each other, and their memories, tables and
/// globals.
///
/// # Contract
/// 1. `instantiate` takes imports in declaration order and checks their number and types: `Link`.
///    (kit: `core_imports_are_checked`)
/// 2. `instantiate` runs the start function; host functions work during it, memory access included.
///    (kit: `core_start_calls_the_host`)
/// 3. If a segment or the start function traps, the error is that trap, and writes to imported
///    memories and tables stay. (kit: `core_failed_instantiation_keeps_writes`)
/// 4. `call` checks the number and types of arguments (`Misuse`), and leaves `results` alone on
///    error. (kit: `core_arguments_are_checked`)
/// 5. Every trap is the cause of the one taxonomy. (kit: `core_traps_map_to_their_cause`)
/// 6. What a host function returns as an error comes out of `call` as it was. (kit:
///    `core_host_errors_pass_unchanged`)
/// 7. A handle of another store is `Misuse`. (kit: `core_foreign_handles_are_misuse`)
/// 8. After a trap the store stays usable: globals and memories read, and functions can be called.
///    (kit: `core_store_survives_a_trap`)
/// 9. Floats pass as bits in both directions. (kit: `core_floats_pass_as_bits`)
/// 10. Fuel counts down over the store's life and ends in `Limit(Fuel)`; a deadline starts anew
///     with each outermost call and ends in `Limit(Deadline)`. (kit:
///     `core_fuel_ends_an_endless_loop`, `core_a_deadline_ends_an_endless_loop`)
/// 11. Calls host -> guest -> host nested deeper than the limit are `Limit(HostDepth)`. (kit:
///     `core_host_recursion_is_bounded`)
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

    /// After a failed [`CoreStore::instantiate`] whose start function trapped: the instance, if the
    /// engine leaves one. Asked at once, and answers once.
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
///    start function. (kit: `core_start_calls_the_host`)
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
    let store = [limits.memory, limits.table_elements, limits.instances];
    for (asked, capability) in [
        (limits.fuel.is_some(), Capability::Fuel),
        (limits.deadline.is_some(), Capability::Deadline),
        (store.iter().any(Option::is_some), Capability::StoreLimits),
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
