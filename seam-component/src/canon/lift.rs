//! `canon lift`: calling a component's function.

use std::sync::Arc;

use seam_core::{Capability, CoreFunc, CoreStore, CoreValue, Error, ErrorKind, Result, Value};

use crate::abi::{self, Cx, MAX_FLAT_PARAMS, MAX_FLAT_RESULTS, Options};
use crate::canon::Engine;
use crate::component::state::Running;
use crate::types::FuncTy;

/// A function of a running component.
#[derive(Clone, Debug)]
pub(crate) enum FuncInst {
    Lifted(Arc<Lifted>),
    /// The host function of the world's binding with this index.
    Host(usize, Arc<FuncTy>),
}

/// A core function lifted by a component.
#[derive(Debug)]
pub(crate) struct Lifted {
    pub(crate) core: CoreFunc,
    pub(crate) ty: Arc<FuncTy>,
    pub(crate) opts: Options,
    pub(crate) post_return: Option<CoreFunc>,
    /// Lifted with the `async` option.
    pub(crate) is_async: bool,
    /// Number of core results.
    pub(crate) num_results: usize,
}

impl FuncInst {
    pub(crate) fn ty(&self) -> &Arc<FuncTy> {
        match self {
            FuncInst::Lifted(lifted) => &lifted.ty,
            FuncInst::Host(_, ty) => ty,
        }
    }
}

impl Lifted {
    /// Calls the function from the host.
    ///
    /// # Errors
    /// Traps of the guest and of the canonical ABI, limits, errors of host functions; `Misuse` for handles that cannot
    /// be passed, before the guest runs.
    pub(crate) fn call(&self, store: &mut dyn CoreStore, args: &[Value]) -> Result<Option<Value>> {
        let mut result = Vec::new();
        self.call_with(
            store,
            &mut |cx, flat| {
                abi::lower_flat_values(cx, MAX_FLAT_PARAMS, args, &self.ty.params, None, flat)
            },
            &mut |cx, flat| {
                result = abi::lift_flat_values(cx, MAX_FLAT_RESULTS, flat, &self.ty.result)?;
                Ok(())
            },
        )?;
        Ok(result.pop())
    }

    /// Calls the function from the host, with lowering of the arguments and lifting of the result as given.
    ///
    /// # Errors
    /// As [`Lifted::call`]. `Misuse` of the host's own making, by `lower` or `lift`, leaves the
    /// instance as open as it was: no guest did anything wrong.
    pub(crate) fn call_with(
        &self,
        store: &mut dyn CoreStore,
        lower: &mut dyn FnMut(&mut Cx<'_>, &mut Vec<CoreValue>) -> Result<()>,
        lift: &mut dyn FnMut(&mut Cx<'_>, &[CoreValue]) -> Result<()>,
    ) -> Result<()> {
        self.check_sync()?;
        let running = Running::of(store)?;
        let depth = running.depth();
        running.enter(self.opts.instance, None)?;
        running.begin_outer();
        let result = self.run(store, lower, lift);
        let running = Running::of(store)?;
        if !is_blamed_on_guest(&result) {
            running.leave(self.opts.instance, None)?;
        }
        running.unwind(depth);
        result
    }

    fn run(
        &self,
        store: &mut dyn CoreStore,
        lower: &mut dyn FnMut(&mut Cx<'_>, &mut Vec<CoreValue>) -> Result<()>,
        lift: &mut dyn FnMut(&mut Cx<'_>, &[CoreValue]) -> Result<()>,
    ) -> Result<()> {
        let mut flat_args = Vec::new();
        lower(&mut Cx::new(&mut Engine(store), &self.opts), &mut flat_args)?;
        let flat_results = self.call_core(store, &flat_args)?;
        let given = Running::of(store)?.host.given();
        let lifted = lift(&mut Cx::new(&mut Engine(store), &self.opts), &flat_results);
        let returned = if is_blamed_on_guest(&lifted) {
            lifted
        } else {
            self.return_(store, &flat_results).and(lifted)
        };
        if returned.is_err() {
            // What the result held never reaches the host.
            Running::of(store)?.host.take_back(given);
        }
        returned
    }

    /// What follows lifting in a call from the host.
    fn return_(&self, store: &mut dyn CoreStore, flat_results: &[CoreValue]) -> Result<()> {
        Running::of(store)?.check_borrows_dropped()?;
        self.post_return(store, flat_results)
    }

    pub(crate) fn call_core(
        &self,
        store: &mut dyn CoreStore,
        args: &[CoreValue],
    ) -> Result<Vec<CoreValue>> {
        let mut results = vec![CoreValue::I32(0); self.num_results];
        store.call(self.core, args, &mut results)?;
        Ok(results)
    }

    /// `opts.post_return`, with the instance not to be left meanwhile.
    pub(crate) fn post_return(
        &self,
        store: &mut dyn CoreStore,
        flat_results: &[CoreValue],
    ) -> Result<()> {
        let Some(post_return) = self.post_return else {
            return Ok(());
        };
        Running::of(store)?.instance(self.opts.instance)?.may_leave = false;
        store.call(post_return, flat_results, &mut [])?;
        Running::of(store)?.instance(self.opts.instance)?.may_leave = true;
        Ok(())
    }

    pub(crate) fn check_sync(&self) -> Result<()> {
        if self.is_async || self.ty.is_async {
            return Err(Error::unsupported(
                Capability::ComponentAsync,
                "expected a synchronous function, found one that is async or lifted so",
            ));
        }
        Ok(())
    }
}

/// Whether a call failed otherwise than by what the host's own code asked for.
fn is_blamed_on_guest(result: &Result<()>) -> bool {
    matches!(result, Err(error) if *error.kind() != ErrorKind::Misuse)
}
