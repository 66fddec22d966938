//! The port: kiln's library API as the seam uses it.

use std::sync::Arc;

use seam_core::{Capabilities, Capability, CoreFuncType};

use crate::fault::KilnResult;
use crate::value::KilnValue;

/// One engine of kiln's (`CapabilityAwareEngine`), in kiln's own shape.
///
/// There is no logic in an implementation: each method forwards to the one of kiln's that it is
/// named after, and [`bind!`](crate::bind) writes them all. What the seam makes of them is in
/// [`KilnEngine`](crate::KilnEngine).
///
/// # For implementors
/// An instance is known by the index of its handle (`InstanceHandle::index`); references to
/// functions have another number for it, [`Kiln::instance_id`].
/// Everything that [`Kiln::memory_by_name`] and its like return must work while [`Kiln::execute`]
/// runs: host functions use it.
pub trait Kiln: Send + Sized + 'static {
    /// `ModuleHandle`
    type Module: Copy + Send + 'static;

    /// kiln's version.
    fn version() -> String {
        VERSION.into()
    }

    /// The proposals that kiln executes.
    fn proposals() -> Capabilities {
        PROPOSALS.into()
    }

    /// `set_host_handler`: one handler for all imports that are not linked.
    fn set_host_handler(&mut self, handler: Box<dyn HostImportHandler>);

    /// `load_module`
    ///
    /// # Errors
    /// kiln's.
    fn load_module(&mut self, wasm: &[u8]) -> KilnResult<Self::Module>;

    /// `link_import`: before the importing module is instantiated, to an export of an instance.
    ///
    /// # Errors
    /// kiln's.
    fn link_import(
        &mut self,
        module: Self::Module,
        import_module: &str,
        import_name: &str,
        provider: u32,
        export: &str,
    ) -> KilnResult<()>;

    /// `instantiate`; the instance's index.
    ///
    /// # Errors
    /// kiln's.
    fn instantiate(&mut self, module: Self::Module) -> KilnResult<u32>;

    /// `execute`: calls an export.
    ///
    /// # Errors
    /// kiln's.
    fn execute(
        &mut self,
        instance: u32,
        export: &str,
        args: &[KilnValue],
    ) -> KilnResult<Vec<KilnValue>>;

    /// `get_instance(i).instance_id()`: what references to its functions call it.
    ///
    /// # Errors
    /// kiln's.
    fn instance_id(&self, instance: u32) -> KilnResult<u32>;

    /// `get_instance(i).function_type(index)`
    ///
    /// # Errors
    /// kiln's.
    fn function_type(&self, instance: u32, index: u32) -> KilnResult<CoreFuncType>;

    /// `get_instance(i).memory_by_name(export)`
    ///
    /// # Errors
    /// kiln's.
    fn memory_by_name(&self, instance: u32, export: &str) -> KilnResult<Arc<dyn KilnMemory>>;

    /// `get_instance(i).table_by_name(export)`
    ///
    /// # Errors
    /// kiln's.
    fn table_by_name(&self, instance: u32, export: &str) -> KilnResult<Arc<dyn KilnTable>>;

    /// `get_instance(i).global_by_name(export)`
    ///
    /// # Errors
    /// kiln's.
    fn global_by_name(&self, instance: u32, export: &str) -> KilnResult<Arc<dyn KilnGlobal>>;

    /// `set_fuel`: the instructions that may run from now on.
    fn set_fuel(&mut self, fuel: u64);

    /// `remaining_fuel`
    fn remaining_fuel(&self) -> Option<u64>;
}

/// The version of kiln that this crate is written for.
pub const VERSION: &str = "0.4.4";

/// The proposals that kiln 0.4.4 executes.
pub const PROPOSALS: [Capability; 12] = [
    Capability::Simd,
    Capability::RelaxedSimd,
    Capability::MultiMemory,
    Capability::Memory64,
    Capability::TailCalls,
    Capability::ExtendedConst,
    Capability::FunctionReferences,
    Capability::Gc,
    Capability::Exceptions,
    Capability::Threads,
    Capability::CustomPageSizes,
    Capability::WideArithmetic,
];

/// kiln's trait of the same name: what an engine calls for all imports that are not linked.
pub trait HostImportHandler: Send + Sync {
    /// Calls the import of this name.
    ///
    /// kiln also passes memory 0 of the calling instance. The seam finds memories by the exports of
    /// the instance that it knows to be calling, so it does without.
    ///
    /// # Errors
    /// What ends the guest's call.
    fn call_import(
        &mut self,
        module: &str,
        function: &str,
        args: &[KilnValue],
    ) -> KilnResult<Vec<KilnValue>>;
}

/// A memory: `MemoryWrapper`, shared with the instances that have it.
pub trait KilnMemory: Send + Sync {
    /// Size in bytes.
    fn size(&self) -> u64;

    /// `read`
    ///
    /// # Errors
    /// kiln's.
    fn read(&self, offset: u32, out: &mut [u8]) -> KilnResult<()>;

    /// `write_shared`
    ///
    /// # Errors
    /// kiln's.
    fn write(&self, offset: u32, bytes: &[u8]) -> KilnResult<()>;

    /// `grow_shared`; the former size in pages.
    ///
    /// # Errors
    /// kiln's.
    fn grow(&self, pages: u32) -> KilnResult<u32>;
}

/// A table: `TableWrapper`.
pub trait KilnTable: Send + Sync {
    /// Elements.
    fn size(&self) -> u32;

    /// `get`; nothing for a null of any type.
    ///
    /// # Errors
    /// kiln's.
    fn get(&self, index: u32) -> KilnResult<Option<KilnValue>>;

    /// `set`
    ///
    /// # Errors
    /// kiln's.
    fn set(&self, index: u32, value: Option<KilnValue>) -> KilnResult<()>;
}

/// A global: `GlobalWrapper`.
pub trait KilnGlobal: Send + Sync {
    /// `get`
    ///
    /// # Errors
    /// kiln's.
    fn get(&self) -> KilnResult<KilnValue>;

    /// `set`
    ///
    /// # Errors
    /// kiln's.
    fn set(&self, value: KilnValue) -> KilnResult<()>;
}
