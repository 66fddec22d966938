//! Calls whose arguments are kept until they are made.

use seam_core::typed::result_from_value;
use seam_core::{CanonTrap, Error, Limit, Result, Returns, Value};
use wasmtime::component::{ResourceAny, Val};
use wasmtime::{AsContextMut, Store};

use crate::call::{self, Armed, Stop};
use crate::component::abi::{self, Given, Parts};
use crate::component::func::{Export, Returned};
use crate::component::lift::FromVals;
use crate::component::lower::{Lowered, ToVals};
use crate::component::state::State;
use crate::component::tasks::Spawned;
use crate::component::{ends, waits};
use crate::error::{Code, engine_error};

/// A call with its arguments kept until it is made.
pub(crate) struct Begun {
    pub(super) export: Export,
    pub(super) passed: Passed,
    pub(super) lowered: Lowered,
    /// The call in the event loop, if it is there.
    pub(super) spawned: Option<Spawned>,
}

/// The arguments of a call, and room for its result.
pub(super) enum Passed {
    Parts {
        args: Vec<Value>,
        resources: Vec<ResourceAny>,
        result: Parts,
    },
    Vals {
        params: Vec<Val>,
        results: Vec<Val>,
    },
}

impl Begun {
    /// Makes the call on the calling thread, in a store without asynchronous imports.
    ///
    /// # Errors
    /// How the call ended.
    pub(crate) fn make(
        &mut self,
        store: &mut Store<State>,
        code: &(dyn Code + Sync),
    ) -> Result<()> {
        let armed = call::begin(store)?;
        let (export, passed) = (&self.export, &mut self.passed);
        let outcome = call::synchronous(store, |store| match passed {
            Passed::Parts {
                args,
                resources,
                result,
            } => {
                let given = Given::Values(&export.ty, args, resources);
                match export.returned {
                    Returned::Nothing => abi::call::<()>(export.func, store, &given, false),
                    _ => abi::call(export.func, store, &given, false).map(|parts| *result = parts),
                }
            }
            Passed::Vals { params, results } => export.func.call(store, params, results),
        });
        self.ended(store, armed, outcome, code)
    }

    /// Makes the call, and suspends while the host does.
    ///
    /// # Errors
    /// How the call ended.
    pub(crate) async fn make_async(
        &mut self,
        store: &mut Store<State>,
        code: &(dyn Code + Sync),
    ) -> Result<()> {
        let armed = call::begin(store)?;
        let bounds = call::bounds(store);
        let waits = store.data().waits.clone();
        let clock = store.data().world.clock().clone();
        waits.wake();
        let waits_for_system = store.data().has_system_wasi();
        let made = self.export.make_async(&mut self.passed, store);
        let made = async {
            if waits_for_system {
                return made.await;
            }
            let made = waits::unless_stuck(&waits, &clock, made).await;
            made.unwrap_or_else(|| Err(wasmtime::Error::new(Error::trap(CanonTrap::Deadlock))))
        };
        let outcome = call::bounded(bounds, made).await;
        self.settled(store, armed, outcome, code)
    }

    /// Adds the call to the event loop, unless it is there.
    ///
    /// # Errors
    /// `Engine` if the engine refuses it.
    pub(crate) fn spawn(&mut self, store: &mut Store<State>) -> Result<()> {
        let Passed::Vals { params, results } = &mut self.passed else {
            return Err(Error::engine("expected a call with the engine's values"));
        };
        if self.spawned.is_none() {
            let (params, results) = (std::mem::take(params), std::mem::take(results));
            let spawned = Spawned::new(store, self.export.func, params, results);
            self.spawned = Some(spawned.map_err(engine_error)?);
        }
        Ok(())
    }

    /// Returns whether the call is in the event loop.
    pub(crate) fn is_spawned(&self) -> bool {
        self.spawned.is_some()
    }

    /// Makes the call in the event loop, where others can run at the same time.
    ///
    /// # Errors
    /// How the call ended.
    pub(crate) async fn make_task(
        &mut self,
        store: &mut Store<State>,
        code: &(dyn Code + Sync),
    ) -> Result<()> {
        let (Some(spawned), Passed::Vals { results, .. }) = (&self.spawned, &mut self.passed)
        else {
            return Err(Error::engine("expected a call in the event loop"));
        };
        let armed = call::begin(store)?;
        let outcome = spawned.run(store).await.map(|vals| *results = vals);
        self.settled(store, armed, outcome, code)
    }

