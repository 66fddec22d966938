//! Streams and futures: their ends, and copies from one end to the other.

use seam_core::{CanonTrap, CoreStore, Error, Result};

use super::block::wait_for_event;
use super::event::payload;
use super::host_end::copy_with_host;
use super::pass::{elements, lower};
use super::steps::Steps;
use crate::abi::{InTransit, Options, Transfer, check_aligned};
use crate::machine::lifting;
use crate::state::{
    Buffer, CopyEnd, CopyResult, CopyState, HostEnd, Kind, Pending, Running, Shared, SharedId,
    WaitableId, wrong_kind,
};
use seam_decode::CopyingTy;
use seam_decode::types::Ty;

/// What a built-in returns instead of waiting.
pub(super) const BLOCKED: u32 = u32::MAX;

/// The end of a stream or future that a built-in is about.
#[derive(Clone, Debug)]
pub(crate) struct EndOf {
    pub(crate) ty: CopyingTy,
    pub(crate) instance: u32,
    pub(crate) is_writable: bool,
    /// Whether the built-in returns instead of waiting.
    pub(crate) is_async: bool,
}

/// `canon stream.new` or `canon future.new`
///
/// # Errors
/// Traps of the specification.
pub(crate) fn new_ends(running: &mut Running, ty: &CopyingTy, instance: u32) -> Result<u64> {
    running.check_may_leave(instance)?;
    let shared = running.tasks.add_shared(Shared::new(ty.clone(), None))?;
    let readable = running.add_end(instance, CopyEnd::new(shared, false))?;
    let writable = running.add_end(instance, CopyEnd::new(shared, true))?;
    Ok(u64::from(readable) | u64::from(writable) << 32)
}

/// `stream_copy` or `future_copy`
///
/// # Errors
/// Traps of the specification. Those of [`block`](super::block()).
pub(crate) fn start_copy(
    store: &mut dyn CoreStore,
    of: &EndOf,
    opts: &Options,
    index: u32,
    (ptr, length): (u32, u32),
) -> Result<Steps<Vec<u64>>> {
    let running = Running::of(store)?;
    running.check_may_leave(of.instance)?;
    running.check_may_block(of.instance, of.is_async)?;
    let id = running.handles(of.instance)?.get(index)?.waitable()?;
    running.check_end(id, of)?;
    running.tasks.end(id)?.check_idle()?;
    running.check_no_set(id, of)?;
    let buffer = buffer(store, of, opts, ptr, length)?;
    let end = Running::of(store)?.tasks.end_mut(id)?;
    end.state = CopyState::Copying;
    end.buffer = Some(buffer);
    let is_async = of.is_async;
    let copied = copy(store, id)?;
    copied.then(store, move |store, ()| delivered(store, id, is_async))
}

/// `cancel_copy`
///
/// # Errors
/// Traps of the specification. Those of [`block`](super::block()).
pub(crate) fn cancel_copy(
    store: &mut dyn CoreStore,
    of: &EndOf,
    index: u32,
) -> Result<Steps<Vec<u64>>> {
    let running = Running::of(store)?;
    running.check_may_leave(of.instance)?;
    running.check_may_block(of.instance, of.is_async)?;
    let id = running.handles(of.instance)?.get(index)?.waitable()?;
    running.check_end(id, of)?;
    let waits = running.tasks.waitable(id)?.has_sync_waiter;
    let end = running.tasks.end_mut(id)?;
    if end.state != CopyState::Copying || waits {
        return Err(Error::trap(CanonTrap::NotCopying));
    }
    let shared = end.shared;
    running.check_no_set(id, of)?;
    // The copy has ended after this: unlike in the reference, no host keeps the buffer.
    match &mut running.tasks.waitable_mut(id)?.pending {
        None => running.notify_pending(shared, CopyResult::Cancelled)?,
        // The official suite wants a copy of some elements to be cancelled, while the reference
        // lets it be completed.
        Some(Pending::Copy(result @ CopyResult::Completed, _)) if !of.ty.is_future => {
            *result = CopyResult::Cancelled;
        }
        Some(_) => {}
    }
    delivered(store, id, of.is_async)
}

/// `drop`
///
/// # Errors
/// Traps of the specification.
pub(crate) fn drop_end(running: &mut Running, of: &EndOf, index: u32) -> Result<()> {
    running.check_may_leave(of.instance)?;
    let id = running.handles(of.instance)?.remove(index)?.waitable()?;
    running.check_end(id, of)?;
    let end = running.tasks.end(id)?;
    if end.is_writable && of.ty.is_future && end.state != CopyState::Done {
        return Err(Error::trap(CanonTrap::FutureNotWritten));
    }
    if end.copying() {
        return Err(Error::trap(CanonTrap::EndBusy));
    }
    let shared = end.shared;
    running.drop_shared(shared)?;
    running.tasks.drop_waitable(id)
}

