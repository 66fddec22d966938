//! `LiftOptions`, `LiftLowerOptions` and `LiftLowerContext`: the runtime that lifting and lowering
//! need.

use seam_core::{
    CanonTrap, Capability, CoreMemory, Error, MemoryView, NumericFunc, Resource, Result, Value,
};

use seam_decode::types::align_to;
use seam_decode::types::{ResourceId, StringEncoding, Ty};

/// The canonical options of one lifted or lowered function, and its component instance.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    /// Index of the component instance in the runtime's table.
    pub(crate) instance: u32,
    pub(crate) memory: Option<CoreMemory>,
    pub(crate) realloc: Option<NumericFunc>,
    pub(crate) encoding: StringEncoding,
}

/// The running components: memories, `realloc` calls and handle tables.
///
/// One object serves both sides of a call.
pub(crate) trait Machine {
    /// Returns the memory of these options.
    fn memory(&mut self, opts: &Options) -> Result<MemoryView<'_>>;

    /// Copies bytes from the memory of the first options to that of the second. Both ranges are
    /// within bounds.
    fn copy(&mut self, from: (&Options, u64), to: (&Options, u64), len: u64) -> Result<()>;

    /// `cx.reallocate`: calls the guest's `realloc`. The instance must not be left in the meantime.
    ///
    /// Alignment and bounds of the result have not been checked yet.
    fn realloc(
        &mut self,
        opts: &Options,
        old: u32,
        old_len: u32,
        align: u32,
        new_len: u32,
    ) -> Result<u32>;

    /// `cx.reallocate`, with the checks that always follow it.
    ///
    /// The default looks up the memory after the guest's `realloc`.
    ///
    /// # Errors
    /// The traps `UnalignedPointer` and `ReallocOutOfBounds` for the range that the guest returns.
    /// Also any error of its `realloc`.
    fn reallocate(&mut self, opts: &Options, old: (u32, u32), align: u32, len: u32) -> Result<u32> {
        let ptr = self.realloc(opts, old.0, old.1, align, len)?;
        check_allocated(&self.memory(opts)?, ptr, align, len)?;
        Ok(ptr)
    }

    /// Allocates room for these bytes and stores them there. If `range_at` is given, the pointer and
    /// the length are stored at this address, which has been checked.
    ///
    /// # Errors
    /// Those of [`Machine::reallocate`].
    fn allocate_filled(
        &mut self,
        opts: &Options,
        align: u32,
        bytes: &[u8],
        range_at: Option<u64>,
    ) -> Result<u32> {
        let ptr = self.realloc(opts, 0, 0, align, word(bytes.len() as u64)?)?;
        fill_allocated(&mut self.memory(opts)?, ptr, align, bytes, range_at)?;
        Ok(ptr)
    }

    /// `lift_own`: removes the handle from the instance's table and returns its representation.
    fn lift_own(&mut self, opts: &Options, index: u32, ty: ResourceId) -> Result<u32>;

    /// `lift_borrow`: lends the handle for the current call and returns its representation.
    fn lift_borrow(&mut self, opts: &Options, index: u32, ty: ResourceId) -> Result<u32>;

    /// `lower_own`: adds a handle to the instance's table and returns its index.
    fn lower_own(&mut self, opts: &Options, rep: u32, ty: ResourceId) -> Result<u32>;

    /// `lower_borrow`: adds a borrowed handle for the current call and returns its index.
    ///
    /// If the instance defines the type, it gets the representation itself.
    fn lower_borrow(&mut self, opts: &Options, rep: u32, ty: ResourceId) -> Result<u32>;

    /// `lift_stream`, `lift_future` and `lift_error_context`: takes the value from the instance's
    /// table, or looks it up there, and returns its number within the store.
    ///
    /// The default is for machines without asynchronous parts.
    fn lift_async(&mut self, _opts: &Options, _index: u32, ty: &Ty) -> Result<u32> {
        Err(unsupported(ty))
    }

    /// `lower_stream`, `lower_future` and `lower_error_context`: adds the value with this number to
    /// the instance's table, and returns its index.
    ///
    /// The default is for machines without asynchronous parts.
    fn lower_async(&mut self, _opts: &Options, _rep: u32, ty: &Ty) -> Result<u32> {
        Err(unsupported(ty))
    }

    /// The host's side of [`Machine::lower_async`]: returns the host's value for a number.
    ///
    /// The default is for machines without asynchronous parts.
    fn host_end(&mut self, _rep: u32, ty: &Ty) -> Result<Value> {
        Err(unsupported(ty))
    }

    /// The host's side of [`Machine::lift_async`]: returns the number of the host's value, which
    /// moves unless it is an error context.
    ///
    /// The default is for machines without asynchronous parts.
    fn host_end_rep(&mut self, _value: &Value, ty: &Ty) -> Result<u32> {
        Err(unsupported(ty))
    }