    /// Ends a call that can suspend. If it succeeded, connects the ends that the host has connected.
    fn settled(
        &mut self,
        store: &mut Store<State>,
        armed: Armed,
        outcome: Result<(), Stop>,
        code: &dyn Code,
    ) -> Result<()> {
        let settle = |()| ends::settle(&mut store.as_context_mut()).map_err(Stop::Seam);
        let outcome = outcome.and_then(settle);
        self.ended(store, armed, outcome, code)
    }

    fn ended(
        &mut self,
        store: &mut Store<State>,
        armed: Armed,
        outcome: Result<(), Stop>,
        code: &dyn Code,
    ) -> Result<()> {
        call::end(store, armed);
        self.give_up(store);
        if store.data_mut().take_refused_output() {
            return Err(Error::limit(Limit::Output));
        }
        outcome.map_err(|stop| stop.error(code))
    }

    /// Takes back what was lent to a call that has ended or was given up.
    pub(crate) fn give_up(&mut self, store: &mut Store<State>) {
        std::mem::take(&mut self.lowered).end(store);
    }

    /// Passes the result of a call that has been made on.
    ///
    /// # Errors
    /// `Engine` for a result of another type; limits of lifting.
    pub(crate) fn result(self, store: &mut Store<State>, returns: Returns<'_>) -> Result<()> {
        match self.passed {
            Passed::Parts { result, .. } => self.export.deliver(store, result, returns),
            Passed::Vals { mut results, .. } => {
                let ty = &self.export.ty;
                let mut context = store.as_context_mut();
                let mut lift = FromVals::new(&mut context);
                let result = ty.result.as_ref().zip(results.pop());
                let result = result.map(|(ty, val)| lift.value(ty, val)).transpose()?;
                match returns {
                    Returns::Value(value) => *value = result,
                    Returns::Typed(lift) => result_from_value(ty, result, lift)?,
                }
                Ok(())
            }
        }
    }
}

impl Export {
    /// Keeps arguments, whose types must have been checked, until the call is made.
    ///
    /// # Errors
    /// `Misuse` for handles that cannot be used; nothing has changed then.
    pub(crate) fn begin(&self, store: &mut Store<State>, args: Vec<Value>) -> Result<Begun> {
        let (passed, lowered) = if self.by_val {
            self.to_vals(store, &args)?
        } else {
            let (resources, lowered) = self.claim(store, &args)?;
            let result = Parts::default();
            let passed = Passed::Parts {
                args,
                resources,
                result,
            };
            (passed, lowered)
        };
        store.data_mut().world.begin_outermost_call();
        Ok(Begun {
            export: self.clone(),
            passed,
            lowered,
            spawned: None,
        })
    }

    fn to_vals(&self, store: &mut Store<State>, args: &[Value]) -> Result<(Passed, Lowered)> {
        let mut context = store.as_context_mut();
        let mut lower = ToVals::new(&mut context);
        if self.takes_handles {
            args.iter().try_for_each(|arg| lower.claim(arg))?;
        }
        let pairs = self.ty.params.iter().zip(args);
        let params: Vec<Val> = pairs
            .map(|((_, ty), arg)| lower.value(ty, arg))
            .collect::<Result<_>>()?;
        let mut lowered = lower.done();
        lowered.commit(store.data_mut())?;
        let results = self.ty.result.iter().map(|_| Val::Bool(false)).collect();
        Ok((Passed::Vals { params, results }, lowered))
    }

    async fn make_async(
        &self,
        passed: &mut Passed,
        store: &mut Store<State>,
    ) -> wasmtime::Result<()> {
        match passed {
            Passed::Parts {
                args,
                resources,
                result,
            } => {
                let given = Given::Values(&self.ty, args, resources);
                match self.returned {
                    Returned::Nothing => abi::call_async::<()>(self.func, store, &given).await,
                    _ => {
                        let called = abi::call_async(self.func, store, &given).await;
                        called.map(|parts| *result = parts)
                    }
                }
            }
            Passed::Vals { params, results } => self.func.call_async(store, params, results).await,
        }
    }
}
