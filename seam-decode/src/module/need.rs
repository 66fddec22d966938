//! Whether the canonical ABI needs a memory and a `realloc` for a function type.

use seam_core::{CoreFuncType, CoreType};

use crate::types::{FuncTy, MAX_FLAT_PARAMS, MAX_FLAT_RESULTS, RecordTy, Side, Ty, spills};

/// The canonical options that a function type needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Need {
    pub(crate) memory: bool,
    pub(crate) realloc: bool,
}

/// Returns what lifting or lowering a function needs.
pub(crate) fn need(ty: &FuncTy, side: Side) -> Need {
    let (params, result) = (points(&ty.params), points(&ty.result));
    let params_spill = spills(MAX_FLAT_PARAMS, &ty.params);
    let result_spills = spills(MAX_FLAT_RESULTS, &ty.result);
    Need {
        memory: params || result || params_spill || result_spills,
        realloc: match side {
            Side::Lift => params || params_spill,
            Side::Lower => result,
        },
    }
}

/// Returns the type of a `realloc`.
pub(crate) fn realloc_type() -> CoreFuncType {
    CoreFuncType::new([CoreType::I32; 4], [CoreType::I32])
}

fn points(record: &RecordTy) -> bool {
    record.fields.iter().any(|field| pointer(&field.ty))
}

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
        let params = params.into_iter().map(|ty| ("p".into(), ty));
        let Need { memory, realloc } = need(&FuncTy::new(params, result), side);
        (memory, realloc)
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
