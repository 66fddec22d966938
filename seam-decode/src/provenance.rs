//! Reads the custom section `component-provenance`, which says where a fused module's functions
//! come from.

use std::collections::HashMap;

use seam_core::{Error, Result};

/// The origins of a fused module's functions, from its `component-provenance` section.
///
/// meld writes this section (format `SCPV`, version 3, little-endian):
///
/// ```text
/// "SCPV" u8 version, u8 bounded-memory, u8 closed-world, 32 bytes of SHA-256, u32 count,
/// count times { u32 function, u32 length, component id, u32 original function,
///               u8 has-range, [u32 start, u32 end] }
/// ```
///
/// A component id is a component's name, or `component-<index>` if meld ran with `--reproducible`.
/// Names need not be unique.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Provenance {
    components: Vec<String>,
    origins: HashMap<u32, FuncOrigin>,
}

/// The origin of one function of a fused module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FuncOrigin {
    /// The component, as an index into [`Provenance::components`].
    pub component: usize,
    /// The index of the function in the core module that it comes from.
    pub func: u32,
}

impl Provenance {
    /// The name of the custom section.
    pub const SECTION: &'static str = "component-provenance";

    /// Reads the content of the section.
    ///
    /// # Errors
    /// `Invalid`, with the offset in the section, if the content is not of version 3 of the format,
    /// ends too early, continues after the last entry, or has two entries for a function.
    pub fn read(content: &[u8]) -> Result<Self> {
        let mut cursor = Cursor { content, at: 0 };
        if cursor.take(4)? != b"SCPV" {
            return Err(cursor.fault(0, "expected `SCPV`, found other bytes"));
        }
        let version = cursor.byte()?;
        if version != 3 {
            return Err(cursor.fault(4, format!("expected version 3, found {version}")));
        }
        // Two claims about the module, and the digest of the module without its custom sections.
        cursor.take(2 + 32)?;
        let count = cursor.word()?;
        let mut read = Self::default();
        let mut known = HashMap::new();
        for _ in 0..count {
            let start = cursor.at;
            let fused = cursor.word()?;
            let length = cursor.word()?;
            let id = cursor.take(usize::try_from(length).unwrap_or(usize::MAX))?;
            let id = std::str::from_utf8(id)
                .map_err(|_| cursor.fault(start, "expected a component id in UTF-8"))?;
            let func = cursor.word()?;
            match cursor.byte()? {
                0 => {}
                1 => drop(cursor.take(8)?),
                other => {
                    let message = format!("expected 0 or 1 before a code range, found {other}");
                    return Err(cursor.fault(start, message));
                }
            }
            let component = *known.entry(id).or_insert_with(|| {
                read.components.push(id.to_string());
                read.components.len() - 1
            });
            let origin = FuncOrigin { component, func };
            if read.origins.insert(fused, origin).is_some() {
                let message = format!("expected one entry for function {fused}, found two");
                return Err(cursor.fault(start, message));
            }
        }
        if cursor.at < content.len() {
            let message = format!("expected the end after {count} entries, found more bytes");
            return Err(cursor.fault(cursor.at, message));
        }
        Ok(read)
    }

    /// Returns the ids of the components, in the order of their first functions.
    #[must_use]
    pub fn components(&self) -> &[String] {
        &self.components
    }

    /// Returns the origin of a function, by its index in the fused module.
    #[must_use]
    pub fn origin(&self, func: u32) -> Option<FuncOrigin> {
        self.origins.get(&func).copied()
    }

    /// Iterates over the functions that have an origin, in any order.
    pub fn funcs(&self) -> impl Iterator<Item = (u32, FuncOrigin)> + '_ {
        self.origins.iter().map(|(func, origin)| (*func, *origin))
    }
}

