//! An instance of a component in kiln's own runner, in kiln's shape.

use seam_core::Value;

use super::error::KilnResult;
use super::value::KilnValue;

/// One instance of a component in kiln's own runner (`ComponentInstance`).
///
/// An implementation contains no logic: [`bind_component!`](crate::bind_component) writes all of it.
/// [`KilnRunner`](crate::KilnRunner) has the logic.
///
/// # For implementors
/// Arguments and results are scalars, `Value::Bool` to `Value::Char`.
pub trait KilnComponent: Send + Sized + 'static {
    /// `decode_component` and `ComponentInstance::from_parsed_with_handler`, without a handler.
    ///
    /// # Errors
    /// kiln's own error.
    fn instantiate(component: &[u8]) -> KilnResult<Self>;

    /// `direct_export_targets`: returns how many parameters and results the function behind an
    /// export has, or `None` if kiln did not find the function.
    fn direct_export(&self, export: &str) -> Option<(usize, usize)>;

    /// `command_entry`: returns the export that kiln takes for the command's interface, and the core
    /// export behind its `run`.
    fn command_entry(&self) -> Option<(String, String)>;

    /// `call_function`: calls an export.
    ///
    /// # Errors
    /// kiln's own error.
    fn call_function(&mut self, export: &str, args: &[Value]) -> KilnResult<Vec<Value>>;

    /// `runtime_engine.execute(main_instance_handle, ..)`: calls a core export without arguments.
    ///
    /// `call_function` drops the result of a command's `run`, which says whether it failed.
    ///
    /// # Errors
    /// kiln's own error.
    fn execute(&mut self, core_export: &str) -> KilnResult<Vec<KilnValue>>;
}
