//! Lowering: from parts to core values and the guest's memory.

use std::mem::MaybeUninit;
use std::slice;

use seam_core::typed::{Lower, Numbers, Scalar};
use seam_core::{Error, Resource};
use wasmtime::component::__internal::wasmtime_environ::component::{TypeTuple, VariantInfo};
use wasmtime::component::__internal::{CanonicalAbiInfo, InterfaceType, LowerContext};
use wasmtime::component::{Lower as NativeLower, ResourceAny};
use wasmtime::{Result, ValRaw, format_err};

use super::due::{Due, Dues, Next, Place, kind};
use super::native;

/// Writes parts to their places.
pub(super) struct Writer<'w, 'c, T: 'static> {
    cx: &'w mut LowerContext<'c, T>,
    /// The core values of the whole. All are initialized.
    flat: &'w mut [MaybeUninit<ValRaw>],
    due: Dues<'c>,
    /// The handles of the values, in their order.
    resources: slice::Iter<'w, ResourceAny>,
    /// The first failure of the engine.
    failed: Option<wasmtime::Error>,
}

impl<'w, 'c, T: 'static> Writer<'w, 'c, T> {
    /// Starts to write the tuple of a function's parameters or results.
    #[inline]
    pub(super) fn new(
        cx: &'w mut LowerContext<'c, T>,
        tuple: &'c TypeTuple,
        place: Place,
        flat: &'w mut [MaybeUninit<ValRaw>],
        resources: &'w [ResourceAny],
    ) -> Self {
        Self {
            cx,
            flat,
            due: Dues::of(tuple, place),
            resources: resources.iter(),
            failed: None,
        }
    }

    /// Starts to write a single value to memory.
    pub(super) fn of_value(
        cx: &'w mut LowerContext<'c, T>,
        ty: InterfaceType,
        at: usize,
        resources: &'w [ResourceAny],
    ) -> Self {
        Self {
            cx,
            flat: &mut [],
            due: Dues::of_value(ty, at),
            resources: resources.iter(),
            failed: None,
        }
    }

    /// Writes the parts that `lower` passes.
    ///
    /// # Errors
    /// The engine's failure, if there was one: traps of the guest's `realloc` and of its result.
    /// Otherwise the error of `lower`, and `Misuse` if it did not pass all parts, as `blame` changes it.
    #[inline]
    pub(super) fn write(
        &mut self,
        lower: impl FnOnce(&mut Self) -> seam_core::Result<()>,
        blame: impl FnOnce(Error) -> Error,
    ) -> Result<()> {
        let lowered = lower(self).and_then(|()| match self.due.ended() {
            true => Ok(()),
            false => self.end(),
        });
        match self.failed.take() {
            Some(error) => Err(error),
            None => lowered.map_err(|e| wasmtime::Error::new(blame(e))),
        }
    }

    /// Ends lists whose last element was passed, and checks that no part is due.
    fn end(&mut self) -> seam_core::Result<()> {
        match self.next()? {
            None => Ok(()),
            Some((ty, _)) => Err(mismatch(ty, "no more parts")),
        }
    }

    /// Keeps a failure of the engine, which `lower` must not change.
    #[inline(always)]
    fn engine<R>(&mut self, outcome: Result<R>) -> seam_core::Result<R> {
        outcome.map_err(|error| self.fail(error))
    }

    #[cold]
    fn fail(&mut self, error: wasmtime::Error) -> Error {
        let text = error.to_string();
        self.failed.get_or_insert(error);
        Error::engine(text)
    }

    /// Returns the next part that is due. Lists whose last element was passed end on the way.
    fn next(&mut self) -> seam_core::Result<Option<(InterfaceType, Place)>> {
        loop {
            match self.due.next(self.cx.types) {
                None => return Ok(None),
                Some(Next::Part(ty, place)) => return Ok(Some((ty, place))),
                Some(Next::Range(place, range)) => {
                    let written = self.range(place, range);
                    self.engine(written)?;
                }
            }
        }
    }

    /// Takes the next part, which the other side calls `found`.
    #[inline(always)]
    fn part(&mut self, found: &str) -> seam_core::Result<(InterfaceType, Place)> {
        match self.due.next_part(self.cx.types) {
            Some(part) => Ok(part),
            None => self.nested_part(found),
        }
    }

    /// Takes the next part, which can begin a field or end a list.
    #[inline(never)]
    fn nested_part(&mut self, found: &str) -> seam_core::Result<(InterfaceType, Place)> {
        self.next()?
            .ok_or_else(|| Error::misuse(format!("expected no more parts, found {found}")))
    }

    /// Lowers a type that is one core value.
    #[inline]
    fn one<V>(&mut self, value: &V, ty: InterfaceType, place: Place) -> Result<()>
    where
        V: NativeLower<Lower = ValRaw>,
    {
        match place {
            Place::Memory(at) => value.linear_lower_to_memory(self.cx, ty, at),
            Place::Flat(slot) => {
                let slot = self.flat.get_mut(slot).ok_or_else(missing)?;
                value.linear_lower_to_flat(self.cx, ty, slot)
            }
        }
    }

    /// Lowers a type that is a pointer and a length.
    #[inline]
    fn pair<V>(&mut self, value: &V, ty: InterfaceType, place: Place) -> Result<()>
    where
        V: NativeLower<Lower = [ValRaw; 2]> + ?Sized,
    {
        match place {
            Place::Memory(at) => value.linear_lower_to_memory(self.cx, ty, at),
            Place::Flat(slot) => {
                let rest = self.flat.get_mut(slot..);
                let pair = rest.and_then(|rest| rest.first_chunk_mut());
                let pair = native::pair(pair.ok_or_else(missing)?);
                value.linear_lower_to_flat(self.cx, ty, pair)
            }
        }
    }

    /// Writes a pointer and a length.
    fn range(&mut self, place: Place, (ptr, len): (usize, usize)) -> Result<()> {
        let (ptr, len) = (u32::try_from(ptr)?, u32::try_from(len)?);
        let after = match place {
            Place::Memory(at) => Place::Memory(at + 4),
            Place::Flat(slot) => Place::Flat(slot + 1),
        };
        self.one(&ptr, InterfaceType::U32, place)?;
        self.one(&len, InterfaceType::U32, after)
    }

    /// Writes the discriminant of a variant.
    fn discriminant(&mut self, case: u32, info: &VariantInfo, place: Place) -> Result<()> {
        match (place, info.size.byte_size()) {
            (Place::Memory(_), 1) => self.one(&u8::try_from(case)?, InterfaceType::U8, place),
            (Place::Memory(_), 2) => self.one(&u16::try_from(case)?, InterfaceType::U16, place),
            _ => self.one(&case, InterfaceType::U32, place),
        }
    }

    /// Allocates room for the elements of a list or map.
    fn allocate(&mut self, what: &str, len: usize, abi: &CanonicalAbiInfo) -> Result<usize> {
        let size = len.checked_mul(usize::try_from(abi.size32)?);
        let size = size.ok_or_else(|| format_err!("size overflow copying a {what}"))?;
        self.cx.realloc(0, 0, abi.align32, size)
    }

    /// Starts a list or map of this length. Its elements or entries follow.
    fn start(&mut self, ty: InterfaceType, place: Place, len: usize) -> Result<()> {
        let types = self.cx.types;
        match ty {
            InterfaceType::Map(index) => {
                let ty = &types[index];
                let ptr = self.allocate("map", len, &ty.entry_abi)?;
                self.due.push(Due::Range(place, (ptr, len)));
                self.due.push(Due::Entries(ty, ptr, len));
            }
            InterfaceType::List(index) => {
                let element = types[index].element;
                let ptr = self.allocate("list", len, types.canonical_abi(&element))?;
                self.due.push(Due::Range(place, (ptr, len)));
                self.due
                    .push(Due::Elements(element, Place::Memory(ptr), len));
            }
            _ => return Err(missing()),
        }
        Ok(())
    }

    /// Writes flags, as wide as they are.
    fn words(&mut self, bits: &[u32], abi: &CanonicalAbiInfo, mut place: Place) -> Result<()> {
        let low = bits.first().copied().unwrap_or_default();
        match (place, abi.size32) {
            (Place::Memory(_), 1) => self.one(&u8::try_from(low)?, InterfaceType::U8, place),
            (Place::Memory(_), 2) => self.one(&u16::try_from(low)?, InterfaceType::U16, place),
            _ => {
                let word = self.cx.types.canonical_abi(&InterfaceType::U32);
                bits.iter()
                    .try_for_each(|bits| self.one(bits, InterfaceType::U32, place.pass(word)))
            }
        }
    }
}