    /// The host's side of `lower_own` and `lower_borrow`: returns the host's resource for a
    /// representation.
    fn host_resource(&mut self, rep: u32, ty: ResourceId, owned: bool) -> Result<Resource>;

    /// The host's side of `lift_own` and `lift_borrow`: returns the representation of the host's
    /// resource.
    ///
    /// An owned resource moves.
    fn host_rep(&mut self, resource: &Resource, ty: ResourceId, owned: bool) -> Result<u32>;

    /// Performs the check of `Task.return_` on the current call: the trap `BorrowsNotDropped`.
    fn check_borrows_dropped(&mut self) -> Result<()>;

    /// Counts bytes that lifting is about to allocate on the host. Returns `Limit(Lifted)` at the
    /// limit.
    fn charge(&mut self, bytes: u64) -> Result<()>;

    /// Is called before the elements of an allocated, non-empty list are lowered.
    ///
    /// `handles` is the number of lifted handles that have been lowered. Returns the first element
    /// to lower, and the number of handles lowered before this element.
    ///
    /// A machine that restarts lowering skips the elements that were already lowered. The default
    /// is for all other machines.
    fn first_element(&mut self, handles: usize) -> (u64, usize) {
        (0, handles)
    }

    /// Is called after an element has been lowered. `handles` is the number of handles lowered so
    /// far.
    fn element_lowered(&mut self, _handles: usize) {}

    /// Is called after all elements of the list have been lowered.
    fn list_lowered(&mut self) {}
}

/// Returns the error for a stream, future or error context where none can be passed.
pub(crate) fn unsupported(ty: &Ty) -> Error {
    let found = ty.kind();
    Error::unsupported(
        Capability::ComponentAsync,
        format!("expected no stream, future or error context to be passed, found a {found}"),
    )
}

/// A machine with the options of one side, as the reference interpreter's functions take them.
///
/// Addresses are wider here than the 32 bits that they have in the guest. Therefore the sum of an
/// address and an offset never wraps around.
pub(crate) struct Cx<'a> {
    pub(crate) machine: &'a mut dyn Machine,
    pub(crate) opts: &'a Options,
    /// The bytes of the memory, if they are borrowed for all values.
    bytes: Option<&'a mut [u8]>,
    /// Whether the host's values have been checked against their types. Then records have the right
    /// fields, and their names need not be compared again.
    pub(crate) checked: bool,
}

impl<'a> Cx<'a> {
    #[inline]
    pub(crate) fn new(machine: &'a mut dyn Machine, opts: &'a Options) -> Self {
        Self {
            machine,
            opts,
            bytes: None,
            checked: false,
        }
    }

    /// Creates the context of a lifting, which calls no guest. Therefore the bytes of the memory
    /// stay where they are, and `machine` need not know the memory.
    #[inline]
    pub(crate) fn over(
        bytes: &'a mut [u8],
        machine: &'a mut dyn Machine,
        opts: &'a Options,
    ) -> Self {
        Self {
            machine,
            opts,
            bytes: Some(bytes),
            checked: false,
        }
    }

