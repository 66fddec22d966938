//! Streams and futures that the host reads or writes.

use std::ops::ControlFlow;

use seam_core::{CoreStore, Error, HostSink, HostSource, List, Ready, Result, Value};

use super::pass::{at_fault, elements, lower};
use super::steps::{Steps, repeat};
use crate::abi::{self, Cx, Options};
use crate::machine::StoreMachine;
use crate::state::{CopyResult, HeldEnd, HostEnd, Running, SharedId, WaitableId};
use seam_decode::types::RecordTy;

/// Copies between the buffer of a guest's end and the host's side, as far as the host can now.
///
/// # Errors
/// Errors of the source or sink. Those of lifting and lowering.
pub(super) fn copy_with_host(store: &mut dyn CoreStore, id: WaitableId) -> Result<Steps<()>> {
    let running = Running::of(store)?;
    let shared = running.tasks.end(id)?.shared;
    match running.tasks.shared_mut(shared)?.host.take() {
        Some(HostEnd::Source(source)) => read_from_host(store, id, shared, source),
        Some(HostEnd::Sink(sink)) => write_to_host(store, id, shared, sink).map(Steps::Done),
        _ => Err(Error::engine("expected the host to read or write")),
    }
}

fn read_from_host(
    store: &mut dyn CoreStore,
    id: WaitableId,
    shared: SharedId,
    mut source: HostSource,
) -> Result<Steps<()>> {
    let running = Running::of(store)?;
    let (remain, _) = running.room(id)?;
    let n = match running.world.supply(&mut source, remain as usize)? {
        Ready::Pending => {
            running.wait_for_host(id, shared, HostEnd::Source(source))?;
            return Ok(Steps::Done(()));
        }
        Ready::End if running.tasks.shared(shared)?.ty.is_future => return Err(no_value()),
        Ready::End => return running.host_dropped(id, shared).map(Steps::Done),
        Ready::Elements(n) => at_most(n, remain),
    };
    let elements = source.take(n as usize);
    running.tasks.shared_mut(shared)?.host = Some(HostEnd::Source(source));
    let lowered = match n {
        0 => Steps::Done(()),
        _ => lower_elements(store, id, shared, elements)?,
    };
    lowered.then(store, move |store, ()| {
        let running = Running::of(store)?;
        running.advance(id, n)?;
        running
            .copied(id, CopyResult::Completed, false)
            .map(Steps::Done)
    })
}

fn write_to_host(
    store: &mut dyn CoreStore,
    id: WaitableId,
    shared: SharedId,
    mut sink: HostSink,
) -> Result<()> {
    let running = Running::of(store)?;
    let (remain, _) = running.room(id)?;
    let Some(room) = sink.room()? else {
        return running.host_dropped(id, shared);
    };
    if room == 0 {
        return running.wait_for_host(id, shared, HostEnd::Sink(sink));
    }
    let n = at_most(room, remain);
    if n > 0 {
        let elements = lift_elements(store, id, shared, n)?;
        Running::of(store)?.world.accept(&mut sink, elements)?;
    }
    let running = Running::of(store)?;
    running.advance(id, n)?;
    if running.tasks.shared(shared)?.ty.is_future {
        running.tasks.shared_mut(shared)?.dropped = true;
        running.world.end(sink)?;
    } else {
        running.tasks.shared_mut(shared)?.host = Some(HostEnd::Sink(sink));
    }
    running.copied(id, CopyResult::Completed, false)
}

/// Lets copies go on that waited for the host. Returns whether any has.
///
/// # Errors
/// Errors of sources and sinks. Those of lifting and lowering. They close the component of the guest.
pub(super) fn progress_of_copies(store: &mut dyn CoreStore) -> Result<Steps<bool>> {
    // What must wait again is behind the others, and has its turn another time.
    let end = Running::of(store)?.tasks.end_of_waiting_for_host();
    repeat(store, false, move |store, any| {
        let Some(id) = Running::of(store)?.tasks.next_waiting_for_host(end)? else {
            return Ok(Steps::Done(ControlFlow::Break(any)));
        };
        go_on(store, id)?.then(store, move |_, went_on| {
            Ok(Steps::Done(ControlFlow::Continue(any | went_on)))
        })
    })
}

