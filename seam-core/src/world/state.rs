//! A world in use: the host side of one instance.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::host::HostSide;
use crate::world::{
    Binding, Body, Ends, HostCall, HostCallRecord, HostFuture, HostResource, Observed,
    ShowArtefact, States, Stub, Target, TypedHostCall, VirtualClock, World,
};
use crate::{Error, ExportName, FuncType, Limits, Result, Trap, Value, block_on, contain_host};

/// The host side of one instance: fresh state, host functions and observations.
///
/// # For implementors
/// Create a `WorldState` for each instance, and route the calls of all imported functions through
/// [`WorldState::call`]. It checks values, catches panics, performs stubs and records calls, so
/// that all backends do this alike.
pub struct WorldState {
    pub(super) funcs: Vec<Bound>,
    resources: Arc<Vec<HostResource>>,
    pub(super) side: HostSide,
    artefacts: Vec<(String, Arc<ShowArtefact>)>,
    schedule: Option<u64>,
    pub(super) record: bool,
    depth: u32,
}

/// An import that is bound to the world.
pub(super) struct Bound {
    pub(super) name: Arc<ExportName>,
    pub(super) ty: Arc<FuncType>,
    pub(super) body: Run,
    /// A call without values that has ended, for the next one.
    pub(super) spare: Option<TypedHostCall>,
}

pub(super) enum Run {
    Host(Body),
    Stub(Stub),
    /// Linked elsewhere.
    Elsewhere,
}

impl WorldState {
    /// Creates the state of a new instance with these bindings (see [`World::bind`]).
    #[must_use]
    pub fn new(world: &World, bindings: &[Binding]) -> Self {
        let funcs: Vec<Bound> = bindings
            .iter()
            .map(|binding| {
                let body = match binding.target {
                    Target::Host(index) => world
                        .funcs
                        .get(index)
                        .map_or(Run::Elsewhere, |func| Run::Host((func.make)())),
                    Target::Stub(stub) => Run::Stub(stub),
                    Target::Wasi | Target::Core => Run::Elsewhere,
                };
                Bound {
                    name: binding.name.clone(),
                    ty: binding.ty.clone(),
                    body,
                    spare: None,
                }
            })
            .collect();
        let stubbed = funcs
            .iter()
            .filter(|func| matches!(func.body, Run::Stub(_)));
        let observed = Observed {
            unused_stubs: stubbed.map(|func| (*func.name).clone()).collect(),
            ..Observed::default()
        };
        Self {
            funcs,
            resources: world.resources.clone(),
            side: HostSide {
                states: States::new(world.states.iter().map(|(id, make)| (*id, &**make))),
                ends: Ends::default(),
                clock: VirtualClock::default(),
                observed,
                limits: world.limits.clone(),
                on_output: world.on_output.clone(),
            },
            artefacts: world.artefacts.clone(),
            schedule: world.schedule,
            record: world.record,
            depth: 0,
        }
    }

    /// Returns the observations so far, with the current state of the world's
    /// [artefacts](World::artefact).
    #[must_use]
    pub fn observed(&mut self) -> &Observed {
        let side = &mut self.side;
        for (name, show) in &self.artefacts {
            if let Some(value) = show(&side.states) {
                side.observed.artefacts.insert(name.clone(), value);
            }
        }
        &side.observed
    }

    /// Returns the observations so far, so that a backend can add output.
    #[must_use]
    pub fn observed_mut(&mut self) -> &mut Observed {
        &mut self.side.observed
    }

    /// Returns the state that the host functions share.
    ///
    /// # For implementors
    /// Pass it to [`CoreHostFunc::make`](crate::CoreHostFunc::make).
    #[must_use]
    pub fn states(&mut self) -> &mut States {
        &mut self.side.states
    }

    /// Returns the virtual time of the instance, which the backend advances when every guest waits:
    /// [`VirtualClock::advance_to_next`].
    #[must_use]
    pub fn clock(&self) -> &VirtualClock {
        &self.side.clock
    }

