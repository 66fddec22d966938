//! A running component.

use std::sync::Arc;

use seam_core::typed::{Lift, LiftResult, Lower, result_from_value};
use seam_core::{
    Args, CorePath, CoreStore, CoreValue, Entry, Error, ErrorKind, Exit, ExportName, Func,
    Resource, Result, Value, WorldState,
};

use super::handles::check_handles;
use crate::abi;
use crate::canon::lift::{FuncInst, Lifted, Outer};
use crate::canon::resource::destroy;
use crate::instance::{Base, Inner};
use crate::state::Running;
use seam_decode::types::{MAX_FLAT_PARAMS, MAX_FLAT_RESULTS};
use seam_decode::{Func as Planned, Plan, is_inner};

/// An instance of a component.
pub(super) struct ComponentInstance {
    /// The exported functions, in the order of
    /// [`Interface::export_funcs`](seam_core::Interface::export_funcs). Empty if the instance
    /// failed to start.
    funcs: Vec<FuncInst>,
    /// All lifted functions, by their index in the plan.
    lifts: Vec<Arc<Lifted>>,
    plan: Arc<Plan>,
    /// The functions of inner component instances that were resolved, behind the exported ones.
    inner: Vec<(ExportName, Func, FuncInst)>,
}

impl ComponentInstance {
    /// Creates an instance with these exported functions.
    pub(super) fn new(plan: Arc<Plan>, funcs: Vec<FuncInst>, lifts: Vec<Arc<Lifted>>) -> Self {
        Self {
            funcs,
            lifts,
            plan,
            inner: Vec::new(),
        }
    }

    fn resolve_inner(&mut self, base: &Base, name: &ExportName) -> Result<Func> {
        if let Some((_, func, _)) = self.inner.iter().find(|(known, ..)| known == name) {
            return Ok(func.clone());
        }
        let (func, ty) = self.plan.inner_func(name)?;
        let index = base.interface.export_funcs().len() + self.inner.len();
        let index = u32::try_from(index)
            .map_err(|_| Error::engine("expected fewer functions than 2^32, found more"))?;
        let found = match func {
            Planned::Lifted(index) => self.lifts.get(index).cloned().map(FuncInst::Lifted),
            _ => None,
        };
        let found = found.ok_or_else(not_started)?;
        let func = Func::new(name.clone(), ty, base.owner, index);
        self.inner.push((name.clone(), func.clone(), found));
        Ok(func)
    }

    /// Returns the function that was resolved with this index.
    fn at(&self, base: &Base, index: usize) -> Result<&FuncInst> {
        let inner = || {
            let position = index.checked_sub(base.interface.export_funcs().len())?;
            self.inner.get(position).map(|(_, _, func)| func)
        };
        let found = self.funcs.get(index).or_else(inner);
        found.ok_or_else(not_started)
    }

    /// Returns the lifted function of a call.
    fn lifted(&self, base: &Base, index: usize) -> Result<&Lifted> {
        match self.at(base, index)? {
            FuncInst::Lifted(lifted) => Ok(lifted),
            _ => Err(Error::engine("expected a call of a lifted function")),
        }
    }
}

fn not_started() -> Error {
    Error::misuse("expected an instance that has started, found one that has not")
}

/// A call of an exported function.
pub(super) enum ComponentCall {
    /// A call of the lifted function that was resolved with this index.
    Lifted(usize, Outer),
    /// A call of a host function that the component re-exports: its arguments, and later its
    /// result.
    Host(usize, Vec<Value>, Option<Value>),
}

fn start_lifted(
    store: &mut dyn CoreStore,
    lifted: &Lifted,
    func: &Func,
    args: Args<'_>,
) -> Result<Outer> {
    let params = &lifted.ty.params;
    match args {
        Args::Typed(lower) if !params.contents.handle => Outer::start(lifted, store, |cx, flat| {
            let lower = &mut |to: &mut dyn Lower| lower.lower(to);
            abi::lower_parts(cx, MAX_FLAT_PARAMS, lower, params, None, flat)
        }),
        // The handles are checked before the guest runs, which needs all arguments first.
        args => {
            let args = args.into_values(func.ty())?;
            check_handles(Running::of(store)?, params, &args)?;
            Outer::start(lifted, store, |cx, flat| {
                abi::lower_flat_values(cx, MAX_FLAT_PARAMS, &args, params, None, flat)
            })
        }
    }
}

