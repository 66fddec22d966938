//! Lists of numbers, which are moved in bulk.

use seam_core::typed::{Numbers, Scalar, canonicalize_nan32, canonicalize_nan64};
use seam_core::{Error, List, Result};

use crate::abi::cx::Cx;
use seam_decode::types::Ty;

/// Bytes copied at a time if an engine does not expose a memory's bytes as a slice.
pub(crate) const CHUNK: u64 = 1 << 16;

/// Passes a range of memory to a closure piece by piece. The range must be within bounds.
fn read_pieces(
    cx: &mut Cx<'_>,
    ptr: u64,
    byte_length: u64,
    see: &mut dyn FnMut(&[u8]),
) -> Result<()> {
    let memory = cx.memory()?;
    if let Some(bytes) = memory.as_slice() {
        see(slice(bytes, ptr, byte_length).ok_or_else(out_of_bounds)?);
        return Ok(());
    }
    let end = ptr + byte_length;
    let mut at = ptr;
    while at < end {
        let len = (end - at).min(CHUNK);
        see(&memory.read_vec(at, usize::try_from(len).map_err(|_| out_of_bounds())?)?);
        at += len;
    }
    Ok(())
}

/// Fills a range of memory piece by piece from a closure. The range must be within bounds.
fn write_pieces(
    cx: &mut Cx<'_>,
    ptr: u64,
    byte_length: u64,
    fill: &mut dyn FnMut(&mut [u8]),
) -> Result<()> {
    let mut memory = cx.memory()?;
    if let Some(bytes) = memory.as_mut_slice() {
        let start = usize::try_from(ptr).map_err(|_| out_of_bounds())?;
        let len = usize::try_from(byte_length).map_err(|_| out_of_bounds())?;
        let bytes = bytes
            .get_mut(start..)
            .and_then(|bytes| bytes.get_mut(..len));
        fill(bytes.ok_or_else(out_of_bounds)?);
        return Ok(());
    }
    let end = ptr + byte_length;
    let mut at = ptr;
    let mut chunk = vec![0; usize::try_from(byte_length.min(CHUNK)).map_err(|_| out_of_bounds())?];
    while at < end {
        let len = usize::try_from((end - at).min(CHUNK)).map_err(|_| out_of_bounds())?;
        let piece = chunk.get_mut(..len).ok_or_else(out_of_bounds)?;
        fill(piece);
        memory.write(at, piece)?;
        at += len as u64;
    }
    Ok(())
}

/// Returns a range of a memory's bytes.
pub(crate) fn slice(bytes: &[u8], ptr: u64, byte_length: u64) -> Option<&[u8]> {
    let start = usize::try_from(ptr).ok()?;
    bytes
        .get(start..)?
        .get(..usize::try_from(byte_length).ok()?)
}

fn out_of_bounds() -> Error {
    Error::engine("expected a range of memory that was checked to be within bounds")
}

macro_rules! numbers {
    ($( $case:ident $rust:ty, $size:literal $canonical:path; )*) => {
        /// Returns whether lists of a type are stored flat.
        pub(crate) fn is_number(ty: &Ty) -> bool {
            matches!(ty, $( Ty::$case )|*)
        }

        /// `load_list_from_valid_range` for numbers. Returns `None` for other element types.
        ///
        /// # Errors
        /// `Limit` if the host must not allocate that much.
        pub(crate) fn load_numbers(cx: &mut Cx<'_>, ptr: u64, length: u32, element: &Ty) -> Result<Option<List>> {
            if let Ty::U8 = element {
                cx.machine.charge(length.into())?;
                let copied = match cx.borrowed() {
                    Some((bytes, _)) => slice(bytes, ptr, length.into()).ok_or_else(out_of_bounds)?.to_vec(),
                    None => cx.memory()?.read_vec(ptr, length as usize)?,
                };
                return Ok(Some(List::U8(copied)));
            }
            match element {
                $( Ty::$case => {
                    cx.machine.charge(u64::from(length) * $size)?;
                    let mut list: Vec<$rust> = Vec::with_capacity(length as usize);
                    let number = |bytes: &[u8]| {
                        <$rust>::from_le_bytes(<[u8; $size]>::try_from(bytes).unwrap_or_default())
                    };
                    read_pieces(cx, ptr, u64::from(length) * $size, &mut |bytes| {
                        list.extend(bytes.chunks_exact($size).map(|bytes| $canonical(number(bytes))));
                    })?;
                    Ok(Some(List::$case(list)))
                } )*
                _ => Ok(None),
            }
        }

        /// `store_list_into_valid_range` for numbers.
        pub(crate) fn store_numbers(cx: &mut Cx<'_>, numbers: Numbers<'_>, ptr: u64) -> Result<()> {
            if let Numbers::U8(list) = numbers {
                return cx.write(ptr, list);
            }
            match numbers {
                $( Numbers::$case(list) => {
                    let mut rest = list;
                    write_pieces(cx, ptr, list.len() as u64 * $size, &mut |bytes| {
                        let (now, later) = rest.split_at((bytes.len() / $size).min(rest.len()));
                        for (to, number) in bytes.chunks_exact_mut($size).zip(now) {
                            to.copy_from_slice(&$canonical(*number).to_le_bytes());
                        }
                        rest = later;
                    })
                } )*
            }
        }

        /// Returns the number of elements, or `None` if they have another type.
        pub(crate) fn numbers_of(element: &Ty, numbers: Numbers<'_>) -> Option<usize> {
            match (element, numbers) {
                $( (Ty::$case, Numbers::$case(list)) => Some(list.len()), )*
                _ => None,
            }
        }

        /// Returns the number at `index`.
        pub(crate) fn number_at(numbers: Numbers<'_>, index: usize) -> Option<Scalar> {
            match numbers {
                $( Numbers::$case(list) => list.get(index).copied().map(Scalar::$case), )*
            }
        }
    };
}

numbers! {
    S8 i8, 1 as_it_is;
    U8 u8, 1 as_it_is;
    S16 i16, 2 as_it_is;
    U16 u16, 2 as_it_is;
    S32 i32, 4 as_it_is;
    U32 u32, 4 as_it_is;
    S64 i64, 8 as_it_is;
    U64 u64, 8 as_it_is;
    F32 f32, 4 canonicalize_nan32;
    F64 f64, 8 canonicalize_nan64;
}

fn as_it_is<T>(number: T) -> T {
    number
}

/// Returns whether values of a type have other bits than [`canonicalize`] leaves.
pub(crate) fn is_canonicalized(element: &Ty) -> bool {
    matches!(element, Ty::Bool | Ty::F32 | Ty::F64)
}

/// Replaces all NaNs in a buffer of floats by the canonical NaN, and all true `bool`s by 1.
pub(crate) fn canonicalize(element: &Ty, bytes: &mut [u8]) {
    match element {
        Ty::Bool => bytes
            .iter_mut()
            .for_each(|byte| *byte = u8::from(*byte != 0)),
        Ty::F32 => bytes.chunks_exact_mut(4).for_each(|bytes| {
            let float = f32::from_le_bytes(<[u8; 4]>::try_from(&*bytes).unwrap_or_default());
            bytes.copy_from_slice(&canonicalize_nan32(float).to_le_bytes());
        }),
        Ty::F64 => bytes.chunks_exact_mut(8).for_each(|bytes| {
            let float = f64::from_le_bytes(<[u8; 8]>::try_from(&*bytes).unwrap_or_default());
            bytes.copy_from_slice(&canonicalize_nan64(float).to_le_bytes());
        }),
        _ => {}
    }
}
