//! A lowered call as a sequence of steps. Each step ends where a guest must be called.

use std::sync::Arc;

use seam_core::{CoreStore, Error, Result};

use crate::abi::{FlatBits, Machine, low};
use crate::canon::lower::Lowered;
use crate::canon::resource::{Destructor, Dropping};
use crate::machine::StoreMachine;
use crate::replay::{Log, Replay, Request};
use crate::state::HostResult;
use crate::state::{FuncInst, Job, Lifted, Next, Running};

/// The functions that the glue calls on behalf of the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    CallerRealloc = 1,
    CalleeRealloc = 2,
    Callee = 3,
    PostReturn = 4,
    Destructor = 5,
    /// Calls any function: see [`perform`](super::perform).
    Any = 6,
}

/// What the glue performs.
#[derive(Clone)]
pub(super) enum JobKind {
    Call(Arc<Lowered>),
    Drop(Arc<Dropping>),
}

/// A job in progress.
pub(super) struct GlueJob {
    kind: JobKind,
    args: Vec<u64>,
    stage: Stage,
    log: Log,
}

/// The stage that a job has reached.
enum Stage {
    Begin,
    /// The arguments are being lowered. Holds the representations of their handles, and the
    /// instance whose `realloc` is running.
    Args(Vec<u32>, u32),
    /// The callee is running.
    Callee,
    /// The callee's results are being lowered into the caller. Holds the results, the
    /// representations of their handles, and the instance whose `realloc` is running.
    Results(Vec<u64>, Vec<u32>, u32),
    /// The host's result is being lowered into the caller.
    HostResult(HostResult, u32),
    /// The callee's post-return is running. Holds the results of the whole call.
    PostReturn(Vec<u64>),
    /// The destructor is running.
    Destructor(Destructor),
    Done,
}

impl Job for GlueJob {
    fn advance(&mut self, store: &mut dyn CoreStore, results: Vec<u64>) -> Result<Next> {
        let stage = std::mem::replace(&mut self.stage, Stage::Done);
        match self.kind.clone() {
            JobKind::Drop(dropping) => self.drop_resource(store, &dropping, stage),
            JobKind::Call(lowered) => match &lowered.callee {
                FuncInst::Lifted(callee) => {
                    let callee = callee.clone();
                    self.guest_to_guest(store, &lowered, &callee, stage, results)
                }
                FuncInst::Host(..) => self.guest_to_host(store, &lowered, stage, &results),
            },
        }
    }
}

impl GlueJob {
    pub(super) fn new(kind: JobKind, args: &[u64]) -> Self {
        Self {
            kind,
            args: args.to_vec(),
            stage: Stage::Begin,
            log: Log::default(),
        }
    }

    fn drop_resource(
        &mut self,
        store: &mut dyn CoreStore,
        dropping: &Dropping,
        stage: Stage,
    ) -> Result<Next> {
        match stage {
            Stage::Begin => {
                let [index] = *self.args else {
                    return Err(apart());
                };
                let Some(destructor) = dropping.begin(store, low(index))? else {
                    return Ok(Next::Return(Vec::new()));
                };
                let args = vec![destructor.rep.into()];
                self.stage = Stage::Destructor(destructor);
                Ok(call(Target::Destructor, args))
            }
            Stage::Destructor(destructor) => {
                destructor.end(Running::of(store)?)?;
                Ok(Next::Return(Vec::new()))
            }
            _ => Err(apart()),
        }
    }

    fn guest_to_host(
        &mut self,
        store: &mut dyn CoreStore,
        lowered: &Lowered,
        stage: Stage,
        results: &[u64],
    ) -> Result<Next> {
        let FuncInst::Host(callee) = &lowered.callee else {
            return Err(apart());
        };
        let ty = &callee.ty;
        let result = match stage {
            Stage::Begin => {
                let result = lowered.call_host(store, callee, &self.args)?;
                result.replayable(Running::of(store)?, ty)?
            }
            Stage::HostResult(result, instance) => {
                self.reallocated(store, instance, results)?;
                result
            }
            _ => return Err(apart()),
        };
        let mut flat = FlatBits::default();
        let args = &self.args;
        let waits = Replay::run(
            StoreMachine(store),
            &mut self.log,
            |machine: &mut dyn Machine| lowered.lower_result(machine, ty, args, &result, &mut flat),
        )?;
        if let Some(request) = waits {
            self.stage = Stage::HostResult(result, request.instance);
            return Ok(realloc(&request, Target::CallerRealloc));
        }
        lowered.end_host_call(store, result)?;
        Ok(returned(&flat))
    }

