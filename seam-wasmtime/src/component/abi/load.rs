//! Lifting: from core values and the guest's memory to parts.

use seam_core::List;
use seam_core::typed::Scalar;
use wasmtime::component::__internal::wasmtime_environ::component::{TypeTuple, VariantInfo};
use wasmtime::component::__internal::{CanonicalAbiInfo, InterfaceType, LiftContext};
use wasmtime::component::{Lift, ResourceAny};
use wasmtime::{Result, ValRaw, bail, format_err};

use super::native::unexpected;
use super::part::{Lifting, Part, Parts};

/// Where a value is: its bytes in memory, or the core values that it flattens to.
#[derive(Clone, Copy)]
pub(super) enum Place<'a> {
    Memory(&'a [u8]),
    Flat(&'a [ValRaw]),
}

/// The places of consecutive values, as those of fields.
struct Places<'a> {
    of: Place<'a>,
    /// How many bytes or core values have been passed.
    at: u32,
}

impl<'a> Place<'a> {
    /// Lifts a type that is one core value.
    #[inline]
    fn one<T: Lift<Lower = ValRaw>>(
        self,
        cx: &mut LiftContext<'_>,
        ty: InterfaceType,
    ) -> Result<T> {
        match self {
            Place::Memory(bytes) => {
                let bytes = bytes.get(..T::SIZE32).ok_or_else(missing)?;
                T::linear_lift_from_memory(cx, ty, bytes)
            }
            Place::Flat(slots) => {
                let slot = slots.first().ok_or_else(missing)?;
                T::linear_lift_from_flat(cx, ty, slot)
            }
        }
    }

    /// Lifts a type that is a pointer and a length.
    fn pair<T>(self, cx: &mut LiftContext<'_>, ty: InterfaceType) -> Result<T>
    where
        T: Lift<Lower = [ValRaw; 2]>,
    {
        match self {
            Place::Memory(bytes) => {
                let bytes = bytes.get(..T::SIZE32).ok_or_else(missing)?;
                T::linear_lift_from_memory(cx, ty, bytes)
            }
            Place::Flat(slots) => {
                let pair = slots.first_chunk().ok_or_else(missing)?;
                T::linear_lift_from_flat(cx, ty, pair)
            }
        }
    }

    /// Reads a pointer and a length.
    fn range(self) -> Result<(usize, usize)> {
        let (ptr, len) = match self {
            Place::Memory(bytes) => {
                let (ptr, rest) = bytes.split_first_chunk().ok_or_else(missing)?;
                let len = rest.first_chunk().ok_or_else(missing)?;
                (u32::from_le_bytes(*ptr), u32::from_le_bytes(*len))
            }
            Place::Flat([ptr, len, ..]) => (ptr.get_u32(), len.get_u32()),
            Place::Flat(_) => return Err(missing()),
        };
        Ok((usize::try_from(ptr)?, usize::try_from(len)?))
    }

    /// Reads the discriminant of a variant.
    fn discriminant(self, cx: &mut LiftContext<'_>, info: &VariantInfo) -> Result<u32> {
        match (self, info.size.byte_size()) {
            (Place::Memory(_), 1) => self.one::<u8>(cx, InterfaceType::U8).map(u32::from),
            (Place::Memory(_), 2) => self.one::<u16>(cx, InterfaceType::U16).map(u32::from),
            _ => self.one(cx, InterfaceType::U32),
        }
    }

    /// Returns the place of a variant's payload.
    fn payload(self, info: &VariantInfo) -> Result<Self> {
        match self {
            Place::Memory(bytes) => {
                let offset = usize::try_from(info.payload_offset32)?;
                bytes.get(offset..).map(Place::Memory)
            }
            Place::Flat(slots) => slots.get(1..).map(Place::Flat),
        }
        .ok_or_else(missing)
    }
}

impl<'a> Places<'a> {
    fn of(of: Place<'a>) -> Self {
        Self { of, at: 0 }
    }

