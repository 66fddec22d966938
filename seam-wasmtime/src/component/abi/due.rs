//! The parts that are due when a value is lowered, with their places.

use std::slice;

use smallvec::{SmallVec, smallvec};
use wasmtime::Result;
use wasmtime::component::__internal::wasmtime_environ::component::{
    RecordField, TypeMap, VariantInfo,
};
use wasmtime::component::__internal::{CanonicalAbiInfo, ComponentTypes, InterfaceType};

/// Where a value goes: an address that is aligned and within memory, or its first core value.
#[derive(Clone, Copy)]
pub(super) enum Place {
    Memory(usize),
    Flat(usize),
}

impl Place {
    /// Moves past a value of this type, and returns the value's place.
    #[inline]
    fn pass_type(&mut self, ty: &InterfaceType, types: &ComponentTypes) -> Self {
        match (&mut *self, ty) {
            (Place::Flat(slot), scalar) if is_scalar(scalar) => {
                *slot += 1;
                Place::Flat(*slot - 1)
            }
            (_, ty) => self.pass(types.canonical_abi(ty)),
        }
    }

    /// Moves past a value of this layout, and returns the value's place.
    pub(super) fn pass(&mut self, abi: &CanonicalAbiInfo) -> Self {
        match self {
            Place::Memory(at) => Place::Memory(abi.next_field32_size(at)),
            Place::Flat(slot) => {
                let at = *slot;
                *slot += usize::from(abi.flat_count.unwrap_or_default());
                Place::Flat(at)
            }
        }
    }

    pub(super) fn payload(self, info: &VariantInfo) -> Result<Self> {
        Ok(match self {
            Place::Memory(at) => Place::Memory(at + usize::try_from(info.payload_offset32)?),
            Place::Flat(slot) => Place::Flat(slot + 1),
        })
    }
}

/// Something that is due.
pub(super) enum Due<'t> {
    Value(InterfaceType, Place),
    /// The elements of a tuple, with the place of the next one.
    Types(slice::Iter<'t, InterfaceType>, Place),
    Fields(slice::Iter<'t, RecordField>, Place),
    /// Consecutive values.
    Elements(InterfaceType, Place, usize),
    /// The entries of a map, with the address of the next one.
    Entries(&'t TypeMap, usize, usize),
    /// The pointer and length of a list, due after its elements.
    Range(Place, (usize, usize)),
}

/// What is due, with the next one at the end. Most calls need no allocation for it.
pub(super) struct Dues<'t>(SmallVec<[Due<'t>; 4]>);

/// What is due next.
pub(super) enum Next {
    Part(InterfaceType, Place),
    /// The pointer and length of a list whose elements have been passed.
    Range(Place, (usize, usize)),
}

impl<'t> Dues<'t> {
    #[inline]
    pub(super) fn of(ty: InterfaceType, place: Place, types: &'t ComponentTypes) -> Self {
        Self(smallvec![match ty {
            InterfaceType::Tuple(index) => Due::Types(types[index].types.iter(), place),
            ty => Due::Value(ty, place),
        }])
    }

    pub(super) fn push(&mut self, due: Due<'t>) {
        self.0.push(due);
    }

    /// Takes the next part, if it is the next field or element and has only one part.
    ///
    /// This is the common case of [`next`](Self::next).
    #[inline]
    pub(super) fn next_part(&mut self, types: &ComponentTypes) -> Option<(InterfaceType, Place)> {
        let (ty, place) = match self.0.last_mut()? {
            Due::Types(rest, place) => {
                let ty = *rest.as_slice().first().filter(|ty| !has_fields(ty))?;
                rest.next();
                (ty, place)
            }
            Due::Fields(rest, place) => {
                let first = rest.as_slice().first().map(|field| field.ty);
                let ty = first.filter(|ty| !has_fields(ty))?;
                rest.next();
                (ty, place)
            }
            Due::Elements(ty, place, left @ 1..) if !has_fields(ty) => {
                *left -= 1;
                (*ty, place)
            }
            _ => return None,
        };
        Some((ty, place.pass_type(&ty, types)))
    }

