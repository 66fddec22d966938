//! Whether the canonical ABI needs a memory and a `realloc` for a function type.

use seam_core::{CoreFuncType, CoreType};

use crate::plan::CopyingTy;
use crate::types::{
    FuncTy, MAX_FLAT_ASYNC_PARAMS, MAX_FLAT_PARAMS, MAX_FLAT_RESULTS, RecordTy, Side, Ty, spills,
};

/// The canonical options that a function type needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Need {
    pub(crate) memory: bool,
    pub(crate) realloc: bool,
}

/// Returns what lifting or lowering a function needs, with the option `async` or without.
pub(crate) fn need(ty: &FuncTy, side: Side, is_async: bool) -> Need {
    let (params, result) = (points(&ty.params), points(&ty.result));
    let (max_params, max_results) = match (side, is_async) {
        (_, false) => (MAX_FLAT_PARAMS, MAX_FLAT_RESULTS),
        // The result is a parameter of `task.return`.
        (Side::Lift, true) => (MAX_FLAT_PARAMS, MAX_FLAT_PARAMS),
        (Side::Lower, true) => (MAX_FLAT_ASYNC_PARAMS, 0),
    };
    let params_spill = spills(max_params, &ty.params);
    let result_spills = spills(max_results, &ty.result);
    Need {
        memory: params || result || params_spill || result_spills,
        realloc: match side {
            Side::Lift => params || params_spill,
            Side::Lower => result,
        },
    }
}

impl Need {
    /// What a built-in needs that lifts the result of a function: `task.return`.
    pub(crate) fn of_task_return(result: &RecordTy) -> Self {
        Self {
            memory: points(result) || spills(MAX_FLAT_PARAMS, result),
            realloc: false,
        }
    }

    /// What a copy of elements of this type needs, if they are read or written.
    pub(crate) fn of_copy(ty: &CopyingTy, reads: bool) -> Self {
        let element = ty.element.as_deref();
        Self {
            memory: element.is_some(),
            realloc: reads && element.is_some_and(pointer),
        }
    }

    /// What a built-in needs that reads memory, and may allocate.
    pub(crate) fn memory(realloc: bool) -> Self {
        Self {
            memory: true,
            realloc,
        }
    }
}

/// Returns the type of a `realloc`.
pub(crate) fn realloc_type() -> CoreFuncType {
    CoreFuncType::new([CoreType::I32; 4], [CoreType::I32])
}

/// Returns the type of a callback.
pub(crate) fn callback_type() -> CoreFuncType {
    CoreFuncType::new([CoreType::I32; 3], [CoreType::I32])
}

/// Returns whether a value has parts in memory besides itself.
fn points(record: &RecordTy) -> bool {
    record.fields.iter().any(|field| pointer(&field.ty))
}

/// Returns whether a value of the type has parts in memory besides itself.
fn pointer(ty: &Ty) -> bool {
    match ty {
        Ty::String | Ty::List(_) | Ty::Map(_) => true,
        Ty::FixedLengthList(ty) => pointer(&ty.element),
        Ty::Record(ty) | Ty::Tuple(ty) => points(ty),
        Ty::Variant(ty) | Ty::Enum(ty) | Ty::Option(ty) | Ty::Result(ty) => ty
            .cases
            .iter()
            .any(|case| case.ty.as_ref().is_some_and(pointer)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needs(params: Vec<Ty>, result: Option<Ty>, side: Side) -> (bool, bool) {
        needs_with(params, result, side, false)
    }

    fn needs_with(params: Vec<Ty>, result: Option<Ty>, side: Side, is_async: bool) -> (bool, bool) {
        let params = params.into_iter().map(|ty| ("p".into(), ty));
        let Need { memory, realloc } = need(&FuncTy::new(params, result), side, is_async);
        (memory, realloc)
    }

    #[test]
    fn asynchronous_functions_have_other_limits() {
        let needs = |params, result, side| needs_with(params, result, side, true);
        let many = |count| vec![Ty::U8; count];
        assert_eq!(needs(many(4), None, Side::Lower), (false, false));
        assert_eq!(needs(many(5), None, Side::Lower), (true, false));
        assert_eq!(needs(vec![], Some(Ty::U8), Side::Lower), (true, false));
        assert_eq!(needs(vec![], Some(Ty::String), Side::Lower), (true, true));
        let sixteen = Ty::tuple(many(16));
        assert_eq!(needs(many(16), Some(sixteen), Side::Lift), (false, false));
        let seventeen = Ty::tuple(many(17));
        assert_eq!(needs(vec![], Some(seventeen), Side::Lift), (true, false));
        assert_eq!(needs(many(17), None, Side::Lift), (true, true));
    }

    #[test]
    fn scalars_need_nothing_and_pointers_need_what_the_side_allocates() {
        for side in [Side::Lift, Side::Lower] {
            assert_eq!(
                needs(vec![Ty::U32; 16], Some(Ty::F64), side),
                (false, false)
            );
        }
        assert_eq!(needs(vec![Ty::String], None, Side::Lift), (true, true));
        assert_eq!(needs(vec![Ty::String], None, Side::Lower), (true, false));
        assert_eq!(needs(vec![], Some(Ty::String), Side::Lift), (true, false));
        assert_eq!(needs(vec![], Some(Ty::String), Side::Lower), (true, true));
        assert_eq!(needs(vec![Ty::U8; 17], None, Side::Lift), (true, true));
        assert_eq!(needs(vec![Ty::U8; 17], None, Side::Lower), (true, false));
        let pair = Ty::Tuple(std::sync::Arc::new(RecordTy::new([
            ("0".into(), Ty::U8),
            ("1".into(), Ty::U8),
        ])));
        assert_eq!(needs(vec![], Some(pair.clone()), Side::Lift), (true, false));
        assert_eq!(needs(vec![], Some(pair), Side::Lower), (true, false));
    }
}
