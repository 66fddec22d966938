//! `canon lower`: makes a core function from a component's function.

use std::sync::Arc;

use seam_core::{CoreCaller, CoreFunc, CoreFuncType, CoreStore, Error, NumericFn, Result};

use crate::abi::{self, FlatBits, InTransit, Machine, Options, Transfer, pass_scalar};
use crate::machine::{StoreMachine, lifting, reads_memory};
use crate::state::{Entering, FuncInst, Lifted, LoweredCall, Running, Shape};
use crate::task::{self, InSteps, Steps};
use seam_decode::types::{MAX_FLAT_PARAMS, MAX_FLAT_RESULTS, RecordTy};

/// A component's function, lowered for a caller with these options.
pub(crate) struct Lowered {
    pub(crate) callee: FuncInst,
    pub(crate) call: Arc<LoweredCall>,
    /// The type of the core function.
    pub(crate) core_ty: CoreFuncType,
    /// The instances that a call of a guest enters.
    entering: Option<Entering>,
    /// Whether the parameters and the result are scalars, so that they pass without any memory.
    over_scalars: bool,
    /// Whether the callee is a function over values that are [plain](abi::are_plain). If it is another
    /// guest's, they have the same bytes on both sides.
    plain: bool,
    /// Whether calls are tasks: the callee may block its caller.
    is_task: bool,
}

impl Lowered {
    /// Lowers a function for a caller with these options.
    ///
    /// # Errors
    /// `Engine` if the instance of the callee or the caller is unknown.
    pub(crate) fn new(
        running: &mut Running,
        callee: FuncInst,
        caller: Options,
        is_async: bool,
        core_ty: CoreFuncType,
    ) -> Result<Self> {
        let (entering, over_scalars, plain) = match &callee {
            FuncInst::Lifted(callee) => {
                let entering = running.entering(callee.opts.instance, Some(caller.instance))?;
                let plain = callee.shape.plain
                    && abi::are_bytes_alike(&caller, &callee.opts, &callee.ty.params)
                    && abi::are_bytes_alike(&callee.opts, &caller, &callee.ty.result);
                (Some(entering), callee.shape.direct, plain)
            }
            FuncInst::Host(callee) => {
                let Shape { direct, plain } = Shape::of(&callee.ty, false);
                (None, direct, plain && !callee.ty.is_async)
            }
        };
        let call = LoweredCall::new(callee.ty(), caller, is_async);
        Ok(Self {
            is_task: running.blocks(&callee),
            call: Arc::new(call),
            entering,
            over_scalars: over_scalars && !is_async,
            plain: plain && !is_async,
            callee,
            core_ty,
        })
    }

    /// Creates the core function, for an engine whose host functions can call back into the guest.
    ///
    /// # Errors
    /// `Unsupported` for a core type that the engine cannot express.
    pub(crate) fn core_func(self, store: &mut dyn CoreStore) -> Result<CoreFunc> {
        let core_ty = self.core_ty.clone();
        store.host_func_numeric(core_ty, self.into_func())
    }

    /// Returns the host function, for an engine whose host functions can call back into the guest.
    pub(crate) fn into_func(self) -> NumericFn {
        match &self.callee {
            FuncInst::Host(callee) if self.over_scalars && !self.is_task => {
                let (instance, index) = (self.call.opts.instance, callee.index);
                Arc::new(move |caller, bits| {
                    let running = Running::in_host(caller.host())?;
                    scalars_to_host(running, instance, index, bits)
                })
            }
            _ => Arc::new(move |caller, bits| self.call(caller, bits)),
        }
    }

    /// Performs a call. The results replace the arguments.
    ///
    /// # Errors
    /// Traps and limits of the callee and of the canonical ABI.
    fn call(&self, caller: &mut dyn CoreCaller, bits: &mut [u64]) -> Result<()> {
        let store = caller.as_store();
        match &self.callee {
            _ if self.is_task => self.call_task(store, bits),
            FuncInst::Lifted(callee) if self.over_scalars => {
                self.scalars_to_guest(store, callee, bits)
            }
            FuncInst::Host(callee) if self.plain => {
                match self.plain_to_host(store, callee, bits)? {
                    true => Ok(()),
                    false => self.call_with_memory(store, bits),
                }
            }
            _ => self.call_with_memory(store, bits),
        }
    }

    /// Performs a call as a task.
    #[inline(never)]
    fn call_task(&self, store: &mut dyn CoreStore, bits: &mut [u64]) -> Result<()> {
        let called = self.start_task(store, self.args(bits)?)?.done()?;
        match bits.get_mut(..called.len()) {
            Some(results) => {
                results.copy_from_slice(&called);
                Ok(())
            }
            None => Err(self.misfit(called.len())),
        }
    }

