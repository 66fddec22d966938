//! Wall-clock deadlines.
//!
//! At a deadline, an [`Alarm`] advances the engine's epoch. Every store of that engine then checks its own
//! deadline, and ends its call if the deadline has passed. So no thread wakes up periodically. An alarm is
//! set only while a call runs.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use seam_core::{Alarm, Error, Limit, Result};
use wasmtime::{EngineWeak, UpdateDeadline};

/// Advances the epoch of `engine` at `at`.
///
/// # Errors
/// Those of [`Alarm::new`].
pub(crate) fn advance_epoch(at: Instant, engine: EngineWeak) -> Result<Alarm> {
    Alarm::new(at, move || {
        if let Some(engine) = engine.upgrade() {
            engine.increment_epoch();
        }
    })
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

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
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
}
