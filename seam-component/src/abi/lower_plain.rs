//! Lowering of values that are [plain](super::plain).

use seam_core::typed::{Lower, Numbers, Scalar};
use seam_core::{Args, List, Resource, Result, Value};

use crate::abi::cx::{Cx, Machine, Options, low};
use crate::abi::first_error::FirstError;
use crate::abi::parts::{no_more, number_elements, one_more};
use crate::abi::plain::{Elements, misfit};
use crate::abi::scalar::{check_scalar, mismatch, scalar_from_value, scalar_to_value};
use crate::abi::store::{
    allocate_list, list_length, store_list_into_range, store_numbers_into_range,
};
use crate::abi::transcode::{check_host_string, store_host_string_into_range};
use seam_decode::types::{FieldTy, RecordTy, StringEncoding, Ty};

/// Lowers arguments that are [plain](super::are_plain) and fit among the core values. Values must have been
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
        area: None,
        elements: Elements::NONE,
        first: FirstError::default(),
    };
    match args {
        Args::Values(values) => values.iter().try_for_each(|value| writer.value(value))?,
        Args::Typed(args) => {
            let lowered = args.lower(&mut writer);
            writer.first.end(lowered)?;
        }
    }
    writer.end()
}

/// Lowers a result that is [plain](super::are_plain) and lowers itself, if there is one. `area` is the
/// address of a result that does not fit among the core values; it has been checked. Returns the core
/// value of a result that fits.
///
/// # Errors
/// Those of [`lower_plain`].
#[inline]
pub(crate) fn lower_plain_typed<M: Machine>(
    machine: &mut M,
    opts: &Options,
    types: &RecordTy,
    area: Option<u32>,
    lower: impl FnOnce(&mut dyn Lower) -> Result<()>,
) -> Result<u64> {
    let mut flat = [0; 2];
    let mut writer = Writer {
        machine,
        opts,
        fields: &types.fields,
        flat: &mut flat,
        area: area.map(u64::from),
        elements: Elements::NONE,
        first: FirstError::default(),
    };
    lower(&mut writer)?;
    writer.end()?;
    let area = writer.area;
    let [first, length] = flat;
    if let Some(area) = area {
        let range = (low(first), low(length));
        Cx::new(machine, opts).store_range(range, area)?;
    }
    Ok(first)
}

/// Lowers parts to core values.
struct Writer<'a, 't, M> {
    machine: &'a mut M,
    opts: &'a Options,
    /// The values that are due, and the core values for them.
    fields: &'t [FieldTy],
    flat: &'a mut [u64],
    /// The address for pointer and length, instead of core values, until they have been written there.
    area: Option<u64>,
    /// They are due first.
    elements: Elements<'t>,
    first: FirstError,
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
        let refused = self.next(found).and_then(|ty| Err(mismatch(ty, found)));
        self.first.of(refused)
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
        match self.area.take() {
            Some(area) => self.cx().store_range((ptr, length), area),
            None => {
                self.set(ptr.into())?;
                self.set(length.into())
            }
        }
    }

    /// Checks that nothing is due.
    #[inline]
    fn end(&self) -> Result<()> {
        match self.elements.left == 0 && self.fields.is_empty() {
            true => Ok(()),
            false => Err(one_more(self.due())),
        }
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
        let area = self.area.take();
        let ptr = self.machine.allocate_filled(self.opts, 1, bytes, area)?;
        if area.is_some() {
            return Ok(());
        }
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

impl<M: Machine> Writer<'_, '_, M> {
    #[inline(always)]
    fn scalar_part(&mut self, scalar: Scalar) -> Result<()> {
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

    #[inline(always)]
    fn string_part(&mut self, text: &str) -> Result<()> {
        match self.next("string")? {
            Ty::String => self.store_string(text),
            other => Err(mismatch(other, "string")),
        }
    }

    #[inline(always)]
    fn numbers_part(&mut self, numbers: Numbers<'_>) -> Result<()> {
        match self.next("list")? {
            Ty::List(element) => self.store_numbers(numbers, element),
            other => Err(mismatch(other, "list")),
        }
    }

    #[inline(always)]
    fn list_part(&mut self, len: usize) -> Result<()> {
        match self.next("list")? {
            Ty::List(ty) => {
                let range = allocate_list(&mut self.cx(), len, ty)?;
                let (ptr, left) = (range.0.into(), range.1);
                self.elements = Elements { ty, ptr, left };
                // An area is written after the elements.
                self.set(ptr)?;
                self.set(left.into())
            }
            other => Err(mismatch(other, "list")),
        }
    }
}

impl<M: Machine> Lower for Writer<'_, '_, M> {
    fn scalar(&mut self, scalar: Scalar) -> Result<()> {
        let part = self.scalar_part(scalar);
        self.first.of(part)
    }

    fn string(&mut self, text: &str) -> Result<()> {
        let part = self.string_part(text);
        self.first.of(part)
    }

    fn numbers(&mut self, numbers: Numbers<'_>) -> Result<()> {
        let part = self.numbers_part(numbers);
        self.first.of(part)
    }

    fn list(&mut self, len: usize) -> Result<()> {
        let part = self.list_part(len);
        self.first.of(part)
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
