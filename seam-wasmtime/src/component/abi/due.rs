//! The parts that are due when a value is lowered, with their places.

use std::{mem, slice};

use smallvec::SmallVec;
use wasmtime::Result;
use wasmtime::component::__internal::wasmtime_environ::component::{
    RecordField, TypeMap, TypeTuple, VariantInfo,
};
use wasmtime::component::__internal::{CanonicalAbiInfo, ComponentTypes, InterfaceType};

use super::scalar::is_scalar;

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
            (Place::Flat(slot), InterfaceType::String | InterfaceType::List(_)) => {
                *slot += 2;
                Place::Flat(*slot - 2)
            }
            (_, ty) => self.pass(types.canonical_abi(ty)),
        }
    }

    /// Moves past a value of this layout, and returns the value's place.
    #[inline]
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

/// What is due. Most calls need no allocation for it.
pub(super) struct Dues<'t> {
    /// What is due next.
    top: Due<'t>,
    /// What is due after it, with the next one at the end. The last is always the whole tuple.
    below: SmallVec<[Due<'t>; 3]>,
}

/// What is due next.
pub(super) enum Next {
    Part(InterfaceType, Place),
    /// The pointer and length of a list whose elements have been passed.
    Range(Place, (usize, usize)),
}

impl<'t> Dues<'t> {
    /// Starts with the elements of a tuple.
    #[inline]
    pub(super) fn of(tuple: &'t TypeTuple, place: Place) -> Self {
        Self {
            top: Due::Types(tuple.types.iter(), place),
            below: SmallVec::new(),
        }
    }

    /// Starts with a single value in memory.
    pub(super) fn of_value(ty: InterfaceType, at: usize) -> Self {
        Self {
            top: Due::Elements(ty, Place::Memory(at), 1),
            below: SmallVec::new(),
        }
    }

    pub(super) fn push(&mut self, due: Due<'t>) {
        let below = mem::replace(&mut self.top, due);
        self.below.push(below);
    }

    /// Drops what is due next. Returns `None` if nothing is due after it.
    fn pop(&mut self) -> Option<()> {
        self.top = self.below.pop()?;
        Some(())
    }

    /// Takes the next part, if it is the next field or element and has only one part.
    ///
    /// This is the common case of [`next`](Self::next).
    #[inline(always)]
    pub(super) fn next_part(&mut self, types: &ComponentTypes) -> Option<(InterfaceType, Place)> {
        let (ty, place) = match &mut self.top {
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
        let rest = matches!(&self.top, Due::Types(rest, _) if rest.as_slice().is_empty());
        rest && self.below.is_empty()
    }

    /// Takes what is due next. For records and tuples, this is the first part of their fields.
    pub(super) fn next(&mut self, types: &'t ComponentTypes) -> Option<Next> {
        loop {
            let passed = match &mut self.top {
                Due::Value(ty, place) => {
                    let value = (*ty, *place);
                    self.pop()?;
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
                    self.pop()?;
                    return Some(next);
                }
            };
            match passed {
                None => self.pop()?,
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
#[inline]
fn has_fields(ty: &InterfaceType) -> bool {
    matches!(ty, InterfaceType::Record(_) | InterfaceType::Tuple(_))
}

/// Returns the name of a type's kind, as [`Type::kind`](seam_core::Type::kind) does.
#[inline]
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
