//! Calls of host functions: what kiln's handler of host imports does.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use seam_core::{CoreFuncType, CoreValue, Error, HostFn, Limit, Result, check_core_results};

use crate::convert::{from_kiln, to_kiln};
use crate::fault::{KilnError, KilnResult};
use crate::kiln::HostImportHandler;
use crate::probe::Order;
use crate::state::{FuncKind, Shared, State};
use crate::store::{Guest, Hosted};
use crate::value::KilnValue;

/// The one handler of a store's engine.
pub(crate) struct Handler {
    pub(crate) shared: Arc<Shared>,
}

impl HostImportHandler for Handler {
    fn call_import(
        &mut self,
        module: &str,
        function: &str,
        args: &[KilnValue],
    ) -> KilnResult<Vec<KilnValue>> {
        let Some(mut state) = self.shared.take() else {
            return Err(KilnError::new(
                KilnError::RUNTIME,
                7998,
                "expected a host import within a call, found one outside",
            ));
        };
        let results = import(&mut state, module, function, args);
        let results = results.map_err(|error| {
            state.pending = Some(error);
            KilnError::HOST
        });
        self.shared.put(state);
        results
    }
}

/// Carries out one import: a call, or the fetching of a further result.
fn import(
    state: &mut Box<State>,
    module: &str,
    function: &str,
    args: &[KilnValue],
) -> Result<Vec<KilnValue>> {
    let binding = state.binding(module, function).ok_or_else(|| {
        Error::engine(format!(
            "expected an import that the seam has bound, found `{module}` `{function}`"
        ))
    })?;
    if binding.part > 0 {
        let result = state.further.get(binding.part - 1).cloned();
        let lost = || Error::engine("expected a further result of a host function, found none");
        return Ok(vec![result.ok_or_else(lost)?]);
    }
    let (ty, func) = match state.funcs.get(binding.func as usize) {
        Some(entry) => match (&entry.ty, &entry.kind) {
            (Some(ty), FuncKind::Host(func)) => (ty.clone(), func.clone()),
            _ => return Err(Error::engine("expected a function of the host")),
        },
        None => return Err(Error::engine("expected a function of the host")),
    };
    let args = arguments(state, &ty, args)?;
    let mut results = zeroes(&ty);
    enter(state, Some(binding.caller), &ty, &func, &args, &mut results)?;
    let mut values = Vec::with_capacity(results.len());
    for result in results {
        values.push(to_kiln(state, result)?);
    }
    state.further = values.get(1..).unwrap_or_default().to_vec();
    Ok(values)
}

/// The arguments in the order of the parameters.
fn arguments(state: &mut State, ty: &CoreFuncType, args: &[KilnValue]) -> Result<Vec<CoreValue>> {
    if args.len() != ty.params.len() {
        return Err(Error::engine(format!(
            "expected {} arguments of a host function from kiln, found {}",
            ty.params.len(),
            args.len()
        )));
    }
    let mut args: Vec<&KilnValue> = args.iter().collect();
    if state.order == Order::Reversed {
        args.reverse();
    }
    let mut values = Vec::with_capacity(args.len());
    for (arg, ty) in args.into_iter().zip(&ty.params) {
        values.push(from_kiln(state, arg, *ty, 0)?);
    }
    Ok(values)
}

pub(crate) fn zeroes(ty: &CoreFuncType) -> Vec<CoreValue> {
    let zero = |ty: &_| CoreValue::default_of(*ty).unwrap_or(CoreValue::I32(0));
    ty.results.iter().map(zero).collect()
}

/// Runs a host function on behalf of an instance, or of none.
///
/// # Errors
/// What it returns; `Host` if it panics or its results are of other types; `Limit(HostDepth)`.
pub(crate) fn enter(
    state: &mut Box<State>,
    caller: Option<u32>,
    ty: &CoreFuncType,
    func: &HostFn,
    args: &[CoreValue],
    results: &mut [CoreValue],
) -> Result<()> {
    if state.depth >= state.host_depth {
        return Err(Error::limit(Limit::HostDepth));
    }
    state.depth += 1;
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        func(&mut Guest(Hosted { state, caller }), args, results)
    }));
    state.depth -= 1;
    outcome.unwrap_or_else(|panic| Err(Error::panicked(&*panic)))?;
    check_core_results(&ty.results, results)
}
