//! A running component.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use seam_core::typed::{LiftResult, Lower, LowerArgs, result_from_value};
use seam_core::{
    Args, CorePath, CoreStore, CoreValue, Entry, Error, Exit, ExportName, Func, Handle, HostFuture,
    Resource, Result, Returns, Sink, Source, Started, Value, WorldState, block_on,
};

use super::handles::check_handles;
use super::lifts::Lifts;
use crate::abi::{self, Cx, FlatBits};
use crate::canon::lift::{Outer, lift_result};
use crate::canon::resource::destroy;
use crate::inner::{Base, Inner, call_in_steps};
use crate::poll::flip;
use crate::state::{FuncInst, Lifted, Outcome, Running, TaskId};
use crate::task;
use seam_decode::types::{MAX_FLAT_PARAMS, RecordTy};
use seam_decode::{Func as Planned, Plan, is_inner};

/// An instance of a component.
pub(super) struct ComponentInstance {
    plan: Arc<Plan>,
    /// [`Plan::is_async`]
    is_async: bool,
    /// `None` if the instance failed to start.
    lifts: Option<Lifts>,
    /// The functions that were called, by their index: first the exported ones, in the order of
    /// [`Interface::export_funcs`](seam_core::Interface::export_funcs), then those of `inner`.
    funcs: Vec<Option<FuncInst>>,
    /// The functions of inner component instances that were resolved.
    inner: Vec<(ExportName, Func, Planned)>,
}

impl ComponentInstance {
    /// Creates an instance with these lifted functions, or `None` for one that failed to start.
    pub(super) fn new(plan: Arc<Plan>, is_async: bool, lifts: Option<Lifts>) -> Self {
        Self {
            plan,
            is_async,
            lifts,
            funcs: Vec::new(),
            inner: Vec::new(),
        }
    }

    fn resolve_inner(&mut self, base: &Base, name: &ExportName) -> Result<Func> {
        if let Some((_, func, _)) = self.inner.iter().find(|(known, ..)| known == name) {
            return Ok(func.clone());
        }
        let (planned, ty) = self.plan.inner_func(name)?;
        let index = self.plan.exports.len() + self.inner.len();
        let index = u32::try_from(index)
            .map_err(|_| Error::engine("expected fewer functions than 2^32, found more"))?;
        if !matches!(planned, Planned::Lifted(_)) || self.lifts.is_none() {
            return Err(not_started());
        }
        let func = Func::new(name.clone(), ty, base.owner, index);
        self.inner.push((name.clone(), func.clone(), planned));
        Ok(func)
    }

    /// Returns the function that was resolved with this index.
    ///
    /// # Errors
    /// `Link` if it cannot be called. `Misuse` if the instance failed to start.
    #[inline]
    fn at(&mut self, base: &mut Base, index: usize) -> Result<&FuncInst> {
        if !matches!(self.funcs.get(index), Some(Some(_))) {
            self.first_call(base, index)?;
        }
        match self.funcs.get(index) {
            Some(Some(func)) => Ok(func),
            _ => Err(not_started()),
        }
    }

    /// Makes the function that was resolved with this index.
    #[cold]
    fn first_call(&mut self, base: &mut Base, index: usize) -> Result<()> {
        let lifts = self.lifts.as_mut().ok_or_else(not_started)?;
        let position = index.checked_sub(self.plan.exports.len());
        let planned = match position {
            None => self.plan.exports.get(index),
            Some(position) => self.inner.get(position).map(|(_, _, planned)| planned),
        };
        let func = lifts.func(&mut *base.store, *planned.ok_or_else(not_started)?)?;
        if self.funcs.len() <= index {
            self.funcs.resize(index + 1, None);
        }
        if let Some(slot) = self.funcs.get_mut(index) {
            *slot = Some(func);
        }
        Ok(())
    }

    /// Returns the world of an artifact that has streams or futures.
    fn world_with_ends<'a>(&self, base: &'a mut Base) -> Result<&'a mut WorldState> {
        match self.is_async {
            true => Self::world(&mut *base.store),
            false => Err(Error::without_ends()),
        }
    }

    /// Returns the lifted function of a call.
    fn lifted(&mut self, base: &mut Base, index: usize) -> Result<&Lifted> {
        match self.at(base, index)? {
            FuncInst::Lifted(lifted) => Ok(lifted),
            _ => Err(Error::engine("expected a call of a lifted function")),
        }
    }
}

