//! The stream and future types in a function type, which built-ins name by their position.

use std::sync::Arc;

use crate::plan::CopyingTy;
use crate::types::{FuncTy, RecordTy, Ty};

/// The number of types that are looked at. Types share parts, so a small type can have an astronomical
/// number of them.
const MAX_VISITED: u32 = 100_000;

/// Returns the stream or future type at a position among those in a function type.
///
/// The parameters come first, then the result. The types inside an element come before the stream or
/// future itself. The order is that of `find_futures_and_streams` of `wit-parser`.
pub(crate) fn copied_type(ty: &FuncTy, position: u32) -> Option<CopyingTy> {
    let mut search = Search {
        left: position,
        visited: 0,
    };
    let params = search.record(&ty.params);
    params.or_else(|| search.record(&ty.result))
}

struct Search {
    /// The number of stream and future types before the one that is wanted.
    left: u32,
    visited: u32,
}

impl Search {
    fn record(&mut self, ty: &RecordTy) -> Option<CopyingTy> {
        ty.fields.iter().find_map(|field| self.ty(&field.ty))
    }

    fn ty(&mut self, ty: &Ty) -> Option<CopyingTy> {
        self.visited += 1;
        if self.visited > MAX_VISITED || !ty.contents().handle {
            return None;
        }
        match ty {
            Ty::List(element) | Ty::Map(element) => self.ty(element),
            Ty::FixedLengthList(ty) => self.ty(&ty.element),
            Ty::Record(ty) | Ty::Tuple(ty) => self.record(ty),
            Ty::Variant(ty) | Ty::Enum(ty) | Ty::Option(ty) | Ty::Result(ty) => {
                let mut payloads = ty.cases.iter().filter_map(|case| case.ty.as_ref());
                payloads.find_map(|ty| self.ty(ty))
            }
            Ty::Stream(element) => self.copied(false, element.as_ref()),
            Ty::Future(element) => self.copied(true, element.as_ref()),
            _ => None,
        }
    }

    fn copied(&mut self, is_future: bool, element: Option<&Arc<Ty>>) -> Option<CopyingTy> {
        if let Some(found) = element.and_then(|element| self.ty(element)) {
            return Some(found);
        }
        match self.left.checked_sub(1) {
            Some(left) => {
                self.left = left;
                None
            }
            None => Some(CopyingTy {
                is_future,
                element: element.cloned(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(element: Option<Ty>) -> Ty {
        Ty::Stream(element.map(Arc::new))
    }

    #[test]
    fn parameters_come_before_the_result_and_elements_before_what_has_them() {
        let nested = Ty::Future(Some(Arc::new(Ty::list(stream(Some(Ty::U8))))));
        let either = Ty::result(Some(stream(None)), Some(Ty::Future(None)));
        let params = [("a".into(), Ty::U32), ("b".into(), nested.clone())];
        let ty = FuncTy::new(params, Some(either));
        let all: Vec<_> = (0..).map_while(|n| copied_type(&ty, n)).collect();
        let expected = [
            (false, Some(Ty::U8)),
            (true, Some(Ty::list(stream(Some(Ty::U8))))),
            (false, None),
            (true, None),
        ];
        let expected = expected.map(|(is_future, element)| CopyingTy {
            is_future,
            element: element.map(Arc::new),
        });
        assert_eq!(all, expected);
    }

    #[test]
    fn a_type_with_millions_of_streams_is_searched_in_bounded_time() {
        let mut ty = stream(None);
        for _ in 0..24 {
            ty = Ty::tuple([ty.clone(), ty]);
        }
        let ty = FuncTy::new([("a".into(), ty)], None);
        let unit = CopyingTy {
            is_future: false,
            element: None,
        };
        assert_eq!(copied_type(&ty, 7), Some(unit));
        assert_eq!(copied_type(&ty, u32::MAX), None);
    }
}
