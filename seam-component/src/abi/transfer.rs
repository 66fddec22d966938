//! Transfers values from one guest to another without building values.
//!
//! Bytes are copied where the layouts of both sides agree. Strings are transcoded, and handles move
//! or are lent.

use std::borrow::Cow;

use seam_core::{Error, Result};

use crate::abi::check::Check;
use crate::abi::cx::{Cx, Machine, Options, low};
use crate::abi::flat::FlatBits;
use crate::abi::lift::{CoreValueIter, check_area};
use crate::abi::load::{check_list, labelled_bits};
use crate::abi::lower::allocate_area;
use crate::abi::numbers::{CHUNK, canonicalize, is_canonicalized};
use crate::abi::place::Place;
use crate::abi::scalar::is_scalar;
use crate::abi::store::{allocate_list, lower_rep};
use crate::abi::string::load_text_from_range;
use crate::abi::transcode::store_string_into_range;
use seam_decode::types::spills;
use seam_decode::types::{RecordTy, StringEncoding, Ty, VariantTy};

/// A transfer between the functions of two components.
pub(crate) struct Transfer<'a> {
    pub(crate) machine: &'a mut dyn Machine,
    /// The side that values are lifted from.
    pub(crate) from: &'a Options,
    /// The side that values are lowered to.
    pub(crate) to: &'a Options,
}

/// Values that one side has lifted and the other side has yet to lower.
///
/// They are still in their original place, except for the handles.
pub(crate) struct InTransit<'v> {
    types: &'v RecordTy,
    flat: &'v [u64],
    from: Place,
    reps: Cow<'v, [u32]>,
}

impl<'v> InTransit<'v> {
    /// Creates the state for values that were lifted earlier, with the representations of their
    /// handles.
    ///
    /// # Errors
    /// `Engine` if the flat values have other types.
    pub(crate) fn new(
        max_flat: usize,
        flat: &'v [u64],
        types: &'v RecordTy,
        reps: impl Into<Cow<'v, [u32]>>,
    ) -> Result<Self> {
        let from = if spills(max_flat, types) {
            Place::Memory(CoreValueIter::new(flat).next_i32()?.into())
        } else {
            Place::Flat(0)
        };
        Ok(Self {
            types,
            flat,
            from,
            reps: reps.into(),
        })
    }

    /// `lift_flat_values` on one side: makes all its checks and takes the handles from the handle
    /// table.
    ///
    /// # Errors
    /// Those of [`lift_flat_values`](super::lift_flat_values).
    pub(crate) fn lift(
        cx: &mut Cx<'_>,
        max_flat: usize,
        flat: &'v [u64],
        types: &'v RecordTy,
    ) -> Result<Self> {
        let mut lifted = Self::new(max_flat, flat, types, &[][..])?;
        if let Place::Memory(ptr) = lifted.from {
            check_area(cx, low(ptr), types)?;
        }
        let reps = lifted.reps.to_mut();
        Check { flat, reps }.record(cx, lifted.from, types)?;
        Ok(lifted)
    }

    /// Returns the representations of the handles, in the order of lifting.
    pub(crate) fn into_reps(self) -> Vec<u32> {
        self.reps.into_owned()
    }
}

impl Transfer<'_> {
    /// `lower_flat_values` on the other side, which passes at most `max_flat` values flat. Appends its
    /// core values to `out`.
    ///
    /// # Errors
    /// Those of [`lower_flat_values`](super::lower_flat_values).
    pub(crate) fn lower(
        &mut self,
        lifted: InTransit<'_>,
        max_flat: usize,
        out_param: Option<u32>,
        out: &mut FlatBits,
    ) -> Result<()> {
        let InTransit {
            types,
            flat,
            from,
            reps,
        } = lifted;
        let mut cx = Cx::new(&mut *self.machine, self.to);
        let (to, out) = if spills(max_flat, types) {
            let ptr = allocate_area(&mut cx, types, out_param, out)?;
            (Place::Memory(ptr.into()), &mut [][..])
        } else {
            (Place::Flat(0), out.extend(types.flat.len())?)
        };
        let machine = &mut *self.machine;
        let (from_opts, to_opts) = (self.from, self.to);
        Copy {
            machine,
            from_opts,
            to_opts,
            flat,
            out,
            reps: &reps,
            handles: 0,
        }
        .record(from, to, types)
    }
}