/// Calls a function over scalars.
fn call_direct(
    store: &mut dyn CoreStore,
    lifted: &Lifted,
    func: &Func,
    args: &mut Args<'_>,
    returns: &mut Returns<'_>,
) -> Result<()> {
    let (params, result) = (&lifted.ty.params, &lifted.ty.result);
    let lift = |bits: &[u64]| match (returns, &*result.fields, bits) {
        (Returns::Value(value), [field, ..], [bits, ..]) => {
            **value = Some(abi::lift_scalar(&field.ty, *bits)?);
            Ok(())
        }
        (Returns::Value(value), ..) => {
            **value = None;
            Ok(())
        }
        (Returns::Typed(_), [], _) => Ok(()),
        (Returns::Typed(lift), _, bits) => abi::lift_direct(result, bits, |from| lift.lift(from)),
    };
    let mut flat = FlatBits::default();
    match args {
        // Values are checked before the instance is entered.
        Args::Values(args) => {
            if abi::lower_scalars(params, args, flat.room()).is_none() {
                return Err(mismatch(func, args));
            }
            lifted.call_direct(store, &mut flat, |_| Ok(()), lift)
        }
        Args::Typed(args) => {
            let lower = |bits: &mut [u64]| abi::lower_direct(params, bits, |to| args.lower(to));
            lifted.call_direct(store, &mut flat, lower, lift)
        }
    }
}

/// Returns the error for arguments of other types.
#[cold]
fn mismatch(func: &Func, args: &[Value]) -> Error {
    let checked = func.ty().check_args(args);
    checked
        .err()
        .unwrap_or_else(|| Error::engine("expected the types of the plan, found others"))
}

fn not_started() -> Error {
    Error::misuse("expected an instance that has started, found one that has not")
}

/// A call of an exported function.
pub(super) enum ComponentCall {
    /// A call of the lifted function that was resolved with this index.
    Lifted(usize, Outer),
    /// A call of a lifted function, as a task.
    Task(TaskId),
    /// A call of a host function that the component re-exports.
    Host(ReexportCall),
}

/// A call of a host function that the component re-exports.
pub(super) struct ReexportCall {
    index: usize,
    args: Vec<Value>,
    /// The future of an asynchronous function, once it was started.
    future: Option<HostFuture>,
    result: Option<Value>,
}

impl ReexportCall {
    /// Calls the function, or polls its future.
    fn poll(&mut self, world: &mut WorldState, waker: &Waker) -> Result<Poll<()>> {
        let future: HostFuture = match self.future.take() {
            Some(future) => future,
            None => match world.start(self.index, &self.args)? {
                Started::Pending(future) => {
                    let clock = world.clock().clone();
                    Box::pin(async move { clock.advance_while_pending(future).await })
                }
                Started::Done(result) => Box::pin(std::future::ready(result)),
            },
        };
        let future = self.future.insert(future).as_mut();
        let cx = &mut Context::from_waker(waker);
        match future.poll(cx) {
            Poll::Pending => Ok(Poll::Pending),
            Poll::Ready(result) => {
                self.result = world.finish(self.index, &self.args, result)?;
                Ok(Poll::Ready(()))
            }
        }
    }
}