/// The engine has checked that a place has the size of its type.
fn missing() -> wasmtime::Error {
    format_err!("expected as many core values as the type has, found fewer")
}

/// Returns the error for a part of another type than the one that is due.
#[inline]
pub(super) fn mismatch(due: InterfaceType, found: &str) -> Error {
    other_kind(kind(due), found)
}

#[cold]
fn other_kind(due: &str, found: &str) -> Error {
    Error::misuse(format!("expected {due}, found {found}"))
}

fn check_len(found: usize, expected: u32) -> seam_core::Result<()> {
    if u32::try_from(found) == Ok(expected) {
        return Ok(());
    }
    Err(Error::misuse(format!(
        "expected {expected} elements, found {found}"
    )))
}

macro_rules! scalars {
    ($( $case:ident $ty:ident, )*) => {
        impl<T: 'static> Writer<'_, '_, T> {
            #[inline]
            fn write_scalar(&mut self, scalar: Scalar) -> seam_core::Result<()> {
                let (ty, place) = self.part("a scalar")?;
                let written = match (ty, scalar) {
                    $( (InterfaceType::$ty, Scalar::$case(value)) => {
                        self.one(&value, InterfaceType::$ty, place)
                    } )*
                    _ => return Err(mismatch(ty, scalar.ty().kind())),
                };
                self.engine(written)
            }
        }
    };
}

