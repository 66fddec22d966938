//! Exported functions, and what is done before and after each call of one.

use std::mem;
use std::sync::Arc;

use seam_core::typed::{LiftResult, LowerArgs, Scalar, ScalarParts, result_from_value};
use seam_core::{Args, Error, ExportName, FuncType, Result, Returns, Type, Value};
use wasmtime::component::{Func, Instance, ResourceAny, types};
use wasmtime::{AsContextMut, Store};

use crate::call::{self, Stop};
use crate::component::abi::{self, Bits, Flat, Given, Lifted, Parts, Scalars, Text, TextPart};
use crate::component::lift::FromVals;
use crate::component::lower::{Lowered, ToVals, has_handles};
use crate::component::state::State;
use crate::error::Code;
use crate::state::HasCore;

/// An exported function, resolved once.
#[derive(Clone)]
pub(crate) struct Export {
    pub(super) func: Func,
    pub(super) ty: Arc<FuncType>,
    /// Whether it takes scalars only.
    takes_scalars: bool,
    /// Whether its parameters [are flat](abi::is_flat).
    takes_flat: bool,
    /// Whether its arguments can contain handles.
    pub(super) takes_handles: bool,
    pub(super) returned: Returned,
    /// Whether it is called with wasmtime's `Val`, in a build for asynchronous components.
    pub(super) by_val: bool,
}

/// How the result of a function is lifted.
#[derive(Clone, Copy)]
pub(super) enum Returned {
    Nothing,
    Scalar,
    String,
    /// A list of numbers.
    Numbers,
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
            Some(Type::String) => Self::String,
            Some(Type::List(element)) if element.is_number() => Self::Numbers,
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
            takes_flat: abi::is_flat(ty),
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
                let ty = self.ty.result.as_ref();
                let scalar = ty.and_then(|ty| Scalar::from_bits(ty, bits.get()).ok());
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
            Returned::String => self.make_then(store, passing, code, |Text(text)| {
                match returns {
                    Returns::Value(value) => *value = Some(Value::String(mem::take(text).into())),
                    Returns::Typed(lift) => {
                        let mut part = TextPart::new(text);
                        lift.lift(&mut part)?;
                        part.end()?;
                    }
                }
                Ok(())
            }),
            Returned::Numbers => {
                let Flat(list) = self.make(store, passing, code)?;
                match returns {
                    Returns::Value(value) => *value = Some(Value::List(list)),
                    Returns::Typed(lift) => lift_parts(lift, list.into())?,
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
        let armed = call::begin(store)?;
        let outcome = match passing {
            Passing::Given(given) => call::synchronous(store, |store| {
                abi::call(self.func, store, given, self.takes_flat)
            }),
            Passing::Typed(args) => {
                let called = abi::call_typed(self.func, &mut *store, args, self.takes_flat);
                called.map_err(Stop::Guest)
            }
        };
        call::end(store, armed);
        outcome.map_err(|stop| stop.error(code))
    }

    /// Like [`make`](Self::make), and passes the result on where it is: the processor waits for each move
    /// of a string that has just been written.
    #[inline]
    fn make_then<R: Lifted>(
        &self,
        store: &mut Store<State>,
        passing: Passing<'_>,
        code: &(dyn Code + Sync),
        then: impl FnOnce(&mut R) -> Result<()>,
    ) -> Result<()> {
        let Passing::Typed(args) = passing else {
            return then(&mut self.make(store, passing, code)?);
        };
        store.data_mut().world.begin_outermost_call();
        let armed = call::begin(store)?;
        let mut called = abi::call_typed(self.func, &mut *store, args, self.takes_flat);
        call::end(store, armed);
        match &mut called {
            Ok(result) => then(result),
            Err(_) => called
                .map(drop)
                .map_err(|error| Stop::Guest(error).error(code)),
        }
    }

    /// Returns the engine's handles in arguments, in their order. Those that move are the guest's from
    /// now on.
    ///
    /// # Errors
    /// `Misuse` for handles that cannot be used; nothing has changed then.
    pub(super) fn claim(
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

    /// Passes the result of a call on.
    pub(super) fn deliver(
        &self,
        store: &mut Store<State>,
        parts: Parts,
        returns: Returns<'_>,
    ) -> Result<()> {
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
