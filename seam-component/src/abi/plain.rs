//! Arguments and results that are plain: scalars, strings and lists of numbers.
//!
//! Most calls pass such values alone. Each is one or two core values and has no fields or cases inside,
//! so that neither places nor a stack of what is due are needed to pass it. For these values, the
//! traversals here replace those of [`parts`](super::parts), [`lower`](super::lower) and
//! [`lift`](super::lift). Everything below the traversal is the same code. The tests compare both.

use seam_core::typed::{Lift, Lower, Numbers, Scalar};
use seam_core::{Args, CanonTrap, Error, List, Resource, Result, Returns, Value};

use crate::abi::cx::{Cx, Machine, Options, check_aligned, low, range_of};
use crate::abi::load::{VALUE_BYTES, bytes_in, check_list};
use crate::abi::numbers::{is_number, load_numbers};
use crate::abi::parts::{no_more, number_elements, one_more, untaken};
use crate::abi::place::Place;
use crate::abi::scalar::{
    check_scalar, is_scalar, lift_scalar, mismatch, scalar_from_bits, scalar_from_value,
    scalar_to_value,
};
use crate::abi::store::{
    allocate_list, list_length, store_list_into_range, store_numbers_into_range,
};
use crate::abi::string::{load_string_from_range, utf8_in};
use crate::abi::transcode::{check_host_string, store_host_string_into_range};
use seam_decode::types::{FieldTy, MAX_FLAT_RESULTS, RecordTy, StringEncoding, Ty, spills};

/// Returns whether all values are plain and, if there can be several, are passed as core values.
pub(crate) fn are_plain(max_flat: usize, types: &RecordTy) -> bool {
    let is_plain = |ty: &Ty| match ty {
        Ty::List(element) => is_number(element),
        other => is_scalar(other) || matches!(other, Ty::String),
    };
    let are_flat = types.fields.len() <= 1 || !spills(max_flat, types);
    are_flat && types.fields.iter().all(|field| is_plain(&field.ty))
}

/// Lowers arguments that are [plain](are_plain) and fit among the core values. Values must have been
/// checked. The core values are the first of `flat`.
///
/// # Errors
/// `Misuse` for parts of another type or number. Errors of the arguments that lower themselves. Traps
/// of the guest's `realloc` and of its result.
#[inline]
pub(crate) fn lower_plain<M: Machine>(
    machine: &mut M,
    opts: &Options,
    types: &RecordTy,
    args: &mut Args<'_>,
    flat: &mut [u64],
) -> Result<()> {
    let mut writer = Writer {
        machine,
        opts,
        fields: &types.fields,
        flat,
        elements: Elements::NONE,
    };
    match args {
        Args::Values(values) => values.iter().try_for_each(|value| writer.value(value))?,
        Args::Typed(args) => args.lower(&mut writer)?,
    }
    match writer.elements.left == 0 && writer.fields.is_empty() {
        true => Ok(()),
        false => Err(one_more(writer.due())),
    }
}

/// Lifts a result that is [plain](are_plain), if there is one, from borrowed memory.
///
/// # Errors
/// `Misuse` if other parts are taken, or not all of them. Errors of a result that lifts itself. Traps
/// of the canonical ABI. `Limit` if the host must not allocate that much.
#[inline]
pub(crate) fn lift_plain<M: Machine>(
    bytes: &mut [u8],
    machine: &mut M,
    opts: &Options,
    flat: &[u64],
    types: &RecordTy,
    returns: &mut Returns<'_>,
) -> Result<()> {
    let Some(field) = types.fields.first() else {
        if let Returns::Value(value) = returns {
            **value = None;
        }
        return Ok(());
    };
    let first = *flat.first().ok_or_else(misfit)?;
    let flat = match spills(MAX_FLAT_RESULTS, types) {
        true => load_area(bytes, low(first), types)?,
        false => (low(first), 0),
    };
    let mut reader = Reader {
        bytes,
        machine,
        opts,
        due: Some(&field.ty),
        bits: first,
        range: flat,
        elements: Elements::NONE,
    };
    match returns {
        Returns::Value(value) => reader.put_value(value),
        Returns::Typed(lift) => {
            lift.lift(&mut reader)?;
            match reader.due.is_none() && reader.elements.left == 0 {
                true => Ok(()),
                false => Err(untaken()),
            }
        }
    }
}

