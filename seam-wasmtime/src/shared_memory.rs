//! Access to the bytes of a shared memory.
//!
//! The engine shows them as `UnsafeCell`s because other threads may write them at any time. Only
//! atomic operations can access them soundly. This is the crate's only use of unsafe code.
#![expect(
    unsafe_code,
    reason = "an UnsafeCell's content can only be viewed as an atomic through its pointer"
)]

use std::cell::UnsafeCell;
use std::sync::atomic::{AtomicU8, Ordering};

use seam_core::{Error, MemoryAccess, Result};
use wasmtime::SharedMemory;

/// A shared memory, read and written one relaxed atomic byte at a time.
pub(crate) struct SharedBytes(SharedMemory);

impl SharedBytes {
    pub(crate) fn new(memory: SharedMemory) -> Self {
        Self(memory)
    }

    fn range(&self, offset: u64, len: usize) -> Result<&[UnsafeCell<u8>]> {
        let start = usize::try_from(offset).ok();
        start
            .and_then(|start| self.0.data().get(start..)?.get(..len))
            .ok_or_else(|| Error::misuse("expected a range within the shared memory"))
    }
}

impl MemoryAccess for SharedBytes {
    fn len(&self) -> u64 {
        self.0.data_size() as u64
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<()> {
        let cells = self.range(offset, out.len())?;
        for (byte, cell) in out.iter_mut().zip(cells) {
            *byte = atomic(cell).load(Ordering::Relaxed);
        }
        Ok(())
    }

    fn write(&mut self, offset: u64, bytes: &[u8]) -> Result<()> {
        for (byte, cell) in bytes.iter().zip(self.range(offset, bytes.len())?) {
            atomic(cell).store(*byte, Ordering::Relaxed);
        }
        Ok(())
    }
}

fn atomic(cell: &UnsafeCell<u8>) -> &AtomicU8 {
    // SAFETY: the pointer is valid for as long as the borrow of the cell, and aligned, as every
    // pointer is for `AtomicU8`. All other accesses to the byte are atomic or made by compiled
    // WebAssembly, whose memory model defines races of non-atomic accesses.
    unsafe { AtomicU8::from_ptr(cell.get()) }
}