    /// Begins a call as a task.
    fn start_task(&self, store: &mut dyn CoreStore, args: &[u64]) -> Result<Steps<Vec<u64>>> {
        Running::of(store)?.world.begin_host_call()?;
        let called = self.start_uncounted(store, args);
        if called.is_err() {
            Running::of(store)?.world.end_host_call();
        }
        called?.then(store, |store, results| {
            Running::of(store)?.world.end_host_call();
            Ok(Steps::Done(results))
        })
    }

    fn start_uncounted(&self, store: &mut dyn CoreStore, args: &[u64]) -> Result<Steps<Vec<u64>>> {
        match (&self.callee, &self.entering) {
            (FuncInst::Lifted(callee), Some(entering)) => {
                task::call(store, callee, entering, &self.call, args)
            }
            (FuncInst::Host(callee), _) => task::call_host(store, callee, &self.call, args),
            _ => Err(Error::engine("expected a function whose calls are tasks")),
        }
    }

    /// Returns the body of a function whose calls are tasks, or the function itself if they are not.
    pub(crate) fn in_steps(self) -> std::result::Result<InSteps, Self> {
        match self.is_task {
            true => Ok(InSteps::new(move |store, args| {
                self.start_task(store, args)
            })),
            false => Err(self),
        }
    }

    /// Performs a call whose values may be in memory.
    #[inline(never)]
    fn call_with_memory(&self, store: &mut dyn CoreStore, bits: &mut [u64]) -> Result<()> {
        let running = Running::of(store)?;
        let depth = running.depth();
        let called = match &self.callee {
            FuncInst::Lifted(callee) => {
                let begun = self.begin_call(running);
                begun.and_then(|()| match self.plain {
                    true => self.plain_to_guest(store, callee, bits),
                    false => self.guest_to_guest(store, callee, bits),
                })
            }
            FuncInst::Host(callee) => self.guest_to_host(store, callee, bits),
        };
        if called.is_err() {
            Running::of(store)?.unwind(depth);
        }
        called
    }

