//! `canon lift`: calls of a component's function.

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
    /// The host function of the world's binding at this index.
    Host(usize, Arc<FuncTy>),
}

/// A core function that a component lifts.
#[derive(Debug)]
pub(crate) struct Lifted {
    pub(crate) core: CoreFunc,
    pub(crate) ty: Arc<FuncTy>,
    pub(crate) opts: Options,
    pub(crate) post_return: Option<CoreFunc>,
    /// Whether it is lifted with the `async` option.
    pub(crate) is_async: bool,
    /// The number of core results.
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
    /// Traps of the guest and of the canonical ABI, limits, and errors of host functions. `Misuse`
    /// if a handle cannot be passed; the guest does not run in this case.
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

    /// Calls the function from the host with the given lowering of the arguments and lifting of the
    /// result.
    ///
    /// # Errors
    /// Those of [`Lifted::call`]. If `lower` or `lift` returns `Misuse`, the host is to blame, so
    /// the instance can still be entered.
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
            // The handles in the result never reach the host.
            Running::of(store)?.host.take_back(given);
        }
        returned
    }

    /// Performs the steps after lifting in a call from the host.
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

    /// Calls `opts.post_return`. The instance must not be left in the meantime.
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
                "expected a synchronous function, found one that is async or async-lifted",
            ));
        }
        Ok(())
    }
}

/// Returns whether a call failed for another reason than misuse by the host's own code.
fn is_blamed_on_guest(result: &Result<()>) -> bool {
    matches!(result, Err(error) if *error.kind() != ErrorKind::Misuse)
}
