//! `store_string`: stores strings into memory and transcodes them.
//!
//! A guest can observe every call of its `realloc` and the content of its memory at this moment.
//! Therefore both follow the reference step by step.

use std::borrow::Cow;

use seam_core::typed::Numbers;
use seam_core::{CanonTrap, Error, Result};

use crate::abi::cx::Cx;
use crate::abi::numbers::store_numbers;
use crate::abi::string::{MAX_STRING_BYTE_LENGTH, Text, UTF16_TAG};
use seam_decode::types::StringEncoding;

impl<'a> Text<'a> {
    /// Wraps a string of the host.
    ///
    /// # Errors
    /// The trap `StringTooLong`, because no guest could have passed the string.
    #[inline]
    pub(crate) fn of_host(text: &'a str) -> Result<Self> {
        check_host_string(text)?;
        Ok(Text::Utf8(text.into()))
    }

    /// `src_code_units`
    fn code_units(&self) -> u64 {
        (match self {
            Text::Utf8(text) => text.len(),
            Text::Utf16(units, _) => units.len(),
            Text::Latin1(bytes) => bytes.len(),
        }) as u64
    }

    /// `src.encode('utf-8')`
    fn to_utf8(&self) -> Cow<'_, [u8]> {
        match self {
            Text::Utf8(text) => text.as_bytes().into(),
            Text::Utf16(units, _) => {
                let chars = char::decode_utf16(units.iter().copied());
                let chars = chars.map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER));
                chars.collect::<String>().into_bytes().into()
            }
            Text::Latin1(bytes) => {
                let chars = bytes.iter().copied().map(char::from);
                chars.collect::<String>().into_bytes().into()
            }
        }
    }

    /// `src.encode('utf-16-le')`, as code units.
    fn to_utf16(&self) -> Cow<'_, [u16]> {
        match self {
            // Most text is ASCII, which is widened in bulk.
            Text::Utf8(text) if text.is_ascii() => text.bytes().map(u16::from).collect(),
            Text::Utf8(text) => text.encode_utf16().collect(),
            Text::Utf16(units, _) => units.into(),
            Text::Latin1(bytes) => bytes.iter().copied().map(u16::from).collect(),
        }
    }

    /// Returns the characters before the first one that is not ASCII.
    fn ascii_prefix(&self) -> Vec<u8> {
        let ascii = |unit: &u8| unit.is_ascii();
        match self {
            Text::Utf8(text) => text.bytes().take_while(ascii).collect(),
            Text::Utf16(units, _) => narrow(units).take_while(ascii).collect(),
            Text::Latin1(bytes) => bytes.iter().copied().take_while(ascii).collect(),
        }
    }

    /// Returns the characters before the first one beyond U+00FF, and whether there is no such
    /// character.
    fn latin1_prefix(&self) -> (Vec<u8>, bool) {
        match self {
            Text::Utf8(text) if text.is_ascii() => (text.as_bytes().to_vec(), true),
            Text::Utf8(text) => {
                let chars = text.chars().map_while(|c| u8::try_from(u32::from(c)).ok());
                let prefix: Vec<u8> = chars.collect();
                let whole = prefix.len() == text.chars().count();
                (prefix, whole)
            }
            Text::Utf16(units, _) => {
                let prefix: Vec<u8> = narrow(units).collect();
                let whole = prefix.len() == units.len();
                (prefix, whole)
            }
            Text::Latin1(bytes) => (bytes.clone(), true),
        }
    }
}

/// Converts units to bytes, up to the first unit that does not fit.
fn narrow(units: &[u16]) -> impl Iterator<Item = u8> + '_ {
    units.iter().map_while(|unit| u8::try_from(*unit).ok())
}

/// Checks the length of a string of the host.
///
/// # Errors
/// The trap `StringTooLong`, because no guest could have passed the string.
#[inline]
pub(crate) fn check_host_string(text: &str) -> Result<()> {
    match text.len() as u64 <= MAX_STRING_BYTE_LENGTH {
        true => Ok(()),
        false => Err(Error::trap(CanonTrap::StringTooLong)),
    }
}