    /// Returns whether the import bound at `index` is an asynchronous host function.
    #[must_use]
    pub fn is_async(&self, index: usize) -> bool {
        let bound = self.funcs.get(index);
        matches!(
            bound.map(|bound| &bound.body),
            Some(Run::Host(Body::Async(_) | Body::AsyncTyped(_)))
        )
    }

    /// Returns the limits of the instance.
    #[must_use]
    #[inline]
    pub fn limits(&self) -> &Limits {
        &self.side.limits
    }

    /// Returns the seed of [`World::schedule_seed`].
    #[must_use]
    pub fn schedule_seed(&self) -> Option<u64> {
        self.schedule
    }

    /// Returns whether the world records host calls.
    #[must_use]
    #[inline]
    pub fn records(&self) -> bool {
        self.record
    }

    /// Calls the import bound at `index` and blocks until the call is done.
    ///
    /// An asynchronous host function is polled in place.
    ///
    /// # Errors
    /// Any error of the host function; `Host` if it panics or returns an ill-typed result; the trap
    /// of a stub.
    pub fn call(&mut self, index: usize, args: &[Value]) -> Result<Option<Value>> {
        match self.start(index, args)? {
            Started::Done(result) => self.finish(index, args, result),
            Started::Pending(future) => {
                let result = block_on(self.side.clock.advance_while_pending(future));
                self.finish(index, args, result)
            }
        }
    }

    /// Starts a call of the import bound at `index`, for a backend that suspends the guest
    /// meanwhile.
    ///
    /// Pass the output of the future to [`WorldState::finish`].
    ///
    /// # Errors
    /// `Engine` if the index is not bound to the world.
    pub fn start(&mut self, index: usize, args: &[Value]) -> Result<Started> {
        let Self { funcs, side, .. } = self;
        let Some(func) = funcs.get_mut(index) else {
            return Err(Error::engine(format!(
                "expected a bound import, found index {index}"
            )));
        };
        let Bound { name, ty, body, .. } = func;
        Ok(match body {
            Run::Elsewhere => {
                return Err(Error::engine(format!(
                    "import `{name}` is not bound to a host function"
                )));
            }
            Run::Stub(stub) => {
                side.observed
                    .unused_stubs
                    .retain(|unused| *unused != **name);
                Started::Done(stub_result(*stub, name, ty))
            }
            Run::Host(body) => {
                let mut call = HostCall {
                    name,
                    ty: Some(ty),
                    side,
                };
                let started = contain_host(|| {
                    Ok(match body {
                        Body::Sync(func) => Started::Done(func(&mut call, args)),
                        Body::Typed(func) => Started::Done(func.call_values(&mut call, args)),
                        Body::Async(func) => {
                            Started::Pending(Box::pin(Caught(func(&mut call, args))))
                        }
                        Body::AsyncTyped(func) => {
                            let future = func.start_values(&mut call, args);
                            Started::Pending(Box::pin(Caught(future)))
                        }
                    })
                });
                started.unwrap_or_else(|error| Started::Done(Err(error)))
            }
        })
    }

    /// Checks and records the result of a host function.
    ///
    /// # Errors
    /// The host function's own error, or `Host` if its result is not of the import's type.
    pub fn finish(
        &mut self,
        index: usize,
        args: &[Value],
        result: Result<Option<Value>>,
    ) -> Result<Option<Value>> {
        let Some(func) = self.funcs.get(index) else {
            return result;
        };
        let name = &func.name;
        let result = result.and_then(|mut value| {
            if let (Some(ty), Some(value)) = (&func.ty.result, &mut value) {
                crate::value::rename(ty, value);
            }
            check_result(&func.ty, value.as_ref())?;
            Ok(value)
        });
        if self.record {
            self.side.observed.host_calls.push(HostCallRecord {
                name: (**name).clone(),
                args: args.to_vec(),
                result: result
                    .as_ref()
                    .map(Clone::clone)
                    .map_err(|e| e.message().to_string()),
            });
        }
        result.map_err(|e| e.during(format!("host function {name}")))
    }

