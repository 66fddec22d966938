//! Calls without values, for backends that read and write guest memory themselves.

use super::scalar_call::{ScalarCall, set_result};
use super::state::{Bound, Caught, Run, WorldState};
use super::typed_call::{PassedFuture, TypedBody};
use crate::typed::Scalar;
use crate::world::{Body, HostCall, TypedHostCall, TypedHostFuture};
use crate::{Error, FuncType, Result, Value, block_on, contain_host};

/// A call of a host function over Rust types that has been started.
pub enum StartedTyped {
    /// It has completed.
    Done(TypedHostCall),
    /// It is asynchronous and has not completed. A panic of the host function is an error of the
    /// future.
    Pending(TypedHostFuture),
}

impl WorldState {
    /// Begins a call of the host function bound at this index, without values.
    ///
    /// Returns `None` if the call needs values: the function is not over Rust types, or the world records
    /// host calls. Use [`call`](Self::call) or [`start`](Self::start) then.
    #[must_use]
    #[inline]
    pub fn begin_typed(&mut self, index: usize) -> Option<TypedHostCall> {
        if self.record {
            return None;
        }
        let bound = self.funcs.get_mut(index)?;
        if let Some(spare) = bound.spare.take() {
            return Some(spare);
        }
        let passed = match &bound.body {
            Run::Host(Body::Typed(func)) => func.begin(),
            Run::Host(Body::AsyncTyped(func)) => func.begin(),
            _ => return None,
        };
        Some(TypedHostCall {
            index,
            name: bound.name.clone(),
            passed,
        })
    }

    /// Calls the import bound at `index` in one operation: for a function that takes and returns only
    /// scalars. `bits` has the [bits](Scalar::to_bits) of the arguments' core values; those of the
    /// result, if there is one, replace the first.
    ///
    /// The call is one level of host recursion. It builds values only if it must: for a function
    /// that is not over Rust types or is asynchronous, for a stub, and in a world that records host
    /// calls.
    ///
    /// # Errors
    /// `Limit(HostDepth)` at [`Limits::host_depth`](crate::Limits::host_depth). The trap `InvalidChar`. Those of
    /// [`call`](Self::call). `Engine` if `bits` is shorter than the arguments or the result.
    #[inline]
    pub fn call_scalars(&mut self, index: usize, bits: &mut [u64]) -> Result<()> {
        // The function calls no guest, so nothing can see whether the level is counted meanwhile.
        self.check_host_depth()?;
        let Some((func, ty, mut host_call)) = self.typed(index) else {
            return self.call_by_value(index, bits);
        };
        let name = host_call.name;
        let mut scalars = ScalarCall::new(ty, bits);
        let called = contain_host(|| func.call_in_one(&mut host_call, &mut scalars));
        called.map_err(|error| scalars.blame(error, name))
    }

    #[cold]
    fn call_by_value(&mut self, index: usize, bits: &mut [u64]) -> Result<()> {
        let types = self.funcs.get(index).map(|bound| bound.ty.params.iter());
        let args = types.into_iter().flatten().zip(&*bits);
        let args = args.map(|((_, ty), bits)| Scalar::from_bits(ty, *bits).map(Scalar::to_value));
        let args = args.collect::<Result<Vec<Value>>>()?;
        let result = self.call(index, &args)?;
        match result.as_ref().and_then(Scalar::of) {
            Some(result) => set_result(bits, result),
            None => Ok(()),
        }
    }

    /// Returns the host function over Rust types that is bound at `index`, its type, and the call for
    /// it. Returns `None` if calls need values.
    #[inline]
    fn typed(&mut self, index: usize) -> Option<(&mut dyn TypedBody, &FuncType, HostCall<'_>)> {
        if self.record {
            return None;
        }
        let Bound {
            name,
            ty,
            body: Run::Host(Body::Typed(func)),
            ..
        } = self.funcs.get_mut(index)?
        else {
            return None;
        };
        let call = HostCall {
            name,
            ty: Some(ty),
            side: &mut self.side,
        };
        Some((&mut **func, ty, call))
    }

    /// Ends a call whose result was lowered, so that the next call of its function need not be made
    /// anew. A call that has failed is dropped instead.
    #[inline]
    pub fn end_typed(&mut self, mut call: TypedHostCall) {
        call.passed.clear();
        if let Some(bound) = self.funcs.get_mut(call.index) {
            bound.spare = Some(call);
        }
    }

    /// Calls the host function with the arguments that were lifted, once, and blocks until the call is
    /// done.
    ///
    /// An asynchronous host function is polled in place.
    ///
    /// # Errors
    /// Any error of the host function; `Host` if it panics.
    #[inline]
    pub fn call_typed(&mut self, call: &mut TypedHostCall) -> Result<()> {
        let Some((func, _, mut host_call)) = self.typed(call.index) else {
            return self.call_async_typed(call);
        };
        let passed = &mut *call.passed;
        contain_host(|| func.call(&mut host_call, passed)).map_err(|e| call.named(e))
    }

    #[cold]
    fn call_async_typed(&mut self, call: &mut TypedHostCall) -> Result<()> {
        let future = self.start_async_typed(call)?;
        let passed = block_on(self.side.clock.advance_while_pending(Caught(future)));
        call.passed = passed.map_err(|e| call.named(e))?;
        Ok(())
    }

    /// Starts the host function with the arguments that were lifted, once, for a backend that suspends
    /// the guest meanwhile.
    ///
    /// # Errors
    /// Any error of the host function; `Host` if it panics.
    pub fn start_typed(&mut self, mut call: TypedHostCall) -> Result<StartedTyped> {
        if !self.is_async(call.index) {
            self.call_typed(&mut call)?;
            return Ok(StartedTyped::Done(call));
        }
        let future = Caught(self.start_async_typed(&mut call)?);
        Ok(StartedTyped::Pending(Box::pin(async move {
            call.passed = future.await.map_err(|e| call.named(e))?;
            Ok(call)
        })))
    }

    fn start_async_typed(&mut self, call: &mut TypedHostCall) -> Result<PassedFuture> {
        let Some(Bound {
            name,
            ty,
            body: Run::Host(Body::AsyncTyped(func)),
            ..
        }) = self.funcs.get_mut(call.index)
        else {
            return Err(Error::engine("expected a host function over Rust types"));
        };
        let mut host_call = HostCall {
            name,
            ty: Some(ty),
            side: &mut self.side,
        };
        let passed = &mut *call.passed;
        contain_host(|| func.start(&mut host_call, passed)).map_err(|e| call.named(e))
    }

    /// Returns the result of a call as a value, for a backend that cannot lower it from its parts.
    ///
    /// # Errors
    /// `Host` for errors and panics of the Rust type, and for parts of another type.
    pub fn typed_result(&self, call: TypedHostCall) -> Result<Option<Value>> {
        match self.funcs.get(call.index) {
            Some(func) => call.into_value(&func.ty),
            None => Err(Error::engine("expected a host function over Rust types")),
        }
    }
}
