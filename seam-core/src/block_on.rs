//! Waits for a future on the calling thread, without an executor.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

/// Runs a future to completion on the calling thread, which parks while the future is pending.
///
/// Another thread must wake the future. If the future needs a reactor or a runtime (for timers or
/// sockets), it must bring its own. Do not wait here for a call into the instance that is calling:
/// this is a deadlock.
pub fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
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
}