/// Returns the payload of the end of a copy, or waits for it.
fn delivered(store: &mut dyn CoreStore, id: WaitableId, is_async: bool) -> Result<Steps<Vec<u64>>> {
    let running = Running::of(store)?;
    if running.tasks.waitable(id)?.pending.is_some() {
        return Ok(Steps::Done(vec![payload(running, id)?.into()]));
    }
    if is_async {
        return Ok(Steps::Done(vec![BLOCKED.into()]));
    }
    wait_for_event(store, id)
}

/// `BufferGuestImpl.__init__`
fn buffer(
    store: &mut dyn CoreStore,
    of: &EndOf,
    opts: &Options,
    ptr: u32,
    length: u32,
) -> Result<Buffer> {
    if length > Buffer::MAX_LENGTH {
        return Err(Error::trap(CanonTrap::CopyTooLong));
    }
    if let Some(element) = of.ty.element.as_deref().filter(|_| length > 0) {
        check_aligned(ptr, element.layout().alignment)?;
        let memory = opts.memory;
        let memory = memory.ok_or_else(|| Error::engine("expected the option `memory`"))?;
        let end = u64::from(length)
            .checked_mul(element.size())
            .and_then(|bytes| bytes.checked_add(ptr.into()));
        let len = store.memory(memory)?.len();
        if end.is_none_or(|end| end > len) {
            return Err(Error::trap(CanonTrap::PointerOutOfBounds));
        }
    }
    Ok(Buffer {
        opts: opts.clone(),
        ptr,
        progress: 0,
        length,
    })
}

/// `SharedStreamImpl.read` and `write`, and those of `SharedFutureImpl`.
fn copy(store: &mut dyn CoreStore, id: WaitableId) -> Result<Steps<()>> {
    let running = Running::of(store)?;
    let end = running.tasks.end(id)?;
    let (shared_id, is_writable) = (end.shared, end.is_writable);
    let shared = running.tasks.shared_mut(shared_id)?;
    if shared.dropped {
        running.copied(id, CopyResult::Dropped, false)?;
        return Ok(Steps::Done(()));
    }
    if shared.host.is_some() {
        return copy_with_host(store, id);
    }
    let Some(other) = shared.pending else {
        shared.pending = Some(id);
        return Ok(Steps::Done(()));
    };
    let is_future = shared.ty.is_future;
    running.check_instances(id, other, shared_id)?;
    let (mine, theirs) = (running.room(id)?, running.room(other)?);
    if is_future {
        let transferred = transfer(store, shared_id, id, other, 1)?;
        return transferred.then(store, move |store, ()| {
            let running = Running::of(store)?;
            running.notify_pending(shared_id, CopyResult::Completed)?;
            running.copied(id, CopyResult::Completed, false)?;
            Ok(Steps::Done(()))
        });
    }
    let n = mine.0.min(theirs.0);
    if n > 0 {
        let transferred = transfer(store, shared_id, id, other, n)?;
        return transferred.then(store, move |store, ()| {
            let running = Running::of(store)?;
            running.copied(other, CopyResult::Completed, true)?;
            running.copied(id, CopyResult::Completed, false)?;
            Ok(Steps::Done(()))
        });
    }
    let is_empty = is_writable && mine.1 == 0 && theirs.1 == 0;
    if theirs.0 > 0 || is_empty {
        running.copied(id, CopyResult::Completed, false)?;
        return Ok(Steps::Done(()));
    }
    running.notify_pending(shared_id, CopyResult::Completed)?;
    running.tasks.shared_mut(shared_id)?.pending = Some(id);
    Ok(Steps::Done(()))
}

/// Copies `n` elements between the buffers of two ends.
fn transfer(
    store: &mut dyn CoreStore,
    shared: SharedId,
    one: WaitableId,
    other: WaitableId,
    n: u32,
) -> Result<Steps<()>> {
    let running = Running::of(store)?;
    let (from, to) = match running.tasks.end(one)?.is_writable {
        true => (one, other),
        false => (other, one),
    };
    let element = running.tasks.shared(shared)?.ty.element.clone();
    let copied = match element {
        Some(element) => {
            let source = running.next_element(from, &element)?;
            let target = running.next_element(to, &element)?;
            copy_elements(store, &element, source, target, n)?
        }
        None => Steps::Done(()),
    };
    copied.then(store, move |store, ()| {
        let running = Running::of(store)?;
        running.advance(from, n)?;
        running.advance(to, n)?;
        Ok(Steps::Done(()))
    })
}

