//! Exported functions, and what is done before and after each call of one.

use std::sync::Arc;

use seam_core::{Error, ExportName, FuncType, Result, Value};
use wasmtime::component::{Func, Instance, Val};
use wasmtime::{AsContextMut, Store};

use crate::call::{self, Stop};
use crate::component::lift::FromVals;
use crate::component::lower::{Lowered, ToVals, has_handles};
use crate::component::state::State;
use crate::deadline::Alarm;
use crate::error::Code;

/// An exported function, resolved once.
#[derive(Clone)]
pub(crate) struct Export {
    func: Func,
    ty: Arc<FuncType>,
    /// Whether its arguments can have handles in them.
    handles: bool,
}

/// A call with its arguments lowered.
pub(crate) struct Call {
    func: Func,
    params: Vec<Val>,
    results: Vec<Val>,
    lowered: Lowered,
    alarm: Option<Alarm>,
}

impl Export {
    /// Looks up an export by its full name.
    ///
    /// # Errors
    /// `Engine` if the engine does not know what the artifact exports.
    pub(crate) fn find(
        store: &mut Store<State>,
        instance: &Instance,
        name: &ExportName,
        ty: &Arc<FuncType>,
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
            handles: ty.params.iter().any(|(_, ty)| has_handles(ty)),
        })
    }

    /// Checks and lowers the arguments, and arms the deadline.
    ///
    /// # Errors
    /// `Misuse` for ill-typed arguments and for handles that cannot be used; nothing has changed
    /// then.
    pub(crate) fn begin(&self, store: &mut Store<State>, args: &[Value]) -> Result<Call> {
        self.ty.check_args(args)?;
        let mut context = store.as_context_mut();
        let mut lower = ToVals::new(&mut context);
        if self.handles {
            args.iter().try_for_each(|arg| lower.claim(arg))?;
        }
        let pairs = self.ty.params.iter().zip(args);
        let params: Vec<Val> = pairs
            .map(|((_, ty), arg)| lower.value(ty, arg))
            .collect::<Result<_>>()?;
        let mut lowered = lower.done();
        lowered.commit(store.data_mut())?;
        store.data_mut().world.begin();
        let results = self.ty.result.iter().map(|_| Val::Bool(false)).collect();
        Ok(Call {
            func: self.func,
            params,
            results,
            lowered,
            alarm: call::begin(store)?,
        })
    }

    /// Lifts the result of a call that has been made.
    ///
    /// # Errors
    /// How the call ended.
    pub(crate) fn end(
        &self,
        store: &mut Store<State>,
        mut call: Call,
        outcome: Result<(), Stop>,
        code: &dyn Code,
    ) -> Result<Option<Value>> {
        call::end(store, call.alarm.take());
        call.lowered.end(store);
        outcome.map_err(|stop| stop.error(code))?;
        let (Some(ty), Some(val)) = (&self.ty.result, call.results.pop()) else {
            return Ok(None);
        };
        let mut context = store.as_context_mut();
        FromVals::new(&mut context).value(ty, val).map(Some)
    }
}

impl Call {
    /// Makes the call, on a store without anything asynchronous.
    pub(crate) fn make(&mut self, store: &mut Store<State>) -> Result<(), Stop> {
        call::synchronous(store, |store| {
            self.func.call(store, &self.params, &mut self.results)
        })
    }

    /// Makes the call, suspending where the host does.
    pub(crate) async fn make_async(&mut self, store: &mut Store<State>) -> Result<(), Stop> {
        let at = call::deadline(store);
        let made = self.func.call_async(store, &self.params, &mut self.results);
        call::bounded(at, made).await
    }
}
