//! Calls of host functions by a component.

use std::sync::Arc;

use seam_core::{
    Error, FuncType, Handle, Result, Started, StartedTyped, Type, TypedHostCall, Value,
};
use wasmtime::component::{Accessor, ResourceAny, Val};
use wasmtime::{AsContextMut, StoreContextMut};

use crate::component::abi::{self, Parts, Returned, ReturnedValue};
use crate::component::ends;
use crate::component::lift::FromVals;
use crate::component::lower::{ToVals, has_handles};
use crate::component::state::State;
use crate::error::run_error;

/// An import that the world defines: its index in the bindings, and its type.
#[derive(Clone)]
pub(crate) struct Import {
    pub(crate) index: usize,
    pub(crate) ty: Arc<FuncType>,
    /// Whether its arguments or its result can contain handles.
    pub(crate) handles: bool,
}

/// A call of the host, with its arguments lifted.
struct Call {
    args: Vec<Value>,
    borrowed: Vec<(Handle, ResourceAny)>,
}

impl Import {
    pub(crate) fn new(index: usize, ty: Arc<FuncType>) -> Self {
        let mut types = ty.params.iter().map(|(_, ty)| ty).chain(&ty.result);
        let handles = types.any(has_handles);
        Self { index, ty, handles }
    }

    /// Calls the host function on the guest's stack.
    ///
    /// Arguments and result of a function over Rust types are passed without building values, unless
    /// the world records host calls.
    pub(crate) fn call(
        &self,
        mut store: StoreContextMut<'_, State>,
        args: Parts,
    ) -> Result<Returned> {
        store.data_mut().world.begin_host_call()?;
        if let Some(call) = self.begin_typed(&mut store) {
            return finish_typed(&mut store, call, args);
        }
        let call = self.begin(&mut store, |lift| self.args(args, lift))?;
        let outcome = store.data_mut().world.call(self.index, &call.args);
        let dropped = call.drop_borrowed(&mut store);
        self.end(&mut store, outcome, dropped)
    }

    /// Calls a host function over scalars on the guest's stack, with the bits of core values. Those of
    /// the result replace the first.
    pub(crate) fn call_scalars(
        &self,
        mut store: StoreContextMut<'_, State>,
        bits: &mut [u64],
    ) -> Result<()> {
        store.data_mut().world.call_scalars(self.index, bits)
    }

    /// Calls the host function while the guest is suspended.
    pub(crate) async fn call_async(
        &self,
        mut store: StoreContextMut<'_, State>,
        args: Parts,
    ) -> Result<Returned> {
        store.data_mut().world.begin_host_call()?;
        if let Some(call) = self.begin_typed(&mut store) {
            return finish_typed_async(&mut store, call, args).await;
        }
        let call = self.begin(&mut store, |lift| self.args(args, lift))?;
        let outcome = self.run_async(&mut store, &call).await;
        let dropped = call.drop_borrowed_async(&mut store).await;
        self.end(&mut store, outcome, dropped)
    }

    /// Like [`Import::call_async`], with wasmtime's values.
    pub(crate) async fn call_vals(
        &self,
        mut store: StoreContextMut<'_, State>,
        params: &[Val],
        results: &mut [Val],
    ) -> Result<()> {
        store.data_mut().world.begin_host_call()?;
        let call = self.begin(&mut store, |lift| self.args_of_vals(params, lift))?;
        let outcome = self.run_async(&mut store, &call).await;
        let dropped = call.drop_borrowed_async(&mut store).await;
        self.end_vals(&mut store, outcome, dropped, results)?;
        Self::settle(&mut store)
    }

