//! `contains`, `alignment` and `elem_size`: the measures of types.
//!
//! Layouts are computed for 32-bit memories. Sizes are also computed for 64-bit memories, because
//! validation bounds them. Sums and products saturate, because a type of such a size is never
//! valid.

/// Validation requires that every type is smaller than this in 64-bit memories.
pub(super) const MAX_SIZE: u64 = 1 << 28;

/// Size and alignment of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// `elem_size(t, 'i32')`, in bytes.
    pub size: u64,
    /// `alignment(t, 'i32')`, in bytes: 1, 2, 4 or 8.
    pub alignment: u32,
    /// `elem_size(t, 'i64')`
    pub size64: u64,
    /// `alignment(t, 'i64')`
    pub alignment64: u32,
}

impl Layout {
    /// The layout of a record without fields.
    pub const EMPTY: Layout = Layout::of(0, 1);

    /// The layout of a pointer and a length.
    pub const RANGE: Layout = Layout {
        size: 8,
        alignment: 4,
        size64: 16,
        alignment64: 8,
    };

    const fn of(size: u64, alignment: u32) -> Self {
        Self {
            size,
            alignment,
            size64: size,
            alignment64: alignment,
        }
    }

    /// Returns the layout of a number with this many bytes.
    #[must_use]
    pub const fn int(bytes: u8) -> Self {
        Self::of(bytes as u64, bytes as u32)
    }

    /// Returns the layout of `len` consecutive elements.
    #[must_use]
    pub fn fixed_length_list(element: Self, len: u32) -> Self {
        let len = u64::from(len);
        Self {
            size: element.size.saturating_mul(len),
            size64: element.size64.saturating_mul(len),
            ..element
        }
    }

    /// One step of `elem_size_record`: appends a field and returns its offset.
    pub fn push_field(&mut self, field: Self) -> u64 {
        let offset = align_to(self.size, field.alignment);
        self.size = offset.saturating_add(field.size);
        self.size64 = align_to(self.size64, field.alignment64).saturating_add(field.size64);
        self.alignment = self.alignment.max(field.alignment);
        self.alignment64 = self.alignment64.max(field.alignment64);
        offset
    }

    /// The last step of `elem_size_record`.
    #[must_use]
    pub fn finish_record(self) -> Self {
        Self {
            size: align_to(self.size, self.alignment),
            size64: align_to(self.size64, self.alignment64),
            ..self
        }
    }

    /// `elem_size_variant`: also returns the offset of the payload.
    #[must_use]
    pub fn variant(payloads: impl Iterator<Item = Self>, discriminant: u8) -> (Self, u64) {
        let mut max = Self::EMPTY;
        for case in payloads {
            max.size = max.size.max(case.size);
            max.alignment = max.alignment.max(case.alignment);
            max.size64 = max.size64.max(case.size64);
            max.alignment64 = max.alignment64.max(case.alignment64);
        }
        let discriminant = Self::int(discriminant);
        let payload = align_to(discriminant.size, max.alignment);
        let payload64 = align_to(discriminant.size, max.alignment64);
        let layout = Self {
            size: payload.saturating_add(max.size),
            alignment: discriminant.alignment.max(max.alignment),
            size64: payload64.saturating_add(max.size64),
            alignment64: discriminant.alignment.max(max.alignment64),
        };
        (layout.finish_record(), payload)
    }

    /// Returns whether the specification allows a type of this size: `elem_size(t, 'i64') < 2**28`.
    #[must_use]
    pub fn is_allowed(self) -> bool {
        self.size64 < MAX_SIZE
    }
}

/// The contents of a type: the reference's `contains` for the predicates that are needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contents {
    /// Whether it contains a `borrow`.
    pub borrow: bool,
    /// Whether it contains a handle to a resource, stream, future or error context.
    pub handle: bool,
    /// Whether every byte is significant and every bit pattern is a value, so that it can be copied
    /// as bytes.
    pub plain: bool,
    /// Whether lifting it can trap.
    pub traps: bool,
}

impl Contents {
    /// The contents of a type without parts.
    pub const EMPTY: Contents = Contents {
        borrow: false,
        handle: false,
        plain: true,
        traps: false,
    };

    pub(super) const OTHER: Contents = Contents {
        plain: false,
        ..Contents::EMPTY
    };

    pub(super) const HANDLE: Contents = Contents {
        handle: true,
        ..Contents::EMPTY.indirect()
    };

    /// Returns the contents of a type with both parts.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            borrow: self.borrow || other.borrow,
            handle: self.handle || other.handle,
            plain: self.plain && other.plain,
            traps: self.traps || other.traps,
        }
    }

    /// Returns the contents of a type that refers to its parts indirectly and must be checked.
    pub(super) const fn indirect(self) -> Self {
        Self {
            plain: false,
            traps: true,
            ..self
        }
    }
}

/// `align_to` a power of two.
#[must_use]
pub fn align_to(ptr: u64, alignment: u32) -> u64 {
    let mask = u64::from(alignment) - 1;
    ptr.saturating_add(mask) & !mask
}

/// The size of `discriminant_type` in bytes.
#[must_use]
pub fn discriminant_size(cases: usize) -> u8 {
    match cases {
        0..=0x100 => 1,
        0x101..=0x1_0000 => 2,
        _ => 4,
    }
}

/// `elem_size_flags`
#[must_use]
pub fn flags_size(labels: usize) -> u8 {
    match labels {
        0..=8 => 1,
        9..=16 => 2,
        _ => 4,
    }
}
