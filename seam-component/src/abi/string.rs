//! `load_string`: loads strings from memory, in the guest's encoding.

use std::borrow::Cow;

use seam_core::{CanonTrap, Error, Result};

use crate::abi::cx::{Cx, check_aligned};
use crate::abi::numbers::slice;
use seam_decode::types::StringEncoding;

/// `MAX_STRING_BYTE_LENGTH`
pub(crate) const MAX_STRING_BYTE_LENGTH: u64 = (1 << 28) - 1;

/// `utf16_tag`: the bit in the length of a `latin1+utf16` string that marks UTF-16.
pub(crate) const UTF16_TAG: u32 = 1 << 31;

/// The encoding of one string's code units: `src_simple_encoding`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Simple {
    Utf8,
    Utf16,
    Latin1,
}

/// The range of a string, which is aligned and within memory.
#[derive(Clone, Copy, Debug)]
struct StringRange {
    simple: Simple,
    ptr: u64,
    byte_length: u64,
}

/// A string that was decoded once. It keeps its original encoding.
#[derive(Clone, Debug)]
pub(crate) enum Text<'a> {
    Utf8(Cow<'a, str>),
    /// Code units, and whether they come from a `latin1+utf16` string.
    Utf16(Vec<u16>, bool),
    Latin1(Vec<u8>),
}

/// `load_string_from_range`, for the host.
///
/// # Errors
/// The traps `StringTooLong`, `UnalignedPointer`, `StringOutOfBounds` and `InvalidString`. `Limit`
/// if the host must not allocate that much.
#[inline]
pub(crate) fn load_string_from_range(
    cx: &mut Cx<'_>,
    ptr: u32,
    tagged_code_units: u32,
) -> Result<String> {
    if let (StringEncoding::Utf8, Some((bytes, machine))) = (cx.opts.encoding, cx.borrowed()) {
        // The common case, where this function is inlined.
        let text = utf8_in(bytes, ptr, tagged_code_units, |charged| {
            machine.charge(charged)
        })?;
        return Ok(text.to_owned());
    }
    load_other_string(cx, string_range(cx.opts.encoding, ptr, tagged_code_units)?)
}

/// `load_string_from_range` for UTF-8, in the bytes of a memory. `charge` is passed the number of bytes
/// that the host allocates for a copy.
///
/// # Errors
/// Those of [`load_string_from_range`].
#[inline]
pub(crate) fn utf8_in(
    bytes: &[u8],
    ptr: u32,
    length: u32,
    charge: impl FnOnce(u64) -> Result<()>,
) -> Result<&str> {
    let byte_length = u64::from(length);
    if byte_length > MAX_STRING_BYTE_LENGTH {
        return Err(Error::trap(CanonTrap::StringTooLong));
    }
    let text = slice(bytes, ptr.into(), byte_length);
    let text = text.ok_or_else(|| Error::trap(CanonTrap::StringOutOfBounds))?;
    if byte_length > 0 {
        charge(byte_length)?;
    }
    std::str::from_utf8(text).map_err(|_| Error::trap(CanonTrap::InvalidString))
}

fn load_other_string(cx: &mut Cx<'_>, range: StringRange) -> Result<String> {
    let charged = match range.simple {
        Simple::Utf8 => range.byte_length,
        // At most three bytes per code unit.
        Simple::Utf16 => range.byte_length / 2 * 3,
        Simple::Latin1 => range.byte_length * 2,
    };
    range.decode(cx, charged, |bytes| match range.simple {
        Simple::Utf8 => std::str::from_utf8(bytes).map(str::to_owned).ok(),
        Simple::Utf16 => char::decode_utf16(units(bytes))
            .collect::<Result<_, _>>()
            .ok(),
        Simple::Latin1 => Some(bytes.iter().copied().map(char::from).collect()),
    })
}