    /// Calls the host function while the guest may continue. If the guest cancels the call, the future is
    /// dropped.
    pub(crate) async fn call_concurrent(
        &self,
        accessor: &Accessor<State>,
        params: &[Val],
        results: &mut [Val],
    ) -> Result<()> {
        let (call, started, waits) = accessor.with(|mut access| {
            let mut store = access.as_context_mut();
            store.data_mut().world.begin_host_call()?;
            let call = self.begin(&mut store, |lift| self.args_of_vals(params, lift))?;
            let started = store.data_mut().world.start(self.index, &call.args);
            // While the future is pending, other calls begin and end.
            store.data_mut().world.end_host_call();
            Ok::<_, Error>((call, started?, store.data().waits.clone()))
        })?;
        let result = match started {
            Started::Done(result) => result,
            Started::Pending(future) => {
                let _pending = waits.host_call();
                future.await
            }
        };
        accessor.with(|mut access| {
            let mut store = access.as_context_mut();
            store.data_mut().world.begin_host_call()?;
            let outcome = self.finish(&mut store, &call, result);
            let dropped = call.drop_borrowed(&mut store);
            self.end_vals(&mut store, outcome, dropped, results)?;
            Self::settle(&mut store)
        })
    }

    async fn run_async(
        &self,
        store: &mut StoreContextMut<'_, State>,
        call: &Call,
    ) -> Result<Option<Value>> {
        let started = store.data_mut().world.start(self.index, &call.args)?;
        let result = match started {
            Started::Done(result) => result,
            Started::Pending(future) => {
                let _pending = store.data().waits.host_call();
                future.await
            }
        };
        self.finish(store, call, result)
    }

    /// Begins a call without values, if the function and the world allow it.
    fn begin_typed(&self, store: &mut StoreContextMut<'_, State>) -> Option<TypedHostCall> {
        if self.handles {
            return None;
        }
        store.data_mut().world.begin_typed(self.index)
    }

    /// Lifts the arguments. If this fails, the level of host recursion has ended.
    fn begin(
        &self,
        store: &mut StoreContextMut<'_, State>,
        args: impl FnOnce(&mut FromVals<'_, '_>) -> Result<Vec<Value>>,
    ) -> Result<Call> {
        let mut lift = FromVals::new(store);
        let args = args(&mut lift);
        let borrowed = lift.done();
        match args {
            Ok(args) => Ok(Call { args, borrowed }),
            Err(error) => {
                store.data_mut().world.end_host_call();
                Err(error)
            }
        }
    }

    fn args(&self, mut parts: Parts, lift: &mut FromVals<'_, '_>) -> Result<Vec<Value>> {
        let mut hold = |ty: &Type, any| lift.handle(ty, any);
        let types = self.ty.params.iter().map(|(_, ty)| ty);
        types
            .map(|ty| abi::to_value(ty, &mut parts, &mut hold))
            .collect()
    }

    fn args_of_vals(&self, params: &[Val], lift: &mut FromVals<'_, '_>) -> Result<Vec<Value>> {
        let pairs = self.ty.params.iter().zip(params);
        pairs
            .map(|((_, ty), val)| lift.value(ty, val.clone()))
            .collect()
    }

    fn finish(
        &self,
        store: &mut StoreContextMut<'_, State>,
        call: &Call,
        result: Result<Option<Value>>,
    ) -> Result<Option<Value>> {
        let world = &mut store.data_mut().world;
        world.finish(self.index, &call.args, result)
    }

    /// Ends the level of host recursion, and hands over the handles in the result.
    fn end(
        &self,
        store: &mut StoreContextMut<'_, State>,
        outcome: Result<Option<Value>>,
        dropped: Result<()>,
    ) -> Result<Returned> {
        let value = ended(store, outcome, dropped)?;
        let mut resources = Vec::new();
        if let (true, Some(value)) = (self.handles, &value) {
            let mut lower = ToVals::new(store);
            lower.claim(value).map_err(at_fault)?;
            lower.resources(value, &mut resources).map_err(at_fault)?;
            lower.done().commit(store.data_mut())?;
        }
        Ok(match value {
            Some(value) => Returned::Value(Box::new(ReturnedValue {
                value,
                func: self.ty.clone(),
                resources,
            })),
            None => Returned::Nothing,
        })
    }

