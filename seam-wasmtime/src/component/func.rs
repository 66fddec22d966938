//! Exported functions, and what is done before and after each call of one.

use std::sync::Arc;

use seam_core::typed::{LiftResult, LowerArgs, ScalarParts, result_from_value};
use seam_core::{Args, CanonTrap, Error, ExportName, FuncType, Result, Returns, Type, Value};
use wasmtime::component::{Func, Instance, ResourceAny, Val, types};
use wasmtime::{AsContextMut, Store};

use crate::call::{self, Stop};
use crate::component::abi::{self, Bits, Given, Lifted, One, Parts, Scalars};
use crate::component::lift::FromVals;
use crate::component::lower::{Lowered, ToVals, has_handles};
use crate::component::state::State;
use crate::component::tasks::Spawned;
use crate::component::{ends, waits};
use crate::deadline::Alarm;
use crate::error::{Code, engine_error};
use crate::state::HasCore;

/// An exported function, resolved once.
#[derive(Clone)]
pub(crate) struct Export {
    func: Func,
    ty: Arc<FuncType>,
    /// Whether it takes scalars only.
    takes_scalars: bool,
    /// Whether its arguments can contain handles.
    takes_handles: bool,
    returned: Returned,
    /// Whether it is called with wasmtime's `Val`, in a build for asynchronous components.
    by_val: bool,
}

/// How the result of a function is lifted.
#[derive(Clone, Copy)]
enum Returned {
    Nothing,
    Scalar,
    /// A string or a list of numbers.
    One,
    /// Any other type.
    Parts {
        /// Whether the result can contain handles.
        handles: bool,
    },
}

impl Returned {
    fn of(result: Option<&Type>) -> Self {
        match result {
            None => Self::Nothing,
            Some(ty) if ty.is_scalar() => Self::Scalar,
            Some(Type::String) => Self::One,
            Some(Type::List(element)) if element.is_number() => Self::One,
            Some(ty) => Self::Parts {
                handles: has_handles(ty),
            },
        }
    }
}

/// The arguments of a call that is made at once.
enum Passing<'a> {
    Given(&'a Given<'a>),
    /// Rust values that lower themselves, and must stay on this thread.
    Typed(&'a mut dyn LowerArgs),
}

/// A call with its arguments kept until it is made.
pub(crate) struct Begun {
    export: Export,
    passed: Passed,
    lowered: Lowered,
    /// The call in the event loop, if it is there.
    spawned: Option<Spawned>,
}

enum Passed {
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

impl Export {
    /// Looks up an export by its full name.
    ///
    /// # Errors
    /// `Engine` if the engine does not find an export of the artifact.
    pub(crate) fn find(
        store: &mut Store<State>,
        instance: &Instance,
        name: &ExportName,
        ty: &Arc<FuncType>,
        by_val: bool,
    ) -> Result<Self> {
        let missing = || Error::engine(format!("expected an export `{name}`, found none"));
        let mut parent = None;
        for outer in name.instances() {
            let index = instance.get_export_index(&mut *store, parent.as_ref(), outer);
            parent = Some(index.ok_or_else(missing)?);
        }
        let index = instance.get_export_index(&mut *store, parent.as_ref(), name.item());
        let func = index.and_then(|index| instance.get_func(&mut *store, index));
        let func = func.ok_or_else(missing)?;
        check_scalars(ty, &func.ty(&*store))?;
        Ok(Self {
            func,
            ty: ty.clone(),
            takes_scalars: Scalars::fit(ty),
            takes_handles: ty.params.iter().any(|(_, ty)| has_handles(ty)),
            returned: Returned::of(ty.result.as_ref()),
            by_val,
        })
    }