struct Cursor<'a> {
    content: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8]> {
        let end = self.at.checked_add(length);
        let taken = end.and_then(|end| self.content.get(self.at..end));
        let taken = taken.ok_or_else(|| {
            let left = self.content.len() - self.at;
            self.fault(
                self.at,
                format!("expected {length} more bytes, found {left}"),
            )
        })?;
        self.at += length;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8> {
        Ok(self.take(1)?.first().copied().unwrap_or_default())
    }

    fn word(&mut self) -> Result<u32> {
        let bytes = self.take(4)?.try_into().unwrap_or_default();
        Ok(u32::from_le_bytes(bytes))
    }

    fn fault(&self, at: usize, message: impl std::fmt::Display) -> Error {
        let section = Provenance::SECTION;
        Error::invalid(format!("section `{section}`, byte {at}: {message}"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
    use super::*;

    fn header(count: u32) -> Vec<u8> {
        let mut bytes = b"SCPV\x03\x00\x00".to_vec();
        bytes.extend([7; 32]);
        bytes.extend(count.to_le_bytes());
        bytes
    }

    fn entry(bytes: &mut Vec<u8>, fused: u32, id: &str, func: u32, range: Option<(u32, u32)>) {
        bytes.extend(fused.to_le_bytes());
        bytes.extend(u32::try_from(id.len()).unwrap().to_le_bytes());
        bytes.extend(id.as_bytes());
        bytes.extend(func.to_le_bytes());
        bytes.push(u8::from(range.is_some()));
        if let Some((start, end)) = range {
            bytes.extend(start.to_le_bytes());
            bytes.extend(end.to_le_bytes());
        }
    }

    fn sample() -> Vec<u8> {
        let mut bytes = header(3);
        entry(&mut bytes, 9, "component-2", 4, Some((10, 20)));
        entry(&mut bytes, 3, "component-0", 0, None);
        entry(&mut bytes, 10, "component-2", 5, None);
        bytes
    }

    #[test]
    fn a_function_has_a_component_and_an_original_index() {
        let read = Provenance::read(&sample()).unwrap();
        assert_eq!(read.components(), ["component-2", "component-0"]);
        let origin = |component, func| Some(FuncOrigin { component, func });
        assert_eq!(read.origin(9), origin(0, 4));
        assert_eq!(read.origin(3), origin(1, 0));
        assert_eq!(read.origin(10), origin(0, 5));
        assert_eq!(read.origin(4), None);
        assert_eq!(read.funcs().count(), 3);
    }

    #[test]
    fn every_cut_and_every_addition_is_invalid() {
        let whole = sample();
        for length in 0..whole.len() {
            let error = Provenance::read(&whole[..length]).unwrap_err();
            assert!(error.message().contains("component-provenance"), "{error}");
        }
        let mut longer = whole.clone();
        longer.push(0);
        assert!(Provenance::read(&longer).is_err());
    }

    #[test]
    fn a_false_count_does_not_allocate_and_two_entries_for_a_function_are_invalid() {
        assert!(Provenance::read(&header(u32::MAX)).is_err());
        let mut twice = header(2);
        entry(&mut twice, 3, "a", 0, None);
        entry(&mut twice, 3, "b", 0, None);
        let error = Provenance::read(&twice).unwrap_err();
        assert!(
            error.message().contains("one entry for function 3"),
            "{error}"
        );
    }

    #[test]
    fn random_bytes_are_read_or_rejected_without_a_panic() {
        // xorshift64, so that every run tries the same bytes.
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        let whole = sample();
        for _ in 0..20_000 {
            let mut bytes = whole.clone();
            for _ in 0..=next() % 6 {
                let at = usize::try_from(next()).unwrap() % bytes.len();
                bytes[at] = next().to_le_bytes()[0];
            }
            bytes.truncate(usize::try_from(next()).unwrap() % (bytes.len() + 1));
            let _ = Provenance::read(&bytes);
            let noise: Vec<u8> = (0..next() % 80).map(|_| next().to_le_bytes()[0]).collect();
            assert!(Provenance::read(&noise).is_err());
        }
    }
}