    /// Returns this context for a part of the values.
    #[inline]
    pub(crate) fn reborrow(&mut self) -> Cx<'_> {
        Cx {
            machine: self.machine,
            opts: self.opts,
            bytes: self.bytes.as_deref_mut(),
            checked: self.checked,
        }
    }

    #[inline]
    pub(crate) fn memory(&mut self) -> Result<MemoryView<'_>> {
        match &mut self.bytes {
            Some(bytes) => Ok(MemoryView::from_slice(bytes)),
            None => self.machine.memory(self.opts),
        }
    }

    /// Returns the bytes that are borrowed for all values, and the machine beside them.
    #[inline]
    pub(crate) fn borrowed(&mut self) -> Option<(&[u8], &mut dyn Machine)> {
        let bytes = self.bytes.as_deref()?;
        Some((bytes, self.machine))
    }

    pub(crate) fn write(&mut self, ptr: u64, bytes: &[u8]) -> Result<()> {
        self.memory()?.write(ptr, bytes)
    }

    /// `load_int`: loads an unsigned integer of at most 8 bytes.
    #[inline]
    pub(crate) fn load_int(&mut self, ptr: u64, nbytes: u64) -> Result<u64> {
        let bytes = self.bytes.as_deref();
        match bytes.and_then(|bytes| int_at(bytes, ptr, nbytes)) {
            Some(int) => Ok(int),
            None => self.load_int_from_memory(ptr, nbytes),
        }
    }

    fn load_int_from_memory(&mut self, ptr: u64, nbytes: u64) -> Result<u64> {
        let memory = self.memory()?;
        if let Some(int) = memory
            .as_slice()
            .and_then(|bytes| int_at(bytes, ptr, nbytes))
        {
            return Ok(int);
        }
        let mut bytes = [0; 8];
        let read = usize::try_from(nbytes)
            .ok()
            .and_then(|n| bytes.get_mut(..n));
        let read = read.ok_or_else(|| Error::engine("expected an integer of at most 8 bytes"))?;
        memory.read(ptr, read)?;
        Ok(u64::from_le_bytes(bytes))
    }

    /// `store_int`: stores the low bytes, at most 8.
    #[inline]
    pub(crate) fn store_int(&mut self, value: u64, ptr: u64, nbytes: u64) -> Result<()> {
        let mut memory = self.memory()?;
        if let Some(memory) = memory.as_mut_slice() {
            if set_int_at(memory, value, ptr, nbytes).is_some() {
                return Ok(());
            }
        }
        let bytes = value.to_le_bytes();
        let written = usize::try_from(nbytes).ok().and_then(|n| bytes.get(..n));
        let written =
            written.ok_or_else(|| Error::engine("expected an integer of at most 8 bytes"))?;
        memory.write(ptr, written)
    }

    /// `store_int`, for a number of bytes that is known when this is compiled.
    #[inline]
    pub(crate) fn store<const N: usize>(&mut self, bytes: [u8; N], ptr: u64) -> Result<()> {
        let mut memory = self.memory()?;
        let room = memory.as_mut_slice().and_then(|memory| {
            memory
                .get_mut(usize::try_from(ptr).ok()?..)?
                .first_chunk_mut()
        });
        match room {
            Some(room) => {
                *room = bytes;
                Ok(())
            }
            None => memory.write(ptr, &bytes),
        }
    }

    /// Loads two words: a pointer and a length.
    #[inline]
    pub(crate) fn load_range(&mut self, ptr: u64) -> Result<(u32, u32)> {
        let bytes = self.bytes.as_deref();
        match bytes.and_then(|bytes| range_at(bytes, ptr)) {
            Some(range) => Ok(range),
            None => self.load_range_from_memory(ptr),
        }
    }

    fn load_range_from_memory(&mut self, ptr: u64) -> Result<(u32, u32)> {
        let memory = self.memory()?;
        if let Some(range) = memory.as_slice().and_then(|bytes| range_at(bytes, ptr)) {
            return Ok(range);
        }
        let mut words = [0; 8];
        memory.read(ptr, &mut words)?;
        Ok(range_of(words))
    }

    #[inline]
    pub(crate) fn store_range(&mut self, (begin, length): (u32, u32), ptr: u64) -> Result<()> {
        let range = u64::from(begin) | u64::from(length) << 32;
        self.store(range.to_le_bytes(), ptr)
    }

    /// `allocate`, with the checks that always follow it.
    ///
    /// # Errors
    /// Those of [`Cx::reallocate`].
    pub(crate) fn allocate(&mut self, alignment: u32, byte_length: u64) -> Result<u32> {
        self.reallocate(0, 0, alignment, byte_length)
    }

    /// `reallocate`, with the checks that always follow it.
    ///
    /// # Errors
    /// Those of [`Machine::reallocate`].
    pub(crate) fn reallocate(
        &mut self,
        old: u32,
        old_byte_length: u64,
        alignment: u32,
        byte_length: u64,
    ) -> Result<u32> {
        let (old_len, new_len) = (word(old_byte_length)?, word(byte_length)?);
        let old = (old, old_len);
        self.machine.reallocate(self.opts, old, alignment, new_len)
    }

    /// Allocates room for these bytes and stores them there.
    ///
    /// # Errors
    /// Those of [`Machine::allocate_filled`].
    #[inline]
    pub(crate) fn allocate_filled(&mut self, alignment: u32, bytes: &[u8]) -> Result<u32> {
        self.machine
            .allocate_filled(self.opts, alignment, bytes, None)
    }

    /// `trap_if(ptr + byte_length > len(cx.opts.memory))`
    #[inline]
    pub(crate) fn check_bounds(
        &mut self,
        ptr: u32,
        byte_length: u64,
        trap: CanonTrap,
    ) -> Result<()> {
        let len = match &self.bytes {
            Some(bytes) => bytes.len() as u64,
            None => self.machine.memory(self.opts)?.len(),
        };
        check_range(len, ptr, byte_length, trap)
    }
}

/// `trap_if(ptr + byte_length > len(memory))`
#[inline]
fn check_range(memory: u64, ptr: u32, byte_length: u64, trap: CanonTrap) -> Result<()> {
    match u64::from(ptr).checked_add(byte_length) {
        Some(end) if end <= memory => Ok(()),
        _ => Err(Error::trap(trap)),
    }
}

