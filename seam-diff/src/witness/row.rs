//! Performs one step, and reads its row.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use seam_core::{CorePath, CoreValue, Error, Instance, Query, Result, Value};

use super::measured::Measured;
use super::probe::{PREFIX, ROW_RESET, Rows, TRACE, TRACE_RESET, at, words};
use super::record::Row;
use crate::{Step, Variables};

const VALUE: &str = "__witness_brval_";
const COUNT: &str = "__witness_brcnt_";

/// The bytes before the first record of a trace. The first four are the offset of its end.
const HEADER: usize = 16;

/// Resets the row and the trace, performs the step, and reads what it left.
///
/// # Errors
/// Everything that ends the step without a result. `Invalid` if a global or the trace is not as
/// witness makes it.
pub(super) fn measure(
    instance: &mut dyn Instance,
    variables: &mut Variables,
    rows: Rows<'_>,
    measured: &Measured,
) -> Result<Row> {
    instance.call_core(rows.at, ROW_RESET, &[])?;
    if rows.trace.is_some() {
        instance.call_core(rows.at, TRACE_RESET, &[])?;
    }
    let outcome = perform(instance, variables, &measured.step)?;
    let taken = instance.snapshot(&Query::new().with_prefix(PREFIX))?;
    let core = at(&taken, rows.at)?;
    Ok(Row {
        name: measured.name.clone(),
        outcome,
        brvals: words(core, VALUE)?,
        brcnts: words(core, COUNT)?,
        trace_b64: match rows.trace {
            Some(size) => STANDARD.encode(trace(instance, rows.at, size)?),
            None => String::new(),
        },
    })
}

/// Performs a step, and returns its outcome.
///
/// # Errors
/// Everything that ends the step without a result. `Misuse` for a step that is not a call or a run.
pub(super) fn perform(
    instance: &mut dyn Instance,
    variables: &mut Variables,
    step: &Step,
) -> Result<Option<i32>> {
    match step {
        Step::Invoke { .. } | Step::Drop(_) => {
            let result = variables.perform(instance, step)?;
            Ok(result.as_ref().and_then(outcome))
        }
        Step::Core { at, export, args } => {
            Ok(match instance.call_core(at, export, args)?.as_slice() {
                [CoreValue::I32(value)] => Some(*value),
                _ => None,
            })
        }
        Step::Run => instance.run_blocking().map(|_| None),
        Step::Snapshot(_) => Err(Error::misuse(
            "expected a call or a run to measure, found a snapshot",
        )),
    }
}

/// Returns the outcome of a decision: a `bool` or an integer of at most 32 bits that fits.
///
/// witness reads no outcome from a 64-bit result either.
fn outcome(result: &Value) -> Option<i32> {
    match *result {
        Value::Bool(value) => Some(value.into()),
        Value::S8(value) => Some(value.into()),
        Value::U8(value) => Some(value.into()),
        Value::S16(value) => Some(value.into()),
        Value::U16(value) => Some(value.into()),
        Value::S32(value) => Some(value),
        Value::U32(value) => value.try_into().ok(),
        _ => None,
    }
}

/// Reads the trace up to its end.
fn trace(instance: &mut dyn Instance, at: &CorePath, size: u64) -> Result<Vec<u8>> {
    let header = instance.read_memory(at, TRACE, 0, HEADER)?;
    let end = match header.first_chunk() {
        Some(end) => u64::from(u32::from_le_bytes(*end)),
        None => 0,
    };
    if end < HEADER as u64 || end > size {
        return Err(Error::invalid(format!(
            "expected a trace that ends within its memory of {size} bytes, after the header of \
             {HEADER}, found end {end}"
        )));
    }
    let len = usize::try_from(end).map_err(|_| Error::engine("expected a trace that fits"))?;
    instance.read_memory(at, TRACE, 0, len)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_is_a_bool_or_a_narrow_integer_that_fits() {
        assert_eq!(outcome(&Value::Bool(true)), Some(1));
        assert_eq!(outcome(&Value::S8(-1)), Some(-1));
        assert_eq!(outcome(&Value::U32(0x7fff_ffff)), Some(i32::MAX));
        assert_eq!(outcome(&Value::U32(0x8000_0000)), None);
        assert_eq!(outcome(&Value::S32(i32::MIN)), Some(i32::MIN));
        assert_eq!(outcome(&Value::S64(1)), None);
        assert_eq!(outcome(&Value::U64(1)), None);
        assert_eq!(outcome(&Value::F32(1.0)), None);
    }
}
