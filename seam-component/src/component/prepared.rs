//! What every instance of a component needs, computed once by the first instance.

use std::sync::Arc;

use crate::canon::signature;
use seam_core::CoreFuncType;
use seam_decode::Plan;
use seam_decode::types::{Side, flatten_async_functype, flatten_functype};

/// The signatures of a lifted function.
pub(super) struct PreparedLift {
    /// The type of the core function.
    pub(super) core: Arc<CoreFuncType>,
    /// The type of its post-return.
    pub(super) after: Arc<CoreFuncType>,
}

/// Returns the signatures of all lifted functions of a plan, in its order.
pub(super) fn lifts(plan: &Plan) -> Vec<PreparedLift> {
    let prepared = |lift: &seam_decode::Lift| {
        let core = match lift.options.is_async {
            true => flatten_async_functype(&lift.ty, Side::Lift, lift.callback.is_some()),
            false => flatten_functype(&lift.ty, Side::Lift),
        };
        let after = CoreFuncType::new(core.results.clone(), []);
        PreparedLift {
            core: core.into(),
            after: after.into(),
        }
    };
    plan.lifts.iter().map(prepared).collect()
}

/// Returns the signatures of all functions that asynchronous calls may have to call.
pub(super) fn called(lifts: &[PreparedLift]) -> Vec<CoreFuncType> {
    let mut all = signature::of_guests().to_vec();
    for lift in lifts {
        for ty in [&lift.core, &lift.after] {
            if !all.contains(ty) {
                all.push(CoreFuncType::clone(ty));
            }
        }
    }
    all
}
