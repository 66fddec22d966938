//! Waits for a future on the calling thread, without an executor.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Instant;

/// Runs a future to completion on the calling thread, which parks while the future is pending.
///
/// Another thread must wake the future. If the future needs a reactor or a runtime (for timers or
/// sockets), it must bring its own. Do not wait here for a call into the instance that is calling:
/// this is a deadlock.
pub fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let waker = unparking();
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

/// Like [`block_on`], until a point in time. Returns `None` if the future is still pending then, and
/// drops it.
pub fn block_on_until<F: Future>(end: Option<Instant>, future: F) -> Option<F::Output> {
    let Some(end) = end else {
        return Some(block_on(future));
    };
    let mut future = pin!(future);
    let waker = unparking();
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return Some(output);
        }
        let rest = end.saturating_duration_since(Instant::now());
        if rest.is_zero() {
            return None;
        }
        thread::park_timeout(rest);
    }
}

thread_local! {
    static UNPARKING: Waker = unpark();
}

/// Returns the waker that unparks the calling thread. It is made once for each thread.
fn unparking() -> Waker {
    let known = UNPARKING.try_with(Waker::clone);
    // The thread is ending.
    known.unwrap_or_else(|_| unpark())
}

/// Makes a waker that unparks the calling thread.
fn unpark() -> Waker {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    Waker::from(Arc::new(Unpark(thread::current())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, Ordering};

    #[test]
    fn a_future_that_another_thread_wakes_completes() {
        let done = Arc::new(AtomicBool::new(false));
        let mut started = false;
        let output = block_on(std::future::poll_fn(|cx| {
            if done.load(Ordering::Acquire) {
                return Poll::Ready(7);
            }
            if !std::mem::replace(&mut started, true) {
                let (waker, done) = (cx.waker().clone(), done.clone());
                thread::spawn(move || {
                    done.store(true, Ordering::Release);
                    waker.wake();
                });
            }
            Poll::Pending
        }));
        assert_eq!(output, 7);
    }

    #[test]
    fn a_future_that_nobody_wakes_ends_at_the_given_time() {
        let end = Instant::now();
        assert_eq!(
            block_on_until(Some(end), std::future::pending::<()>()),
            None
        );
        assert_eq!(block_on_until(Some(end), std::future::ready(7)), Some(7));
    }
}