/// Checks the range that a guest's `realloc` has returned.
///
/// # Errors
/// The traps `UnalignedPointer` and `ReallocOutOfBounds`.
#[inline]
pub(crate) fn check_allocated(
    memory: &MemoryView<'_>,
    ptr: u32,
    align: u32,
    len: u32,
) -> Result<()> {
    check_aligned(ptr, align)?;
    check_range(memory.len(), ptr, len.into(), CanonTrap::ReallocOutOfBounds)
}

/// Stores bytes in the range that a guest's `realloc` has returned, and the range at an address.
///
/// # Errors
/// Those of [`check_allocated`].
#[inline]
pub(crate) fn fill_allocated(
    memory: &mut MemoryView<'_>,
    ptr: u32,
    align: u32,
    bytes: &[u8],
    range_at: Option<u64>,
) -> Result<()> {
    check_aligned(ptr, align)?;
    let (len, out_of_bounds) = (bytes.len() as u64, CanonTrap::ReallocOutOfBounds);
    let range = u64::from(ptr) | len << 32;
    if let Some(memory) = memory.as_mut_slice() {
        let room = memory.get_mut(ptr as usize..);
        let room = room.and_then(|room| room.get_mut(..bytes.len()));
        let room = room.ok_or_else(|| Error::trap(out_of_bounds))?;
        room.copy_from_slice(bytes);
        if range_at.is_none_or(|at| set_int_at(memory, range, at, 8).is_some()) {
            return Ok(());
        }
    } else {
        check_range(memory.len(), ptr, len, out_of_bounds)?;
        memory.write(ptr.into(), bytes)?;
    }
    range_at.map_or(Ok(()), |at| memory.write(at, &range.to_le_bytes()))
}

/// Converts a length to the word that `realloc` takes.
#[inline]
pub(crate) fn word(len: u64) -> Result<u32> {
    u32::try_from(len).map_err(|_| Error::trap(CanonTrap::ReallocOutOfBounds))
}

/// `trap_if(ptr != align_to(ptr, alignment))`
#[inline]
pub(crate) fn check_aligned(ptr: u32, alignment: u32) -> Result<()> {
    let ptr = u64::from(ptr);
    if ptr == align_to(ptr, alignment) {
        Ok(())
    } else {
        Err(Error::trap(CanonTrap::UnalignedPointer))
    }
}

/// Returns the unsigned integer of `nbytes` bytes at an address, if it is in bounds.
///
/// Copies of a size that is known when this is compiled are much faster than others.
#[inline]
fn int_at(bytes: &[u8], ptr: u64, nbytes: u64) -> Option<u64> {
    let bytes = bytes.get(usize::try_from(ptr).ok()?..)?;
    Some(match nbytes {
        1 => u64::from(*bytes.first()?),
        2 => u64::from(u16::from_le_bytes(*bytes.first_chunk()?)),
        4 => u64::from(u32::from_le_bytes(*bytes.first_chunk()?)),
        8 => u64::from_le_bytes(*bytes.first_chunk()?),
        _ => return None,
    })
}

/// Returns the pointer and the length at an address, if they are in bounds.
#[inline]
fn range_at(bytes: &[u8], ptr: u64) -> Option<(u32, u32)> {
    let words = bytes.get(usize::try_from(ptr).ok()?..)?.first_chunk()?;
    Some(range_of(*words))
}

/// Returns the pointer and the length in their bytes in memory.
///
/// The guest has written them one by one. A single wider load would have to wait for both.
#[inline]
pub(crate) fn range_of([a, b, c, d, e, f, g, h]: [u8; 8]) -> (u32, u32) {
    let length = u32::from_le_bytes([e, f, g, h]);
    (u32::from_le_bytes([a, b, c, d]), length)
}

/// Sets the integer of `nbytes` bytes at an address, if it is in bounds.
#[inline]
fn set_int_at(bytes: &mut [u8], value: u64, ptr: u64, nbytes: u64) -> Option<()> {
    let bytes = bytes.get_mut(usize::try_from(ptr).ok()?..)?;
    let [byte, second, third, fourth, ..] = value.to_le_bytes();
    match nbytes {
        1 => *bytes.first_mut()? = byte,
        2 => *bytes.first_chunk_mut()? = [byte, second],
        4 => *bytes.first_chunk_mut()? = [byte, second, third, fourth],
        8 => *bytes.first_chunk_mut()? = value.to_le_bytes(),
        _ => return None,
    }
    Some(())
}

/// Returns the low word.
#[inline]
pub(crate) fn low(bits: u64) -> u32 {
    let [a, b, c, d, ..] = bits.to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}
