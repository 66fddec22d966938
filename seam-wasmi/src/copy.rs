//! Copies between the memories of a store.

use std::mem;
use std::ops::Range;

use wasmi::Memory;

use crate::copier::Copier;
use crate::state::AnyStore;

/// The bytes for which the stack has room.
const FEW: usize = 64;

/// The bytes that are copied at a time. Both copies of them stay in the processor's innermost cache.
const CHUNK: usize = 8 << 10;

/// Bytes from which it is worthwhile to let the engine copy.
const LONG: u64 = 32 << 10;

/// Returns whether the engine itself should copy this many bytes. It would charge the guest for them
/// if it counts fuel.
pub(crate) fn is_for_the_engine(ctx: &impl AnyStore, len: u64) -> bool {
    len >= LONG && !ctx.state().metered
}

/// Copies bytes from one memory to another with a function of the engine, or by way of a buffer if
/// there is no function for these memories. `pair` is the indices of both memories.
///
/// Returns `None` if a range is out of bounds.
pub(crate) fn by_the_engine(
    ctx: &mut impl AnyStore,
    pair: [u32; 2],
    from: (Memory, u64),
    to: (Memory, u64),
    len: u64,
) -> Option<()> {
    range(ctx, from, len)?;
    range(ctx, to, len)?;
    let narrow = |offset| u32::try_from(offset).ok();
    let ranges = narrow(from.1).zip(narrow(to.1)).zip(narrow(len));
    let copier = match ctx.state().handles.copiers.get(&pair) {
        Some(copier) => *copier,
        None => {
            let copier = copier(ctx, from.0, to.0);
            ctx.state_mut().handles.copiers.insert(pair, copier);
            copier
        }
    };
    match copier.zip(ranges) {
        Some((copier, ((from, to), len))) if copier.copy(&mut *ctx, (from, to, len)).is_ok() => {
            Some(())
        }
        _ => between(ctx, from, to, len),
    }
}

/// Creates the function for two memories, if they fit. Its instance does not count towards the limit of
/// the store.
fn copier(ctx: &mut impl AnyStore, from: Memory, to: Memory) -> Option<Copier> {
    if !Copier::fits(&*ctx, from) || !Copier::fits(&*ctx, to) {
        return None;
    }
    ctx.state_mut().limiter.allow_one_more_instance();
    Copier::new(&mut *ctx, from, to).ok()
}

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
    let mut few = [0; FEW];
    if len <= FEW as u64 {
        return by_way_of(&mut few, ctx, from, to, len);
    }
    let mut buffer = mem::take(&mut ctx.state_mut().scratch.bytes);
    buffer.resize(CHUNK, 0);
    let copied = by_way_of(&mut buffer, ctx, from, to, len);
    ctx.state_mut().scratch.bytes = buffer;
    copied
}

fn by_way_of(
    buffer: &mut [u8],
    ctx: &mut impl AnyStore,
    (from, offset): (Memory, u64),
    (to, to_offset): (Memory, u64),
    len: u64,
) -> Option<()> {
    let len = usize::try_from(len).ok()?;
    let (mut at, mut to_at) = (offset.try_into().ok()?, usize::try_from(to_offset).ok()?);
    if len > buffer.len() {
        // Nothing is copied if a range is out of bounds. A single chunk is checked when it is copied.
        range(ctx, (from, offset), len as u64)?;
        range(ctx, (to, to_offset), len as u64)?;
    }
    let end = len.checked_add(at)?;
    loop {
        let chunk = buffer.len().min(end - at);
        let bytes = buffer.get_mut(..chunk)?;
        let source = from.data(&*ctx).get(at..)?;
        bytes.copy_from_slice(source.get(..chunk)?);
        let room = to.data_mut(&mut *ctx).get_mut(to_at..)?;
        room.get_mut(..chunk)?.copy_from_slice(bytes);
        (at, to_at) = (at + chunk, to_at + chunk);
        if at == end {
            return Some(());
        }
    }
}

/// Returns a range of a memory, if it is within bounds.
fn range(ctx: &impl AnyStore, (memory, offset): (Memory, u64), len: u64) -> Option<Range<usize>> {
    let start = usize::try_from(offset).ok()?;
    let end = start.checked_add(usize::try_from(len).ok()?)?;
    (end <= memory.data_size(ctx)).then_some(start..end)
}