/// Returns the pointer and length in the area of a result that does not fit among the core values.
#[inline]
fn load_area(bytes: &[u8], ptr: u32, types: &RecordTy) -> Result<(u32, u32)> {
    check_aligned(ptr, types.layout.alignment)?;
    let area = bytes
        .get(ptr as usize..)
        .and_then(|area| area.first_chunk());
    let area = area.ok_or_else(|| Error::trap(CanonTrap::PointerOutOfBounds))?;
    Ok(range_of(*area))
}

/// The elements of a list of numbers that are passed one by one.
struct Elements<'t> {
    ty: &'t Ty,
    ptr: u64,
    left: u32,
}

impl<'t> Elements<'t> {
    const NONE: Self = Elements {
        ty: &Ty::Bool,
        ptr: 0,
        left: 0,
    };

    /// Returns type and address of the next one. There must be one left.
    fn next(&mut self) -> (&'t Ty, Place) {
        let place = Place::Memory(self.ptr);
        self.left = self.left.wrapping_sub(1);
        self.ptr += self.ty.size();
        (self.ty, place)
    }
}

/// Lowers parts to core values.
struct Writer<'a, 't, M> {
    machine: &'a mut M,
    opts: &'a Options,
    /// The values that are due, and the core values for them.
    fields: &'t [FieldTy],
    flat: &'a mut [u64],
    /// They are due first.
    elements: Elements<'t>,
}

impl<'t, M: Machine> Writer<'_, 't, M> {
    /// Returns the type of the next value.
    #[inline]
    fn next(&mut self, found: &str) -> Result<&'t Ty> {
        match self.next_value() {
            Some(ty) => Ok(ty),
            None => self.no_value(found),
        }
    }

    #[inline]
    fn next_value(&mut self) -> Option<&'t Ty> {
        match self.fields {
            [field, rest @ ..] if self.elements.left == 0 => {
                self.fields = rest;
                Some(&field.ty)
            }
            _ => None,
        }
    }

    #[cold]
    fn no_value<T>(&mut self, found: &str) -> Result<T> {
        Err(match self.elements.left {
            0 => no_more(found),
            _ => mismatch(self.elements.ty, found),
        })
    }

    #[cold]
    fn refuse<T>(&mut self, found: &str) -> Result<T> {
        let ty = self.next(found)?;
        Err(mismatch(ty, found))
    }

    /// The type of a part that is due.
    #[cold]
    fn due(&self) -> &'t Ty {
        match self.fields {
            [field, ..] if self.elements.left == 0 => &field.ty,
            _ => self.elements.ty,
        }
    }

    #[inline]
    fn set(&mut self, bits: u64) -> Result<()> {
        match std::mem::take(&mut self.flat) {
            [first, rest @ ..] => {
                *first = bits;
                self.flat = rest;
                Ok(())
            }
            [] => Err(misfit()),
        }
    }

    #[inline]
    fn set_range(&mut self, (ptr, length): (u32, u32)) -> Result<()> {
        self.set(ptr.into())?;
        self.set(length.into())
    }

    fn cx(&mut self) -> Cx<'_> {
        Cx::new(self.machine, self.opts)
    }

    #[inline]
    fn store_string(&mut self, text: &str) -> Result<()> {
        if self.opts.encoding != StringEncoding::Utf8 {
            let range = store_host_string_into_range(&mut self.cx(), text)?;
            return self.set_range(range);
        }
        check_host_string(text)?;
        self.store_bytes(text.as_bytes())
    }

    /// Stores bytes whose number has been checked.
    #[inline]
    fn store_bytes(&mut self, bytes: &[u8]) -> Result<()> {
        let ptr = self.machine.allocate_filled(self.opts, 1, bytes, None)?;
        self.set(ptr.into())?;
        self.set(bytes.len() as u64)
    }

    #[inline]
    fn store_numbers(&mut self, numbers: Numbers<'_>, element: &Ty) -> Result<()> {
        if let (Ty::U8, Numbers::U8(bytes)) = (element, numbers) {
            list_length(bytes.len(), bytes.len() as u64)?;
            return self.store_bytes(bytes);
        }
        let len = number_elements(element, numbers)?;
        let range = store_numbers_into_range(&mut self.cx(), numbers, len, element)?;
        self.set_range(range)
    }

    /// Lowers a value that has been checked.
    #[inline]
    fn value(&mut self, value: &Value) -> Result<()> {
        let ty = self.next(value.kind())?;
        match (ty, value) {
            (Ty::String, Value::String(text)) => self.store_string(text),
            (Ty::List(element), Value::List(List::U8(bytes))) => {
                self.store_numbers(Numbers::U8(bytes), element)
            }
            (Ty::List(element), Value::List(list)) => {
                let range = store_list_into_range(&mut self.cx(), list, element)?;
                self.set_range(range)
            }
            (ty, value) => self.set(scalar_from_value(ty, value)?.to_bits()),
        }
    }
}