/// A traversal that copies values which have been [checked](Check).
struct Copy<'a> {
    machine: &'a mut dyn Machine,
    from_opts: &'a Options,
    to_opts: &'a Options,
    flat: &'a [u64],
    out: &'a mut [u64],
    reps: &'a [u32],
    /// The number of handles that have been lowered.
    handles: usize,
}

impl Copy<'_> {
    fn from(&mut self) -> Cx<'_> {
        Cx::new(self.machine, self.from_opts)
    }

    fn to(&mut self) -> Cx<'_> {
        Cx::new(self.machine, self.to_opts)
    }

    fn record(&mut self, from: Place, to: Place, ty: &RecordTy) -> Result<()> {
        let mut fields = ty.fields.iter();
        fields.try_for_each(|field| self.value(from.field(field), to.field(field), &field.ty))
    }

    fn value(&mut self, from: Place, to: Place, ty: &Ty) -> Result<()> {
        match ty {
            Ty::String => self.string(from, to),
            Ty::List(element) | Ty::Map(element) => self.list(from, to, element),
            Ty::FixedLengthList(ty) => self.elements(from, to, ty.len, &ty.element),
            Ty::Record(ty) | Ty::Tuple(ty) => self.record(from, to, ty),
            Ty::Variant(cases) | Ty::Enum(cases) | Ty::Option(cases) | Ty::Result(cases) => {
                self.variant(from, to, cases)
            }
            Ty::Flags(labels) => {
                let bits = self.read_int(from, ty.size())?;
                self.write_int(to, labelled_bits(low(bits), labels).into(), ty.size())
            }
            Ty::Own(_) | Ty::Borrow(_) | Ty::Stream(_) | Ty::Future(_) | Ty::ErrorContext => {
                let rep = self.reps.get(self.handles).copied();
                let rep = rep.ok_or_else(|| Error::engine("expected a handle that was lifted"))?;
                self.handles += 1;
                let index = lower_rep(&mut self.to(), rep, ty)?;
                self.write_int(to, index.into(), 4)
            }
            number => {
                let mut cx = Cx::new(self.machine, self.from_opts);
                let scalar = from.read_scalar(&mut cx, self.flat, number)?;
                let mut cx = Cx::new(self.machine, self.to_opts);
                to.write_scalar(&mut cx, self.out, scalar, number)
            }
        }
    }

    fn read_int(&mut self, from: Place, nbytes: u64) -> Result<u64> {
        from.read_int(
            &mut Cx::new(self.machine, self.from_opts),
            self.flat,
            nbytes,
        )
    }

    fn write_int(&mut self, to: Place, bits: u64, nbytes: u64) -> Result<()> {
        to.write_int(
            &mut Cx::new(self.machine, self.to_opts),
            self.out,
            bits,
            nbytes,
        )
    }

    fn string(&mut self, from: Place, to: Place) -> Result<()> {
        let unit = self.unit();
        let mut cx = Cx::new(self.machine, self.from_opts);
        let (ptr, tagged_code_units) = from.read_range(&mut cx, self.flat)?;
        let range = match unit {
            Some(unit) => self.same_string(ptr, tagged_code_units, unit)?,
            None => {
                let text = load_text_from_range(&mut cx, ptr, tagged_code_units)?;
                store_string_into_range(&mut self.to(), &text)?
            }
        };
        let mut cx = Cx::new(self.machine, self.to_opts);
        to.write_range(&mut cx, self.out, range)
    }

    /// Returns the size of a code unit if strings have the same bytes on both sides, which lifting
    /// has checked.
    ///
    /// Within one memory, the `realloc` of the target could change the bytes after the check.
    fn unit(&self) -> Option<u32> {
        let (from, to) = (self.from_opts, self.to_opts);
        if from.memory == to.memory {
            return None;
        }
        match (from.encoding, to.encoding) {
            (StringEncoding::Utf8, StringEncoding::Utf8) => Some(1),
            (StringEncoding::Utf16, StringEncoding::Utf16) => Some(2),
            _ => None,
        }
    }

    /// `store_string_copy`, directly from the other memory.
    fn same_string(&mut self, ptr: u32, code_units: u32, unit: u32) -> Result<(u32, u32)> {
        let byte_length = u64::from(unit) * u64::from(code_units);
        let to = self.to().allocate(unit, byte_length)?;
        self.copy(ptr.into(), to.into(), byte_length)?;
        Ok((to, code_units))
    }

    fn copy(&mut self, from: u64, to: u64, byte_length: u64) -> Result<()> {
        let (from, to) = ((self.from_opts, from), (self.to_opts, to));
        self.machine.copy(from, to, byte_length)
    }

    fn list(&mut self, from: Place, to: Place, element: &Ty) -> Result<()> {
        let mut cx = Cx::new(self.machine, self.from_opts);
        let range = from.read_range(&mut cx, self.flat)?;
        check_list(&mut cx, range, element)?;
        let (ptr, length) = range;
        let target = allocate_list(&mut self.to(), length as usize, element)?;
        self.allocated_elements(ptr.into(), target.0.into(), length, element)?;
        to.write_range(&mut Cx::new(self.machine, self.to_opts), self.out, target)
    }

    fn elements(&mut self, from: Place, to: Place, length: u32, element: &Ty) -> Result<()> {
        if let (Place::Memory(from), Place::Memory(to)) = (from, to) {
            if are_bytes(element) {
                return self.bytes(from, to, u64::from(length) * element.size(), element);
            }
        }
        let strides = (from.stride(element), to.stride(element));
        let (mut from, mut to) = (from, to);
        for _ in 0..length {
            self.value(from, to, element)?;
            (from, to) = (from.at(strides.0), to.at(strides.1));
        }
        Ok(())
    }

    /// Copies the elements of an allocated list, except those that were copied before an
    /// interruption.
    fn allocated_elements(&mut self, from: u64, to: u64, length: u32, element: &Ty) -> Result<()> {
        let stride = element.size();
        if length == 0 || are_bytes(element) {
            return self.bytes(from, to, u64::from(length) * stride, element);
        }
        let (first, handles) = self.machine.first_element(self.handles);
        self.handles = handles;
        for i in first..length.into() {
            let (from, to) = (from + i * stride, to + i * stride);
            self.value(Place::Memory(from), Place::Memory(to), element)?;
            self.machine.element_lowered(self.handles);
        }
        self.machine.list_lowered();
        Ok(())
    }

    /// Copies elements that [are bytes](are_bytes).
    fn bytes(&mut self, from: u64, to: u64, byte_length: u64, element: &Ty) -> Result<()> {
        if !is_canonicalized(element) {
            return self.copy(from, to, byte_length);
        }
        let mut buffer = vec![0; usize::try_from(byte_length.min(CHUNK)).unwrap_or_default()];
        let mut done = 0;
        while done < byte_length {
            let len = usize::try_from((byte_length - done).min(CHUNK)).unwrap_or_default();
            let Some(chunk) = buffer.get_mut(..len) else {
                break;
            };
            self.from().memory()?.read(from + done, chunk)?;
            canonicalize(element, chunk);
            self.to().write(to + done, chunk)?;
            done += len as u64;
        }
        Ok(())
    }

    fn variant(&mut self, from: Place, to: Place, cases: &VariantTy) -> Result<()> {
        let case_index = self.read_int(from, cases.discriminant.into())?;
        let case = cases.case(low(case_index))?;
        self.write_int(to, case_index, cases.discriminant.into())?;
        match &case.ty {
            Some(ty) => self.value(from.payload(cases), to.payload(cases), ty),
            None => Ok(()),
        }
    }
}

/// Returns whether values of the type have the same bytes on both sides, apart from `canonicalize`.
fn are_bytes(ty: &Ty) -> bool {
    ty.contents().plain || is_scalar(ty)
}
