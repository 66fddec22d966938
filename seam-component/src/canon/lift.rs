//! `canon lift`: calls of a component's function.

use std::sync::Arc;

use seam_core::typed::Lift;
use seam_core::{Args, CoreStore, ErrorKind, NumericFunc, Result, Returns};

use crate::abi::{self, Cx, FlatBits, Options, are_plain, is_scalar, lift_plain, lower_plain};
use crate::machine::{Borrowed, StoreMachine, lifting, lifting_then, reads_memory};
use crate::state::{Depth, Lifted, Running, Shape};
use seam_decode::types::{FuncTy, MAX_FLAT_PARAMS, MAX_FLAT_RESULTS, RecordTy, spills};

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
    /// Those of [`Lifted::call`] before the core function runs.
    pub(crate) fn start(
        lifted: &Lifted,
        store: &mut dyn CoreStore,
        lower: impl FnOnce(&mut Cx<'_>, &mut FlatBits) -> Result<()>,
    ) -> Result<Self> {
        let mut flat = FlatBits::default();
        let depth = lifted.begin(store)?;
        lifted.lower(store, depth, &mut flat, lower)?;
        Ok(Self {
            depth,
            flat,
            returned: false,
        })
    }

    /// Runs the core function.
    ///
    /// # Errors
    /// Traps of the guest, limits, errors of host functions; the call has ended then.
    pub(crate) fn drive(&mut self, lifted: &Lifted, store: &mut dyn CoreStore) -> Result<()> {
        lifted.run(store, self.depth, &mut self.flat)?;
        self.returned = true;
        Ok(())
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
        lifted.take(store, self.depth, &self.flat, lift)
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
        lifted.end(store, self.depth, given_up)
    }
}

impl Lifted {
    /// Lifts a core function. Its instance must have been added.
    ///
    /// # Errors
    /// `Engine` if the instance is unknown.
    pub(crate) fn new(
        running: &mut Running,
        core: NumericFunc,
        ty: Arc<FuncTy>,
        opts: Options,
        post_return: Option<NumericFunc>,
        shape: Shape,
    ) -> Result<Self> {
        Ok(Self {
            is_async: false,
            concurrent: false,
            callback: None,
            entering: running.entering(opts.instance, None)?,
            shape,
            core,
            ty,
            opts,
            post_return,
        })
    }

