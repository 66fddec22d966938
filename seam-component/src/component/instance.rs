//! A running component.

use std::sync::Arc;

use seam_core::typed::{Lift, LiftResult, Lower, result_from_value};
use seam_core::{
    Args, CorePath, CoreStore, CoreValue, Entry, Error, ErrorKind, Exit, Func, Resource, Result,
    Value, WorldState,
};

use super::handles::check_handles;
use crate::abi;
use crate::canon::lift::{FuncInst, Lifted, Outer};
use crate::canon::resource::destroy;
use crate::instance::{Base, Inner};
use crate::state::Running;
use seam_decode::types::{MAX_FLAT_PARAMS, MAX_FLAT_RESULTS};

/// An instance of a component.
pub(super) struct ComponentInstance {
    /// The exported functions, in the order of
    /// [`Interface::export_funcs`](seam_core::Interface::export_funcs). Empty if the instance
    /// failed to start.
    funcs: Vec<FuncInst>,
}

impl ComponentInstance {
    /// Creates an instance with these exported functions.
    pub(super) fn new(funcs: Vec<FuncInst>) -> Self {
        Self { funcs }
    }

    fn resolved(&self, base: &Base, func: &Func) -> Result<FuncInst> {
        let index = func.index(base.owner)?;
        let found = self.funcs.get(index).cloned();
        found.ok_or_else(|| {
            Error::misuse("expected an instance that has started, found one that has not")
        })
    }
}

/// A call of an exported function.
pub(super) enum ComponentCall {
    Lifted(Outer),
    /// A call of a host function that the component re-exports: its arguments, and later its
    /// result.
    Host(usize, Vec<Value>, Option<Value>),
}

fn start_lifted(
    base: &mut Base,
    lifted: Arc<Lifted>,
    func: &Func,
    args: Args<'_>,
) -> Result<Outer> {
    let params = &lifted.clone().ty.params;
    let store = &mut *base.store;
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
        Ok(match self.resolved(base, func)? {
            FuncInst::Lifted(lifted) => {
                ComponentCall::Lifted(start_lifted(base, lifted, func, args)?)
            }
            FuncInst::Undecided(why) => return Err(Error::link(why.to_string())),
            FuncInst::Host(index, _) => {
                let args = args.into_values(func.ty())?;
                ComponentCall::Host(index, args.into_owned(), None)
            }
        })
    }

    fn drive(&mut self, base: &mut Base, call: &mut ComponentCall) -> Result<()> {
        match call {
            ComponentCall::Lifted(call) => call.drive(&mut *base.store),
            ComponentCall::Host(index, args, result) => {
                *result = Running::of(&mut *base.store)?.world.call(*index, args)?;
                Ok(())
            }
        }
    }

    fn take(&mut self, base: &mut Base, _: &Func, call: ComponentCall) -> Result<Option<Value>> {
        match call {
            ComponentCall::Lifted(call) => {
                let mut result = Vec::new();
                call.take(&mut *base.store, |cx, flat, ty| {
                    result = abi::lift_flat_values(cx, MAX_FLAT_RESULTS, flat, &ty.result)?;
                    Ok(())
                })?;
                Ok(result.pop())
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
            ComponentCall::Lifted(call) => call.take(&mut *base.store, |cx, flat, ty| {
                if ty.result.fields.is_empty() {
                    return Ok(());
                }
                let lift = &mut |from: &mut dyn Lift| lift.lift(from);
                abi::lift_parts(cx, MAX_FLAT_RESULTS, flat, &ty.result, lift)
            }),
            ComponentCall::Host(_, _, result) => result_from_value(func.ty(), result, lift),
        }
    }

    fn give_up(&mut self, base: &mut Base, call: ComponentCall) -> Result<()> {
        match call {
            ComponentCall::Lifted(call) => call.give_up(&mut *base.store),
            ComponentCall::Host(..) => Ok(()),
        }
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