/// Lets a copy go on that waited for the host. Returns whether anything has happened.
fn go_on(store: &mut dyn CoreStore, id: SharedId) -> Result<Steps<bool>> {
    let running = Running::of(store)?;
    let shared = running.tasks.shared_mut(id)?;
    match (shared.pending.take(), &shared.host) {
        (Some(waiting), Some(_)) => {
            // An error leaves the instance entered, so that it is closed.
            let instance = running.tasks.waitable(waiting)?.instance;
            let entered = running.enter_from_host(instance)?;
            let copied = copy_with_host(store, waiting)?;
            copied.then(store, move |store, ()| {
                let running = Running::of(store)?;
                running.leave(&entered)?;
                let waiting = running.tasks.waitable(waiting)?;
                Ok(Steps::Done(waiting.pending.is_some()))
            })
        }
        (None, Some(HostEnd::Both(..))) => running.pass_on(id).map(Steps::Done),
        _ => Ok(Steps::Done(false)),
    }
}

/// Connects the ends that the host has connected. Returns whether there are any.
///
/// # Errors
/// `Misuse` for an end that was passed on, dropped or connected before. Errors of the sink.
pub(crate) fn connect_ends(store: &mut dyn CoreStore) -> Result<bool> {
    let mut any = false;
    while let Some((end, sink)) = Running::of(store)?.world.next_connection() {
        connect(store, &end, sink)?;
        any = true;
    }
    Ok(any)
}

fn connect(store: &mut dyn CoreStore, end: &Value, sink: HostSink) -> Result<()> {
    let running = Running::of(store)?;
    let id = running.take_held(end)?;
    let shared = running.tasks.shared_mut(id)?;
    if let Some(HostEnd::Source(source)) = shared.host.take() {
        shared.host = Some(HostEnd::Both(source, sink));
        return running.pass_on(id).map(drop);
    }
    if shared.dropped {
        running.tasks.remove_shared(id)?;
        return running.world.end(sink);
    }
    match shared.pending.take() {
        Some(writer) => {
            let instance = running.tasks.waitable(writer)?.instance;
            let written = write_to_host(store, writer, id, sink);
            if written.is_err() {
                // That closes it. It is entered already if a guest runs, whose call ends with the error.
                let _ = Running::of(store)?.enter_from_host(instance);
            }
            written
        }
        None => {
            shared.host = Some(HostEnd::Sink(sink));
            Ok(())
        }
    }
}

/// Drops a readable end that the host holds.
///
/// # Errors
/// `Misuse` for an end that was passed on, dropped or connected before.
pub(crate) fn drop_held(store: &mut dyn CoreStore, end: &Value) -> Result<()> {
    let running = Running::of(store)?;
    let id = running.take_held(end)?;
    running.drop_shared(id)
}

/// Lowers elements into the buffer of a guest that reads.
fn lower_elements(
    store: &mut dyn CoreStore,
    id: WaitableId,
    shared: SharedId,
    elements: List,
) -> Result<Steps<()>> {
    let n = elements.len();
    let Some((types, opts, ptr)) = Running::of(store)?.place(id, shared, n)? else {
        return Ok(Steps::Done(()));
    };
    let elements = [Value::List(elements)];
    let lowered = lower(store, None, move |machine, flat| {
        let cx = &mut Cx::new(machine, &opts);
        let lowered = abi::lower_flat_values(cx, 0, &elements, &types, Some(ptr), flat);
        lowered.map_err(|error| at_fault(error, "a source"))
    })?;
    lowered.then(store, |_, _| Ok(Steps::Done(())))
}

