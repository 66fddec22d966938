//! What waits for the host.

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use seam_core::{HostSink, OnIdle, VirtualClock, while_idle};

/// The copies of a store that wait for the host's side of a stream or future, and what has happened to
/// it.
#[derive(Clone, Default)]
pub(crate) struct Waits(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    wakers: Vec<Waker>,
    /// Sinks whose writable end was dropped, and which have not been told yet.
    ended: Vec<HostSink>,
    /// The number of copies and ends so far.
    events: u64,
    /// The number of asynchronous host functions that have not completed.
    host_calls: usize,
}

impl Waits {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a copy that waits.
    pub(crate) fn wait(&self, waker: &Waker) {
        self.lock().wakers.push(waker.clone());
    }

    /// Asks all copies again that wait, because the host has done something.
    pub(crate) fn wake(&self) {
        let wakers = std::mem::take(&mut self.lock().wakers);
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Counts something that has happened, and asks all copies again that wait.
    pub(crate) fn happened(&self) {
        self.lock().events += 1;
        self.wake();
    }

    pub(crate) fn events(&self) -> u64 {
        self.lock().events
    }

    /// Keeps a sink whose writable end was dropped.
    pub(crate) fn ended(&self, sink: HostSink) {
        self.lock().ended.push(sink);
        self.happened();
    }

    /// Returns a sink whose writable end was dropped, and which has not been told yet.
    pub(crate) fn next_ended(&self) -> Option<HostSink> {
        self.lock().ended.pop()
    }

    /// Counts an asynchronous host function until the guard is dropped.
    pub(crate) fn host_call(&self) -> HostCallGuard {
        self.lock().host_calls += 1;
        HostCallGuard(self.clone())
    }

    /// Returns whether only the host's side of a stream or future could let the guests go on.
    fn is_stuck(&self) -> bool {
        let inner = self.lock();
        inner.host_calls == 0 && !inner.wakers.is_empty()
    }

    /// Returns whether an asynchronous host function could let the guests go on.
    fn calls_host(&self) -> bool {
        self.lock().host_calls > 0
    }
}

pub(crate) struct HostCallGuard(Waits);

impl Drop for HostCallGuard {
    fn drop(&mut self) {
        let mut inner = self.0.lock();
        inner.host_calls = inner.host_calls.saturating_sub(1);
    }
}

/// Awaits a call. Returns `None` if only the host's side of a stream or future could let it go on.
pub(crate) async fn unless_stuck<T>(
    waits: &Waits,
    clock: &VirtualClock,
    call: impl Future<Output = T>,
) -> Option<T> {
    let gives_up = || waits.is_stuck();
    while_idle(call, || on_idle(clock.advance_to_next(), gives_up)).await
}

/// Awaits a call. Returns `None` if nothing could let it go on, in a store whose host functions are all
/// known.
pub(crate) async fn unless_idle<T>(
    waits: &Waits,
    clock: &VirtualClock,
    call: impl Future<Output = T>,
) -> Option<T> {
    let gives_up = || !waits.calls_host();
    while_idle(call, || on_idle(clock.advance_to_next(), gives_up)).await
}

/// Awaits a future until it only waits for the host's side of streams and futures, or for nothing.
/// Returns its output if it has one. The virtual time advances at most so many times.
pub(crate) async fn until_no_progress<T>(
    waits: &Waits,
    clock: &VirtualClock,
    mut most: u32,
    run: impl Future<Output = T>,
) -> Option<T> {
    let advance = || {
        let advanced = most > 0 && clock.advance_to_next();
        if advanced {
            most -= 1;
            waits.happened();
        }
        on_idle(advanced, || !waits.calls_host())
    };
    while_idle(run, advance).await
}

/// Returns what to do with an idle future: to poll it again if the virtual time has advanced, or else to
/// wait, unless that is in vain.
fn on_idle(advanced: bool, gives_up: impl Fn() -> bool) -> OnIdle {
    match advanced {
        true => OnIdle::PollAgain,
        false if gives_up() => OnIdle::GiveUp,
        false => OnIdle::Wait,
    }
}
