//! Lifting of values that are [plain](super::plain).

use seam_core::typed::{Lift, Scalar};
use seam_core::{CanonTrap, Error, List, Resource, Result, Returns, Value};

use crate::abi::cx::{Cx, Machine, Options, check_aligned, low, range_of};
use crate::abi::load::{VALUE_BYTES, bytes_in, check_list};
use crate::abi::numbers::load_numbers;
use crate::abi::parts::{no_more, untaken};
use crate::abi::plain::{Elements, misfit};
use crate::abi::scalar::{is_scalar, lift_scalar, mismatch, scalar_from_bits};
use crate::abi::string::{load_string_from_range, utf8_in};
use seam_decode::types::{FieldTy, MAX_FLAT_RESULTS, RecordTy, StringEncoding, Ty, spills};

/// Lifts a result that is [plain](super::are_plain), if there is one, from borrowed memory.
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
    if types.fields.is_empty() {
        if let Returns::Value(value) = returns {
            **value = None;
        }
        return Ok(());
    }
    let area;
    let flat = match spills(MAX_FLAT_RESULTS, types) {
        true => {
            let (ptr, length) = load_area(bytes, low(*flat.first().ok_or_else(misfit)?), types)?;
            area = [ptr.into(), length.into()];
            &area[..]
        }
        false => flat,
    };
    let mut reader = Reader {
        bytes,
        machine,
        opts,
        fields: &types.fields,
        flat,
        elements: Elements::NONE,
    };
    match returns {
        Returns::Value(value) => reader.put_value(value),
        Returns::Typed(lift) => {
            lift.lift(&mut reader)?;
            reader.end()
        }
    }
}

/// Lifts arguments that are [plain](super::are_plain) and take themselves, from borrowed memory.
///
/// # Errors
/// Those of [`lift_plain`].
#[inline]
pub(crate) fn lift_plain_args<M: Machine>(
    bytes: &mut [u8],
    machine: &mut M,
    opts: &Options,
    flat: &[u64],
    types: &RecordTy,
    lift: impl FnOnce(&mut dyn Lift) -> Result<()>,
) -> Result<()> {
    let mut reader = Reader {
        bytes,
        machine,
        opts,
        fields: &types.fields,
        flat,
        elements: Elements::NONE,
    };
    lift(&mut reader)?;
    reader.end()
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

/// Lifts parts from core values.
struct Reader<'a, 't, M> {
    bytes: &'a mut [u8],
    machine: &'a mut M,
    opts: &'a Options,
    /// The values that are due, and their core values.
    fields: &'t [FieldTy],
    flat: &'a [u64],
    /// They are due first.
    elements: Elements<'t>,
}

impl<'t, M: Machine> Reader<'_, 't, M> {
    #[inline]
    fn next(&mut self, found: &str) -> Result<&'t Ty> {
        match self.fields {
            [field, rest @ ..] if self.elements.left == 0 => {
                self.fields = rest;
                Ok(&field.ty)
            }
            _ => self.no_value(found),
        }
    }

    /// Takes the core value of a scalar.
    #[inline]
    fn bits(&mut self) -> Result<u64> {
        match self.flat {
            [bits, rest @ ..] => {
                self.flat = rest;
                Ok(*bits)
            }
            [] => Err(misfit()),
        }
    }

    /// Takes a pointer and a length.
    #[inline]
    fn range(&mut self) -> Result<(u32, u32)> {
        match self.flat {
            [ptr, length, rest @ ..] => {
                self.flat = rest;
                Ok((low(*ptr), low(*length)))
            }
            _ => Err(misfit()),
        }
    }

    /// Checks that nothing is due.
    #[inline]
    fn end(&self) -> Result<()> {
        match self.fields.is_empty() && self.elements.left == 0 {
            true => Ok(()),
            false => Err(untaken()),
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
            scalar => *to = Some(lift_scalar(scalar, self.bits()?)?),
        }
        Ok(())
    }

    #[inline]
    fn utf8(&mut self) -> Result<&str> {
        let (ptr, length) = self.range()?;
        let machine = &mut *self.machine;
        utf8_in(self.bytes, ptr, length, |charged| machine.charge(charged))
    }

    fn other_string(&mut self) -> Result<String> {
        let (ptr, tagged_code_units) = self.range()?;
        load_string_from_range(&mut self.cx(), ptr, tagged_code_units)
    }

    #[inline]
    fn load_bytes(&mut self) -> Result<Vec<u8>> {
        let range = self.range()?;
        let machine = &mut *self.machine;
        let bytes = bytes_in(self.bytes, range, |charged| machine.charge(charged))?;
        Ok(bytes.to_vec())
    }

    fn load_numbers(&mut self, element: &Ty) -> Result<List> {
        if let Ty::U8 = element {
            return self.load_bytes().map(List::U8);
        }
        let range = self.range()?;
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
        scalar_from_bits(ty, self.bits()?)
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
                let range = self.range()?;
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