    /// Makes a whole call from the host. The arguments are lowered, and the result is lifted, as
    /// given.
    ///
    /// # Errors
    /// Traps of the guest and of the canonical ABI, and limits. `Misuse` if a handle cannot be
    /// passed; the guest does not run in this case. If `lower` or `lift` returns `Misuse`, the host
    /// is to blame, so the instance can still be entered.
    pub(crate) fn call<T>(
        &self,
        store: &mut dyn CoreStore,
        lower: impl FnOnce(&mut Cx<'_>, &mut FlatBits) -> Result<()>,
        lift: impl FnOnce(&mut Cx<'_>, &[u64], &RecordTy) -> Result<T>,
    ) -> Result<T> {
        let mut flat = FlatBits::default();
        let depth = self.begin(store)?;
        self.lower(store, depth, &mut flat, lower)?;
        self.run(store, depth, &mut flat)?;
        self.take(store, depth, &flat, lift)
    }

    /// Makes a whole call of a [plain](crate::state::Shape::plain) function from the host. Values must have been
    /// checked.
    ///
    /// # Errors
    /// Those of [`Lifted::call`].
    pub(crate) fn call_plain(
        &self,
        store: &mut dyn CoreStore,
        args: &mut Args<'_>,
        returns: &mut Returns<'_>,
    ) -> Result<()> {
        let mut flat = FlatBits::default();
        let depth = self.begin(store)?;
        let machine = &mut StoreMachine(&mut *store);
        let lowered = lower_plain(machine, &self.opts, &self.ty.params, args, flat.room());
        let called = match lowered {
            Ok(()) => self.call_core(store, &mut flat),
            failed => failed,
        };
        if let Err(error) = called {
            return self.end(store, depth, Err(error));
        }
        let result = &self.ty.result;
        if let (Some(memory), None) = (self.opts.memory, &self.post_return) {
            // An error comes again from the general way.
            if let Ok(Some((bytes, host))) = store.memory_and_host(memory) {
                let mut borrowed = Borrowed(Running::in_host(host)?);
                let flat = flat.as_slice();
                let taken = lift_plain(bytes, &mut borrowed, &self.opts, flat, result, returns);
                return self.leave(borrowed.0, depth, taken);
            }
        }
        self.take(store, depth, &flat, |cx, flat, ty| {
            lift_result(cx, flat, ty, returns)
        })
    }

    /// Makes a whole call of a [direct](crate::state::Shape::direct) function from the host. The arguments are
    /// lowered to the beginning of `flat`, and the result is lifted from there, as given.
    ///
    /// # Errors
    /// Those of [`Lifted::call`].
    pub(crate) fn call_direct(
        &self,
        store: &mut dyn CoreStore,
        flat: &mut FlatBits,
        lower: impl FnOnce(&mut [u64]) -> Result<()>,
        lift: impl FnOnce(&[u64]) -> Result<()>,
    ) -> Result<()> {
        let depth = self.begin(store)?;
        let called = lower(flat.room())
            .and_then(|()| store.call_numeric(&self.core, flat.room()))
            .and_then(|()| lift(flat.room()));
        self.end(store, depth, called)
    }

    /// Enters the instance.
    #[inline(always)]
    fn begin(&self, store: &mut dyn CoreStore) -> Result<Depth> {
        let running = Running::of(store)?;
        let depth = running.depth();
        running.enter(&self.entering)?;
        running.begin_outer();
        Ok(depth)
    }

    #[inline]
    fn lower(
        &self,
        store: &mut dyn CoreStore,
        depth: Depth,
        flat: &mut FlatBits,
        lower: impl FnOnce(&mut Cx<'_>, &mut FlatBits) -> Result<()>,
    ) -> Result<()> {
        match lower(&mut Cx::new(&mut StoreMachine(store), &self.opts), flat) {
            Ok(()) => Ok(()),
            Err(error) => self.end(store, depth, Err(error)),
        }
    }

    #[inline]
    fn run(&self, store: &mut dyn CoreStore, depth: Depth, flat: &mut FlatBits) -> Result<()> {
        match self.call_core(store, flat) {
            Ok(()) => Ok(()),
            Err(error) => self.end(store, depth, Err(error)),
        }
    }

    /// Lifts the result as given, runs the post-return, and leaves the instance.
    #[inline]
    fn take<T>(
        &self,
        store: &mut dyn CoreStore,
        depth: Depth,
        flat: &FlatBits,
        lift: impl FnOnce(&mut Cx<'_>, &[u64], &RecordTy) -> Result<T>,
    ) -> Result<T> {
        let result = &self.ty.result;
        let given = match result.contents.handle {
            true => Some(Running::of(store)?.host.given()),
            false => None,
        };
        let in_memory = reads_memory(MAX_FLAT_RESULTS, result);
        let lift = |cx: &mut Cx<'_>| lift(cx, flat.as_slice(), result);
        if self.post_return.is_none() && given.is_none() {
            // The common case, for which the state is looked up once.
            return lifting_then(store, &self.opts, in_memory, lift, |running, taken| {
                let returned = match is_blamed_on_guest(&taken) {
                    true => taken,
                    false => running.check_borrows_dropped().and(taken),
                };
                self.leave(running, depth, returned)
            });
        }
        let taken = lifting(store, &self.opts, in_memory, lift);
        let returned = match is_blamed_on_guest(&taken) {
            true => taken,
            false => self.return_(store, flat).and(taken),
        };
        if let (Err(_), Some(given)) = (&returned, given) {
            // The handles in the result never reach the host.
            Running::of(store)?.host.take_back(given);
        }
        self.end(store, depth, returned)
    }

    #[inline]
    fn end<T>(&self, store: &mut dyn CoreStore, depth: Depth, result: Result<T>) -> Result<T> {
        self.leave(Running::of(store)?, depth, result)
    }

    /// Leaves the instance, unless the guest has failed.
    #[inline]
    fn leave<T>(&self, running: &mut Running, depth: Depth, result: Result<T>) -> Result<T> {
        if !is_blamed_on_guest(&result) {
            running.leave(&self.entering)?;
        }
        running.unwind(depth);
        result
    }

    /// Performs the steps after lifting in a call from the host.
    fn return_(&self, store: &mut dyn CoreStore, results: &FlatBits) -> Result<()> {
        Running::of(store)?.check_borrows_dropped()?;
        self.post_return(store, results.as_slice())
    }

    /// Calls the core function, whose results replace its arguments.
    #[inline]
    pub(crate) fn call_core(&self, store: &mut dyn CoreStore, flat: &mut FlatBits) -> Result<()> {
        store.call_numeric(&self.core, flat.room())?;
        flat.truncate(self.num_results());
        Ok(())
    }

    /// Returns the number of core results.
    #[inline]
    pub(crate) fn num_results(&self) -> usize {
        self.core.ty().results.len()
    }

    /// Calls `opts.post_return`. The instance must not be left in the meantime.
    pub(crate) fn post_return(&self, store: &mut dyn CoreStore, results: &[u64]) -> Result<()> {
        let Some(post_return) = &self.post_return else {
            return Ok(());
        };
        let mut room = FlatBits::default();
        room.extend(results.len())?.copy_from_slice(results);
        Running::of(store)?.instance(self.opts.instance)?.may_leave = false;
        store.call_numeric(post_return, room.room())?;
        Running::of(store)?.instance(self.opts.instance)?.may_leave = true;
        Ok(())
    }
}

impl Shape {
    /// Returns how values pass to and from a function of this type.
    pub(crate) fn of(ty: &FuncTy, has_post_return: bool) -> Self {
        Self {
            direct: !has_post_return && is_over_scalars(ty),
            plain: are_plain(MAX_FLAT_PARAMS, &ty.params)
                && !spills(MAX_FLAT_PARAMS, &ty.params)
                && are_plain(MAX_FLAT_RESULTS, &ty.result),
        }
    }
}

/// Returns whether all parameters and the result are numbers, `bool`s or `char`s that are passed as
/// core values.
pub(crate) fn is_over_scalars(ty: &FuncTy) -> bool {
    let are_scalars = |max_flat, types: &RecordTy| {
        !spills(max_flat, types) && types.fields.iter().all(|field| is_scalar(&field.ty))
    };
    are_scalars(MAX_FLAT_PARAMS, &ty.params) && are_scalars(MAX_FLAT_RESULTS, &ty.result)
}

/// Lifts the result of a call, if the function has a result.
#[inline]
pub(crate) fn lift_result(
    cx: &mut Cx<'_>,
    flat: &[u64],
    ty: &RecordTy,
    returns: &mut Returns<'_>,
) -> Result<()> {
    match returns {
        Returns::Value(value) => {
            **value = abi::lift_flat_value(cx, MAX_FLAT_RESULTS, flat, ty)?;
            Ok(())
        }
        Returns::Typed(_) if ty.fields.is_empty() => Ok(()),
        Returns::Typed(lift) => {
            let lift = |from: &mut dyn Lift| lift.lift(from);
            abi::lift_parts(cx, MAX_FLAT_RESULTS, flat, ty, lift)
        }
    }
}

/// Returns whether a call failed for another reason than misuse by the host's own code.
fn is_blamed_on_guest<T>(result: &Result<T>) -> bool {
    matches!(result, Err(error) if *error.kind() != ErrorKind::Misuse)
}