    /// Returns the arguments at the beginning of the slice of a call.
    pub(super) fn args<'b>(&self, bits: &'b [u64]) -> Result<&'b [u64]> {
        let args = bits.get(..self.core_ty.params.len());
        args.ok_or_else(|| self.misfit(bits.len()))
    }

    /// Writes the results to the beginning of the slice of a call.
    pub(super) fn set_results(&self, bits: &mut [u64], flat: &FlatBits) -> Result<()> {
        let flat = flat.as_slice();
        let results = bits.get_mut(..self.core_ty.results.len());
        match results.filter(|results| results.len() == flat.len()) {
            Some(results) => {
                results.copy_from_slice(flat);
                Ok(())
            }
            None => Err(self.misfit(flat.len())),
        }
    }

    fn misfit(&self, found: usize) -> Error {
        let ty = &self.core_ty;
        Error::engine(format!(
            "expected the core values of a function of type {ty}, found {found}"
        ))
    }

    /// Performs a call over scalars from one component instance to another. The core functions of
    /// both have the same type, so the core values stay where they are.
    fn scalars_to_guest(
        &self,
        store: &mut dyn CoreStore,
        callee: &Lifted,
        bits: &mut [u64],
    ) -> Result<()> {
        let running = Running::of(store)?;
        let depth = running.depth();
        let mut called = self.begin_call(running);
        if called.is_ok() {
            called = pass_scalars(&callee.ty.params, bits)
                .and_then(|()| store.call_numeric(&callee.core, bits))
                .and_then(|()| pass_scalars(&callee.ty.result, bits));
        }
        let running = Running::of(store)?;
        match called {
            Ok(()) => self.end_call(running),
            Err(error) => {
                running.unwind(depth);
                Err(error)
            }
        }
    }

    /// Performs a call from one component instance to another, which has [begun](Self::begin_call).
    ///
    /// Arguments and results are transferred without building values.
    fn guest_to_guest(
        &self,
        store: &mut dyn CoreStore,
        callee: &Lifted,
        bits: &mut [u64],
    ) -> Result<()> {
        let args = self.args(bits)?;
        let reps = self.lift_args(store, callee, args)?;
        let mut results = FlatBits::default();
        self.lower_args(&mut StoreMachine(store), callee, args, &reps, &mut results)?;
        callee.call_core(store, &mut results)?;
        let reps = self.lift_results(store, callee, results.as_slice())?;
        let mut flat = FlatBits::default();
        self.lower_results(
            &mut StoreMachine(store),
            callee,
            args,
            results.as_slice(),
            &reps,
            &mut flat,
        )?;
        self.set_results(bits, &flat)?;
        callee.post_return(store, results.as_slice())?;
        self.end_call(Running::of(store)?)
    }

    /// Like [`guest_to_guest`](Self::guest_to_guest), for plain values. The core values stay where they
    /// are: those of the callee are never more than those of the caller.
    fn plain_to_guest(
        &self,
        store: &mut dyn CoreStore,
        callee: &Lifted,
        bits: &mut [u64],
    ) -> Result<()> {
        let (from, to) = (&self.call.opts, &callee.opts);
        let (params, result) = (&callee.ty.params, &callee.ty.result);
        let (_, out_param) = self.call.split(self.args(bits)?);
        let in_memory = reads_memory(MAX_FLAT_PARAMS, params);
        lifting(store, from, in_memory, |cx| {
            abi::check_plain(cx, bits, params)
        })?;
        abi::copy_plain(&mut StoreMachine(store), (from, to), params, bits)?;
        store.call_numeric(&callee.core, bits)?;
        let results = bits.get(..callee.num_results());
        let results = results.ok_or_else(|| self.misfit(bits.len()))?;
        let in_memory = reads_memory(MAX_FLAT_RESULTS, result);
        let lifted = lifting(store, to, in_memory, |cx| {
            abi::lift_plain_result(cx, results, result)
        })?;
        let mut flat = FlatBits::default();
        let machine = &mut StoreMachine(store);
        abi::lower_plain_result(machine, (to, from), result, lifted, out_param, &mut flat)?;
        callee.post_return(store, results)?;
        self.set_results(bits, &flat)?;
        self.end_call(Running::of(store)?)
    }

    /// Performs the steps before the callee's arguments are lowered: may-leave, may-enter, the
    /// frame.
    pub(crate) fn begin_call(&self, running: &mut Running) -> Result<()> {
        running.check_may_leave(self.call.opts.instance)?;
        if let Some(entering) = &self.entering {
            running.enter(entering)?;
        }
        running.begin()
    }

    /// Lifts the arguments from the caller. Returns the representations of their handles.
    pub(crate) fn lift_args(
        &self,
        store: &mut dyn CoreStore,
        callee: &Lifted,
        args: &[u64],
    ) -> Result<Vec<u32>> {
        let (args, _) = self.call.split(args);
        let (max, params) = (MAX_FLAT_PARAMS, &callee.ty.params);
        lifting(store, &self.call.opts, reads_memory(max, params), |cx| {
            Ok(InTransit::lift(cx, max, args, params)?.into_reps())
        })
    }

    /// Lowers the lifted arguments into the callee.
    pub(crate) fn lower_args(
        &self,
        machine: &mut dyn Machine,
        callee: &Lifted,
        args: &[u64],
        reps: &[u32],
        flat: &mut FlatBits,
    ) -> Result<()> {
        let (args, _) = self.call.split(args);
        let (from, to) = (&self.call.opts, &callee.opts);
        let lifted = InTransit::new(MAX_FLAT_PARAMS, args, &callee.ty.params, reps)?;
        Transfer { machine, from, to }.lower(lifted, MAX_FLAT_PARAMS, None, flat)
    }

    /// `Task.return_`: lifts the results from the callee and checks its borrows.
    ///
    /// Returns the representations of the results' handles.
    pub(crate) fn lift_results(
        &self,
        store: &mut dyn CoreStore,
        callee: &Lifted,
        results: &[u64],
    ) -> Result<Vec<u32>> {
        let (max, result) = (MAX_FLAT_RESULTS, &callee.ty.result);
        lifting(store, &callee.opts, reads_memory(max, result), |cx| {
            let lifted = InTransit::lift(cx, max, results, result)?;
            cx.machine.check_borrows_dropped()?;
            Ok(lifted.into_reps())
        })
    }

    /// Lowers the lifted results into the caller.
    pub(crate) fn lower_results(
        &self,
        machine: &mut dyn Machine,
        callee: &Lifted,
        args: &[u64],
        results: &[u64],
        reps: &[u32],
        flat: &mut FlatBits,
    ) -> Result<()> {
        let (_, out_param) = self.call.split(args);
        let (from, to) = (&callee.opts, &self.call.opts);
        let lifted = InTransit::new(MAX_FLAT_RESULTS, results, &callee.ty.result, reps)?;
        Transfer { machine, from, to }.lower(lifted, MAX_FLAT_RESULTS, out_param, flat)
    }

    /// Performs the steps after the callee's post-return.
    pub(crate) fn end_call(&self, running: &mut Running) -> Result<()> {
        if let Some(entering) = &self.entering {
            running.leave(entering)?;
        }
        running.end_frame()
    }
}

/// Performs a call over scalars from a component instance to the host. It has no frame, because
/// nothing is lent, and the host function calls no guest.
fn scalars_to_host(
    running: &mut Running,
    instance: u32,
    index: usize,
    bits: &mut [u64],
) -> Result<()> {
    running.check_may_leave(instance)?;
    running.world.call_scalars(index, bits)
}

/// Lifts scalars from one guest and lowers them to another, in place.
fn pass_scalars(types: &RecordTy, bits: &mut [u64]) -> Result<()> {
    for (bits, field) in bits.iter_mut().zip(&types.fields) {
        *bits = pass_scalar(&field.ty, *bits)?;
    }
    Ok(())
}
