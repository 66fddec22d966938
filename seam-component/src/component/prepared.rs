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
        let lifts = plan.lifts.iter().map(|lift| PreparedLift::new(plan, lift));
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
    fn new(plan: &Plan, lift: &Lift) -> Result<Self> {
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
            can_wait: can_wait(plan, lift),
        })
    }
}

/// Returns whether a lifted function can be made when it is first needed: it uses nothing but exports of
/// core instances, in a way that the layer supports.
fn can_wait(plan: &Plan, lift: &Lift) -> bool {
    let options = &lift.options;
    let funcs = [
        Some(lift.core),
        lift.post_return,
        lift.callback,
        options.realloc,
    ];
    let has_32_bits =
        |item| matches!(export(plan, item), Some(CoreExternType::Memory(ty)) if !ty.memory64);
    !options.gc
        && (funcs.into_iter().flatten()).all(|item| export(plan, item).is_some())
        && options.memory.is_none_or(has_32_bits)
}

/// Returns the type of a core item that a core instance exports.
fn export(plan: &Plan, item: usize) -> Option<&CoreExternType> {
    let CoreItem::Export(instance, name) = plan.core_items.get(item)? else {
        return None;
    };
    let ModuleRef::Defined(module) = plan.core_instances.get(*instance)?.module else {
        return None;
    };
    let exports = &plan.modules.get(module)?.ty.exports;
    let found = exports.iter().find(|(export, _)| **export == **name);
    found.map(|(_, ty)| ty)
}
