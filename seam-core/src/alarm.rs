//! Actions at points in time.
//!
//! One thread of the process sleeps until the next alarm; without one it sleeps indefinitely. Setting an
//! alarm wakes the thread only if it would otherwise sleep past it, and cancelling one never does. So a
//! series of short calls with a long deadline wakes it about once in the time of the deadline, not at each
//! call.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Instant;

use crate::{Error, Result};

type Action = Box<dyn FnOnce() + Send>;

#[derive(Default)]
struct Queue {
    set: BTreeMap<(Instant, u64), Action>,
    /// When the thread wakes up if nobody wakes it; `None` for never.
    wakes: Option<Instant>,
}

#[derive(Default)]
struct Timer {
    queue: Mutex<Queue>,
    changed: Condvar,
}

/// # For implementors
/// An action at a point in time; dropping the alarm cancels it.
///
/// A backend that enforces deadlines needs it where nothing else happens at the deadline: if a guest
/// runs without checking the time, or waits for the host.
#[derive(Debug)]
pub struct Alarm {
    key: (Instant, u64),
}

impl Alarm {
    /// Runs `action` at `at`, or at once if `at` has passed, on a thread that all alarms of the process
    /// share. The action must not block.
    ///
    /// # Errors
    /// `Engine` if the thread cannot be started.
    pub fn new(at: Instant, action: impl FnOnce() + Send + 'static) -> Result<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let timer = timer()?;
        let key = (at, NEXT.fetch_add(1, Ordering::Relaxed));
        if timer.set(key, Box::new(action)) {
            timer.changed.notify_one();
        }
        Ok(Self { key })
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        if let Ok(timer) = timer() {
            lock(&timer.queue).set.remove(&self.key);
        }
    }
}

/// Returns the process's timer, whose thread is running.
fn timer() -> Result<&'static Timer> {
    static TIMER: OnceLock<Option<Arc<Timer>>> = OnceLock::new();
    let started = TIMER.get_or_init(|| {
        let timer = Arc::new(Timer::default());
        let thread = std::thread::Builder::new().name("seam-alarm".into());
        let run = timer.clone();
        thread.spawn(move || run.run()).ok().map(|_| timer)
    });
    started
        .as_deref()
        .ok_or_else(|| Error::engine("the thread that watches deadlines could not be started"))
}

impl Timer {
    /// Adds an action. Returns whether the thread must be woken for it.
    fn set(&self, key: (Instant, u64), action: Action) -> bool {
        let mut queue = lock(&self.queue);
        queue.set.insert(key, action);
        queue.wakes.is_none_or(|wakes| key.0 < wakes)
    }

    fn run(&self) {
        let mut queue = lock(&self.queue);
        loop {
            let now = Instant::now();
            let next = queue.set.first_key_value().map(|(key, _)| key.0);
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
                    let due = queue.set.pop_first().map(|(_, action)| action);
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

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used, reason = "tests")]

    use super::*;
    use std::time::Duration;

    #[test]
    fn the_thread_is_woken_only_for_an_earlier_deadline() {
        let timer = Timer::default();
        let second = Duration::from_secs(1);
        let now = Instant::now();
        let set = |at, number| timer.set((at, number), Box::new(|| {}));
        assert!(set(now + 2 * second, 0));
        // The thread has seen it, and sleeps until then.
        lock(&timer.queue).wakes = Some(now + 2 * second);
        assert!(!set(now + 3 * second, 1));
        assert!(!set(now + 2 * second, 2));
        assert!(set(now + second, 3));
    }

    #[test]
    fn a_dropped_alarm_does_not_go_off() {
        let (rung, ringing) = std::sync::mpsc::channel();
        let ring = |number: u32| {
            let rung = rung.clone();
            let at = Instant::now() + Duration::from_millis(10);
            let alarm = Alarm::new(at, move || rung.send(number).unwrap_or(()));
            alarm.expect("the timer runs")
        };
        let dropped = ring(1);
        drop(dropped);
        let _kept = ring(2);
        // Alarms go off in the order of their times.
        assert_eq!(ringing.recv(), Ok(2));
    }
}