    /// Ends the level of host recursion and lowers the result to wasmtime's value.
    fn end_vals(
        &self,
        store: &mut StoreContextMut<'_, State>,
        outcome: Result<Option<Value>>,
        dropped: Result<()>,
        results: &mut [Val],
    ) -> Result<()> {
        let value = ended(store, outcome, dropped)?;
        let (Some(ty), Some(value), Some(slot)) = (&self.ty.result, value, results.first_mut())
        else {
            return Ok(());
        };
        let mut lower = ToVals::new(store);
        lower.claim(&value).map_err(at_fault)?;
        *slot = lower.value(ty, &value).map_err(at_fault)?;
        lower.done().commit(store.data_mut())
    }

    /// Connects the ends that the host function has connected, and asks those again that wait.
    fn settle(store: &mut StoreContextMut<'_, State>) -> Result<()> {
        store.data_mut().waits.wake();
        ends::settle(store)
    }
}

/// Ends the level of host recursion, and returns the result if the call and the release of what it
/// borrowed succeeded.
fn ended(
    store: &mut StoreContextMut<'_, State>,
    outcome: Result<Option<Value>>,
    dropped: Result<()>,
) -> Result<Option<Value>> {
    store.data_mut().world.end_host_call();
    let value = outcome?;
    dropped?;
    Ok(value)
}

impl Call {
    fn drop_borrowed(&self, store: &mut StoreContextMut<'_, State>) -> Result<()> {
        self.borrowed.iter().try_for_each(|(handle, any)| {
            release(store, *handle)?;
            any.resource_drop(&mut *store).map_err(drop_error)
        })
    }

    async fn drop_borrowed_async(&self, store: &mut StoreContextMut<'_, State>) -> Result<()> {
        let mut dropped = Ok(());
        for (handle, any) in &self.borrowed {
            let released = release(store, *handle);
            let result = any.resource_drop_async(&mut *store).await;
            dropped = dropped.and(released).and(result.map_err(drop_error));
        }
        dropped
    }
}

/// Makes a call over Rust types, and ends the level of host recursion.
fn finish_typed(
    store: &mut StoreContextMut<'_, State>,
    mut call: TypedHostCall,
    args: Parts,
) -> Result<Returned> {
    let world = &mut store.data_mut().world;
    let called = lift_typed(&mut call, args).and_then(|()| world.call_typed(&mut call));
    world.end_host_call();
    called.map(|()| Returned::Typed(call))
}

/// Like [`finish_typed`], while the guest is suspended.
async fn finish_typed_async(
    store: &mut StoreContextMut<'_, State>,
    mut call: TypedHostCall,
    args: Parts,
) -> Result<Returned> {
    let world = &mut store.data_mut().world;
    let started = lift_typed(&mut call, args).and_then(|()| world.start_typed(call));
    let called = match started {
        Ok(StartedTyped::Pending(future)) => {
            let _pending = store.data().waits.host_call();
            future.await
        }
        Ok(StartedTyped::Done(call)) => Ok(call),
        Err(error) => Err(error),
    };
    store.data_mut().world.end_host_call();
    called.map(Returned::Typed)
}

fn lift_typed(call: &mut TypedHostCall, mut args: Parts) -> Result<()> {
    let lifted = call.lift_args(&mut args).and_then(|()| args.end());
    lifted.map_err(|e| call.lift_error(e))
}

/// An ill-typed result is an error of the host.
fn at_fault(error: Error) -> Error {
    Error::host(format!("result: {}", error.message()))
}

/// Removes a borrowed handle, which is valid only during the call.
fn release(store: &mut StoreContextMut<'_, State>, handle: Handle) -> Result<()> {
    store.data_mut().held.take(handle).map(|_| ())
}

/// Maps the reason why a borrowed handle could not be dropped.
fn drop_error(error: wasmtime::Error) -> Error {
    run_error(error, &crate::error::NoCode)
}
