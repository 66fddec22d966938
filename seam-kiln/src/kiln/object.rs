//! Memories, tables and globals in kiln's shape.

use super::error::KilnResult;
use super::value::KilnValue;

/// A memory: `MemoryWrapper`, shared by all instances that import or export it.
pub trait KilnMemory: Send + Sync {
    /// The size in bytes.
    fn size(&self) -> u64;

    /// `read`
    ///
    /// # Errors
    /// kiln's own error.
    fn read(&self, offset: u32, out: &mut [u8]) -> KilnResult<()>;

    /// `write_shared`
    ///
    /// # Errors
    /// kiln's own error.
    fn write(&self, offset: u32, bytes: &[u8]) -> KilnResult<()>;

    /// `grow_shared`: returns the previous size in pages.
    ///
    /// # Errors
    /// kiln's own error.
    fn grow(&self, pages: u32) -> KilnResult<u32>;
}

/// A table: `TableWrapper`.
pub trait KilnTable: Send + Sync {
    /// The number of elements.
    fn size(&self) -> u32;

    /// `get`: returns `None` for a null reference of any type.
    ///
    /// # Errors
    /// kiln's own error.
    fn get(&self, index: u32) -> KilnResult<Option<KilnValue>>;

    /// `set`
    ///
    /// # Errors
    /// kiln's own error.
    fn set(&self, index: u32, value: Option<KilnValue>) -> KilnResult<()>;
}

/// A global: `GlobalWrapper`.
pub trait KilnGlobal: Send + Sync {
    /// `get`
    ///
    /// # Errors
    /// kiln's own error.
    fn get(&self) -> KilnResult<KilnValue>;

    /// `set`
    ///
    /// # Errors
    /// kiln's own error.
    fn set(&self, value: KilnValue) -> KilnResult<()>;
}
