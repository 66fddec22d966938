//! The virtual time of one instance.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

/// The virtual time of one instance, in nanoseconds since it was created.
///
/// Virtual time stands still while a guest runs. When every guest waits, and the host has nothing for
/// them, the time advances to the next point that a future of [`VirtualClock::until`] waits for. So
/// waiting takes no real time, and the same calls see the same times on every backend.
///
/// All clones are the same clock.
///
/// ```
/// use seam_core::{HostCall, World};
///
/// let world = World::new().func_call_async("sleep", |call: &mut HostCall<'_>, (ns,): (u64,)| {
///     let clock = call.clock().clone();
///     let end = clock.now().saturating_add(ns);
///     async move {
///         clock.until(end).await;
///         Ok(())
///     }
/// });
/// # let _ = world;
/// ```
#[derive(Debug, Default)]
pub struct VirtualClock(
    /// What all clones share, once somebody asks for it: most instances never do.
    OnceLock<Arc<Mutex<Time>>>,
);

#[derive(Debug, Default)]
struct Time {
    now: u64,
    /// The number of timers so far.
    timers: u64,
    /// Who waits, by the time that they wait for and the order in which they were created.
    waiting: BTreeMap<(u64, u64), Waker>,
}

impl VirtualClock {
    /// Returns the current time.
    #[must_use]
    pub fn now(&self) -> u64 {
        self.lock().now
    }

    /// Advances the time, unless it is already later.
    pub fn advance_to(&self, time: u64) {
        let mut inner = self.lock();
        inner.now = inner.now.max(time);
        let mut due = Vec::new();
        while let Some(first) = inner.waiting.first_entry() {
            if first.key().0 > time {
                break;
            }
            due.push(first.remove());
        }
        drop(inner);
        due.into_iter().for_each(Waker::wake);
    }

    /// Waits until the time has come.
    pub fn until(&self, time: u64) -> impl Future<Output = ()> + Send + use<> {
        let mut inner = self.lock();
        inner.timers += 1;
        Timer {
            key: (time, inner.timers),
            clock: self.clone(),
        }
    }

    /// # For implementors
    /// Advances the time to the next point that somebody waits for. Returns whether there is one.
    ///
    /// Call it when no guest can go on, and no source, sink or host function has anything for them.
    pub fn advance_to_next(&self) -> bool {
        let next = self.lock().waiting.first_key_value().map(|(key, _)| key.0);
        next.map(|time| self.advance_to(time)).is_some()
    }

    /// # For implementors
    /// Awaits a future. Each time when it is [idle](while_idle), the time advances.
    pub async fn advance_while_pending<F: Future>(&self, future: F) -> F::Output {
        let advance = || match self.advance_to_next() {
            true => OnIdle::PollAgain,
            false => OnIdle::Wait,
        };
        match while_idle(future, advance).await {
            Some(output) => output,
            // The future is never given up.
            None => std::future::pending().await,
        }
    }

    fn time(&self) -> &Arc<Mutex<Time>> {
        self.0.get_or_init(Arc::default)
    }

    fn lock(&self) -> MutexGuard<'_, Time> {
        self.time().lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clone for VirtualClock {
    fn clone(&self) -> Self {
        Self(self.time().clone().into())
    }
}

/// # For implementors
/// What to do with a future that is idle: it is pending, and nothing has woken it while it was polled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnIdle {
    /// Poll it again, because something has happened.
    PollAgain,
    /// Wait until it is woken.
    Wait,
    /// Drop it.
    GiveUp,
}

/// # For implementors
/// Awaits a future. Each time when it is idle, `on_idle` says what to do. Returns `None` if it is given up.
pub async fn while_idle<F: Future>(
    future: F,
    mut on_idle: impl FnMut() -> OnIdle,
) -> Option<F::Output> {
    let mut future = Box::pin(future);
    std::future::poll_fn(|cx| {
        loop {
            let woken = Arc::new(Woken {
                woken: AtomicBool::new(false),
                outer: cx.waker().clone(),
            });
            let waker = Waker::from(woken.clone());
            match future.as_mut().poll(&mut Context::from_waker(&waker)) {
                Poll::Pending if !woken.woken.load(Ordering::Acquire) => match on_idle() {
                    OnIdle::PollAgain => {}
                    OnIdle::Wait => return Poll::Pending,
                    OnIdle::GiveUp => return Poll::Ready(None),
                },
                polled => return polled.map(Some),
            }
        }
    })
    .await
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

struct Timer {
    key: (u64, u64),
    clock: VirtualClock,
}

impl Future for Timer {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut inner = self.clock.lock();
        if inner.now >= self.key.0 {
            return Poll::Ready(());
        }
        inner.waiting.insert(self.key, cx.waker().clone());
        Poll::Pending
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.clock.lock().waiting.remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_ready(timer: &mut Pin<Box<impl Future<Output = ()>>>) -> bool {
        let mut cx = Context::from_waker(Waker::noop());
        timer.as_mut().poll(&mut cx).is_ready()
    }

    #[test]
    fn time_advances_to_the_next_point_that_somebody_waits_for() {
        let clock = VirtualClock::default();
        let (mut late, mut early) = (Box::pin(clock.until(20)), Box::pin(clock.until(10)));
        assert!(!clock.advance_to_next());
        assert!(!is_ready(&mut late) && !is_ready(&mut early));
        assert!(clock.advance_to_next());
        assert_eq!(clock.now(), 10);
        assert!(!is_ready(&mut late) && is_ready(&mut early));
        assert!(clock.advance_to_next());
        assert_eq!(clock.now(), 20);
        assert!(is_ready(&mut late));
        assert!(!clock.advance_to_next());
    }

    #[test]
    fn a_timer_that_was_dropped_is_not_waited_for() {
        let clock = VirtualClock::default();
        let mut timer = Box::pin(clock.until(10));
        assert!(!is_ready(&mut timer));
        drop(timer);
        assert!(!clock.advance_to_next());
        assert_eq!(clock.now(), 0);
    }

    #[test]
    fn all_clones_are_the_same_clock() {
        let clock = VirtualClock::default();
        let clone = clock.clone();
        clock.advance_to(10);
        assert_eq!((clone.now(), clone.clone().now()), (10, 10));
    }

    #[test]
    fn time_never_goes_back() {
        let clock = VirtualClock::default();
        clock.advance_to(10);
        clock.advance_to(5);
        assert_eq!(clock.now(), 10);
        assert!(is_ready(&mut Box::pin(clock.until(7))));
    }
}