impl<M: Machine> Lower for Writer<'_, '_, M> {
    fn scalar(&mut self, scalar: Scalar) -> Result<()> {
        if self.elements.left > 0 {
            let (ty, place) = self.elements.next();
            check_scalar(ty, scalar)?;
            return place.write_scalar(&mut self.cx(), &mut [], scalar, ty);
        }
        let Some(ty) = self.next_value() else {
            return self.no_value(scalar_to_value(scalar).kind());
        };
        check_scalar(ty, scalar)?;
        self.set(scalar.to_bits())
    }

    fn string(&mut self, text: &str) -> Result<()> {
        match self.next("string")? {
            Ty::String => self.store_string(text),
            other => Err(mismatch(other, "string")),
        }
    }

    fn numbers(&mut self, numbers: Numbers<'_>) -> Result<()> {
        match self.next("list")? {
            Ty::List(element) => self.store_numbers(numbers, element),
            other => Err(mismatch(other, "list")),
        }
    }

    fn list(&mut self, len: usize) -> Result<()> {
        match self.next("list")? {
            Ty::List(ty) => {
                let range = allocate_list(&mut self.cx(), len, ty)?;
                let (ptr, left) = (range.0.into(), range.1);
                self.elements = Elements { ty, ptr, left };
                self.set_range(range)
            }
            other => Err(mismatch(other, "list")),
        }
    }

    fn case(&mut self, _: u32) -> Result<()> {
        self.refuse("a case")
    }

    fn flags(&mut self, _: &[u32]) -> Result<()> {
        self.refuse("flags")
    }

    fn resource(&mut self, _: &Resource) -> Result<()> {
        self.refuse("a resource")
    }

    fn end(&mut self, end: &Value) -> Result<()> {
        self.refuse(end.kind())
    }
}

/// Lifts the parts of a result.
struct Reader<'a, 't, M> {
    bytes: &'a mut [u8],
    machine: &'a mut M,
    opts: &'a Options,
    /// The type of the result, until it is taken.
    due: Option<&'t Ty>,
    /// The result's core value if it is a scalar, or its pointer and length.
    bits: u64,
    range: (u32, u32),
    /// They are due first.
    elements: Elements<'t>,
}