scalars! {
    Bool Bool, Char Char, S8 S8, U8 U8, S16 S16, U16 U16, S32 S32, U32 U32, S64 S64, U64 U64,
    F32 Float32, F64 Float64,
}

macro_rules! numbers {
    ($( $case:ident $ty:ident, )*) => {
        impl<T: 'static> Writer<'_, '_, T> {
            fn write_list(
                &mut self,
                ty: InterfaceType,
                element: InterfaceType,
                numbers: Numbers<'_>,
                place: Place,
            ) -> seam_core::Result<()> {
                let written = match (element, numbers) {
                    $( (InterfaceType::$ty, Numbers::$case(list)) => self.pair(list, ty, place), )*
                    _ => return Err(mismatch(element, numbers.ty().kind())),
                };
                self.engine(written)
            }

            /// Writes consecutive numbers.
            fn write_numbers(
                &mut self,
                element: InterfaceType,
                numbers: Numbers<'_>,
                mut place: Place,
            ) -> seam_core::Result<()> {
                let abi = self.cx.types.canonical_abi(&element);
                let written = match (element, numbers) {
                    $( (InterfaceType::$ty, Numbers::$case(list)) => list
                        .iter()
                        .try_for_each(|number| self.one(number, element, place.pass(abi))), )*
                    _ => return Err(mismatch(element, numbers.ty().kind())),
                };
                self.engine(written)
            }
        }
    };
}

numbers! {
    S8 S8, U8 U8, S16 S16, U16 U16, S32 S32, U32 U32, S64 S64, U64 U64, F32 Float32, F64 Float64,
}