impl Inner for ComponentInstance {
    type Call = ComponentCall;

    fn start(&mut self, base: &mut Base, func: &Func, args: Args<'_>) -> Result<ComponentCall> {
        let index = func.index(base.owner)?;
        Ok(match self.at(base, index)? {
            FuncInst::Lifted(lifted) => {
                let call = start_lifted(&mut *base.store, lifted, func, args)?;
                ComponentCall::Lifted(index, call)
            }
            FuncInst::Undecided(why) => return Err(Error::link(why.to_string())),
            FuncInst::Host(index, _) => {
                let args = args.into_values(func.ty())?;
                ComponentCall::Host(*index, args.into_owned(), None)
            }
        })
    }

    fn drive(&mut self, base: &mut Base, call: &mut ComponentCall) -> Result<()> {
        match call {
            ComponentCall::Lifted(index, call) => {
                call.drive(self.lifted(base, *index)?, &mut *base.store)
            }
            ComponentCall::Host(index, args, result) => {
                *result = Running::of(&mut *base.store)?.world.call(*index, args)?;
                Ok(())
            }
        }
    }

    fn take(&mut self, base: &mut Base, _: &Func, call: ComponentCall) -> Result<Option<Value>> {
        match call {
            ComponentCall::Lifted(index, call) => {
                let lifted = self.lifted(base, index)?;
                call.take(lifted, &mut *base.store, |cx, flat, ty| {
                    abi::lift_flat_value(cx, MAX_FLAT_RESULTS, flat, ty)
                })
            }
            ComponentCall::Host(_, _, result) => Ok(result),
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
                    if ty.fields.is_empty() {
                        return Ok(());
                    }
                    let lift = &mut |from: &mut dyn Lift| lift.lift(from);
                    abi::lift_parts(cx, MAX_FLAT_RESULTS, flat, ty, lift)
                })
            }
            ComponentCall::Host(_, _, result) => result_from_value(func.ty(), result, lift),
        }
    }

    fn give_up(&mut self, base: &mut Base, call: ComponentCall) -> Result<()> {
        match call {
            ComponentCall::Lifted(index, call) => {
                call.give_up(self.lifted(base, index)?, &mut *base.store)
            }
            ComponentCall::Host(..) => Ok(()),
        }
    }

    fn inner_func(&mut self, base: &Base, name: &ExportName) -> Option<Result<Func>> {
        let known = is_inner(name) || self.plan.inner.iter().any(|(inner, _)| inner == name);
        known.then(|| self.resolve_inner(base, name))
    }

    fn run(&mut self, base: &mut Base) -> Result<Exit> {
        let Entry::Run(name) = Entry::of(&base.interface)? else {
            return Err(Error::engine(
                "expected a component to start at `wasi:cli/run`",
            ));
        };
        let func = base.func(&name)?;
        match self.call_entry(base, &func) {
            Ok(Some(Value::Result(Ok(_)))) => Ok(Exit::new(0)),
            Ok(_) => Ok(Exit::new(1)),
            Err(error) => match error.kind() {
                ErrorKind::Exit(code) => Ok(Exit::new(*code)),
                _ => Err(error),
            },
        }
    }

    fn call_core(
        &mut self,
        base: &mut Base,
        at: &CorePath,
        export: &str,
        args: &[CoreValue],
    ) -> Result<Vec<CoreValue>> {
        let depth = Running::of(&mut *base.store)?.depth();
        let result = base.cores.call(&mut *base.store, at, export, args);
        Running::of(&mut *base.store)?.unwind(depth);
        result
    }

    fn world(store: &mut dyn CoreStore) -> Result<&mut WorldState> {
        Ok(&mut Running::of(store)?.world)
    }

    fn drop_resource(&mut self, base: &mut Base, resource: &Resource) -> Result<()> {
        let held = Running::of(&mut *base.store)?.host.take(resource)?;
        destroy(&mut *base.store, held.ty, held.rep)
    }

    fn held(&self, base: &mut Base) -> Vec<Resource> {
        let running = Running::of(&mut *base.store);
        running
            .map(|running| running.owned_by_host())
            .unwrap_or_default()
    }
}
