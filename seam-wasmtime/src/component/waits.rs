//! What waits for the host.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use seam_core::HostSink;

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

/// Remembers whether a future was woken.
struct Woken {
    woken: AtomicBool,
    outer: Waker,
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.woken.store(true, Ordering::Release);
        self.outer.wake_by_ref();
    }
}

/// Polls a future. Returns `Err` if it is pending and was not woken in the meantime.
fn poll<F: Future + ?Sized>(
    future: Pin<&mut F>,
    cx: &mut Context<'_>,
) -> Result<Poll<F::Output>, ()> {
    let woken = Arc::new(Woken {
        woken: AtomicBool::new(false),
        outer: cx.waker().clone(),
    });
    let waker = Waker::from(woken.clone());
    match future.poll(&mut Context::from_waker(&waker)) {
        Poll::Pending if !woken.woken.load(Ordering::Acquire) => Err(()),
        polled => Ok(polled),
    }
}

/// Awaits a call. Returns `None` if only the host's side of a stream or future could let it go on.
pub(crate) async fn unless_stuck<T>(waits: &Waits, call: impl Future<Output = T>) -> Option<T> {
    let mut call = Box::pin(call);
    std::future::poll_fn(|cx| match poll(call.as_mut(), cx) {
        Ok(polled) => polled.map(Some),
        Err(()) if waits.is_stuck() => Poll::Ready(None),
        Err(()) => Poll::Pending,
    })
    .await
}

/// Awaits a future until it only waits for the host's side of streams and futures, or for nothing.
/// Returns its output if it has one.
pub(crate) async fn until_idle<T>(waits: &Waits, run: impl Future<Output = T>) -> Option<T> {
    let mut run = Box::pin(run);
    std::future::poll_fn(|cx| match poll(run.as_mut(), cx) {
        Ok(polled) => polled.map(Some),
        Err(()) if waits.calls_host() => Poll::Pending,
        Err(()) => Poll::Ready(None),
    })
    .await
}
