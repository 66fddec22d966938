//! Host functions of the world in the form that an engine calls.

use std::sync::Arc;

use seam_core::{
    CoreCaller, CoreFuncType, CoreValue, Error, ExportName, FuncType, HostCallRecord, HostFn,
    NumericFn, Result, Stub, Trap, TypedHostCall, Value, check_core_results, contain_host,
};

use super::scalar::{lift_args, lift_bits, lift_results, lower_results};
use super::scalar_parts::{ScalarReader, ScalarWriter};
use crate::host::{guarded, guarded_numeric, world_of};

/// Wraps the host function or stub that is bound at this index, for typed values. `results` is the
/// number of core results.
///
/// A host function over Rust types is called without building values, unless the world records
/// host calls.
pub(super) fn typed(index: usize, ty: Arc<FuncType>, results: usize) -> NumericFn {
    guarded_numeric(move |caller, bits| {
        if let Some(call) = world_of(caller)?.begin_typed(index) {
            return in_parts(caller, call, &ty, bits, results);
        }
        let args = ty.params.iter().zip(&*bits);
        let args = args.map(|((_, ty), bits)| lift_bits(ty, *bits));
        let args: Vec<Value> = args.collect::<Result<_>>()?;
        let result = world_of(caller)?.call(index, &args)?;
        let results = bits.get_mut(..results).unwrap_or_default();
        lower_results(result.as_ref(), results)
    })
}

fn in_parts(
    caller: &mut dyn CoreCaller,
    mut call: TypedHostCall,
    ty: &FuncType,
    bits: &mut [u64],
    results: usize,
) -> Result<()> {
    let mut reader = ScalarReader::new(ty, bits);
    let lifted = call.lift_args(&mut reader).and_then(|()| reader.end());
    lifted.map_err(|e| call.lift_error(e))?;
    world_of(caller)?.call_typed(&mut call)?;
    let mut writer = ScalarWriter::new(ty, bits.get_mut(..results).unwrap_or_default());
    let lowered = call.lower_result(&mut writer).and_then(|()| writer.end());
    lowered.map_err(|e| call.lower_error(e))?;
    world_of(caller)?.end_typed(call);
    Ok(())
}

/// Wraps a host function over core values.
///
/// Calls are recorded with the component-level type of the signature. If it has none (vectors,
/// references), calls are not recorded.
pub(super) fn raw(
    name: ExportName,
    ty: CoreFuncType,
    lifted: Option<Arc<FuncType>>,
    func: HostFn,
) -> HostFn {
    guarded(move |caller, args, results| {
        let outcome = contain_host(|| func(caller, args, results))
            .and_then(|()| check_core_results(&ty.results, results));
        let world = world_of(caller)?;
        if let Some(lifted) = lifted.as_ref().filter(|_| world.records()) {
            let record = record(&name, lifted, args, results, &outcome)?;
            world.observed_mut().host_calls.push(record);
        }
        outcome.map_err(|e| e.during(format!("host function {name}")))
    })
}

/// Creates the stub of an import whose type has no component-level form.
pub(super) fn stub(name: ExportName, ty: CoreFuncType, stub: Stub) -> HostFn {
    guarded(move |caller, _, results| {
        let unused = &mut world_of(caller)?.observed_mut().unused_stubs;
        unused.retain(|unused| *unused != name);
        let zeroes = ty.results.iter().map(|ty| CoreValue::default_of(*ty));
        let zeroes: Option<Vec<_>> = zeroes.collect();
        match (stub, zeroes) {
            (Stub::Default, Some(zeroes)) => {
                results.copy_from_slice(&zeroes);
                Ok(())
            }
            _ => Err(Error::trap(Trap::StubbedImport(name.to_string().into()))),
        }
    })
}

fn record(
    name: &ExportName,
    ty: &FuncType,
    args: &[CoreValue],
    results: &[CoreValue],
    outcome: &Result<()>,
) -> Result<HostCallRecord> {
    let result: Result<Option<Value>, String> = match outcome {
        Ok(()) => Ok(lift_results(ty, results)?),
        Err(error) => Err(error.message().to_string()),
    };
    Ok(HostCallRecord {
        name: name.clone(),
        args: lift_args(ty, args)?,
        result,
    })
}