/// Lifts elements from the buffer of a guest that writes.
fn lift_elements(
    store: &mut dyn CoreStore,
    id: WaitableId,
    shared: SharedId,
    n: u32,
) -> Result<List> {
    let running = Running::of(store)?;
    running.lifted = 0;
    let Some((types, opts, ptr)) = running.place(id, shared, n as usize)? else {
        return Ok((0..n).map(|_| Value::Tuple(Vec::new())).collect());
    };
    let machine = &mut StoreMachine(store);
    let cx = &mut Cx::new(machine, &opts);
    match abi::lift_flat_value(cx, 0, &[ptr.into()], &types)? {
        Some(Value::List(elements)) => Ok(elements),
        _ => Err(Error::engine("expected the elements of a stream or future")),
    }
}

impl Running {
    /// Returns the type of the next `n` elements, the options of the guest and their address in its
    /// buffer. Returns `None` if there is no element type.
    fn place(
        &self,
        id: WaitableId,
        shared: SharedId,
        n: usize,
    ) -> Result<Option<(RecordTy, Options, u32)>> {
        let Some(element) = self.tasks.shared(shared)?.ty.element.clone() else {
            return Ok(None);
        };
        let (opts, ptr) = self.next_element(id, &element)?;
        let n = u32::try_from(n).map_err(|_| Error::engine("expected fewer elements"))?;
        Ok(Some((elements(&element, n), opts, ptr)))
    }

    fn wait_for_host(&mut self, id: WaitableId, shared: SharedId, host: HostEnd) -> Result<()> {
        self.tasks.wait_for_host(shared)?;
        let shared = self.tasks.shared_mut(shared)?;
        shared.host = Some(host);
        shared.pending = Some(id);
        Ok(())
    }

    /// Ends a copy because the host has dropped its end.
    fn host_dropped(&mut self, id: WaitableId, shared: SharedId) -> Result<()> {
        let shared = self.tasks.shared_mut(shared)?;
        shared.dropped = true;
        self.copied(id, CopyResult::Dropped, false)
    }

    /// Passes elements from a source of the host to its sink. Returns whether there were any, or the
    /// stream has ended.
    fn pass_on(&mut self, id: SharedId) -> Result<bool> {
        let mut any = false;
        let Some(HostEnd::Both(mut source, mut sink)) = self.tasks.shared_mut(id)?.host.take()
        else {
            return Ok(any);
        };
        let is_future = self.tasks.shared(id)?.ty.is_future;
        loop {
            let Some(room) = sink.room()? else {
                break;
            };
            let n = match self.world.supply(&mut source, room)? {
                Ready::Elements(n) => n.min(room),
                Ready::Pending => 0,
                Ready::End => break,
            };
            if n == 0 {
                self.tasks.wait_for_host(id)?;
                self.tasks.shared_mut(id)?.host = Some(HostEnd::Both(source, sink));
                return Ok(any);
            }
            any = true;
            self.world.accept(&mut sink, source.take(n))?;
            if is_future {
                break;
            }
        }
        self.tasks.remove_shared(id)?;
        self.world.end(sink)?;
        Ok(true)
    }

    /// Takes the readable end of a stream or future that the host holds.
    fn take_held(&mut self, end: &Value) -> Result<SharedId> {
        match self.host_ends.find(&self.host, end)? {
            (slot, HeldEnd::Readable(shared)) => {
                self.host_ends.take(slot);
                Ok(shared)
            }
            (_, HeldEnd::ErrorContext(_)) => Err(Error::misuse(
                "expected the end of a stream or future, found an error context",
            )),
        }
    }
}

fn no_value() -> Error {
    Error::host("expected the source of a future to supply its value, found that it ended")
}

/// Returns how many elements a host can copy, of those that remain in a guest's buffer.
fn at_most(n: usize, remain: u32) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX).min(remain)
}
