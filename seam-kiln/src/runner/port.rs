//! The port: kiln's own runner for components as the seam uses it.

use seam_core::Value;

use crate::fault::KilnResult;
use crate::value::KilnValue;

/// One instance of a component in kiln's own runner (`ComponentInstance`), in kiln's own shape.
///
/// There is no logic in an implementation: [`bind_component!`](crate::bind_component) writes all of
/// it. What the seam makes of it is in [`KilnRunner`](crate::KilnRunner).
///
/// # For implementors
/// Values are scalars: `Value::Bool` to `Value::Char`.
pub trait KilnComponent: Send + Sized + 'static {
    /// `decode_component` and `ComponentInstance::from_parsed_with_handler`, without a handler.
    ///
    /// # Errors
    /// kiln's.
    fn instantiate(component: &[u8]) -> KilnResult<Self>;

    /// `direct_export_targets`: how many parameters and results the function behind an export has,
    /// if kiln has found it.
    fn direct_export(&self, export: &str) -> Option<(usize, usize)>;

    /// `command_entry`: the export that kiln takes for the command's interface, and the core export
    /// behind its `run`.
    fn command_entry(&self) -> Option<(String, String)>;

    /// `call_function`: calls an export.
    ///
    /// # Errors
    /// kiln's.
    fn call_function(&mut self, export: &str, args: &[Value]) -> KilnResult<Vec<Value>>;

    /// `runtime_engine.execute(main_instance_handle, ..)`: calls a core export without arguments.
    /// kiln's `call_function` drops what a command's `run` returns, and so whether it failed.
    ///
    /// # Errors
    /// kiln's.
    fn execute(&mut self, core_export: &str) -> KilnResult<Vec<KilnValue>>;
}