impl<'t, M: Machine> Reader<'_, 't, M> {
    #[inline]
    fn next(&mut self, found: &str) -> Result<&'t Ty> {
        match self.due {
            Some(ty) if self.elements.left == 0 => {
                self.due = None;
                Ok(ty)
            }
            _ => self.no_value(found),
        }
    }

    #[cold]
    fn no_value<T>(&mut self, found: &str) -> Result<T> {
        Err(match self.elements.left {
            0 => no_more(found),
            _ => mismatch(self.elements.ty, found),
        })
    }

    #[cold]
    fn refuse<T>(&mut self, found: &str) -> Result<T> {
        let ty = self.next(found)?;
        Err(mismatch(ty, found))
    }

    fn cx(&mut self) -> Cx<'_> {
        Cx::over(self.bytes, self.machine, self.opts)
    }

    /// Lifts the result as a value, where it belongs.
    #[inline]
    fn put_value(&mut self, to: &mut Option<Value>) -> Result<()> {
        match self.next("a value")? {
            Ty::String if self.opts.encoding == StringEncoding::Utf8 => {
                *to = Some(Value::String(self.utf8()?.into()));
            }
            Ty::String => *to = Some(self.other_string()?.into()),
            Ty::List(element) if matches!(**element, Ty::U8) => {
                *to = Some(Value::List(List::U8(self.load_bytes()?)));
            }
            Ty::List(element) => *to = Some(Value::List(self.load_numbers(element)?)),
            scalar => *to = Some(lift_scalar(scalar, self.bits)?),
        }
        Ok(())
    }

    #[inline]
    fn utf8(&mut self) -> Result<&str> {
        let (ptr, length) = self.range;
        let machine = &mut *self.machine;
        utf8_in(self.bytes, ptr, length, |charged| machine.charge(charged))
    }

    fn other_string(&mut self) -> Result<String> {
        let (ptr, tagged_code_units) = self.range;
        load_string_from_range(&mut self.cx(), ptr, tagged_code_units)
    }

    #[inline]
    fn load_bytes(&mut self) -> Result<Vec<u8>> {
        let machine = &mut *self.machine;
        let bytes = bytes_in(self.bytes, self.range, |charged| machine.charge(charged))?;
        Ok(bytes.to_vec())
    }

    fn load_numbers(&mut self, element: &Ty) -> Result<List> {
        if let Ty::U8 = element {
            return self.load_bytes().map(List::U8);
        }
        let range = self.range;
        let mut cx = self.cx();
        check_list(&mut cx, range, element)?;
        let list = load_numbers(&mut cx, range.0.into(), range.1, element)?;
        list.ok_or_else(|| mismatch(element, "a number"))
    }
}

impl<M: Machine> Lift for Reader<'_, '_, M> {
    fn scalar(&mut self) -> Result<Scalar> {
        if self.elements.left > 0 {
            let (ty, place) = self.elements.next();
            return place.read_scalar(&mut self.cx(), &[], ty);
        }
        let ty = self.next("a scalar")?;
        if !is_scalar(ty) {
            return Err(mismatch(ty, "a scalar"));
        }
        scalar_from_bits(ty, self.bits)
    }

    fn string(&mut self) -> Result<String> {
        match self.next("string")? {
            Ty::String if self.opts.encoding == StringEncoding::Utf8 => {
                self.utf8().map(str::to_owned)
            }
            Ty::String => self.other_string(),
            other => Err(mismatch(other, "string")),
        }
    }

    fn numbers(&mut self) -> Result<List> {
        if self.elements.left > 0 {
            return Err(mismatch(self.elements.ty, "a list of numbers"));
        }
        match self.next("list")? {
            Ty::List(element) => self.load_numbers(element),
            other => Err(mismatch(other, "a list of numbers")),
        }
    }

    fn list(&mut self) -> Result<usize> {
        match self.next("list")? {
            Ty::List(ty) => {
                let range = self.range;
                check_list(&mut self.cx(), range, ty)?;
                self.machine.charge(u64::from(range.1) * VALUE_BYTES)?;
                let (ptr, left) = (range.0.into(), range.1);
                self.elements = Elements { ty, ptr, left };
                Ok(left as usize)
            }
            other => Err(mismatch(other, "list")),
        }
    }

    fn case(&mut self) -> Result<u32> {
        self.refuse("a case")
    }

    fn flags(&mut self) -> Result<Vec<u32>> {
        self.refuse("flags")
    }

    fn resource(&mut self) -> Result<Resource> {
        self.refuse("a resource")
    }

    fn end(&mut self) -> Result<Value> {
        self.refuse("a stream or future")
    }
}

#[cold]
fn misfit() -> Error {
    Error::engine("expected as many core values as the type flattens to")
}
