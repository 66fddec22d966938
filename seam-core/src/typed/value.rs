//! Between parts and values.
use super::{LiftResult, LowerArgs, Typed};
use crate::{FuncType, Result, Value};
pub(crate) fn args_to_values(_ty: &FuncType, _lower: &mut dyn LowerArgs) -> Result<Vec<Value>> {
    todo!()
}
pub(crate) fn result_from_values(
    _ty: &FuncType,
    _values: &[Value],
    _lift: &mut dyn LiftResult,
) -> Result<()> {
    todo!()
}
pub(crate) fn to_value<T: Typed>(_value: &T) -> Result<Value> {
    todo!()
}
