//! kiln's library API as the seam uses it, in kiln's own shape.

mod component;
mod error;
mod object;
mod value;

use std::sync::Arc;

use seam_core::{Capabilities, Capability, CoreFuncType};

pub use component::KilnComponent;
pub use error::{KilnError, KilnResult};
pub use object::{KilnGlobal, KilnMemory, KilnTable};
pub use value::{KilnFuncRef, KilnValue};

/// One engine of kiln's (`CapabilityAwareEngine`).
///
/// An implementation contains no logic: each method forwards to the method of kiln that it is named
/// after, and [`bind!`](crate::bind) writes all of them. [`KilnEngine`](crate::KilnEngine) has the
/// logic.
///
/// # For implementors
/// - Methods take an instance as the index of its handle (`InstanceHandle::index`). References to
///   functions use another number for the same instance, [`Kiln::instance_id`].
/// - The memories, tables and globals that [`Kiln::memory_by_name`], [`Kiln::table_by_name`] and
///   [`Kiln::global_by_name`] return must work while [`Kiln::execute`] runs: host functions use them.
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

    /// `set_host_handler`: installs the one handler for all imports that are not linked.
    fn set_host_handler(&mut self, handler: Box<dyn HostImportHandler>);

    /// `load_module`
    ///
    /// # Errors
    /// kiln's own error.
    fn load_module(&mut self, wasm: &[u8]) -> KilnResult<Self::Module>;

    /// `link_import`: links an import to an export of an instance, before the importing module is
    /// instantiated.
    ///
    /// # Errors
    /// kiln's own error.
    fn link_import(
        &mut self,
        module: Self::Module,
        import_module: &str,
        import_name: &str,
        provider: u32,
        export: &str,
    ) -> KilnResult<()>;

    /// `instantiate`: returns the index of the new instance's handle.
    ///
    /// # Errors
    /// kiln's own error.
    fn instantiate(&mut self, module: Self::Module) -> KilnResult<u32>;

    /// `execute`: calls an exported function.
    ///
    /// # Errors
    /// kiln's own error.
    fn execute(
        &mut self,
        instance: u32,
        export: &str,
        args: &[KilnValue],
    ) -> KilnResult<Vec<KilnValue>>;

    /// `get_instance(i).instance_id()`: the number that function references use for the instance.
    ///
    /// # Errors
    /// kiln's own error.
    fn instance_id(&self, instance: u32) -> KilnResult<u32>;

    /// `get_instance(i).function_type(index)`
    ///
    /// # Errors
    /// kiln's own error.
    fn function_type(&self, instance: u32, index: u32) -> KilnResult<CoreFuncType>;

    /// `get_instance(i).memory_by_name(export)`
    ///
    /// # Errors
    /// kiln's own error.
    fn memory_by_name(&self, instance: u32, export: &str) -> KilnResult<Arc<dyn KilnMemory>>;

    /// `get_instance(i).table_by_name(export)`
    ///
    /// # Errors
    /// kiln's own error.
    fn table_by_name(&self, instance: u32, export: &str) -> KilnResult<Arc<dyn KilnTable>>;

    /// `get_instance(i).global_by_name(export)`
    ///
    /// # Errors
    /// kiln's own error.
    fn global_by_name(&self, instance: u32, export: &str) -> KilnResult<Arc<dyn KilnGlobal>>;

    /// `set_fuel`: sets the number of instructions that may still run.
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

/// kiln's trait of the same name: an engine calls it for every import that is not linked.
pub trait HostImportHandler: Send + Sync {
    /// Calls the import of this name.
    ///
    /// kiln also passes memory 0 of the calling instance. The seam does not need it: it knows which
    /// instance calls, and finds the instance's memories by its exports.
    ///
    /// # Errors
    /// The error that ends the guest's call.
    fn call_import(
        &mut self,
        module: &str,
        function: &str,
        args: &[KilnValue],
    ) -> KilnResult<Vec<KilnValue>>;
}
