//! What every instance of a component needs, computed once by the first instance.

use crate::canon::signature;
use crate::state::Shape;
use seam_core::{CoreFunc, CoreFuncType, NumericFunc, Result};
use seam_decode::Plan;
use seam_decode::types::{Side, flatten_async_functype, flatten_functype};

/// The signatures of a lifted function, and how values pass.
pub(super) struct PreparedLift {
    /// Stands for the core function, which has the same signature.
    pub(super) core: NumericFunc,
    /// Stands for its post-return.
    pub(super) after: NumericFunc,
    pub(super) shape: Shape,
}

/// Returns the signatures of all lifted functions of a plan, in its order.
///
/// # Errors
/// `Misuse` for a signature that is not numeric. The ABI flattens to no other.
pub(super) fn lifts(plan: &Plan) -> Result<Vec<PreparedLift>> {
    let prepared = |lift: &seam_decode::Lift| {
        let core = match lift.options.is_async {
            true => flatten_async_functype(&lift.ty, Side::Lift, lift.callback.is_some()),
            false => flatten_functype(&lift.ty, Side::Lift),
        };
        let after = CoreFuncType::new(core.results.clone(), []);
        let nobody = CoreFunc::new(0, 0);
        Ok(PreparedLift {
            core: NumericFunc::new(nobody, core)?,
            after: NumericFunc::new(nobody, after)?,
            shape: Shape::of(&lift.ty, lift.post_return.is_some()),
        })
    };
    plan.lifts.iter().map(prepared).collect()
}

/// Returns the signatures of all functions that asynchronous calls may have to call.
pub(super) fn called(lifts: &[PreparedLift]) -> Vec<CoreFuncType> {
    let mut all = signature::of_guests().to_vec();
    for lift in lifts {
        for ty in [lift.core.ty(), lift.after.ty()] {
            if !all.contains(ty) {
                all.push(CoreFuncType::clone(ty));
            }
        }
    }
    all
}