    /// Whether every element of the tuple has been taken, and nothing within them is due.
    ///
    /// Otherwise [`next`](Self::next) decides.
    #[inline]
    pub(super) fn ended(&self) -> bool {
        matches!(self.0.as_slice(), [Due::Types(rest, _)] if rest.as_slice().is_empty())
    }

    /// Takes what is due next. For records and tuples, this is the first part of their fields.
    pub(super) fn next(&mut self, types: &'t ComponentTypes) -> Option<Next> {
        loop {
            let passed = match self.0.last_mut()? {
                Due::Value(ty, place) => {
                    let value = (*ty, *place);
                    self.0.pop();
                    Some(value)
                }
                Due::Types(rest, place) => {
                    let next = rest.next();
                    next.map(|ty| (*ty, place.pass(types.canonical_abi(ty))))
                }
                Due::Fields(rest, place) => {
                    let next = rest.next();
                    next.map(|field| (field.ty, place.pass(types.canonical_abi(&field.ty))))
                }
                Due::Elements(_, _, 0) | Due::Entries(_, _, 0) => None,
                Due::Elements(ty, place, left) => {
                    *left -= 1;
                    Some((*ty, place.pass(types.canonical_abi(ty))))
                }
                Due::Entries(ty, at, left) => {
                    *left -= 1;
                    let (ty, key) = (*ty, *at);
                    *at += ty.entry_abi.size32 as usize;
                    let value = key + ty.value_offset32 as usize;
                    self.push(Due::Value(ty.value, Place::Memory(value)));
                    Some((ty.key, Place::Memory(key)))
                }
                Due::Range(place, range) => {
                    let next = Next::Range(*place, *range);
                    self.0.pop();
                    return Some(next);
                }
            };
            match passed {
                None => {
                    self.0.pop();
                }
                Some((InterfaceType::Record(index), place)) => {
                    self.push(Due::Fields(types[index].fields.iter(), place));
                }
                Some((InterfaceType::Tuple(index), place)) => {
                    self.push(Due::Types(types[index].types.iter(), place));
                }
                Some((ty, place)) => return Some(Next::Part(ty, place)),
            }
        }
    }
}

/// Whether a value of this type is its fields, without a part of its own.
fn has_fields(ty: &InterfaceType) -> bool {
    matches!(ty, InterfaceType::Record(_) | InterfaceType::Tuple(_))
}

/// Whether a value of this type is one core value.
pub(super) fn is_scalar(ty: &InterfaceType) -> bool {
    matches!(
        ty,
        InterfaceType::Bool
            | InterfaceType::S8
            | InterfaceType::U8
            | InterfaceType::S16
            | InterfaceType::U16
            | InterfaceType::S32
            | InterfaceType::U32
            | InterfaceType::S64
            | InterfaceType::U64
            | InterfaceType::Float32
            | InterfaceType::Float64
            | InterfaceType::Char
    )
}

/// Returns the name of a type's kind, as [`Type::kind`](seam_core::Type::kind) does.
pub(super) fn kind(ty: InterfaceType) -> &'static str {
    match ty {
        InterfaceType::Bool => "bool",
        InterfaceType::S8 => "s8",
        InterfaceType::U8 => "u8",
        InterfaceType::S16 => "s16",
        InterfaceType::U16 => "u16",
        InterfaceType::S32 => "s32",
        InterfaceType::U32 => "u32",
        InterfaceType::S64 => "s64",
        InterfaceType::U64 => "u64",
        InterfaceType::Float32 => "f32",
        InterfaceType::Float64 => "f64",
        InterfaceType::Char => "char",
        InterfaceType::String => "string",
        InterfaceType::Record(_) => "record",
        InterfaceType::Variant(_) => "variant",
        InterfaceType::List(_) | InterfaceType::FixedLengthList(_) => "list",
        InterfaceType::Tuple(_) => "tuple",
        InterfaceType::Map(_) => "map",
        InterfaceType::Flags(_) => "flags",
        InterfaceType::Enum(_) => "enum",
        InterfaceType::Option(_) => "option",
        InterfaceType::Result(_) => "result",
        InterfaceType::Own(_) => "own",
        InterfaceType::Borrow(_) => "borrow",
        InterfaceType::Future(_) => "future",
        InterfaceType::Stream(_) => "stream",
        InterfaceType::ErrorContext(_) => "error-context",
    }
}