    /// Makes a whole call on the calling thread, in a store without asynchronous imports.
    ///
    /// # Errors
    /// `Misuse` for arguments that are ill-typed or cannot be passed; how the call ended.
    pub(crate) fn call(
        &self,
        store: &mut Store<State>,
        args: Args<'_>,
        returns: Returns<'_>,
        code: &(dyn Code + Sync),
    ) -> Result<()> {
        let given;
        let mut scalars = Scalars::default();
        let passing = match args {
            Args::Values(values) if self.takes_scalars => {
                scalars.add_values(&self.ty, values)?;
                given = Given::Scalars(&scalars);
                Passing::Given(&given)
            }
            Args::Typed(lower) if self.takes_scalars => {
                scalars.add_typed(&self.ty, lower)?;
                given = Given::Scalars(&scalars);
                Passing::Given(&given)
            }
            Args::Values(values) if !self.takes_handles => {
                self.ty.check_args(values)?;
                given = Given::Values(&self.ty, values, &[]);
                Passing::Given(&given)
            }
            Args::Typed(lower)
                if !self.takes_handles && store.data().core_ref().stack.is_none() =>
            {
                Passing::Typed(lower)
            }
            args => return self.call_with_handles(store, args, returns, code),
        };
        match self.returned {
            Returned::Nothing => {
                self.make::<()>(store, passing, code)?;
                if let Returns::Value(value) = returns {
                    *value = None;
                }
                Ok(())
            }
            Returned::Scalar => {
                let bits: Bits = self.make(store, passing, code)?;
                let scalar = self.ty.result.as_ref().and_then(|ty| bits.scalar(ty));
                let scalar = scalar.ok_or_else(no_result)?;
                match returns {
                    Returns::Value(value) => *value = Some(scalar.to_value()),
                    Returns::Typed(lift) => {
                        let mut parts = ScalarParts::new(std::slice::from_ref(&scalar));
                        lift.lift(&mut parts)?;
                        parts.end()?;
                    }
                }
                Ok(())
            }
            Returned::One => {
                let one: One = self.make(store, passing, code)?;
                match returns {
                    Returns::Value(value) => *value = Some(one.into_value().ok_or_else(no_result)?),
                    Returns::Typed(lift) => lift_parts(lift, one.into_parts())?,
                }
                Ok(())
            }
            Returned::Parts { .. } => {
                let parts = self.make(store, passing, code)?;
                self.deliver(store, parts, returns)
            }
        }
    }

    /// Makes a call whose arguments can contain handles, or must be values to reach another thread.
    fn call_with_handles(
        &self,
        store: &mut Store<State>,
        args: Args<'_>,
        returns: Returns<'_>,
        code: &(dyn Code + Sync),
    ) -> Result<()> {
        let values = args.into_values(&self.ty)?;
        let (resources, lowered) = self.claim(store, &values)?;
        let given = Given::Values(&self.ty, &values, &resources);
        let passing = Passing::Given(&given);
        let outcome = match self.returned {
            Returned::Nothing => (self.make::<()>(store, passing, code)).map(|()| Parts::default()),
            _ => self.make(store, passing, code),
        };
        lowered.end(store);
        self.deliver(store, outcome?, returns)
    }

    /// Makes an outermost call within the limits of the store.
    ///
    /// # Errors
    /// The deadline could not be armed; how the call ended.
    #[inline]
    fn make<R: Lifted>(
        &self,
        store: &mut Store<State>,
        passing: Passing<'_>,
        code: &(dyn Code + Sync),
    ) -> Result<R> {
        store.data_mut().world.begin_outermost_call();
        let alarm = call::begin(store)?;
        let outcome = match passing {
            Passing::Given(given) => {
                call::synchronous(store, |store| abi::call(self.func, store, given))
            }
            Passing::Typed(args) => {
                abi::call_typed(self.func, &mut *store, args).map_err(Stop::Guest)
            }
        };
        call::end(store, alarm);
        outcome.map_err(|stop| stop.error(code))
    }

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

