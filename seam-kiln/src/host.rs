//! Calls of host functions, by kiln's handler of host imports or by the host itself.

use std::sync::Arc;

use seam_core::{
    Capability, CoreCaller, CoreExtern, CoreFunc, CoreFuncType, CoreInstanceId, CoreModule,
    CoreStore, CoreValue, Error, HostFn, Limit, Result, check_core_results, contain_host,
};

use crate::convert::{from_kiln, to_kiln};
use crate::handles::FuncKind;
use crate::kiln::{HostImportHandler, KilnError, KilnResult, KilnValue};
use crate::probe::Order;
use crate::state::{CoreState, Shared};
use crate::store::{AnyStore, KilnStore};

/// The one handler of a store's engine.
pub(crate) struct Handler(pub(crate) Shared);

impl HostImportHandler for Handler {
    fn call_import(
        &mut self,
        module: &str,
        function: &str,
        args: &[KilnValue],
    ) -> KilnResult<Vec<KilnValue>> {
        let Some(mut state) = self.0.take() else {
            return Err(KilnError::new(
                KilnError::RUNTIME,
                7998,
                "expected a host import within a call, found one outside",
            ));
        };
        let results = call_import(&mut state, module, function, args);
        let results = results.map_err(|error| {
            state.pending = Some(error);
            KilnError::HOST
        });
        self.0.put(state);
        results
    }
}

/// Carries out one import of the handler: calls a host function, or fetches a further result.
fn call_import(
    state: &mut CoreState,
    module: &str,
    function: &str,
    args: &[KilnValue],
) -> Result<Vec<KilnValue>> {
    let binding = state.binding(module, function).ok_or_else(|| {
        Error::engine(format!(
            "expected an import that the seam bound, found `{module}` `{function}`"
        ))
    })?;
    if binding.part > 0 {
        let result = state.further.get(binding.part - 1).cloned();
        let lost = || Error::engine("expected a further result of a host function, found none");
        return Ok(vec![result.ok_or_else(lost)?]);
    }
    let entry = state.handles.funcs.get(binding.func as usize);
    let (ty, func) = match entry.map(|entry| (&entry.ty, &entry.kind)) {
        Some((Some(ty), FuncKind::Host(func))) => (ty.clone(), func.clone()),
        _ => return Err(Error::engine("expected a function of the host")),
    };
    let args = arguments(state, &ty, args)?;
    let results = call_host(state, Some(binding.caller), &ty, &func, &args)?;
    let mut values = Vec::with_capacity(results.len());
    for result in results {
        values.push(to_kiln(state, result)?);
    }
    state.further = values.get(1..).unwrap_or_default().to_vec();
    Ok(values)
}

/// Returns the arguments in the order of the parameters.
fn arguments(
    state: &mut CoreState,
    ty: &CoreFuncType,
    args: &[KilnValue],
) -> Result<Vec<CoreValue>> {
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
    for (arg, ty) in args.into_iter().zip(ty.params.iter()) {
        values.push(from_kiln(state, arg, *ty, 0)?);
    }
    Ok(values)
}

/// Calls a host function for an instance, or for the host itself if `caller` is `None`.
///
/// # Errors
/// The function's own error; `Host` if it panics or returns results of other types;
/// `Limit(HostDepth)`.
pub(crate) fn call_host(
    state: &mut CoreState,
    caller: Option<u32>,
    ty: &CoreFuncType,
    func: &HostFn,
    args: &[CoreValue],
) -> Result<Vec<CoreValue>> {
    if state.depth >= state.host_depth {
        return Err(Error::limit(Limit::HostDepth));
    }
    let zero = |ty: &_| CoreValue::default_of(*ty).unwrap_or(CoreValue::I32(0));
    let mut results: Vec<CoreValue> = ty.results.iter().map(zero).collect();
    state.depth += 1;
    let outcome =
        contain_host(|| func(&mut KilnStore(Hosted { state, caller }), args, &mut results));
    state.depth -= 1;
    outcome?;
    check_core_results(&ty.results, &results)?;
    Ok(results)
}

/// A host function's access to its store: everything but kiln, which runs the guest.
struct Hosted<'a> {
    state: &'a mut CoreState,
    /// The calling instance. `None` if the host called the function.
    caller: Option<u32>,
}

/// kiln gives its host functions no way to call it.
fn not_reentrant() -> Error {
    Error::unsupported(
        Capability::Reentrant,
        "expected no call into a guest from a host function, which kiln cannot do",
    )
}

impl AnyStore for Hosted<'_> {
    fn state(&self) -> &CoreState {
        self.state
    }

    fn state_mut(&mut self) -> &mut CoreState {
        self.state
    }

    fn instantiate(&mut self, _: &CoreModule, _: &[CoreExtern]) -> Result<CoreInstanceId> {
        Err(not_reentrant())
    }

    fn call_guest(
        &mut self,
        _: CoreFunc,
        _: &CoreFuncType,
        _: &[CoreValue],
        _: &mut [CoreValue],
    ) -> Result<()> {
        Err(not_reentrant())
    }

    fn call_host(
        &mut self,
        func: &HostFn,
        ty: &CoreFuncType,
        args: &[CoreValue],
    ) -> Result<Vec<CoreValue>> {
        call_host(self.state, None, ty, func, args)
    }

    fn type_of(&mut self, func: CoreFunc) -> Result<Arc<CoreFuncType>> {
        let ty = self.state.handles.func(func)?.ty.clone();
        ty.ok_or_else(not_reentrant)
    }

    fn fuel_consumed(&self) -> Option<u64> {
        self.state.fuel_consumed
    }
}

impl CoreCaller for KilnStore<Hosted<'_>> {
    fn caller_export(&mut self, name: &str) -> Option<CoreExtern> {
        let caller = self.0.caller?;
        let instances = &self.0.state.handles.instances;
        instances.get(caller as usize)?.0.get(name).copied()
    }

    fn as_store(&mut self) -> &mut dyn CoreStore {
        self
    }
}
