//! Calls of host functions by a component.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use seam_core::{Error, FuncType, Handle, Result, Started, Value};
use wasmtime::component::{Accessor, ResourceAny, Val};
use wasmtime::{AsContextMut, StoreContextMut};

use crate::component::lift::FromVals;
use crate::component::lower::ToVals;
use crate::component::state::State;
use crate::error::run_error;

/// An import that the world defines: its index in the bindings, and its type.
#[derive(Clone)]
pub(crate) struct Import {
    pub(crate) index: usize,
    pub(crate) ty: Arc<FuncType>,
}

/// A call of the host, with its arguments lifted.
struct Call {
    args: Vec<Value>,
    borrowed: Vec<(Handle, ResourceAny)>,
}

impl Import {
    /// Calls the host function on the guest's stack.
    pub(crate) fn call(
        &self,
        mut store: StoreContextMut<'_, State>,
        params: &[Val],
        results: &mut [Val],
    ) -> Result<()> {
        let call = self.begin(&mut store, params)?;
        let outcome = store.data_mut().world.call(self.index, &call.args);
        let dropped = call.borrowed.iter().try_for_each(|(handle, any)| {
            release(&mut store, *handle)?;
            any.resource_drop(&mut store).map_err(drop_error)
        });
        self.end(&mut store, outcome, dropped, results)
    }

    /// Calls the host function while the guest is suspended.
    pub(crate) async fn call_async(
        &self,
        mut store: StoreContextMut<'_, State>,
        params: &[Val],
        results: &mut [Val],
    ) -> Result<()> {
        let call = self.begin(&mut store, params)?;
        let outcome = match store.data_mut().world.start(self.index, &call.args) {
            Ok(Started::Done(result)) => self.finish(&mut store, &call, result),
            Ok(Started::Pending(future)) => {
                let result = Caught(future).await;
                self.finish(&mut store, &call, result)
            }
            Err(error) => Err(error),
        };
        let mut dropped = Ok(());
        for (handle, any) in &call.borrowed {
            let released = release(&mut store, *handle);
            let result = any.resource_drop_async(&mut store).await;
            dropped = dropped.and(released).and(result.map_err(drop_error));
        }
        self.end(&mut store, outcome, dropped, results)
    }

    /// Calls the host function while the guest may continue.
    pub(crate) async fn call_concurrent(
        &self,
        accessor: &Accessor<State>,
        params: &[Val],
        results: &mut [Val],
    ) -> Result<()> {
        let (call, started) = accessor.with(|mut access| {
            let mut store = access.as_context_mut();
            let call = self.begin(&mut store, params)?;
            let started = store.data_mut().world.start(self.index, &call.args);
            Ok::<_, Error>((call, started))
        })?;
        let result = match started {
            Ok(Started::Done(result)) => Ok(result),
            Ok(Started::Pending(future)) => Ok(Caught(future).await),
            Err(error) => Err(error),
        };
        accessor.with(|mut access| {
            let mut store = access.as_context_mut();
            let outcome = result.and_then(|result| self.finish(&mut store, &call, result));
            let dropped = call.borrowed.iter().try_for_each(|(handle, any)| {
                release(&mut store, *handle)?;
                any.resource_drop(&mut store).map_err(drop_error)
            });
            self.end(&mut store, outcome, dropped, results)
        })
    }

    /// Counts one level of host recursion and lifts the arguments.
    fn begin(&self, store: &mut StoreContextMut<'_, State>, params: &[Val]) -> Result<Call> {
        store.data_mut().world.begin_host_call()?;
        let mut lift = FromVals::new(store);
        let pairs = self.ty.params.iter().zip(params);
        let args: Result<Vec<Value>> = pairs
            .map(|((_, ty), val)| lift.value(ty, val.clone()))
            .collect();
        let borrowed = lift.done();
        match args {
            Ok(args) => Ok(Call { args, borrowed }),
            Err(error) => {
                store.data_mut().world.end_host_call();
                Err(error)
            }
        }
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

    /// Ends the level of host recursion and lowers the result.
    fn end(
        &self,
        store: &mut StoreContextMut<'_, State>,
        outcome: Result<Option<Value>>,
        dropped: Result<()>,
        results: &mut [Val],
    ) -> Result<()> {
        store.data_mut().world.end_host_call();
        let value = outcome?;
        dropped?;
        let (Some(ty), Some(value), Some(slot)) = (&self.ty.result, value, results.first_mut())
        else {
            return Ok(());
        };
        let mut lower = ToVals::new(store);
        // An ill-typed result is an error of the host.
        let at_fault = |e: Error| Error::host(format!("result: {}", e.message()));
        lower.claim(&value).map_err(at_fault)?;
        *slot = lower.value(ty, &value).map_err(at_fault)?;
        lower.done().commit(store.data_mut())
    }
}

/// Removes a borrowed handle, which is valid only during the call.
fn release(store: &mut StoreContextMut<'_, State>, handle: Handle) -> Result<()> {
    store.data_mut().held.take(handle).map(|_| ())
}

/// Maps the reason why a borrowed handle could not be dropped.
fn drop_error(error: wasmtime::Error) -> Error {
    run_error(error, &crate::error::NoCode)
}

/// A host's future whose panics become errors.
struct Caught<F>(F);

impl<F> Future for Caught<F>
where
    F: Future<Output = Result<Option<Value>>> + Unpin,
{
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let future = Pin::new(&mut self.0);
        let polled = catch_unwind(AssertUnwindSafe(|| future.poll(cx)));
        polled.unwrap_or_else(|panic| Poll::Ready(Err(Error::panicked(&*panic))))
    }
}