/// `load_list_from_valid_range` and `store_list_into_valid_range`: copies elements from one guest's
/// memory to another's.
fn copy_elements(
    store: &mut dyn CoreStore,
    element: &Ty,
    from: (Options, u32),
    to: (Options, u32),
    n: u32,
) -> Result<Steps<()>> {
    let types = elements(element, n);
    let flat = [from.1.into()];
    let reps = lifting(store, &from.0, true, |cx| {
        Ok(InTransit::lift(cx, 0, &flat, &types)?.into_reps())
    })?;
    let lowered = lower(store, None, move |machine, out| {
        let lifted = InTransit::new(0, &flat, &types, &*reps)?;
        let (ptr, from, to) = (to.1, &from.0, &to.0);
        Transfer { machine, from, to }.lower(lifted, 0, Some(ptr), out)
    })?;
    lowered.then(store, |_, _| Ok(Steps::Done(())))
}

impl Running {
    /// Checks that a waitable is the end that a built-in is about.
    fn check_end(&self, id: WaitableId, of: &EndOf) -> Result<()> {
        let Kind::End(end) = &self.tasks.waitable(id)?.kind else {
            return Err(wrong_kind());
        };
        match end.is_writable == of.is_writable && self.tasks.shared(end.shared)?.ty == of.ty {
            true => Ok(()),
            false => Err(wrong_kind()),
        }
    }

    /// `trap_if(e.in_waitable_set() and not async_)`
    fn check_no_set(&self, id: WaitableId, of: &EndOf) -> Result<()> {
        match self.tasks.waitable(id)?.set {
            Some(_) if !of.is_async => Err(Error::trap(CanonTrap::InWaitableSet)),
            _ => Ok(()),
        }
    }

    /// Checks that one instance does not copy to itself, unless the elements are numbers.
    fn check_instances(&self, one: WaitableId, other: WaitableId, shared: SharedId) -> Result<()> {
        let one = self.tasks.waitable(one)?.instance;
        let element = self.tasks.shared(shared)?.ty.element.as_deref();
        if one == self.tasks.waitable(other)?.instance && !element.is_none_or(is_number) {
            return Err(Error::trap(CanonTrap::IntraComponentCopy));
        }
        Ok(())
    }

    /// Returns how many elements remain in the buffer of an end, and how many it has in all.
    pub(super) fn room(&self, id: WaitableId) -> Result<(u32, u32)> {
        let buffer = self.tasks.end(id)?.buffer.as_ref();
        Ok(buffer.map_or((0, 0), |buffer| (buffer.remain(), buffer.length)))
    }

    /// Returns the options and the address of the next element in the buffer of an end.
    pub(super) fn next_element(&self, id: WaitableId, element: &Ty) -> Result<(Options, u32)> {
        let buffer = self.tasks.end(id)?.buffer.as_ref();
        let buffer = buffer.ok_or_else(|| Error::engine("expected an end that is copying"))?;
        let offset = u64::from(buffer.progress) * element.size();
        // The whole buffer is within a 32-bit memory.
        let ptr = u32::try_from(u64::from(buffer.ptr) + offset);
        let ptr = ptr.map_err(|_| Error::trap(CanonTrap::PointerOutOfBounds))?;
        Ok((buffer.opts.clone(), ptr))
    }

    /// Counts elements of the buffer of an end that were copied.
    pub(super) fn advance(&mut self, id: WaitableId, n: u32) -> Result<()> {
        if let Some(buffer) = &mut self.tasks.end_mut(id)?.buffer {
            buffer.progress += n;
        }
        Ok(())
    }

    /// `on_copy` or `on_copy_done`
    pub(super) fn copied(
        &mut self,
        id: WaitableId,
        result: CopyResult,
        reclaim: bool,
    ) -> Result<()> {
        self.tasks.waitable_mut(id)?.pending = Some(Pending::Copy(result, reclaim));
        Ok(())
    }

    /// `reset_and_notify_pending`
    fn notify_pending(&mut self, shared: SharedId, result: CopyResult) -> Result<()> {
        match self.tasks.shared_mut(shared)?.pending.take() {
            Some(pending) => self.copied(pending, result, false),
            None => Err(Error::engine("expected an end that is copying")),
        }
    }

    /// `SharedBase.drop`
    pub(super) fn drop_shared(&mut self, id: SharedId) -> Result<()> {
        let shared = self.tasks.shared_mut(id)?;
        if let Some(host) = shared.host.take() {
            self.tasks.remove_shared(id)?;
            return match host {
                HostEnd::Sink(sink) => self.world.end(sink),
                HostEnd::Source(_) | HostEnd::Both(..) => Ok(()),
            };
        }
        if shared.dropped {
            return self.tasks.remove_shared(id).map(drop);
        }
        shared.dropped = true;
        match shared.pending {
            Some(_) => self.notify_pending(id, CopyResult::Dropped),
            None => Ok(()),
        }
    }
}

/// `none_or_number_type`
fn is_number(ty: &Ty) -> bool {
    matches!(
        ty,
        Ty::U8
            | Ty::U16
            | Ty::U32
            | Ty::U64
            | Ty::S8
            | Ty::S16
            | Ty::S32
            | Ty::S64
            | Ty::F32
            | Ty::F64
    )
}