    /// Returns the place of the next value, which has this layout.
    fn next(&mut self, abi: &CanonicalAbiInfo) -> Result<Place<'a>> {
        match self.of {
            Place::Memory(bytes) => {
                let at = usize::try_from(abi.next_field32(&mut self.at))?;
                bytes.get(at..).map(Place::Memory)
            }
            Place::Flat(slots) => {
                let at = usize::try_from(self.at)?;
                self.at += u32::from(abi.flat_count.ok_or_else(missing)?);
                slots.get(at..).map(Place::Flat)
            }
        }
        .ok_or_else(missing)
    }
}

/// The engine has checked that a place has the size of its type.
fn missing() -> wasmtime::Error {
    format_err!("expected as many bytes or core values as the type has, found fewer")
}

/// Adds a part, and counts what it allocates on the host.
#[inline]
fn push(cx: &mut LiftContext<'_>, to: &mut Lifting, part: Part) -> Result<()> {
    cx.consume_fuel(size_of::<Part>())?;
    to.push(part);
    Ok(())
}

/// Lifts a string or a list of numbers, as a single part.
///
/// # Errors
/// Those of [`lift`]; a value of another type.
#[inline]
pub(super) fn lift_numbers(
    cx: &mut LiftContext<'_>,
    ty: InterfaceType,
    place: Place<'_>,
) -> Result<List> {
    let InterfaceType::List(index) = ty else {
        return Err(unexpected());
    };
    let element = cx.types[index].element;
    numbers(cx, ty, element, place)?.ok_or_else(unexpected)
}

/// Lifts a string.
///
/// # Errors
/// Those of [`lift`].
#[inline]
pub(super) fn lift_string(cx: &mut LiftContext<'_>, place: Place<'_>) -> Result<String> {
    place.pair(cx, InterfaceType::String)
}

/// Lifts the tuple of a function's parameters or results.
///
/// # Errors
/// Those of [`lift`].
pub(super) fn lift_tuple(
    cx: &mut LiftContext<'_>,
    tuple: &TypeTuple,
    place: Place<'_>,
) -> Result<Parts> {
    let mut parts = Lifting::default();
    match &*tuple.types {
        [] => {}
        // The only element is where the tuple is.
        [InterfaceType::String] => {
            return lift_string(cx, place).map(|text| Part::String(text).into());
        }
        [ty] => lift(cx, *ty, place, &mut parts)?,
        types => lift_all(cx, types.iter().copied(), place, &mut parts)?,
    }
    Ok(parts.done())
}

/// Lifts a single value.
///
/// # Errors
/// Those of [`lift`].
pub(super) fn lift_value(
    cx: &mut LiftContext<'_>,
    ty: InterfaceType,
    place: Place<'_>,
) -> Result<Parts> {
    let mut parts = Lifting::default();
    lift(cx, ty, place, &mut parts)?;
    Ok(parts.done())
}

/// Lifts a value: adds its parts.
///
/// # Errors
/// The traps of the canonical ABI, with wasmtime's texts; the limit of lifting.
fn lift(
    cx: &mut LiftContext<'_>,
    ty: InterfaceType,
    place: Place<'_>,
    to: &mut Lifting,
) -> Result<()> {
    if let Some(scalar) = scalar(cx, ty, place)? {
        return push(cx, to, Part::Scalar(scalar));
    }
    match ty {
        InterfaceType::String => {
            let text = place.pair(cx, ty)?;
            push(cx, to, Part::String(text))
        }
        InterfaceType::List(index) => {
            let element = cx.types[index].element;
            match numbers(cx, ty, element, place)? {
                Some(numbers) => push(cx, to, Part::Numbers(numbers)),
                None => list(cx, element, place, to),
            }
        }
        InterfaceType::Record(index) => {
            let fields = cx.types[index].fields.iter().map(|field| field.ty);
            lift_all(cx, fields, place, to)
        }
        other => lift_other(cx, other, place, to),
    }
}