    fn guest_to_guest(
        &mut self,
        store: &mut dyn CoreStore,
        lowered: &Lowered,
        callee: &Lifted,
        stage: Stage,
        mut results: Vec<u64>,
    ) -> Result<Next> {
        match stage {
            Stage::Begin => {
                lowered.begin_call(Running::of(store)?)?;
                let reps = lowered.lift_args(store, callee, &self.args)?;
                self.lower_args(store, lowered, callee, reps)
            }
            Stage::Args(reps, instance) => {
                self.reallocated(store, instance, &results)?;
                self.lower_args(store, lowered, callee, reps)
            }
            Stage::Callee => {
                results.truncate(callee.num_results());
                self.log = Log::default();
                let reps = lowered.lift_results(store, callee, &results)?;
                self.lower_results(store, lowered, callee, results, reps)
            }
            Stage::Results(of_callee, reps, instance) => {
                self.reallocated(store, instance, &results)?;
                self.lower_results(store, lowered, callee, of_callee, reps)
            }
            Stage::PostReturn(flat) => {
                Running::of(store)?
                    .instance(callee.opts.instance)?
                    .may_leave = true;
                lowered.end_call(Running::of(store)?)?;
                Ok(Next::Return(flat))
            }
            _ => Err(apart()),
        }
    }

    fn lower_args(
        &mut self,
        store: &mut dyn CoreStore,
        lowered: &Lowered,
        callee: &Lifted,
        reps: Vec<u32>,
    ) -> Result<Next> {
        let mut flat = FlatBits::default();
        let args = &self.args;
        let waits = Replay::run(
            StoreMachine(store),
            &mut self.log,
            |machine: &mut dyn Machine| lowered.lower_args(machine, callee, args, &reps, &mut flat),
        )?;
        if let Some(request) = waits {
            self.stage = Stage::Args(reps, request.instance);
            return Ok(realloc(&request, Target::CalleeRealloc));
        }
        self.stage = Stage::Callee;
        Ok(call(Target::Callee, flat.as_slice().to_vec()))
    }

    fn lower_results(
        &mut self,
        store: &mut dyn CoreStore,
        lowered: &Lowered,
        callee: &Lifted,
        of_callee: Vec<u64>,
        reps: Vec<u32>,
    ) -> Result<Next> {
        let mut flat = FlatBits::default();
        let args = &self.args;
        let waits = Replay::run(
            StoreMachine(store),
            &mut self.log,
            |machine: &mut dyn Machine| {
                lowered.lower_results(machine, callee, args, &of_callee, &reps, &mut flat)
            },
        )?;
        if let Some(request) = waits {
            self.stage = Stage::Results(of_callee, reps, request.instance);
            return Ok(realloc(&request, Target::CallerRealloc));
        }
        if callee.post_return.is_none() {
            lowered.end_call(Running::of(store)?)?;
            return Ok(returned(&flat));
        }
        Running::of(store)?
            .instance(callee.opts.instance)?
            .may_leave = false;
        self.stage = Stage::PostReturn(flat.as_slice().to_vec());
        Ok(call(Target::PostReturn, of_callee))
    }

    fn reallocated(
        &mut self,
        store: &mut dyn CoreStore,
        instance: u32,
        results: &[u64],
    ) -> Result<()> {
        let ptr = results.first().copied().ok_or_else(apart)?;
        let running = Running::of(store)?;
        self.log.reallocated(running, instance, low(ptr))
    }
}

fn call(target: Target, args: Vec<u64>) -> Next {
    Next::Call(target as i32, args)
}

fn realloc(request: &Request, target: Target) -> Next {
    call(target, request.args.map(u64::from).to_vec())
}

fn returned(flat: &FlatBits) -> Next {
    Next::Return(flat.as_slice().to_vec())
}

/// Returns the error for glue and host that no longer agree on the step.
fn apart() -> Error {
    Error::engine("expected the glue to follow its steps, found a different step")
}
