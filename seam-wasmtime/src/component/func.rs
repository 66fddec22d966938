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
    /// Whether its arguments can contain handles.
    handles: bool,
}

/// A call with its arguments lowered.
pub(crate) struct Begun {
    func: Func,
    params: Vec<Val>,
    results: Vec<Val>,
    lowered: Lowered,
    ty: Arc<FuncType>,
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

    /// Lowers the arguments, whose types must have been checked.
    ///
    /// # Errors
    /// `Misuse` for handles that cannot be used; nothing has changed then.
    pub(crate) fn begin(&self, store: &mut Store<State>, args: &[Value]) -> Result<Begun> {
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
        store.data_mut().world.begin_outermost_call();
        let results = self.ty.result.iter().map(|_| Val::Bool(false)).collect();
        Ok(Begun {
            func: self.func,
            params,
            results,
            lowered,
            ty: self.ty.clone(),
        })
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
        let outcome = call::synchronous(store, |store| {
            self.func.call(store, &self.params, &mut self.results)
        });
        self.end(store, alarm, outcome, code)
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
        let made = self
            .func
            .call_async(&mut *store, &self.params, &mut self.results);
        let outcome = call::bounded(at, made).await;
        self.end(store, alarm, outcome, code)
    }

    fn end(
        &mut self,
        store: &mut Store<State>,
        alarm: Option<Alarm>,
        outcome: Result<(), Stop>,
        code: &(dyn Code + Sync),
    ) -> Result<()> {
        call::end(store, alarm);
        std::mem::take(&mut self.lowered).end(store);
        outcome.map_err(|stop| stop.error(code))
    }

    /// Ends a call that was given up.
    pub(crate) fn give_up(mut self, store: &mut Store<State>) {
        std::mem::take(&mut self.lowered).end(store);
    }

    /// Lifts the result of a call that has been made.
    ///
    /// # Errors
    /// `Engine` for a result of another type; limits of lifting.
    pub(crate) fn result(mut self, store: &mut Store<State>) -> Result<Option<Value>> {
        let (Some(ty), Some(val)) = (&self.ty.result, self.results.pop()) else {
            return Ok(None);
        };
        let mut context = store.as_context_mut();
        FromVals::new(&mut context).value(ty, val).map(Some)
    }
}