/// Lifts a value of a type that is rarer than those of [`lift`].
fn lift_other(
    cx: &mut LiftContext<'_>,
    ty: InterfaceType,
    place: Place<'_>,
    to: &mut Lifting,
) -> Result<()> {
    let types = cx.types;
    match ty {
        InterfaceType::FixedLengthList(index) => {
            let ty = &types[index];
            fixed_length_list(cx, ty.element, usize::try_from(ty.size)?, place, to)
        }
        InterfaceType::Map(index) => {
            let ty = &types[index];
            let (ptr, len) = place.range()?;
            let bytes = elements(cx, "map", &ty.entry_abi, ptr, len)?;
            push(cx, to, Part::List(len))?;
            let value_offset = usize::try_from(ty.value_offset32)?;
            for entry in bytes.chunks_exact(usize::try_from(ty.entry_abi.size32.max(1))?) {
                lift(cx, ty.key, Place::Memory(entry), to)?;
                let value = entry.get(value_offset..).ok_or_else(missing)?;
                lift(cx, ty.value, Place::Memory(value), to)?;
            }
            Ok(())
        }
        InterfaceType::Tuple(index) => lift_all(cx, types[index].types.iter().copied(), place, to),
        InterfaceType::Variant(index) => {
            let ty = &types[index];
            let cases = ty.cases.values().copied();
            case(cx, &ty.info, cases, place, to)
        }
        InterfaceType::Enum(index) => {
            let ty = &types[index];
            case(cx, &ty.info, ty.names.iter().map(|_| None), place, to)
        }
        InterfaceType::Option(index) => {
            let ty = &types[index];
            case(cx, &ty.info, [None, Some(ty.ty)].into_iter(), place, to)
        }
        InterfaceType::Result(index) => {
            let ty = &types[index];
            case(cx, &ty.info, [ty.ok, ty.err].into_iter(), place, to)
        }
        InterfaceType::Flags(index) => {
            let ty = &types[index];
            let bits = flags(cx, &ty.abi, ty.names.len(), place)?;
            push(cx, to, Part::Flags(bits))
        }
        InterfaceType::Own(_) | InterfaceType::Borrow(_) => {
            let resource = place.one::<ResourceAny>(cx, ty)?;
            push(cx, to, Part::Resource(Box::new(resource)))
        }
        _ => bail!("expected a type without streams, futures and error contexts, found one"),
    }
}

fn lift_all(
    cx: &mut LiftContext<'_>,
    types: impl Iterator<Item = InterfaceType>,
    place: Place<'_>,
    to: &mut Lifting,
) -> Result<()> {
    let mut places = Places::of(place);
    for ty in types {
        let abi = cx.types.canonical_abi(&ty);
        lift(cx, ty, places.next(abi)?, to)?;
    }
    Ok(())
}

macro_rules! scalars {
    ($( $case:ident $ty:ident $rust:ty, )*) => {
        /// Lifts a scalar. Returns `None` for other types.
        #[inline]
        fn scalar(
            cx: &mut LiftContext<'_>,
            ty: InterfaceType,
            place: Place<'_>,
        ) -> Result<Option<Scalar>> {
            Ok(Some(match ty {
                $( InterfaceType::$ty => Scalar::$case(place.one::<$rust>(cx, ty)?), )*
                _ => return Ok(None),
            }))
        }
    };
}

scalars! {
    Bool Bool bool, Char Char char,
    S8 S8 i8, U8 U8 u8, S16 S16 i16, U16 U16 u16, S32 S32 i32, U32 U32 u32, S64 S64 i64,
    U64 U64 u64, F32 Float32 f32, F64 Float64 f64,
}

macro_rules! numbers {
    ($( $case:ident $ty:ident $rust:ty, )*) => {
        /// Lifts a list of numbers in bulk. Returns `None` for other elements.
        fn numbers(
            cx: &mut LiftContext<'_>,
            ty: InterfaceType,
            element: InterfaceType,
            place: Place<'_>,
        ) -> Result<Option<List>> {
            Ok(Some(match element {
                $( InterfaceType::$ty => List::$case(place.pair::<Vec<$rust>>(cx, ty)?), )*
                _ => return Ok(None),
            }))
        }

        /// Lifts consecutive numbers. Returns `None` for other elements.
        fn consecutive_numbers(
            cx: &mut LiftContext<'_>,
            element: InterfaceType,
            len: usize,
            place: Place<'_>,
        ) -> Result<Option<List>> {
            let abi = cx.types.canonical_abi(&element);
            let mut places = Places::of(place);
            Ok(Some(match element {
                $( InterfaceType::$ty => {
                    cx.consume_fuel_array(len, size_of::<$rust>())?;
                    let numbers = (0..len).map(|_| places.next(abi)?.one::<$rust>(cx, element));
                    List::$case(numbers.collect::<Result<_>>()?)
                } )*
                _ => return Ok(None),
            }))
        }
    };
}

