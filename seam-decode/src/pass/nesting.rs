//! A bound on the nesting depth of type declarations.
//!
//! Component and instance types contain type declarations, which decoders read recursively,
//! including the validator's. A few hundred kilobytes of opening bytes would overflow the native
//! stack, which no caller can catch. Therefore the nesting is checked first, without recursion.

use std::ops::Range;

use wasmparser::{
    BinaryReader, ComponentAlias, ComponentExternName, ComponentImport, ComponentType,
    ComponentTypeRef, CoreType,
};

use seam_core::{Error, Result};

use super::module_type::invalid;

/// This is more than the hundred levels that the validator admits.
const MAX_DEPTH: usize = 128;

/// Checks the type section of a component at this range of the artifact's bytes.
///
/// If the section has too few bytes that could open a type, no type nests too deep, and nothing else
/// is checked: the validator reads the section next.
///
/// # Errors
/// `Invalid`, with the offset, for types that nest too deep or cannot be decoded.
pub(super) fn check(bytes: &[u8], section: Range<usize>) -> Result<()> {
    let contents = bytes.get(section.clone()).unwrap_or_default();
    if contents.len() <= MAX_DEPTH
        || contents.iter().filter(|byte| opens(**byte)).count() <= MAX_DEPTH
    {
        return Ok(());
    }
    let mut reader = BinaryReader::new(contents, section.start);
    let count = reader.read_var_u32().map_err(invalid)?;
    Types::new(count).read(&mut reader)
}

/// Returns whether a byte opens a component type or an instance type, where a type starts.
fn opens(byte: u8) -> bool {
    matches!(byte, 0x41 | 0x42)
}

/// The declarations that are being read.
struct Types {
    /// The number of remaining types or declarations at each level. The outermost level has bare
    /// types.
    left: Vec<u32>,
}

impl Types {
    fn new(count: u32) -> Self {
        Self { left: vec![count] }
    }

    fn read(&mut self, reader: &mut BinaryReader<'_>) -> Result<()> {
        while let Some(left) = self.left.last_mut() {
            if *left == 0 {
                self.left.pop();
                continue;
            }
            *left -= 1;
            if self.left.len() == 1 {
                self.ty(reader)?;
            } else {
                self.declaration(reader)?;
            }
        }
        Ok(())
    }

    fn ty(&mut self, reader: &mut BinaryReader<'_>) -> Result<()> {
        let offset = reader.original_position();
        let mut ahead = reader.clone();
        if !opens(ahead.read_u8().map_err(invalid)?) {
            reader.read::<ComponentType<'_>>().map_err(invalid)?;
            return Ok(());
        }
        if self.left.len() > MAX_DEPTH {
            return Err(Error::invalid(format!(
                "expected types that nest at most {MAX_DEPTH} deep, found more"
            ))
            .at(offset as u64));
        }
        self.left.push(ahead.read_var_u32().map_err(invalid)?);
        *reader = ahead;
        Ok(())
    }

    fn declaration(&mut self, reader: &mut BinaryReader<'_>) -> Result<()> {
        let offset = reader.original_position();
        match reader.read_u8().map_err(invalid)? {
            0x00 => reader.read::<CoreType<'_>>().map(drop),
            0x01 => return self.ty(reader),
            0x02 => reader.read::<ComponentAlias<'_>>().map(drop),
            0x03 => reader.read::<ComponentImport<'_>>().map(drop),
            0x04 => reader
                .read::<ComponentExternName<'_>>()
                .and_then(|_| reader.read::<ComponentTypeRef>())
                .map(drop),
            found => {
                return Err(Error::invalid(format!(
                    "expected a declaration, found the leading byte {found:#04x}"
                ))
                .at(offset as u64));
            }
        }
        .map_err(invalid)
    }
}