    /// Returns the engine's handles in arguments, in their order. Those that move are the guest's from
    /// now on.
    ///
    /// # Errors
    /// `Misuse` for handles that cannot be used; nothing has changed then.
    fn claim(
        &self,
        store: &mut Store<State>,
        args: &[Value],
    ) -> Result<(Vec<ResourceAny>, Lowered)> {
        let mut resources = Vec::new();
        if !self.takes_handles {
            return Ok((resources, Lowered::default()));
        }
        let mut context = store.as_context_mut();
        let mut lower = ToVals::new(&mut context);
        args.iter().try_for_each(|arg| lower.claim(arg))?;
        args.iter()
            .try_for_each(|arg| lower.resources(arg, &mut resources))?;
        let mut lowered = lower.done();
        lowered.commit(store.data_mut())?;
        Ok((resources, lowered))
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

    /// Passes the result of a call on.
    fn deliver(&self, store: &mut Store<State>, parts: Parts, returns: Returns<'_>) -> Result<()> {
        match (returns, self.returned) {
            (Returns::Value(value), _) => *value = self.value(store, parts)?,
            (Returns::Typed(_), Returned::Nothing) => {}
            (Returns::Typed(lift), Returned::Parts { handles: true }) => {
                let value = self.value(store, parts)?;
                result_from_value(&self.ty, value, lift)?;
            }
            (Returns::Typed(lift), _) => lift_parts(lift, parts)?,
        }
        Ok(())
    }

    fn value(&self, store: &mut Store<State>, mut parts: Parts) -> Result<Option<Value>> {
        let Some(ty) = &self.ty.result else {
            return Ok(None);
        };
        let mut context = store.as_context_mut();
        let mut lift = FromVals::new(&mut context);
        abi::to_value(ty, &mut parts, &mut |ty, any| lift.handle(ty, any)).map(Some)
    }
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
        let alarm = call::begin(store)?;
        let (export, passed) = (&self.export, &mut self.passed);
        let outcome = call::synchronous(store, |store| match passed {
            Passed::Parts {
                args,
                resources,
                result,
            } => {
                let given = Given::Values(&export.ty, args, resources);
                match export.returned {
                    Returned::Nothing => abi::call::<()>(export.func, store, &given),
                    _ => abi::call(export.func, store, &given).map(|parts| *result = parts),
                }
            }
            Passed::Vals { params, results } => export.func.call(store, params, results),
        });
        self.ended(store, alarm, outcome, code)
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
        let alarm = call::begin(store)?;
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
        let mut outcome = call::bounded(bounds, made).await;
        if outcome.is_ok() {
            outcome = ends::settle(&mut store.as_context_mut()).map_err(Stop::Seam);
        }
        self.ended(store, alarm, outcome, code)
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
        let alarm = call::begin(store)?;
        let outcome = spawned.run(store).await.map(|vals| *results = vals);
        let settled = match outcome {
            Ok(()) => ends::settle(&mut store.as_context_mut()).map_err(Stop::Seam),
            failed => failed,
        };
        self.ended(store, alarm, settled, code)
    }

    fn ended(
        &mut self,
        store: &mut Store<State>,
        alarm: Option<Alarm>,
        outcome: Result<(), Stop>,
        code: &dyn Code,
    ) -> Result<()> {
        call::end(store, alarm);
        self.give_up(store);
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

/// Checks that the engine states the same scalars as the artifact's interface, since scalars are passed
/// without the engine's types.
///
/// # Errors
/// `Engine` if they differ.
fn check_scalars(ty: &FuncType, native: &types::ComponentFunc) -> Result<()> {
    let params = ty.params.iter().map(|(_, ty)| ty);
    let mut pairs = (params.zip(native.params().map(|(_, native)| native)))
        .chain(ty.result.iter().zip(native.results()));
    match pairs.all(|(ty, native)| abi::agree(ty, &native)) {
        true => Ok(()),
        false => Err(Error::engine(format!(
            "expected a function of type {ty}, found another"
        ))),
    }
}

fn lift_parts(lift: &mut dyn LiftResult, mut parts: Parts) -> Result<()> {
    lift.lift(&mut parts)?;
    parts.end()
}

#[cold]
fn no_result() -> Error {
    Error::engine("expected a result, found none")
}
