//! The measures of a type: its layout, its contents and its flat form.

use seam_core::{Error, Result};

use super::flat::{Flat, FlatType};
use super::layout::{Contents, Layout, MAX_SIZE, flags_size};
use super::ty::Ty;

impl Ty {
    /// `elem_size` and `alignment`.
    #[must_use]
    pub fn layout(&self) -> Layout {
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
    #[must_use]
    pub fn size(&self) -> u64 {
        self.layout().size
    }

    /// `alignment(t, 'i32')`, in bytes.
    #[must_use]
    pub fn alignment(&self) -> u32 {
        self.layout().alignment
    }

    /// Returns the contents of values of the type.
    #[must_use]
    pub fn contents(&self) -> Contents {
        match self {
            Ty::S8 | Ty::U8 | Ty::S16 | Ty::U16 => Contents::EMPTY,
            Ty::S32 | Ty::U32 | Ty::S64 | Ty::U64 => Contents::EMPTY,
            Ty::Bool | Ty::F32 | Ty::F64 => Contents::OTHER,
            Ty::Char | Ty::String => Contents::EMPTY.indirect(),
            Ty::List(element) | Ty::Map(element) => element.contents().indirect(),
            Ty::FixedLengthList(ty) => ty.element.contents(),
            Ty::Record(ty) | Ty::Tuple(ty) => {
                // The bytes between the fields belong to the guest.
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

    /// Returns whether a value of the type can contain a handle to a resource, stream, future or
    /// error context.
    #[must_use]
    pub fn has_handles(&self) -> bool {
        self.contents().handle
    }

    /// Returns whether lifting a value of the type can trap: `contents().traps`, without computing the
    /// rest.
    #[must_use]
    pub fn traps(&self) -> bool {
        match self {
            Ty::Record(ty) | Ty::Tuple(ty) => ty.contents.traps,
            Ty::FixedLengthList(ty) => ty.element.traps(),
            Ty::Bool | Ty::S8 | Ty::U8 | Ty::S16 | Ty::U16 | Ty::S32 | Ty::U32 => false,
            Ty::S64 | Ty::U64 | Ty::F32 | Ty::F64 | Ty::Flags(_) => false,
            _ => true,
        }
    }

    /// Checks that the specification allows the type: `elem_size(t, 'i64') < 2**28`, and at most 32
    /// flags.
    ///
    /// # Errors
    /// `Invalid` if it does not.
    pub fn check_size(&self) -> Result<()> {
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

    /// `flatten_type`
    #[must_use]
    pub fn flat(&self) -> Flat {
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
