//! `canon lift`: calls of a component's function.

use std::sync::Arc;

use seam_core::{Capability, CoreFunc, CoreStore, CoreValue, Error, ErrorKind, Result};

use crate::abi::{Cx, Options};
use crate::canon::StoreMachine;
use crate::state::{Depth, Running};
use seam_decode::types::FuncTy;

/// A function of a running component.
#[derive(Clone, Debug)]
pub(crate) enum FuncInst {
    Lifted(Arc<Lifted>),
    /// The host function of the world's binding at this index.
    Host(usize, Arc<FuncTy>),
    /// A function that cannot be called, and why.
    Undecided(Arc<str>),
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
    /// Returns the type of the function.
    ///
    /// # Errors
    /// `Link` if the function cannot be called.
    pub(crate) fn ty(&self) -> Result<&Arc<FuncTy>> {
        match self {
            FuncInst::Lifted(lifted) => Ok(&lifted.ty),
            FuncInst::Host(_, ty) => Ok(ty),
            FuncInst::Undecided(why) => Err(Error::link(why.to_string())),
        }
    }
}

/// A call from the host, from the lowering of its arguments to the end of its post-return.
#[derive(Debug)]
pub(crate) struct Outer {
    lifted: Arc<Lifted>,
    /// How many calls were under way before.
    depth: Depth,
    flat_args: Vec<CoreValue>,
    /// Once the core function has returned.
    flat_results: Option<Vec<CoreValue>>,
}

impl Outer {
    /// Enters the instance and lowers the arguments as given.
    ///
    /// # Errors
    /// Traps of the guest and of the canonical ABI, and limits. `Misuse` if a handle cannot be
    /// passed; the guest does not run in this case. If `lower`, or `lift` in [`Outer::take`],
    /// returns `Misuse`, the host is to blame, so the instance can still be entered.
    pub(crate) fn start(
        lifted: Arc<Lifted>,
        store: &mut dyn CoreStore,
        lower: impl FnOnce(&mut Cx<'_>, &mut Vec<CoreValue>) -> Result<()>,
    ) -> Result<Self> {
        lifted.check_sync()?;
        let running = Running::of(store)?;
        let depth = running.depth();
        running.enter_from(lifted.opts.instance, None)?;
        running.begin_outer();
        let mut flat_args = Vec::new();
        let lowered = lower(
            &mut Cx::new(&mut StoreMachine(store), &lifted.opts),
            &mut flat_args,
        );
        let call = Self {
            lifted,
            depth,
            flat_args,
            flat_results: None,
        };
        if lowered.is_err() {
            call.end(store, lowered)?;
        }
        Ok(call)
    }

    /// Runs the core function.
    ///
    /// # Errors
    /// Traps of the guest, limits, errors of host functions; the call has ended then.
    pub(crate) fn drive(&mut self, store: &mut dyn CoreStore) -> Result<()> {
        match self.lifted.call_core(store, &self.flat_args) {
            Ok(results) => {
                self.flat_results = Some(results);
                Ok(())
            }
            Err(error) => self.end(store, Err(error)),
        }
    }

    /// Lifts the result as given, and runs the post-return.
    ///
    /// # Errors
    /// Traps of the guest and of the canonical ABI, limits.
    pub(crate) fn take(
        self,
        store: &mut dyn CoreStore,
        lift: impl FnOnce(&mut Cx<'_>, &[CoreValue], &FuncTy) -> Result<()>,
    ) -> Result<()> {
        let taken = self.lift(store, lift);
        self.end(store, taken)
    }

    /// Ends a call whose result nobody wants. If it has one, the post-return frees it.
    ///
    /// # Errors
    /// As [`Outer::take`].
    pub(crate) fn give_up(self, store: &mut dyn CoreStore) -> Result<()> {
        let given_up = match &self.flat_results {
            Some(results) => self.lifted.return_(store, results),
            None => Ok(()),
        };
        self.end(store, given_up)
    }

    fn lift(
        &self,
        store: &mut dyn CoreStore,
        lift: impl FnOnce(&mut Cx<'_>, &[CoreValue], &FuncTy) -> Result<()>,
    ) -> Result<()> {
        let flat_results = self.flat_results.as_deref().unwrap_or_default();
        let given = Running::of(store)?.host.given();
        let lifted = lift(
            &mut Cx::new(&mut StoreMachine(store), &self.lifted.opts),
            flat_results,
            &self.lifted.ty,
        );
        let returned = if is_blamed_on_guest(&lifted) {
            lifted
        } else {
            self.lifted.return_(store, flat_results).and(lifted)
        };
        if returned.is_err() {
            // The handles in the result never reach the host.
            Running::of(store)?.host.take_back(given);
        }
        returned
    }

    /// Leaves the instance, unless the guest has failed.
    fn end(&self, store: &mut dyn CoreStore, result: Result<()>) -> Result<()> {
        let running = Running::of(store)?;
        if !is_blamed_on_guest(&result) {
            running.leave_to(self.lifted.opts.instance, None)?;
        }
        running.unwind(self.depth);
        result
    }
}

impl Lifted {
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
