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
    let (source, target) = (range(ctx, from, len)?, range(ctx, to, len)?);
    let mut buffer = mem::take(&mut ctx.state_mut().scratch.bytes);
    let (mut at, mut to_at) = (source.start, target.start);
    while at < source.end {
        let end = source.end.min(at + CHUNK);
        buffer.clear();
        buffer.extend_from_slice(from.0.data(&*ctx).get(at..end)?);
        let to_end = to_at + buffer.len();
        let bytes = to.0.data_mut(&mut *ctx).get_mut(to_at..to_end)?;
        bytes.copy_from_slice(&buffer);
        (at, to_at) = (end, to_end);
    }
    ctx.state_mut().scratch.bytes = buffer;
    Some(())
}

/// Returns a range of a memory, if it is within bounds.
fn range(ctx: &impl AnyStore, (memory, offset): (Memory, u64), len: u64) -> Option<Range<usize>> {
    let start = usize::try_from(offset).ok()?;
    let end = start.checked_add(usize::try_from(len).ok()?)?;
    (end <= memory.data_size(ctx)).then_some(start..end)
}