    /// Runs the destructor of a host-defined resource.
    ///
    /// # Errors
    /// Any error of the destructor; `Host` if it panics.
    pub fn drop_resource(&mut self, resource: &ExportName, rep: u32) -> Result<()> {
        let resources = self.resources.clone();
        let names = resources.iter().map(|resource| &resource.name);
        let Some(found) = resource.resolve(names) else {
            return Ok(());
        };
        let Some(resource) = resources.iter().find(|resource| resource.name == *found) else {
            return Ok(());
        };
        self.host_call(&resource.name, |call| (resource.drop)(call, rep))
            .map_err(|e| e.during(format!("drop {}", resource.name)))
    }

    /// Runs code of the host that has no type: a destructor, a source or a sink.
    pub(super) fn host_call<T>(
        &mut self,
        name: &ExportName,
        body: impl FnOnce(&mut HostCall<'_>) -> Result<T>,
    ) -> Result<T> {
        let mut call = HostCall {
            name,
            ty: None,
            side: &mut self.side,
        };
        contain_host(|| body(&mut call))
    }

    /// Starts one more level of host recursion.
    ///
    /// # Errors
    /// `Limit(HostDepth)` at [`Limits::host_depth`].
    #[inline]
    pub fn begin_host_call(&mut self) -> Result<()> {
        self.check_host_depth()?;
        self.depth += 1;
        Ok(())
    }

    /// Checks that there can be one more level of host recursion, for a host function that calls no
    /// guest.
    ///
    /// # Errors
    /// Those of [`begin_host_call`](Self::begin_host_call).
    #[inline]
    pub fn check_host_depth(&self) -> Result<()> {
        match self.depth < self.side.limits.host_depth {
            true => Ok(()),
            false => Err(Error::limit(crate::Limit::HostDepth)),
        }
    }

    /// Starts a call from outside, while no host function of the instance is running.
    ///
    /// The future of an earlier call may have been dropped, together with the host functions that
    /// it awaited.
    #[inline]
    pub fn begin_outermost_call(&mut self) {
        self.depth = 0;
    }

    /// Ends a level of host recursion.
    #[inline]
    pub fn end_host_call(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }
}

/// A host call that has been started.
pub enum Started {
    /// It has completed.
    Done(Result<Option<Value>>),
    /// It is asynchronous and has not completed. A panic of the host function is an error of the
    /// future.
    Pending(HostFuture),
}

/// A future of the host whose panics become errors.
pub(super) struct Caught<T>(pub(super) Pin<Box<dyn Future<Output = Result<T>> + Send>>);

impl<T> Future for Caught<T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let polled = contain_host(|| Ok(self.0.as_mut().poll(cx)));
        polled.unwrap_or_else(|error| Poll::Ready(Err(error)))
    }
}

fn check_result(ty: &FuncType, value: Option<&Value>) -> Result<()> {
    match (&ty.result, value) {
        (None, None) => Ok(()),
        (Some(ty), Some(value)) => ty
            .check(value)
            .map_err(|e| Error::host(format!("result: {}", e.message()))),
        (Some(ty), None) => Err(Error::host(format!("result: expected {ty}, found none"))),
        (None, Some(value)) => Err(Error::host(format!(
            "expected no result, found {}",
            value.kind()
        ))),
    }
}

fn stub_result(stub: Stub, name: &ExportName, ty: &FuncType) -> Result<Option<Value>> {
    let trap = || Error::trap(Trap::StubbedImport(name.to_string().into()));
    match (stub, &ty.result) {
        (Stub::Default, None) => Ok(None),
        (Stub::Default, Some(ty)) => Value::default_of(ty).map(Some).ok_or_else(trap),
        (Stub::Deny | Stub::Trap, _) => Err(trap()),
    }
}