/// Arguments that can be lowered: their types have been checked, or are checked on the way.
enum Checked<'a> {
    Values(&'a [Value]),
    Converted(Vec<Value>),
    Parts(&'a mut dyn LowerArgs),
}

impl<'a> Checked<'a> {
    /// Checks the arguments of a call.
    ///
    /// # Errors
    /// `Misuse` for arguments of other types, and for handles that cannot be passed.
    #[inline]
    fn new(
        store: &mut dyn CoreStore,
        params: &RecordTy,
        func: &Func,
        args: Args<'a>,
    ) -> Result<Self> {
        match args {
            Args::Values(values) => {
                func.ty().check_args(values)?;
                if params.contents.handle {
                    check_handles(Running::of(store)?, params, values)?;
                }
                Ok(Self::Values(values))
            }
            Args::Typed(lower) if !params.contents.handle => Ok(Self::Parts(lower)),
            // The handles are checked before the guest runs, which needs all arguments first.
            args => {
                let args = args.into_values(func.ty())?.into_owned();
                check_handles(Running::of(store)?, params, &args)?;
                Ok(Self::Converted(args))
            }
        }
    }

    #[inline]
    fn lower(self, cx: &mut Cx<'_>, params: &RecordTy, flat: &mut FlatBits) -> Result<()> {
        cx.checked = true;
        match self {
            Self::Values(args) => {
                abi::lower_flat_values(cx, MAX_FLAT_PARAMS, args, params, None, flat)
            }
            Self::Converted(args) => {
                abi::lower_flat_values(cx, MAX_FLAT_PARAMS, &args, params, None, flat)
            }
            Self::Parts(lower) => {
                let lower = |to: &mut dyn Lower| lower.lower(to);
                abi::lower_parts(cx, MAX_FLAT_PARAMS, lower, params, None, flat)
            }
        }
    }
}

/// Returns the result of a call that was a task.
fn returned(outcome: Outcome) -> Result<Option<Value>> {
    match outcome {
        Outcome::Returned(value) => Ok(value),
        Outcome::Cancelled => Err(Error::engine("expected a call that nobody has cancelled")),
    }
}

/// Returns the canonical entry of a component.
fn entry(base: &Base) -> Result<Func> {
    match Entry::of(&base.interface)? {
        Entry::Run(name) => base.func(&name),
        _ => Err(Error::engine(
            "expected a component to start at `wasi:cli/run`",
        )),
    }
}

impl Inner for ComponentInstance {
    type Call = ComponentCall;

    fn start(&mut self, base: &mut Base, func: &Func, args: Args<'_>) -> Result<ComponentCall> {
        let index = func.index(base.owner)?;
        Ok(match self.at(base, index)? {
            FuncInst::Lifted(lifted) if lifted.concurrent => {
                let args = args.into_values(func.ty())?.into_owned();
                let running = Running::of(&mut *base.store)?;
                check_handles(running, &lifted.ty.params, &args)?;
                ComponentCall::Task(task::invoke(running, lifted, args)?)
            }
            FuncInst::Lifted(lifted) => {
                let (store, params) = (&mut *base.store, &lifted.ty.params);
                let args = Checked::new(store, params, func, args)?;
                let call = Outer::start(lifted, store, |cx, flat| args.lower(cx, params, flat))?;
                ComponentCall::Lifted(index, call)
            }
            FuncInst::Host(host) => ComponentCall::Host(ReexportCall {
                index: host.index,
                args: args.into_values(func.ty())?.into_owned(),
                future: None,
                result: None,
            }),
        })
    }

    fn drive(&mut self, base: &mut Base, call: &mut ComponentCall) -> Result<()> {
        match call {
            ComponentCall::Lifted(index, call) => {
                call.drive(self.lifted(base, *index)?, &mut *base.store)
            }
            ComponentCall::Task(task) => task::drive(&mut *base.store, *task),
            ComponentCall::Host(call) => {
                let world = &mut Running::of(&mut *base.store)?.world;
                block_on(std::future::poll_fn(|cx| {
                    flip(call.poll(world, cx.waker()))
                }))
            }
        }
    }

    fn poll_drive(
        &mut self,
        base: &mut Base,
        call: &mut ComponentCall,
        waker: &Waker,
    ) -> Poll<Result<()>> {
        let store = &mut *base.store;
        match call {
            ComponentCall::Task(task) => flip(task::poll_drive(store, *task, waker)),
            ComponentCall::Host(call) => {
                flip(Running::of(store).and_then(|running| call.poll(&mut running.world, waker)))
            }
            ComponentCall::Lifted(..) => Poll::Ready(self.drive(base, call)),
        }
    }

    fn take(&mut self, base: &mut Base, _: &Func, call: ComponentCall) -> Result<Option<Value>> {
        match call {
            ComponentCall::Lifted(index, call) => {
                let lifted = self.lifted(base, index)?;
                let mut result = None;
                call.take(lifted, &mut *base.store, |cx, flat, ty| {
                    lift_result(cx, flat, ty, &mut Returns::Value(&mut result))
                })?;
                Ok(result)
            }
            ComponentCall::Task(task) => returned(task::take(&mut *base.store, task)?),
            ComponentCall::Host(call) => Ok(call.result),
        }
    }

    fn take_with(
        &mut self,
        base: &mut Base,
        func: &Func,
        call: ComponentCall,
        lift: &mut dyn LiftResult,
    ) -> Result<()> {
        match call {
            ComponentCall::Lifted(index, call) => {
                let lifted = self.lifted(base, index)?;
                call.take(lifted, &mut *base.store, |cx, flat, ty| {
                    lift_result(cx, flat, ty, &mut Returns::Typed(lift))
                })
            }
            ComponentCall::Task(task) => {
                let result = returned(task::take(&mut *base.store, task)?)?;
                result_from_value(func.ty(), result, lift)
            }
            ComponentCall::Host(call) => result_from_value(func.ty(), call.result, lift),
        }
    }

    fn call_in_one(
        &mut self,
        base: &mut Base,
        func: &Func,
        args: &mut Args<'_>,
        returns: &mut Returns<'_>,
    ) -> Result<()> {
        let FuncInst::Lifted(lifted) = self.at(base, func.index(base.owner)?)? else {
            return call_in_steps(self, base, func, args.reborrow(), returns.reborrow());
        };
        if lifted.concurrent {
            return call_in_steps(self, base, func, args.reborrow(), returns.reborrow());
        }
        let (store, params) = (&mut *base.store, &lifted.ty.params);
        if lifted.shape.direct {
            return call_direct(store, lifted, func, args, returns);
        }
        if lifted.shape.plain {
            if let Args::Values(values) = args {
                func.ty().check_args(values)?;
            }
            return lifted.call_plain(store, args, returns);
        }
        let args = Checked::new(store, params, func, args.reborrow())?;
        lifted.call(
            store,
            |cx, flat| args.lower(cx, params, flat),
            |cx, flat, ty| lift_result(cx, flat, ty, returns),
        )
    }

    fn give_up(&mut self, base: &mut Base, call: ComponentCall) -> Result<()> {
        match call {
            ComponentCall::Lifted(index, call) => {
                call.give_up(self.lifted(base, index)?, &mut *base.store)
            }
            ComponentCall::Task(task) => task::give_up(&mut *base.store, task),
            ComponentCall::Host(..) => Ok(()),
        }
    }

    fn inner_func(&mut self, base: &Base, name: &ExportName) -> Option<Result<Func>> {
        let known = is_inner(name) || self.plan.inner.iter().any(|(inner, _)| inner == name);
        known.then(|| self.resolve_inner(base, name))
    }

    fn run(&mut self, base: &mut Base) -> Result<Exit> {
        let func = entry(base)?;
        Exit::of_run(self.call_entry(base, &func))
    }

    fn async_entry(&mut self, base: &Base) -> Result<Option<Func>> {
        let func = entry(base)?;
        Ok(Some(func).filter(|func| func.ty().is_async))
    }

    fn call_core(
        &mut self,
        base: &mut Base,
        at: &CorePath,
        export: &str,
        args: &[CoreValue],
    ) -> Result<Vec<CoreValue>> {
        let running = Running::of(&mut *base.store)?;
        running.begin_outermost();
        let depth = running.depth();
        let result = base.cores.call(&mut *base.store, at, export, args);
        Running::of(&mut *base.store)?.unwind(depth);
        result
    }

    fn world(store: &mut dyn CoreStore) -> Result<&mut WorldState> {
        Ok(&mut Running::of(store)?.world)
    }

    fn drop_resource(&mut self, base: &mut Base, resource: &Resource) -> Result<()> {
        let running = Running::of(&mut *base.store)?;
        running.begin_outermost();
        let held = running.host.take(resource)?;
        destroy(&mut *base.store, held.ty, held.rep)
    }

    fn create_end(&mut self, base: &mut Base, source: Box<dyn Source>) -> Result<Handle> {
        Ok(self.world_with_ends(base)?.create_end(source))
    }

    fn connect(&mut self, base: &mut Base, end: &Value, sink: Box<dyn Sink>) -> Result<()> {
        self.world_with_ends(base)?.connect_end(end, sink)?;
        task::connect_ends(&mut *base.store).map(drop)
    }

    fn drop_end(&mut self, base: &mut Base, end: &Value) -> Result<()> {
        self.world_with_ends(base)?;
        task::drop_held(&mut *base.store, end)
    }

    fn progress(&mut self, base: &mut Base) -> Result<bool> {
        match self.is_async {
            true => task::progress(&mut *base.store),
            false => Ok(false),
        }
    }

    fn held(&self, base: &mut Base) -> Vec<Resource> {
        let running = Running::of(&mut *base.store);
        running
            .map(|running| running.owned_by_host())
            .unwrap_or_default()
    }
}