/// `load_string_from_range`, for another guest.
///
/// # Errors
/// The traps `StringTooLong`, `UnalignedPointer`, `StringOutOfBounds` and `InvalidString`.
pub(crate) fn load_text_from_range(
    cx: &mut Cx<'_>,
    ptr: u32,
    tagged_code_units: u32,
) -> Result<Text<'static>> {
    let range = string_range(cx.opts.encoding, ptr, tagged_code_units)?;
    let compact = cx.opts.encoding == StringEncoding::Latin1Utf16;
    range.decode(cx, 0, |bytes| match range.simple {
        Simple::Utf8 => std::str::from_utf8(bytes)
            .ok()
            .map(|text| Text::Utf8(text.to_owned().into())),
        Simple::Utf16 => {
            let valid = char::decode_utf16(units(bytes)).all(|c| c.is_ok());
            valid.then(|| Text::Utf16(units(bytes).collect(), compact))
        }
        Simple::Latin1 => Some(Text::Latin1(bytes.to_vec())),
    })
}

/// The checks of `load_string_from_range`, without the string.
///
/// # Errors
/// Those of [`load_text_from_range`].
pub(crate) fn check_string(cx: &mut Cx<'_>, ptr: u32, tagged_code_units: u32) -> Result<()> {
    let range = string_range(cx.opts.encoding, ptr, tagged_code_units)?;
    range.decode(cx, 0, |bytes| {
        let valid = match range.simple {
            Simple::Utf8 => std::str::from_utf8(bytes).is_ok(),
            Simple::Utf16 => char::decode_utf16(units(bytes)).all(|c| c.is_ok()),
            Simple::Latin1 => true,
        };
        valid.then_some(())
    })
}

/// The checks of `load_string_from_range` before those of the bounds.
#[inline]
fn string_range(encoding: StringEncoding, ptr: u32, tagged_code_units: u32) -> Result<StringRange> {
    let (simple, alignment, byte_length) = match encoding {
        StringEncoding::Utf8 => (Simple::Utf8, 1, u64::from(tagged_code_units)),
        StringEncoding::Utf16 => (Simple::Utf16, 2, 2 * u64::from(tagged_code_units)),
        StringEncoding::Latin1Utf16 if tagged_code_units & UTF16_TAG != 0 => (
            Simple::Utf16,
            2,
            2 * u64::from(tagged_code_units ^ UTF16_TAG),
        ),
        StringEncoding::Latin1Utf16 => (Simple::Latin1, 2, u64::from(tagged_code_units)),
    };
    if byte_length > MAX_STRING_BYTE_LENGTH {
        return Err(Error::trap(CanonTrap::StringTooLong));
    }
    check_aligned(ptr, alignment)?;
    Ok(StringRange {
        simple,
        ptr: ptr.into(),
        byte_length,
    })
}

impl StringRange {
    /// Checks the bounds, charges what the host allocates for the string, and passes the bytes to
    /// `decode`, in place if the engine exposes them.
    #[inline]
    fn decode<T>(
        self,
        cx: &mut Cx<'_>,
        charged: u64,
        decode: impl FnOnce(&[u8]) -> Option<T>,
    ) -> Result<T> {
        let (begin, len) = (self.ptr, self.byte_length);
        let out_of_bounds = || Error::trap(CanonTrap::StringOutOfBounds);
        let text = if let Some((bytes, machine)) = cx.borrowed() {
            let bytes = slice(bytes, begin, len).ok_or_else(out_of_bounds)?;
            if charged > 0 {
                machine.charge(charged)?;
            }
            decode(bytes)
        } else {
            if begin + len > cx.memory()?.len() {
                return Err(out_of_bounds());
            }
            cx.machine.charge(charged)?;
            let memory = cx.memory()?;
            match memory.as_slice().and_then(|bytes| slice(bytes, begin, len)) {
                Some(bytes) => decode(bytes),
                None => decode(
                    &memory.read_vec(begin, usize::try_from(len).map_err(|_| out_of_bounds())?)?,
                ),
            }
        };
        text.ok_or_else(|| Error::trap(CanonTrap::InvalidString))
    }
}

/// Iterates over UTF-16 code units in memory.
fn units(bytes: &[u8]) -> impl Iterator<Item = u16> + Clone + '_ {
    let unit = |bytes| u16::from_le_bytes(<[u8; 2]>::try_from(bytes).unwrap_or_default());
    bytes.chunks_exact(2).map(unit)
}
