//! `canon lift`: calls of a component's function.

use std::sync::Arc;

use seam_core::{Capability, CoreStore, Error, ErrorKind, NumericFunc, Result};

use crate::abi::{Cx, FlatBits, Options};
use crate::canon::{StoreMachine, lifting};
use crate::state::{Depth, Running};
use seam_decode::types::{FuncTy, MAX_FLAT_RESULTS, RecordTy, spills};

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
    pub(crate) core: NumericFunc,
    pub(crate) ty: Arc<FuncTy>,
    pub(crate) opts: Options,
    pub(crate) post_return: Option<NumericFunc>,
    /// Whether it is lifted with the `async` option.
    pub(crate) is_async: bool,
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

/// Returns whether values of these types may be in memory, wholly or in part.
pub(crate) fn reads_memory(max_flat: usize, types: &RecordTy) -> bool {
    types.contents.traps || spills(max_flat, types)
}

/// A call from the host, from the lowering of its arguments to the end of its post-return.
#[derive(Debug)]
pub(crate) struct Outer {
    /// How many calls were under way before.
    depth: Depth,
    /// The arguments of the core function, and its results once it has returned.
    flat: FlatBits,
    returned: bool,
}

impl Outer {
    /// Enters the instance and lowers the arguments as given.
    ///
    /// # Errors
    /// Traps of the guest and of the canonical ABI, and limits. `Misuse` if a handle cannot be
    /// passed; the guest does not run in this case. If `lower`, or `lift` in [`Outer::take`],
    /// returns `Misuse`, the host is to blame, so the instance can still be entered.
    pub(crate) fn start(
        lifted: &Lifted,
        store: &mut dyn CoreStore,
        lower: impl FnOnce(&mut Cx<'_>, &mut FlatBits) -> Result<()>,
    ) -> Result<Self> {
        lifted.check_sync()?;
        let running = Running::of(store)?;
        let depth = running.depth();
        running.enter_from(lifted.opts.instance, None)?;
        running.begin_outer();
        let mut call = Self {
            depth,
            flat: FlatBits::default(),
            returned: false,
        };
        let mut machine = StoreMachine(store);
        let lowered = lower(&mut Cx::new(&mut machine, &lifted.opts), &mut call.flat);
        if lowered.is_err() {
            call.end(lifted, store, lowered)?;
        }
        Ok(call)
    }

    /// Runs the core function.
    ///
    /// # Errors
    /// Traps of the guest, limits, errors of host functions; the call has ended then.
    pub(crate) fn drive(&mut self, lifted: &Lifted, store: &mut dyn CoreStore) -> Result<()> {
        match lifted.call_core(store, &mut self.flat) {
            Ok(()) => {
                self.returned = true;
                Ok(())
            }
            Err(error) => self.end(lifted, store, Err(error)),
        }
    }

    /// Lifts the result as given, and runs the post-return.
    ///
    /// # Errors
    /// Traps of the guest and of the canonical ABI, limits.
    pub(crate) fn take<T>(
        self,
        lifted: &Lifted,
        store: &mut dyn CoreStore,
        lift: impl FnOnce(&mut Cx<'_>, &[u64], &RecordTy) -> Result<T>,
    ) -> Result<T> {
        let taken = self.lift(lifted, store, lift);
        self.end(lifted, store, taken)
    }

    /// Ends a call whose result nobody wants. If it has one, the post-return frees it.
    ///
    /// # Errors
    /// As [`Outer::take`].
    pub(crate) fn give_up(self, lifted: &Lifted, store: &mut dyn CoreStore) -> Result<()> {
        let given_up = match self.returned {
            true => lifted.return_(store, &self.flat),
            false => Ok(()),
        };
        self.end(lifted, store, given_up)
    }

    fn lift<T>(
        &self,
        lifted: &Lifted,
        store: &mut dyn CoreStore,
        lift: impl FnOnce(&mut Cx<'_>, &[u64], &RecordTy) -> Result<T>,
    ) -> Result<T> {
        let result = &lifted.ty.result;
        let given = match result.contents.handle {
            true => Some(Running::of(store)?.host.given()),
            false => None,
        };
        let in_memory = reads_memory(MAX_FLAT_RESULTS, result);
        let taken = lifting(store, &lifted.opts, in_memory, |machine| {
            let cx = &mut Cx::new(machine, &lifted.opts);
            lift(cx, self.flat.as_slice(), result)
        });
        let returned = if is_blamed_on_guest(&taken) {
            taken
        } else {
            lifted.return_(store, &self.flat).and(taken)
        };
        if let (Err(_), Some(given)) = (&returned, given) {
            // The handles in the result never reach the host.
            Running::of(store)?.host.take_back(given);
        }
        returned
    }

    /// Leaves the instance, unless the guest has failed.
    fn end<T>(&self, lifted: &Lifted, store: &mut dyn CoreStore, result: Result<T>) -> Result<T> {
        let running = Running::of(store)?;
        if !is_blamed_on_guest(&result) {
            running.leave_to(lifted.opts.instance, None)?;
        }
        running.unwind(self.depth);
        result
    }
}

impl Lifted {
    /// Performs the steps after lifting in a call from the host.
    fn return_(&self, store: &mut dyn CoreStore, results: &FlatBits) -> Result<()> {
        Running::of(store)?.check_borrows_dropped()?;
        self.post_return(store, results)
    }

    /// Calls the core function, whose results replace its arguments.
    pub(crate) fn call_core(&self, store: &mut dyn CoreStore, flat: &mut FlatBits) -> Result<()> {
        store.call_numeric(&self.core, flat.room())?;
        flat.truncate(self.num_results());
        Ok(())
    }

    /// Returns the number of core results.
    pub(crate) fn num_results(&self) -> usize {
        self.core.ty().results.len()
    }

    /// Calls `opts.post_return`. The instance must not be left in the meantime.
    pub(crate) fn post_return(&self, store: &mut dyn CoreStore, results: &FlatBits) -> Result<()> {
        let Some(post_return) = &self.post_return else {
            return Ok(());
        };
        let mut results = *results;
        Running::of(store)?.instance(self.opts.instance)?.may_leave = false;
        store.call_numeric(post_return, results.room())?;
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
fn is_blamed_on_guest<T>(result: &Result<T>) -> bool {
    matches!(result, Err(error) if *error.kind() != ErrorKind::Misuse)
}
