//! Arguments of core scripts.

use seam_core::{AnyRef, CoreValue};
use wast::WastArg;
use wast::core::{AbstractHeapType, HeapType, WastArgCore};

use crate::suite::outcome::{Step, Stop};

/// Converts the arguments of an invocation.
pub(super) fn arguments(args: &[WastArg<'_>]) -> Step<Vec<CoreValue>> {
    args.iter().map(argument).collect()
}

fn argument(arg: &WastArg<'_>) -> Step<CoreValue> {
    let WastArg::Core(arg) = arg else {
        return Err(Stop::failed("a core value", "a component-level value"));
    };
    Ok(match arg {
        WastArgCore::I32(value) => CoreValue::I32(*value),
        WastArgCore::I64(value) => CoreValue::I64(*value),
        WastArgCore::F32(value) => CoreValue::F32(value.bits),
        WastArgCore::F64(value) => CoreValue::F64(value.bits),
        WastArgCore::V128(value) => CoreValue::V128(u128::from_le_bytes(value.to_le_bytes())),
        WastArgCore::RefNull(heap) => null(heap)?,
        WastArgCore::RefExtern(host) => CoreValue::ExternRef(Some(u64::from(*host))),
        WastArgCore::RefHost(host) => CoreValue::AnyRef(Some(AnyRef::Host(u64::from(*host)))),
    })
}

/// Returns the null of a heap type's family.
///
/// A type that the module defines may belong to one of several families. It counts as a function
/// type, because scripts pass only functions.
fn null(heap: &HeapType<'_>) -> Step<CoreValue> {
    let HeapType::Abstract { ty, .. } = heap else {
        return Ok(CoreValue::FuncRef(None));
    };
    Ok(match ty {
        AbstractHeapType::Func | AbstractHeapType::NoFunc => CoreValue::FuncRef(None),
        AbstractHeapType::Extern | AbstractHeapType::NoExtern => CoreValue::ExternRef(None),
        AbstractHeapType::Exn | AbstractHeapType::NoExn => CoreValue::ExnRef(None),
        AbstractHeapType::Cont | AbstractHeapType::NoCont => {
            return Err(Stop::Unsupported("stack-switching".into()));
        }
        _ => CoreValue::AnyRef(None),
    })
}

/// Returns whether a value is a null of the family of a heap type.
pub(super) fn is_null_of(value: &CoreValue, heap: Option<&HeapType<'_>>) -> bool {
    let any = matches!(
        value,
        CoreValue::FuncRef(None)
            | CoreValue::ExternRef(None)
            | CoreValue::AnyRef(None)
            | CoreValue::ExnRef(None)
    );
    match heap {
        Some(heap @ HeapType::Abstract { .. }) => null(heap).is_ok_and(|null| null == *value),
        // Any null matches if the type is defined by the module or not given.
        _ => any,
    }
}