impl<T: 'static> Lower for Writer<'_, '_, T> {
    fn scalar(&mut self, scalar: Scalar) -> seam_core::Result<()> {
        self.write_scalar(scalar)
    }

    fn string(&mut self, text: &str) -> seam_core::Result<()> {
        // A type is two words. To pass on the one that was matched would put them together again.
        let written = match self.part("string")? {
            (InterfaceType::String, place) => self.pair(text, InterfaceType::String, place),
            (other, _) => return Err(mismatch(other, "string")),
        };
        self.engine(written)
    }

    fn numbers(&mut self, numbers: Numbers<'_>) -> seam_core::Result<()> {
        let types = self.cx.types;
        match self.part("list")? {
            (ty @ InterfaceType::List(index), place) => {
                self.write_list(ty, types[index].element, numbers, place)
            }
            (InterfaceType::FixedLengthList(index), place) => {
                let ty = &types[index];
                check_len(numbers.len(), ty.size)?;
                self.write_numbers(ty.element, numbers, place)
            }
            (other, _) => Err(mismatch(other, "list")),
        }
    }

    fn list(&mut self, len: usize) -> seam_core::Result<()> {
        match self.part("list")? {
            (ty @ (InterfaceType::List(_) | InterfaceType::Map(_)), place) => {
                let started = self.start(ty, place, len);
                self.engine(started)
            }
            (InterfaceType::FixedLengthList(index), place) => {
                let ty = &self.cx.types[index];
                check_len(len, ty.size)?;
                self.due.push(Due::Elements(ty.element, place, len));
                Ok(())
            }
            (other, _) => Err(mismatch(other, "list")),
        }
    }

    fn case(&mut self, index: u32) -> seam_core::Result<()> {
        let types = self.cx.types;
        let (ty, place) = self.part("a case")?;
        let case = index as usize;
        let (payload, info, count) = match ty {
            InterfaceType::Variant(index) => {
                let ty = &types[index];
                let found = ty.cases.get_index(case);
                (found.map(|(_, ty)| *ty), &ty.info, ty.cases.len())
            }
            InterfaceType::Enum(index) => {
                let ty = &types[index];
                let count = ty.names.len();
                ((case < count).then_some(None), &ty.info, count)
            }
            InterfaceType::Option(index) => {
                let ty = &types[index];
                ([None, Some(ty.ty)].get(case).copied(), &ty.info, 2)
            }
            InterfaceType::Result(index) => {
                let ty = &types[index];
                ([ty.ok, ty.err].get(case).copied(), &ty.info, 2)
            }
            other => return Err(mismatch(other, "a case")),
        };
        let payload = payload.ok_or_else(|| {
            Error::misuse(format!("expected one of {count} cases, found case {index}"))
        })?;
        let written = self.discriminant(index, info, place);
        self.engine(written)?;
        if let Some(ty) = payload {
            let place = place.payload(info);
            let place = self.engine(place)?;
            self.due.push(Due::Value(ty, place));
        }
        Ok(())
    }

    fn flags(&mut self, bits: &[u32]) -> seam_core::Result<()> {
        let (ty, place) = self.part("flags")?;
        let InterfaceType::Flags(index) = ty else {
            return Err(mismatch(ty, "flags"));
        };
        let ty = &self.cx.types[index];
        let count = ty.names.len();
        let highest = (0..bits.len() * 32).rev().find(|bit| {
            let word = bits.get(bit / 32).copied().unwrap_or_default();
            word >> (bit % 32) & 1 == 1
        });
        if bits.len() != count.div_ceil(32) || highest.is_some_and(|bit| bit >= count) {
            return Err(Error::misuse(format!(
                "expected bits of {count} flags, found other bits"
            )));
        }
        let written = self.words(bits, &ty.abi, place);
        self.engine(written)
    }

    fn resource(&mut self, _: &Resource) -> seam_core::Result<()> {
        let (ty, place) = self.part("a resource")?;
        match (ty, self.resources.next()) {
            (InterfaceType::Own(_) | InterfaceType::Borrow(_), Some(resource)) => {
                let written = self.one(resource, ty, place);
                self.engine(written)
            }
            _ => Err(mismatch(ty, "a resource")),
        }
    }
}
