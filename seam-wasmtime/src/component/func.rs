//! Exported functions, and what is done before and after each call of one.

use std::sync::Arc;

use seam_core::typed::result_from_value;
use seam_core::{Args, Error, ExportName, FuncType, Result, Returns, Type, Value};
use wasmtime::component::{Func, Instance, ResourceAny, Val};
use wasmtime::{AsContextMut, Store};

use crate::call::{self, Stop};
use crate::component::abi::{self, Given, Params, Parts, Scalars, is_scalar};
use crate::component::lift::FromVals;
use crate::component::lower::{Lowered, ToVals, has_handles};
use crate::component::state::State;
use crate::deadline::Alarm;
use crate::error::Code;
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
    /// Whether its result is a scalar, a string or a list of numbers, which is lifted as it is.
    returns_simple: bool,
    /// Whether its result can contain handles.
    returns_handles: bool,
    /// Whether it is called with wasmtime's `Val`, in a build for asynchronous components.
    by_val: bool,
}

/// Whether a value of this type is lifted as one part that is the value itself.
fn is_simple(ty: &Type) -> bool {
    match ty {
        Type::String => true,
        Type::List(element) | Type::FixedLengthList(element, _) => element.is_number(),
        ty => is_scalar(ty),
    }
}

/// A call with its arguments kept until it is made.
pub(crate) struct Begun {
    export: Export,
    passed: Passed,
    lowered: Lowered,
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
        Ok(Self {
            func: func.ok_or_else(missing)?,
            ty: ty.clone(),
            takes_scalars: Scalars::fit(ty),
            returns_simple: ty.result.as_ref().is_some_and(is_simple),
            takes_handles: ty.params.iter().any(|(_, ty)| has_handles(ty)),
            returns_handles: ty.result.as_ref().is_some_and(has_handles),
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
        let given = match args {
            Args::Values(values) if self.takes_scalars => {
                match Scalars::of_values(&self.ty, values) {
                    Some(scalars) => return self.call_scalars(store, scalars, returns, code),
                    None => Args::Values(values),
                }
            }
            Args::Typed(lower) if self.takes_scalars => {
                let scalars = Scalars::of_typed(&self.ty, lower)?;
                return self.call_scalars(store, scalars, returns, code);
            }
            // Arguments that lower themselves must stay on this thread.
            Args::Typed(lower)
                if !self.takes_handles && store.data().core_ref().stack.is_none() =>
            {
                let outcome = self.within(store, |store, func, has_result| {
                    let called = abi::call(func, store, Given::Typed(lower), has_result);
                    called.map_err(Stop::Guest)
                })?;
                let parts = outcome.map_err(|stop| stop.error(code))?;
                return self.deliver(store, parts, returns);
            }
            args => args,
        };
        let values = given.into_values(&self.ty)?;
        let (resources, lowered) = self.claim(store, &values)?;
        let params = Params::values(&self.ty, &values, resources);
        let outcome = self.within(store, |store, func, has_result| {
            call::synchronous(store, |store| {
                abi::call(func, store, Given::Lowered(params), has_result)
            })
        });
        lowered.end(store);
        let parts = outcome?.map_err(|stop| stop.error(code))?;
        self.deliver(store, parts, returns)
    }

    fn call_scalars(
        &self,
        store: &mut Store<State>,
        scalars: Scalars,
        returns: Returns<'_>,
        code: &(dyn Code + Sync),
    ) -> Result<()> {
        let outcome = self.within(store, |store, func, has_result| {
            call::synchronous(store, |store| {
                abi::call(func, store, Given::Scalars(&scalars), has_result)
            })
        })?;
        let parts = outcome.map_err(|stop| stop.error(code))?;
        self.deliver(store, parts, returns)
    }

    /// Makes an outermost call within the limits of the store.
    ///
    /// # Errors
    /// The deadline could not be armed.
    #[inline]
    fn within<R>(
        &self,
        store: &mut Store<State>,
        call: impl FnOnce(&mut Store<State>, Func, bool) -> R,
    ) -> Result<R> {
        store.data_mut().world.begin_outermost_call();
        let alarm = call::begin(store)?;
        let outcome = call(store, self.func, self.ty.result.is_some());
        call::end(store, alarm);
        Ok(outcome)
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
    fn deliver(
        &self,
        store: &mut Store<State>,
        mut parts: Parts,
        returns: Returns<'_>,
    ) -> Result<()> {
        match returns {
            Returns::Value(value) if self.returns_simple => {
                let simple = parts.next_simple();
                *value =
                    Some(simple.ok_or_else(|| Error::engine("expected a result, found none"))?);
            }
            Returns::Value(value) => *value = self.value(store, parts)?,
            Returns::Typed(_) if self.ty.result.is_none() => {}
            Returns::Typed(lift) if self.returns_handles => {
                let value = self.value(store, parts)?;
                result_from_value(&self.ty, value, lift)?;
            }
            Returns::Typed(lift) => {
                lift.lift(&mut parts)?;
                parts.end()?;
            }
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
                let params = Params::values(&export.ty, args, std::mem::take(resources));
                let has_result = export.ty.result.is_some();
                *result = abi::call(export.func, store, Given::Lowered(params), has_result)?;
                Ok(())
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
        let at = call::deadline(store);
        let made = self.export.make_async(&mut self.passed, store);
        let outcome = call::bounded(at, made).await;
        self.ended(store, alarm, outcome, code)
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
                let params = Params::values(&self.ty, args, std::mem::take(resources));
                let has_result = self.ty.result.is_some();
                *result = abi::call_async(self.func, store, params, has_result).await?;
                Ok(())
            }
            Passed::Vals { params, results } => self.func.call_async(store, params, results).await,
        }
    }
}
