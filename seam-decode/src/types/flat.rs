//! The core types that value types flatten to: `join` and related functions.

use seam_core::CoreType;

/// Maximum number of core parameters. More parameters are passed in memory.
pub const MAX_FLAT_PARAMS: usize = 16;

/// A core type that values flatten to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlatType {
    /// `i32`
    I32,
    /// `i64`
    I64,
    /// `f32`
    F32,
    /// `f64`
    F64,
}

impl FlatType {
    /// `join`: returns a type that can carry the bits of both.
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
}

/// The flat types of a type, up to [`MAX_FLAT_PARAMS`].
///
/// A type with more flat types is never passed flat, so they are not stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flat {
    len: usize,
    types: [FlatType; MAX_FLAT_PARAMS],
}

impl Flat {
    /// No core values.
    pub const EMPTY: Flat = Flat {
        len: 0,
        types: [FlatType::I32; MAX_FLAT_PARAMS],
    };

    const TOO_MANY: Flat = Flat {
        len: MAX_FLAT_PARAMS + 1,
        ..Flat::EMPTY
    };

    pub(super) fn of<const N: usize>(types: [FlatType; N]) -> Self {
        let mut flat = Self::EMPTY;
        types.into_iter().for_each(|ty| flat.push(ty));
        flat
    }

    /// Returns the number of core values, or any number above [`MAX_FLAT_PARAMS`] if there are
    /// more.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Returns whether there are no core values.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns the types. The slice is empty if there are too many.
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

    /// `flatten_record`: appends the flat types of a field.
    pub fn extend(&mut self, other: Flat) {
        if other.len > MAX_FLAT_PARAMS || self.len > MAX_FLAT_PARAMS {
            *self = Self::TOO_MANY;
            return;
        }
        other.types().iter().for_each(|ty| self.push(*ty));
    }

    /// `flatten_variant`: joins the payload of a case with those of the previous cases.
    pub fn join(&mut self, other: Flat) {
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

    /// Returns the flat types with `first` in front.
    #[must_use]
    pub fn after(self, first: FlatType) -> Self {
        let mut flat = Self::of([first]);
        flat.extend(self);
        flat
    }

    /// `flatten_list`
    #[must_use]
    pub fn fixed_length_list(element: Flat, len: u32) -> Self {
        let mut flat = Self::EMPTY;
        for _ in 0..len {
            flat.extend(element);
            if flat.len > MAX_FLAT_PARAMS {
                break;
            }
        }
        flat
    }

    /// Returns the types as core types.
    #[must_use]
    pub fn core_types(&self) -> Vec<CoreType> {
        self.types().iter().map(|ty| ty.core()).collect()
    }
}