numbers! {
    S8 S8 i8, U8 U8 u8, S16 S16 i16, U16 U16 u16, S32 S32 i32, U32 U32 u32, S64 S64 i64,
    U64 U64 u64, F32 Float32 f32, F64 Float64 f64,
}

/// Returns the bytes of the elements of a list or map, after checking their range.
///
/// There are no more elements than bytes, so `len` is bounded by the size of the memory.
fn elements<'a>(
    cx: &mut LiftContext<'a>,
    what: &str,
    abi: &CanonicalAbiInfo,
    ptr: usize,
    len: usize,
) -> Result<&'a [u8]> {
    let size = len.checked_mul(usize::try_from(abi.size32)?);
    let end = size.and_then(|size| ptr.checked_add(size));
    let Some(bytes) = end.and_then(|end| cx.memory().get(ptr..end)) else {
        bail!("{what} pointer/length out of bounds of memory");
    };
    if !ptr.is_multiple_of(usize::try_from(abi.align32)?) {
        bail!("{what} pointer is not aligned");
    }
    Ok(bytes)
}

fn list(
    cx: &mut LiftContext<'_>,
    element: InterfaceType,
    place: Place<'_>,
    to: &mut Lifting,
) -> Result<()> {
    let (ptr, len) = place.range()?;
    let abi = cx.types.canonical_abi(&element);
    let bytes = elements(cx, "list", abi, ptr, len)?;
    push(cx, to, Part::List(len))?;
    for bytes in bytes.chunks_exact(usize::try_from(abi.size32.max(1))?) {
        lift(cx, element, Place::Memory(bytes), to)?;
    }
    Ok(())
}

fn fixed_length_list(
    cx: &mut LiftContext<'_>,
    element: InterfaceType,
    len: usize,
    place: Place<'_>,
    to: &mut Lifting,
) -> Result<()> {
    if let Some(numbers) = consecutive_numbers(cx, element, len, place)? {
        return push(cx, to, Part::Numbers(numbers));
    }
    push(cx, to, Part::List(len))?;
    let mut places = Places::of(place);
    let abi = cx.types.canonical_abi(&element);
    (0..len).try_for_each(|_| lift(cx, element, places.next(abi)?, to))
}

fn case(
    cx: &mut LiftContext<'_>,
    info: &VariantInfo,
    mut cases: impl ExactSizeIterator<Item = Option<InterfaceType>>,
    place: Place<'_>,
    to: &mut Lifting,
) -> Result<()> {
    let discriminant = place.discriminant(cx, info)?;
    let count = cases.len();
    let Some(payload) = cases.nth(usize::try_from(discriminant)?) else {
        bail!("discriminant {discriminant} out of range [0..{count})");
    };
    push(cx, to, Part::Case(discriminant))?;
    match payload {
        Some(ty) => lift(cx, ty, place.payload(info)?, to),
        None => Ok(()),
    }
}

/// Returns the bits of flags. Bits without a name are ignored.
fn flags(
    cx: &mut LiftContext<'_>,
    abi: &CanonicalAbiInfo,
    names: usize,
    place: Place<'_>,
) -> Result<Vec<u32>> {
    let mut words = match (place, abi.size32) {
        (Place::Memory(_), 1) => vec![place.one::<u8>(cx, InterfaceType::U8)?.into()],
        (Place::Memory(_), 2) => vec![place.one::<u16>(cx, InterfaceType::U16)?.into()],
        _ => {
            let mut places = Places::of(place);
            let word = cx.types.canonical_abi(&InterfaceType::U32);
            let words = (0..names.div_ceil(32))
                .map(|_| places.next(word)?.one::<u32>(cx, InterfaceType::U32));
            words.collect::<Result<Vec<_>>>()?
        }
    };
    if let (Some(last), used @ 1..) = (words.last_mut(), names % 32) {
        *last &= (1 << used) - 1;
    }
    Ok(words)
}
