//! What passes between a guest and a host function: the arguments, and the result on its way back.

use seam_core::typed::{Lift, Lower};
use seam_core::{Error, ErrorKind, Result, TypedHostCall, Value};

use super::running::Running;
use crate::abi::{self, Cx, FlatBits};
use seam_decode::types::{FuncTy, RecordTy, Ty};

/// The result of a host function.
pub(crate) enum HostResult {
    /// One value, or none.
    Values(Vec<Value>),
    /// The result of a host function over Rust types, which lowers itself.
    Typed(TypedHostCall),
}

/// Lifts the arguments of a host function.
///
/// For one over Rust types, no values are built: the returned list is empty, and the call has them.
///
/// # Errors
/// Traps and limits of the canonical ABI. Those of the Rust types.
#[inline]
pub(crate) fn lift_host_args(
    cx: &mut Cx<'_>,
    max_flat: usize,
    bits: &[u64],
    types: &RecordTy,
    call: Option<&mut TypedHostCall>,
) -> Result<Vec<Value>> {
    let Some(call) = call else {
        return abi::lift_flat_values(cx, max_flat, bits, types);
    };
    let lift = |from: &mut dyn Lift| call.lift_args(from);
    let lifted = abi::lift_parts(cx, max_flat, bits, types, lift);
    lifted.map_err(|e| call.lift_error(e)).map(|()| Vec::new())
}

impl HostResult {
    /// Lowers the result into the guest.
    ///
    /// # Errors
    /// Traps and limits of the canonical ABI. `Host` if the host function is at fault.
    pub(crate) fn lower(
        &self,
        cx: &mut Cx<'_>,
        max_flat: usize,
        types: &RecordTy,
        out_param: Option<u32>,
        flat: &mut FlatBits,
    ) -> Result<()> {
        let lowered = match self {
            HostResult::Values(values) => {
                abi::lower_flat_values(cx, max_flat, values, types, out_param, flat)
            }
            HostResult::Typed(call) => {
                let lower = |to: &mut dyn Lower| call.lower_result(to);
                abi::lower_parts(cx, max_flat, lower, types, out_param, flat)
            }
        };
        lowered.map_err(|e| self.blame(e))
    }

    /// Returns the error of lowering the result.
    ///
    /// If the host passes something that the type or the handle tables do not allow, the host
    /// function is at fault.
    fn blame(&self, error: Error) -> Error {
        match (self, error.kind()) {
            (HostResult::Typed(call), _) => call.lower_error(error),
            (HostResult::Values(_), ErrorKind::Misuse) => {
                Error::host(format!("result: {}", error.message()))
            }
            _ => error,
        }
    }

    /// Returns the result in the form that lowers in linear time, if lowering starts again after
    /// each call of `realloc`.
    ///
    /// Values skip the list elements that have been lowered, and Rust values cannot.
    ///
    /// # Errors
    /// Those of [`TypedHostCall::lower_result`].
    pub(crate) fn replayable(self, running: &Running, ty: &FuncTy) -> Result<Self> {
        match self {
            HostResult::Typed(call) if ty.result.fields.iter().any(|f| has_nested_list(&f.ty)) => {
                let value = running.world.typed_result(call)?;
                Ok(HostResult::Values(value.into_iter().collect()))
            }
            result => Ok(result),
        }
    }
}

/// Returns whether lists of the type have elements that `realloc` is called for.
fn has_nested_list(ty: &Ty) -> bool {
    match ty {
        Ty::List(element) | Ty::Map(element) => has_list(element),
        other => any_part(other, has_nested_list),
    }
}

fn has_list(ty: &Ty) -> bool {
    match ty {
        Ty::String | Ty::List(_) | Ty::Map(_) => true,
        other => any_part(other, has_list),
    }
}

/// Returns whether a test holds for a part of a type that is stored in place.
fn any_part(ty: &Ty, test: fn(&Ty) -> bool) -> bool {
    match ty {
        Ty::Record(ty) | Ty::Tuple(ty) => ty.fields.iter().any(|field| test(&field.ty)),
        Ty::FixedLengthList(ty) => test(&ty.element),
        Ty::Variant(ty) | Ty::Enum(ty) | Ty::Option(ty) | Ty::Result(ty) => {
            let mut payloads = ty.cases.iter().filter_map(|case| case.ty.as_ref());
            payloads.any(test)
        }
        _ => false,
    }
}
