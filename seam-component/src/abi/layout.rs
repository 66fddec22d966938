//! `despecialize`, `contains`, `alignment` and `elem_size`.
//!
//! Layouts are computed for 32-bit memories; sizes for 64-bit ones as well, for that is what
//! validation bounds. Sums and products saturate: a type of such a size is never valid.

use seam_core::{Error, Result};

use crate::types::Ty;

/// Validation wants the size of every type below this, in 64-bit memories.
const MAX_SIZE: u64 = 1 << 28;

/// Size and alignment of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    /// `elem_size(t, 'i32')`, in bytes.
    pub(crate) size: u64,
    /// `alignment(t, 'i32')`, in bytes: 1, 2, 4 or 8.
    pub(crate) alignment: u32,
    /// `elem_size(t, 'i64')`
    pub(crate) size64: u64,
    /// `alignment(t, 'i64')`
    pub(crate) alignment64: u32,
}

impl Layout {
    /// No fields yet.
    pub(crate) const EMPTY: Layout = Layout::of(0, 1);

    /// A pointer and a length.
    pub(crate) const RANGE: Layout = Layout {
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

    /// The layout of a number of as many bytes.
    pub(crate) const fn int(bytes: u8) -> Self {
        Self::of(bytes as u64, bytes as u32)
    }

    pub(crate) fn fixed_length_list(element: Self, len: u32) -> Self {
        let len = u64::from(len);
        Self {
            size: element.size.saturating_mul(len),
            size64: element.size64.saturating_mul(len),
            ..element
        }
    }

    /// One step of `elem_size_record`: appends a field; its offset.
    pub(crate) fn push_field(&mut self, field: Self) -> u64 {
        let offset = align_to(self.size, field.alignment);
        self.size = offset.saturating_add(field.size);
        self.size64 = align_to(self.size64, field.alignment64).saturating_add(field.size64);
        self.alignment = self.alignment.max(field.alignment);
        self.alignment64 = self.alignment64.max(field.alignment64);
        offset
    }

    /// The last step of `elem_size_record`.
    pub(crate) fn finish_record(self) -> Self {
        Self {
            size: align_to(self.size, self.alignment),
            size64: align_to(self.size64, self.alignment64),
            ..self
        }
    }

    /// `elem_size_variant`, and the offset of the payload.
    pub(crate) fn variant(payloads: impl Iterator<Item = Self>, discriminant: u8) -> (Self, u64) {
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

    /// Whether the specification allows a type of this size: `elem_size(t, 'i64') < 2**28`.
    pub(crate) fn is_allowed(self) -> bool {
        self.size64 < MAX_SIZE
    }
}

/// What a type contains: `contains` of the reference, for the predicates that are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Contents {
    /// Contains a `borrow`.
    pub(crate) borrow: bool,
    /// Contains a handle to a resource, stream, future or error context.
    pub(crate) handle: bool,
    /// Every byte of it counts and every bit pattern is a value: it moves by copying bytes.
    pub(crate) plain: bool,
    /// Lifting it can trap.
    pub(crate) traps: bool,
}

impl Contents {
    /// No parts yet.
    pub(crate) const EMPTY: Contents = Contents {
        borrow: false,
        handle: false,
        plain: true,
        traps: false,
    };

    const OTHER: Contents = Contents {
        plain: false,
        ..Contents::EMPTY
    };

    const HANDLE: Contents = Contents {
        handle: true,
        ..Contents::EMPTY.indirect()
    };

    /// What a type of both parts contains.
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            borrow: self.borrow || other.borrow,
            handle: self.handle || other.handle,
            plain: self.plain && other.plain,
            traps: self.traps || other.traps,
        }
    }

    /// The same, for a type that has more to it than its parts' bytes, and that is to be checked.
    const fn indirect(self) -> Self {
        Self {
            plain: false,
            traps: true,
            ..self
        }
    }
}