/// [`store_string`] for a string of the host.
///
/// # Errors
/// Those of [`Text::of_host`] and [`store_string`].
#[inline]
pub(crate) fn store_host_string(cx: &mut Cx<'_>, text: &str, ptr: u64) -> Result<()> {
    if cx.opts.encoding == StringEncoding::Utf8 {
        check_host_string(text)?;
        let (opts, bytes) = (cx.opts, text.as_bytes());
        cx.machine.allocate_filled(opts, 1, bytes, Some(ptr))?;
        return Ok(());
    }
    store_string(cx, &Text::of_host(text)?, ptr)
}

/// [`store_string_into_range`] for a string of the host.
///
/// # Errors
/// Those of [`Text::of_host`] and [`store_string_into_range`].
#[inline]
pub(crate) fn store_host_string_into_range(cx: &mut Cx<'_>, text: &str) -> Result<(u32, u32)> {
    if cx.opts.encoding == StringEncoding::Utf8 {
        check_host_string(text)?;
        return store_bytes(cx, text.as_bytes(), 1);
    }
    store_other_string(cx, &Text::of_host(text)?)
}

/// `store_string`: stores a string, and its range at an address that has been checked.
///
/// # Errors
/// Those of [`store_string_into_range`].
fn store_string(cx: &mut Cx<'_>, src: &Text<'_>, ptr: u64) -> Result<()> {
    let range = store_string_into_range(cx, src)?;
    cx.store_range(range, ptr)
}

/// `store_string_into_range`: returns pointer and tagged length.
///
/// # Errors
/// Traps of the guest's `realloc` and of its result.
#[inline]
pub(crate) fn store_string_into_range(cx: &mut Cx<'_>, src: &Text<'_>) -> Result<(u32, u32)> {
    match (cx.opts.encoding, src) {
        // The common case, where this function is inlined.
        (StringEncoding::Utf8, Text::Utf8(text)) => store_bytes(cx, text.as_bytes(), 1),
        _ => store_other_string(cx, src),
    }
}

fn store_other_string(cx: &mut Cx<'_>, src: &Text<'_>) -> Result<(u32, u32)> {
    use StringEncoding::{Latin1Utf16, Utf8, Utf16};
    let units = src.code_units();
    match (cx.opts.encoding, src) {
        (Utf8, Text::Utf8(text)) => store_bytes(cx, text.as_bytes(), 1),
        (Utf8, Text::Utf16(..)) => store_string_to_utf8(cx, src, units * 3),
        (Utf8, Text::Latin1(_)) => store_string_to_utf8(cx, src, units * 2),
        (Utf16, Text::Utf8(_)) => store_utf8_to_utf16(cx, src),
        (Utf16, Text::Utf16(..) | Text::Latin1(_)) => store_units(cx, &src.to_utf16()),
        (Latin1Utf16, Text::Utf8(_) | Text::Utf16(_, false)) => {
            store_string_to_latin1_or_utf16(cx, src)
        }
        (Latin1Utf16, Text::Utf16(_, true)) => store_probably_utf16_to_latin1_or_utf16(cx, src),
        (Latin1Utf16, Text::Latin1(bytes)) => store_bytes(cx, bytes, 2),
    }
}

/// `store_string_copy` of code units of one byte.
#[inline]
fn store_bytes(cx: &mut Cx<'_>, bytes: &[u8], dst_alignment: u32) -> Result<(u32, u32)> {
    let length = word(bytes.len() as u64)?;
    Ok((cx.allocate_filled(dst_alignment, bytes)?, length))
}

/// `store_string_copy` of code units of two bytes.
fn store_units(cx: &mut Cx<'_>, units: &[u16]) -> Result<(u32, u32)> {
    let code_units = units.len() as u64;
    let ptr = cx.allocate(2, 2 * code_units)?;
    store_numbers(cx, Numbers::U16(units), ptr.into())?;
    Ok((ptr, word(code_units)?))
}

