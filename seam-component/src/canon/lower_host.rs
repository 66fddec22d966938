//! Calls of host functions from a component instance.

use seam_core::typed::{Lift, Lower};
use seam_core::{CoreStore, Result};

use crate::abi::{self, Cx, FlatBits, Machine};
use crate::canon::lower::Lowered;
use crate::machine::{Borrowed, StoreMachine, lifting_between, reads_memory};
use crate::state::{HostFunc, HostResult, Running, SubtaskState, lift_host_args};
use crate::task;
use seam_decode::types::FuncTy;

impl Lowered {
    /// Performs a call over plain values from a component instance to a host function over Rust types.
    /// Returns whether it was: a call that needs values, or an engine that lends no bytes, takes the
    /// general way.
    ///
    /// Nothing is lent, and the host function calls no guest. So the call has no frame, and the state and
    /// the memory are looked up once until the function has returned.
    #[inline]
    pub(super) fn plain_to_host(
        &self,
        store: &mut dyn CoreStore,
        HostFunc { index, ty }: &HostFunc,
        bits: &mut [u64],
    ) -> Result<bool> {
        let opts = &self.call.opts;
        let Some(memory) = opts.memory else {
            return Ok(false);
        };
        // An error comes again in the general way.
        let Ok(Some((bytes, host))) = store.memory_and_host(memory) else {
            return Ok(false);
        };
        let running = Running::in_host(host)?;
        running.check_may_leave(opts.instance)?;
        running.world.check_host_depth()?;
        let Some(mut call) = running.world.begin_typed(*index) else {
            return Ok(false);
        };
        let (args, area) = self.call.split(self.args(bits)?);
        let machine = &mut Borrowed(running);
        let lift = |from: &mut dyn Lift| call.lift_args(from);
        let lifted = abi::lift_plain_args(bytes, machine, opts, args, &ty.params, lift);
        lifted.map_err(|error| call.lift_error(error))?;
        // The memory cannot shrink until the result is there. An area outside it traps then.
        let cx = &mut Cx::over(bytes, machine, opts);
        let checked = area.map_or(Ok(()), |area| abi::check_area(cx, area, &ty.result));
        let running = &mut *machine.0;
        running.world.call_typed(&mut call)?;
        checked?;
        let machine = &mut StoreMachine(&mut *store);
        let lower = |to: &mut dyn Lower| call.lower_result(to);
        let lowered = abi::lower_plain_typed(machine, opts, &ty.result, area, lower);
        let result = lowered.map_err(|error| call.lower_error(error))?;
        if let ([_], Some(bits)) = (&*self.core_ty.results, bits.first_mut()) {
            *bits = result;
        }
        let running = Running::of(store)?;
        running.world.end_typed(call);
        if running.world.has_connections() {
            task::connect_ends(store)?;
        }
        Ok(true)
    }

    /// Performs a call from a component instance to the host.
    pub(super) fn guest_to_host(
        &self,
        store: &mut dyn CoreStore,
        callee: &HostFunc,
        bits: &mut [u64],
    ) -> Result<()> {
        let args = self.args(bits)?;
        let result = self.call_host(store, callee, args)?;
        let mut flat = FlatBits::default();
        self.lower_result(
            &mut StoreMachine(store),
            &callee.ty,
            args,
            &result,
            &mut flat,
        )?;
        self.set_results(bits, &flat)?;
        self.end_host_call(store, result)
    }

    /// Performs the steps after the host function's result has been lowered.
    pub(crate) fn end_host_call(
        &self,
        store: &mut dyn CoreStore,
        result: HostResult,
    ) -> Result<()> {
        let running = Running::of(store)?;
        if let HostResult::Typed(call) = result {
            running.world.end_typed(call);
        }
        running.end_frame()?;
        match running.world.has_connections() {
            true => task::connect_ends(store).map(drop),
            false => Ok(()),
        }
    }

    /// Lifts the arguments from the caller and calls the host function. The frame remains.
    ///
    /// Arguments of a host function over Rust types are lifted without building values, unless the
    /// world records host calls. The host function calls no guest. So the state and the memory are
    /// looked up once for all steps.
    pub(crate) fn call_host(
        &self,
        store: &mut dyn CoreStore,
        HostFunc { index, ty }: &HostFunc,
        args: &[u64],
    ) -> Result<HostResult> {
        let (args, _) = self.call.split(args);
        let (opts, (max, _)) = (&self.call.opts, self.call.max_flat());
        lifting_between(
            store,
            opts,
            reads_memory(max, &ty.params),
            |running| {
                running.check_may_leave(opts.instance)?;
                running.check_may_block(opts.instance, self.call.is_async || !ty.is_async)?;
                running.begin()?;
                Ok(running.world.begin_typed(*index))
            },
            |cx, typed| lift_host_args(cx, max, args, &ty.params, typed.as_mut()),
            |running, typed, values| {
                let values = values?;
                let Some(mut call) = typed else {
                    let result = running.world.call(*index, &values)?;
                    return Ok(HostResult::Values(result.into_iter().collect()));
                };
                running.world.call_typed(&mut call)?;
                Ok(HostResult::Typed(call))
            },
        )
    }

    /// Lowers the host function's result into the caller.
    pub(crate) fn lower_result(
        &self,
        machine: &mut dyn Machine,
        ty: &FuncTy,
        args: &[u64],
        result: &HostResult,
        flat: &mut FlatBits,
    ) -> Result<()> {
        let (_, out_param) = self.call.split(args);
        let cx = &mut Cx::new(machine, &self.call.opts);
        let (_, max) = self.call.max_flat();
        result.lower(cx, max, &ty.result, out_param, flat)?;
        if self.call.is_async {
            flat.push((SubtaskState::Returned as u32).into())?;
        }
        Ok(())
    }
}
