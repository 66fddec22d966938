//! What every instance of a component needs, computed once by the first instance.

use crate::canon::signature;
use crate::state::Shape;
use seam_core::{CoreExternType, CoreFunc, CoreFuncType, NumericFunc, Result};
use seam_decode::types::{Side, flatten_async_functype, flatten_functype};
use seam_decode::{CoreItem, Lift, ModuleRef, Plan};

/// What all instances of a plan share.
pub(super) struct Prepared {
    /// By index in the plan.
    pub(super) lifts: Vec<PreparedLift>,
    /// [`Plan::is_async`]
    pub(super) is_async: bool,
}

/// The signatures of a lifted function, and how values pass.
pub(super) struct PreparedLift {
    /// Stands for the core function, which has the same signature.
    pub(super) core: NumericFunc,
    /// Stands for its post-return.
    pub(super) after: NumericFunc,
    pub(super) shape: Shape,
    /// Whether an instance can make the function when it is first needed.
    pub(super) can_wait: bool,
}

impl Prepared {
    /// # Errors
    /// `Misuse` for a signature that is not numeric. The ABI flattens to no other.
    pub(super) fn new(plan: &Plan) -> Result<Self> {
        let memory64 = exports_memory64(plan);
        let lifts = plan.lifts.iter();
        let lifts = lifts.map(|lift| PreparedLift::new(lift, can_wait(plan, lift, &memory64)));
        Ok(Self {
            lifts: lifts.collect::<Result<_>>()?,
            is_async: plan.is_async(),
        })
    }

    /// Returns the signatures of all functions that asynchronous calls may have to call.
    pub(super) fn called(&self) -> Vec<CoreFuncType> {
        let mut all = signature::of_guests().to_vec();
        for lift in &self.lifts {
            for ty in [lift.core.ty(), lift.after.ty()] {
                if !all.contains(ty) {
                    all.push(CoreFuncType::clone(ty));
                }
            }
        }
        all
    }
}

impl PreparedLift {
    fn new(lift: &Lift, can_wait: bool) -> Result<Self> {
        let core = match lift.options.is_async {
            true => flatten_async_functype(&lift.ty, Side::Lift, lift.callback.is_some()),
            false => flatten_functype(&lift.ty, Side::Lift),
        };
        let after = CoreFuncType::new(core.results.clone(), []);
        let nobody = CoreFunc::new(0, 0);
        Ok(Self {
            core: NumericFunc::new(nobody, core)?,
            after: NumericFunc::new(nobody, after)?,
            shape: Shape::of(&lift.ty, lift.post_return.is_some()),
            can_wait,
        })
    }
}

/// Returns for each module of a plan whether it exports a 64-bit memory.
fn exports_memory64(plan: &Plan) -> Vec<bool> {
    let is_memory64 = |ty: &CoreExternType| matches!(ty, CoreExternType::Memory(ty) if ty.memory64);
    let modules = plan.modules.iter();
    let modules = modules.map(|module| module.ty.exports.iter().any(|(_, ty)| is_memory64(ty)));
    modules.collect()
}

/// Returns whether a lifted function can be made when it is first needed: it uses nothing but exports of
/// core instances, in a way that the layer supports. Modules with 64-bit memories are left out.
fn can_wait(plan: &Plan, lift: &Lift, memory64: &[bool]) -> bool {
    let options = &lift.options;
    let items = [
        Some(lift.core),
        lift.post_return,
        lift.callback,
        options.realloc,
        options.memory,
    ];
    let is_export = |item: usize| match plan.core_items.get(item) {
        Some(CoreItem::Export(instance, _)) => {
            let instance = plan.core_instances.get(*instance);
            let module = instance.and_then(|instance| match instance.module {
                ModuleRef::Defined(module) => memory64.get(module),
                ModuleRef::Imported => None,
            });
            module == Some(&false)
        }
        _ => false,
    };
    !options.gc && items.into_iter().flatten().all(is_export)
}
