//! Copies between the memories of a store.

use std::mem;
use std::ops::Range;

use wasmi::Memory;

use crate::state::AnyStore;

/// The bytes that are copied at a time. Both copies of them stay in the processor's innermost cache.
const CHUNK: usize = 4 << 10;

/// Copies bytes within a memory. Returns `None` if a range is out of bounds.
pub(crate) fn within(
    ctx: &mut impl AnyStore,
    from: (Memory, u64),
    to: u64,
    len: u64,
) -> Option<()> {
    let target = range(ctx, (from.0, to), len)?;
    let source = range(ctx, from, len)?;
    let bytes = from.0.data_mut(ctx);
    bytes.copy_within(source, target.start);
    Some(())
}

/// Copies bytes from one memory to another. Returns `None` if a range is out of bounds.
///
/// The engine lends the bytes of only one memory at a time, so they are copied by way of a buffer.
pub(crate) fn between(
    ctx: &mut impl AnyStore,
    from: (Memory, u64),
    to: (Memory, u64),
    len: u64,
) -> Option<()> {
    let mut buffer = mem::take(&mut ctx.state_mut().scratch.bytes);
    let copied = by_way_of(&mut buffer, ctx, from, to, len);
    ctx.state_mut().scratch.bytes = buffer;
    copied
}

fn by_way_of(
    buffer: &mut Vec<u8>,
    ctx: &mut impl AnyStore,
    (from, offset): (Memory, u64),
    (to, to_offset): (Memory, u64),
    len: u64,
) -> Option<()> {
    let len = usize::try_from(len).ok()?;
    let (mut at, mut to_at) = (offset.try_into().ok()?, usize::try_from(to_offset).ok()?);
    if len > CHUNK {
        // Nothing is copied if a range is out of bounds. A single chunk is checked when it is copied.
        range(ctx, (from, offset), len as u64)?;
        range(ctx, (to, to_offset), len as u64)?;
    }
    let end = len.checked_add(at)?;
    loop {
        let next = end.min(at + CHUNK);
        buffer.clear();
        buffer.extend_from_slice(from.data(&*ctx).get(at..next)?);
        let room = to.data_mut(&mut *ctx).get_mut(to_at..)?;
        room.get_mut(..buffer.len())?.copy_from_slice(buffer);
        if next == end {
            return Some(());
        }
        (at, to_at) = (next, to_at + buffer.len());
    }
}

/// Returns a range of a memory, if it is within bounds.
fn range(ctx: &impl AnyStore, (memory, offset): (Memory, u64), len: u64) -> Option<Range<usize>> {
    let start = usize::try_from(offset).ok()?;
    let end = start.checked_add(usize::try_from(len).ok()?)?;
    (end <= memory.data_size(ctx)).then_some(start..end)
}
