//! Wall-clock deadlines.
//!
//! One thread of the process sleeps until the next armed deadline; without one it sleeps indefinitely.
//! At a deadline it advances the engine's epoch. Every store of that engine then checks its own
//! deadline, and ends its call if the deadline has passed. So no thread wakes up periodically.
//!
//! A deadline is armed only while a call runs. Arming wakes the thread only if it would otherwise
//! sleep past the deadline, and disarming never does. So a series of short calls with a long deadline
//! wakes it about once in the time of the deadline, not at each call.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use seam_core::{Error, Limit, Result};
use wasmtime::{EngineWeak, UpdateDeadline};

type Action = Box<dyn FnOnce() + Send>;

#[derive(Default)]
struct Queue {
    armed: BTreeMap<(Instant, u64), Action>,
    /// When the thread wakes up if nobody wakes it; `None` for never.
    wakes: Option<Instant>,
}

#[derive(Default)]
struct Timer {
    queue: Mutex<Queue>,
    changed: Condvar,
}

/// An action at a point in time; dropping the alarm cancels it.
pub(crate) struct Alarm {
    key: (Instant, u64),
}

impl Alarm {
    /// Advances the epoch of `engine` at `at`.
    pub(crate) fn epoch(at: Instant, engine: EngineWeak) -> Result<Self> {
        Self::new(at, move || {
            if let Some(engine) = engine.upgrade() {
                engine.increment_epoch();
            }
        })
    }

    fn new(at: Instant, action: impl FnOnce() + Send + 'static) -> Result<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let timer = timer()?;
        let key = (at, NEXT.fetch_add(1, Ordering::Relaxed));
        if timer.arm(key, Box::new(action)) {
            timer.changed.notify_one();
        }
        Ok(Self { key })
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        if let Ok(timer) = timer() {
            lock(&timer.queue).armed.remove(&self.key);
        }
    }
}

/// Returns the process's timer, whose thread is running.
fn timer() -> Result<&'static Timer> {
    static TIMER: OnceLock<Option<Arc<Timer>>> = OnceLock::new();
    let started = TIMER.get_or_init(|| {
        let timer = Arc::new(Timer::default());
        let thread = std::thread::Builder::new().name("seam-deadline".into());
        let run = timer.clone();
        thread.spawn(move || run.run()).ok().map(|_| timer)
    });
    started
        .as_deref()
        .ok_or_else(|| Error::engine("the thread that watches deadlines could not be started"))
}

impl Timer {
    /// Adds an action. Returns whether the thread must be woken for it.
    fn arm(&self, key: (Instant, u64), action: Action) -> bool {
        let mut queue = lock(&self.queue);
        queue.armed.insert(key, action);
        queue.wakes.is_none_or(|wakes| key.0 < wakes)
    }

    fn run(&self) {
        let mut queue = lock(&self.queue);
        loop {
            let now = Instant::now();
            let next = queue.armed.first_key_value().map(|(key, _)| key.0);
            queue.wakes = next;
            queue = match next {
                None => self
                    .changed
                    .wait(queue)
                    .unwrap_or_else(PoisonError::into_inner),
                Some(at) if at > now => {
                    let wait = self.changed.wait_timeout(queue, at - now);
                    wait.unwrap_or_else(PoisonError::into_inner).0
                }
                Some(_) => {
                    let due = queue.armed.pop_first().map(|(_, action)| action);
                    // An action must not run under the lock, since it may drop an alarm.
                    drop(queue);
                    if let Some(action) = due {
                        action();
                    }
                    lock(&self.queue)
                }
            };
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a store does when its engine's epoch advances: it continues, unless its deadline has passed.
pub(crate) fn at_epoch(deadline: Option<Instant>) -> wasmtime::Result<UpdateDeadline> {
    match deadline {
        Some(at) if Instant::now() >= at => {
            Err(wasmtime::Error::new(Error::limit(Limit::Deadline)))
        }
        _ => Ok(UpdateDeadline::Continue(1)),
    }
}

/// Ends a future at a deadline with `Limit(Deadline)`.
///
/// The epoch cannot do this: a guest that waits in the host executes no code that checks it.
pub(crate) async fn until<F: Future>(at: Option<Instant>, future: F) -> Result<F::Output> {
    let Some(at) = at else {
        return Ok(future.await);
    };
    let mut future = std::pin::pin!(future);
    let waker: Arc<Mutex<Waker>> = Arc::new(Mutex::new(Waker::noop().clone()));
    let mut alarm = None;
    std::future::poll_fn(|cx| {
        lock(&waker).clone_from(cx.waker());
        poll_until(at, future.as_mut(), &waker, &mut alarm, cx)
    })
    .await
}

fn poll_until<F: Future>(
    at: Instant,
    future: Pin<&mut F>,
    waker: &Arc<Mutex<Waker>>,
    alarm: &mut Option<Alarm>,
    cx: &mut Context<'_>,
) -> Poll<Result<F::Output>> {
    if let Poll::Ready(output) = future.poll(cx) {
        return Poll::Ready(Ok(output));
    }
    if Instant::now() >= at {
        return Poll::Ready(Err(Error::limit(Limit::Deadline)));
    }
    if alarm.is_none() {
        let waker = waker.clone();
        match Alarm::new(at, move || lock(&waker).wake_by_ref()) {
            Ok(armed) => *alarm = Some(armed),
            Err(error) => return Poll::Ready(Err(error)),
        }
    }
    Poll::Pending
}

#[cfg(test)]
mod tests {
    use super::*;
    use seam_core::{ErrorKind, block_on};
    use std::time::Duration;

    #[test]
    fn a_future_that_never_ends_is_ended_at_its_deadline() {
        let at = Instant::now() + Duration::from_millis(20);
        let result = block_on(until(Some(at), std::future::pending::<()>()));
        let error = result.expect_err("pending");
        assert_eq!(*error.kind(), ErrorKind::Limit(Limit::Deadline));
        assert!(Instant::now() >= at);
    }

    #[test]
    fn the_thread_is_woken_only_for_an_earlier_deadline() {
        let timer = Timer::default();
        let second = Duration::from_secs(1);
        let now = Instant::now();
        let arm = |at, number| timer.arm((at, number), Box::new(|| {}));
        assert!(arm(now + 2 * second, 0));
        // The thread has seen it, and sleeps until then.
        lock(&timer.queue).wakes = Some(now + 2 * second);
        assert!(!arm(now + 3 * second, 1));
        assert!(!arm(now + 2 * second, 2));
        assert!(arm(now + second, 3));
    }

    #[test]
    fn a_dropped_alarm_does_not_go_off() {
        let rung = Arc::new(AtomicU64::new(0));
        let ring = |ms| {
            let rung = rung.clone();
            Alarm::new(Instant::now() + Duration::from_millis(ms), move || {
                rung.fetch_add(1, Ordering::SeqCst);
            })
            .expect("the timer runs")
        };
        drop(ring(10));
        let kept = ring(20);
        std::thread::sleep(Duration::from_millis(80));
        assert_eq!(rung.load(Ordering::SeqCst), 1);
        drop(kept);
    }
}
