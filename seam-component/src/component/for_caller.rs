//! Functions for the core instance that calls them, which has what they use and is made after them.
//!
//! On an engine whose host functions can call back into the guest, the first call of such a function looks
//! up what it uses. On any other engine glue must call the instance, so the function itself is made later,
//! and a shim stands for it.

use seam_core::{Capability, CoreFunc, CoreFuncType, Error, Result};
use seam_decode::types::ResourceId;
use seam_decode::{Builtin, CoreItem, Func, Options as Planned, ResourceDef, ResourceOrigin};

use super::builtin::body;
use super::execute::{AllLifts, Execution, Made, made};
use super::lookup::{at, missing, narrow};
use crate::canon::caller;
use crate::canon::lower::Lowered;
use crate::canon::options::{Items, options};
use crate::canon::resource::Dropping;
use crate::glue::{GlueTask, Glued};
use crate::state::{FuncInst, Running};

impl Execution<'_> {
    /// Returns whether a function must be made after its caller, because it calls it or its exports.
    pub(super) fn is_late(&self, calls: bool) -> bool {
        calls
            && !self
                .generated
                .engine()
                .info()
                .capabilities
                .has(Capability::Reentrant)
    }

    /// Returns whether a function that is lowered for its caller must be made after it.
    pub(super) fn is_lowered_later(&mut self, func: Func, options: &Planned) -> Result<bool> {
        let blocks = match func {
            Func::Import(_) => {
                let func = self.func(func)?;
                Running::of(self.store)?.blocks(&func)
            }
            _ => false,
        };
        Ok(self.is_late(blocks || calls(func, options)))
    }

    /// Returns whether the destructor of a resource type is made after the function that drops it.
    pub(super) fn is_destroyed_later(&self, ty: ResourceId) -> Result<bool> {
        let ResourceDef { origin, .. } = at(&self.plan.resources, ty.0 as usize)?;
        Ok(match origin {
            ResourceOrigin::Guest { dtor, .. } => {
                dtor.is_some_and(|item| item >= self.core_items.len())
            }
            _ => false,
        })
    }

    /// Lowers a function whose options are exports of its caller.
    pub(super) fn lower_for_caller(
        &mut self,
        func: Func,
        planned: Planned,
        ty: &CoreFuncType,
    ) -> Result<CoreFunc> {
        let callee = match func {
            Func::Lifted(_) => None,
            func => Some(self.func(func)?),
        };
        let (all, core_ty) = (self.all_lifts.get_or_insert_default().clone(), ty.clone());
        caller::by_first_call(self.store, self.plan.clone(), ty.clone(), move |items| {
            let callee = match &callee {
                Some(callee) => callee.clone(),
                None => lifted(&all, func)?,
            };
            let caller = options(&planned, items)?;
            let running = Running::of(items.store())?;
            let lowered = Lowered::new(running, callee, caller, planned.is_async, core_ty.clone())?;
            Ok(lowered.into_func())
        })
    }

    /// Makes a built-in whose options are exports of its caller.
    pub(super) fn builtin_for_caller(
        &mut self,
        builtin: &Builtin,
        ty: &CoreFuncType,
        instance: usize,
    ) -> Result<CoreFunc> {
        let (builtin, instance) = (builtin.clone(), narrow(instance)?);
        let (plan, core_ty) = (self.plan.clone(), ty.clone());
        caller::by_first_call(self.store, plan, ty.clone(), move |items| {
            let body = body(&builtin, &core_ty, instance, items)?;
            Ok(body.into_func())
        })
    }

    /// Makes the functions that had to wait for their caller.
    pub(super) fn make_late(&mut self) -> Result<()> {
        let mut funcs = Vec::new();
        for item in self.late.take() {
            let caller = *self
                .lifts
                .exports
                .core_instances
                .last()
                .ok_or_else(missing)?;
            let made = match &item {
                CoreItem::LowerForCaller(func, options, ty) => {
                    let callee = self.func(*func)?;
                    self.lower(callee, options, ty)?
                }
                CoreItem::BuiltinForCaller(builtin, ty, instance) => {
                    match self.builtin(builtin, ty, *instance)? {
                        Glued::Made(func) => made(func),
                        Glued::Pending(pending) => Made::Pending(pending),
                    }
                }
                CoreItem::ResourceDrop(ty, instance) => {
                    let (ty, instance) = (*ty, narrow(*instance)?);
                    self.lowered(GlueTask::Drop(Dropping { ty, instance }))?
                }
                CoreItem::OwnExport(name, _) => {
                    Made::Extern(self.store.export(caller, name).ok_or_else(missing)?)
                }
                _ => return Err(missing()),
            };
            self.core_items.push(made);
            funcs.push(self.core_items.len() - 1);
        }
        let funcs = funcs.into_iter().map(|item| self.core_func(item));
        let funcs: Vec<_> = funcs.collect::<Result<_>>()?;
        self.late.fill(self.generated, self.store, &funcs)
    }
}

/// Returns a lifted function that was made after the function that calls it.
fn lifted(all: &AllLifts, func: Func) -> Result<FuncInst> {
    let Some(all) = all.get() else {
        return Err(Error::link(
            "expected a function of another component to be called after the instantiation, found a \
             call of a start function",
        ));
    };
    match func {
        Func::Lifted(index) => Ok(FuncInst::Lifted(at(all, index)?.clone())),
        _ => Err(missing()),
    }
}

/// Returns whether a lowered function calls guests.
fn calls(func: Func, options: &Planned) -> bool {
    options.realloc.is_some() || matches!(func, Func::Lifted(_))
}