fn store_string_to_utf8(
    cx: &mut Cx<'_>,
    src: &Text<'_>,
    worst_case_size: u64,
) -> Result<(u32, u32)> {
    let src_code_units = src.code_units();
    let ptr = cx.allocate(1, src_code_units)?;
    let ascii = src.ascii_prefix();
    cx.write(ptr.into(), &ascii)?;
    let done = ascii.len() as u64;
    if done == src_code_units {
        return Ok((ptr, word(src_code_units)?));
    }
    let mut ptr = cx.reallocate(ptr, src_code_units, 1, worst_case_size)?;
    let encoded = src.to_utf8();
    let len = encoded.len() as u64;
    cx.write(
        u64::from(ptr) + done,
        encoded.get(ascii.len()..).unwrap_or_default(),
    )?;
    if worst_case_size > len {
        ptr = cx.reallocate(ptr, worst_case_size, 1, len)?;
    }
    Ok((ptr, word(len)?))
}

fn store_utf8_to_utf16(cx: &mut Cx<'_>, src: &Text<'_>) -> Result<(u32, u32)> {
    let worst_case_size = 2 * src.code_units();
    let mut ptr = cx.allocate(2, worst_case_size)?;
    let encoded = src.to_utf16();
    let code_units = encoded.len() as u64;
    store_numbers(cx, Numbers::U16(&encoded), ptr.into())?;
    if 2 * code_units < worst_case_size {
        ptr = cx.reallocate(ptr, worst_case_size, 2, 2 * code_units)?;
    }
    Ok((ptr, word(code_units)?))
}

fn store_string_to_latin1_or_utf16(cx: &mut Cx<'_>, src: &Text<'_>) -> Result<(u32, u32)> {
    let src_code_units = src.code_units();
    let mut ptr = cx.allocate(2, src_code_units)?;
    let (mut latin1, whole) = src.latin1_prefix();
    let done = latin1.len() as u64;
    cx.write(ptr.into(), &latin1)?;
    if whole {
        if done < src_code_units {
            ptr = cx.reallocate(ptr, src_code_units, 2, done)?;
        }
        return Ok((ptr, word(done)?));
    }
    let worst_case_size = 2 * src_code_units;
    ptr = cx.reallocate(ptr, src_code_units, 2, worst_case_size)?;
    // The guest's `realloc` has moved the Latin-1 characters, so they are read back.
    cx.memory()?.read(ptr.into(), &mut latin1)?;
    let wide = Text::Latin1(latin1);
    store_numbers(cx, Numbers::U16(&wide.to_utf16()), ptr.into())?;
    let encoded = src.to_utf16();
    let code_units = encoded.len() as u64;
    let rest = usize::try_from(done)
        .ok()
        .and_then(|done| encoded.get(done..));
    let rest = Numbers::U16(rest.unwrap_or_default());
    store_numbers(cx, rest, u64::from(ptr) + 2 * done)?;
    if worst_case_size > 2 * code_units {
        ptr = cx.reallocate(ptr, worst_case_size, 2, 2 * code_units)?;
    }
    Ok((ptr, word(code_units)? | UTF16_TAG))
}

fn store_probably_utf16_to_latin1_or_utf16(cx: &mut Cx<'_>, src: &Text<'_>) -> Result<(u32, u32)> {
    let code_units = src.code_units();
    let src_byte_length = 2 * code_units;
    let ptr = cx.allocate(2, src_byte_length)?;
    store_numbers(cx, Numbers::U16(&src.to_utf16()), ptr.into())?;
    let (latin1, whole) = src.latin1_prefix();
    if !whole {
        return Ok((ptr, word(code_units)? | UTF16_TAG));
    }
    cx.write(ptr.into(), &latin1)?;
    let ptr = cx.reallocate(ptr, src_byte_length, 1, code_units)?;
    Ok((ptr, word(code_units)?))
}

/// Converts a number of code units to the guest's word size.
fn word(n: u64) -> Result<u32> {
    u32::try_from(n).map_err(|_| Error::trap(CanonTrap::StringTooLong))
}