impl Ty {
    /// `elem_size` and `alignment`.
    pub(crate) fn layout(&self) -> Layout {
        match self {
            Ty::Bool | Ty::S8 | Ty::U8 => Layout::int(1),
            Ty::S16 | Ty::U16 => Layout::int(2),
            Ty::S32 | Ty::U32 | Ty::F32 | Ty::Char => Layout::int(4),
            Ty::S64 | Ty::U64 | Ty::F64 => Layout::int(8),
            Ty::String | Ty::List(_) | Ty::Map(_) => Layout::RANGE,
            Ty::FixedLengthList(ty) => ty.layout,
            Ty::Record(ty) | Ty::Tuple(ty) => ty.layout,
            Ty::Variant(ty) | Ty::Enum(ty) | Ty::Option(ty) | Ty::Result(ty) => ty.layout,
            Ty::Flags(labels) => Layout::int(flags_size(labels.len())),
            Ty::Own(_) | Ty::Borrow(_) => Layout::int(4),
            Ty::Stream(_) | Ty::Future(_) | Ty::ErrorContext => Layout::int(4),
        }
    }

    /// `elem_size(t, 'i32')`, in bytes.
    pub(crate) fn size(&self) -> u64 {
        self.layout().size
    }

    /// `alignment(t, 'i32')`, in bytes.
    pub(crate) fn alignment(&self) -> u32 {
        self.layout().alignment
    }

    pub(crate) fn contents(&self) -> Contents {
        match self {
            Ty::S8 | Ty::U8 | Ty::S16 | Ty::U16 => Contents::EMPTY,
            Ty::S32 | Ty::U32 | Ty::S64 | Ty::U64 => Contents::EMPTY,
            Ty::Bool | Ty::F32 | Ty::F64 => Contents::OTHER,
            Ty::Char | Ty::String => Contents::EMPTY.indirect(),
            Ty::List(element) | Ty::Map(element) => element.contents().indirect(),
            Ty::FixedLengthList(ty) => ty.element.contents(),
            Ty::Record(ty) | Ty::Tuple(ty) => {
                // Bytes between the fields belong to the guest.
                let fields: u64 = ty.fields.iter().map(|field| field.ty.size()).sum();
                let plain = ty.contents.plain && fields == ty.layout.size;
                Contents {
                    plain,
                    ..ty.contents
                }
            }
            Ty::Variant(ty) | Ty::Enum(ty) | Ty::Option(ty) | Ty::Result(ty) => {
                ty.contents.indirect()
            }
            Ty::Flags(labels) => Contents {
                plain: u64::from(flags_size(labels.len())) * 8 == labels.len() as u64,
                ..Contents::EMPTY
            },
            Ty::Own(_) | Ty::ErrorContext => Contents::HANDLE,
            Ty::Borrow(_) => Contents {
                borrow: true,
                ..Contents::HANDLE
            },
            Ty::Stream(ty) | Ty::Future(ty) => {
                let element = ty.as_ref().map_or(Contents::EMPTY, |ty| ty.contents());
                element.and(Contents::HANDLE)
            }
        }
    }

    /// Whether a value of the type can contain a handle: to a resource, a stream, a future or an
    /// error context.
    pub(crate) fn has_handles(&self) -> bool {
        self.contents().handle
    }

    /// Whether the specification allows a type of this size: `elem_size(t, 'i64') < 2**28`, and at
    /// most 32 flags.
    ///
    /// # Errors
    /// `Invalid`.
    pub(crate) fn check_size(&self) -> Result<()> {
        if !self.layout().is_allowed() {
            return Err(Error::invalid(format!(
                "expected a type of less than {MAX_SIZE} bytes, found a {} whose size exceeds \
                 maximum byte size",
                self.kind()
            )));
        }
        match self {
            Ty::Flags(labels) if labels.len() > 32 => Err(Error::invalid(format!(
                "expected at most 32 flags, found {}",
                labels.len()
            ))),
            _ => Ok(()),
        }
    }
}

/// `align_to`, to a power of two.
pub(crate) fn align_to(ptr: u64, alignment: u32) -> u64 {
    let mask = u64::from(alignment) - 1;
    ptr.saturating_add(mask) & !mask
}

/// `discriminant_type`, as its size in bytes.
pub(crate) fn discriminant_size(cases: usize) -> u8 {
    match cases {
        0..=0x100 => 1,
        0x101..=0x1_0000 => 2,
        _ => 4,
    }
}

/// `elem_size_flags`
pub(crate) fn flags_size(labels: usize) -> u8 {
    match labels {
        0..=8 => 1,
        9..=16 => 2,
        _ => 4,
    }
}
