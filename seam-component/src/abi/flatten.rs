//! `flatten_functype`, `flatten_type` and `join`.

use seam_core::{CoreFuncType, CoreType, CoreValue};

use crate::types::{FuncTy, RecordTy, Ty};

/// Core parameters that a function has at most; with more, they are passed in memory.
pub(crate) const MAX_FLAT_PARAMS: usize = 16;

/// Core results that a function has at most; with more, they are passed in memory.
pub(crate) const MAX_FLAT_RESULTS: usize = 1;

/// Which side of a component-level function a core function is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Context {
    /// `canon lift`: the callee's.
    Lift,
    /// `canon lower`: the caller's.
    Lower,
}

/// A core type that values flatten to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FlatType {
    I32,
    I64,
    F32,
    F64,
}

impl FlatType {
    /// `join`: a type that can carry the bits of both.
    fn join(self, other: FlatType) -> FlatType {
        match (self, other) {
            (a, b) if a == b => a,
            (FlatType::I32, FlatType::F32) | (FlatType::F32, FlatType::I32) => FlatType::I32,
            _ => FlatType::I64,
        }
    }

    fn core(self) -> CoreType {
        match self {
            FlatType::I32 => CoreType::I32,
            FlatType::I64 => CoreType::I64,
            FlatType::F32 => CoreType::F32,
            FlatType::F64 => CoreType::F64,
        }
    }

    fn zero(self) -> CoreValue {
        match self {
            FlatType::I32 => CoreValue::I32(0),
            FlatType::I64 => CoreValue::I64(0),
            FlatType::F32 => CoreValue::F32(0),
            FlatType::F64 => CoreValue::F64(0),
        }
    }
}

/// The flat types of a type, up to [`MAX_FLAT_PARAMS`]; a type with more never travels flat, so
/// that they are not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Flat {
    len: usize,
    types: [FlatType; MAX_FLAT_PARAMS],
}

impl Flat {
    /// No core values.
    pub(crate) const EMPTY: Flat = Flat {
        len: 0,
        types: [FlatType::I32; MAX_FLAT_PARAMS],
    };

    const TOO_MANY: Flat = Flat {
        len: MAX_FLAT_PARAMS + 1,
        ..Flat::EMPTY
    };

    fn of<const N: usize>(types: [FlatType; N]) -> Self {
        let mut flat = Self::EMPTY;
        types.into_iter().for_each(|ty| flat.push(ty));
        flat
    }

    /// Number of core values; any number above [`MAX_FLAT_PARAMS`] for more than those.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// The types; none if there are too many.
    fn types(&self) -> &[FlatType] {
        self.types.get(..self.len).unwrap_or_default()
    }

    fn push(&mut self, ty: FlatType) {
        match self.types.get_mut(self.len) {
            Some(slot) => {
                *slot = ty;
                self.len += 1;
            }
            None => *self = Self::TOO_MANY,
        }
    }

    /// `flatten_record`: appends a field's.
    pub(crate) fn extend(&mut self, other: Flat) {
        if other.len > MAX_FLAT_PARAMS || self.len > MAX_FLAT_PARAMS {
            *self = Self::TOO_MANY;
            return;
        }
        other.types().iter().for_each(|ty| self.push(*ty));
    }

    /// `flatten_variant`: joins a case's payload with those before.
    pub(crate) fn join(&mut self, other: Flat) {
        if other.len > MAX_FLAT_PARAMS || self.len > MAX_FLAT_PARAMS {
            *self = Self::TOO_MANY;
            return;
        }
        for (index, ty) in other.types().iter().enumerate() {
            match self.types.get_mut(index) {
                Some(slot) if index < self.len => *slot = slot.join(*ty),
                _ => self.push(*ty),
            }
        }
    }

    /// The same, after one of this type.
    pub(crate) fn after(self, first: FlatType) -> Self {
        let mut flat = Self::of([first]);
        flat.extend(self);
        flat
    }

    /// `flatten_list`
    pub(crate) fn fixed_length_list(element: &Ty, len: u32) -> Self {
        let element = element.flat();
        let mut flat = Self::EMPTY;
        for _ in 0..len {
            flat.extend(element);
            if flat.len > MAX_FLAT_PARAMS {
                break;
            }
        }
        flat
    }

    /// A zero of each type.
    pub(crate) fn zeroes(&self) -> impl Iterator<Item = CoreValue> + '_ {
        self.types().iter().map(|ty| ty.zero())
    }

    /// The types, as a core function has them.
    pub(crate) fn core_types(&self) -> Vec<CoreType> {
        self.types().iter().map(|ty| ty.core()).collect()
    }
}

impl Ty {
    /// `flatten_type`
    pub(crate) fn flat(&self) -> Flat {
        match self {
            Ty::Bool | Ty::Char | Ty::Flags(_) => Flat::of([FlatType::I32]),
            Ty::U8 | Ty::U16 | Ty::U32 => Flat::of([FlatType::I32]),
            Ty::S8 | Ty::S16 | Ty::S32 => Flat::of([FlatType::I32]),
            Ty::S64 | Ty::U64 => Flat::of([FlatType::I64]),
            Ty::F32 => Flat::of([FlatType::F32]),
            Ty::F64 => Flat::of([FlatType::F64]),
            Ty::String | Ty::List(_) | Ty::Map(_) => Flat::of([FlatType::I32, FlatType::I32]),
            Ty::FixedLengthList(ty) => ty.flat,
            Ty::Record(ty) | Ty::Tuple(ty) => ty.flat,
            Ty::Variant(ty) | Ty::Enum(ty) | Ty::Option(ty) | Ty::Result(ty) => ty.flat,
            Ty::Own(_) | Ty::Borrow(_) => Flat::of([FlatType::I32]),
            Ty::Stream(_) | Ty::Future(_) | Ty::ErrorContext => Flat::of([FlatType::I32]),
        }
    }
}

/// Whether these values are passed in memory, for there are more than `max_flat` flat ones.
pub(crate) fn spills(max_flat: usize, types: &RecordTy) -> bool {
    types.flat.len() > max_flat
}

/// `flatten_functype`, for functions that are lifted or lowered synchronously.
pub(crate) fn flatten_functype(ty: &FuncTy, context: Context) -> CoreFuncType {
    let ptr = || vec![CoreType::I32];
    let mut params = match spills(MAX_FLAT_PARAMS, &ty.params) {
        true => ptr(),
        false => ty.params.flat.core_types(),
    };
    let results = match (spills(MAX_FLAT_RESULTS, &ty.result), context) {
        (false, _) => ty.result.flat.core_types(),
        (true, Context::Lift) => ptr(),
        (true, Context::Lower) => {
            params.extend(ptr());
            Vec::new()
        }
    };
    CoreFuncType::new(params, results)
}
