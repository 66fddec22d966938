//! The private tokio runtime that the system's WASI needs for files, timers and sockets.

use std::future::Future;
use std::pin::Pin;
use std::sync::OnceLock;
use std::task::{Context, Poll};

use seam_core::{Error, Result};
use tokio::runtime::{Builder, Runtime};
use tokio::task::{Unconstrained, unconstrained};

/// Returns the process's runtime.
///
/// Its own threads drive timers and sockets, so futures that use them can be polled on any thread.
fn runtime() -> Result<&'static Runtime> {
    static RUNTIME: OnceLock<Option<Runtime>> = OnceLock::new();
    let made = RUNTIME.get_or_init(|| {
        let mut builder = Builder::new_multi_thread();
        builder
            .worker_threads(1)
            .thread_name("seam-wasi")
            .enable_all();
        builder.build().ok()
    });
    let refused = || Error::engine("the threads that the system's WASI needs could not be started");
    made.as_ref().ok_or_else(refused)
}

/// A future that is polled within the private runtime, whichever executor polls it.
pub(crate) struct InRuntime<F> {
    runtime: &'static Runtime,
    // Without tokio's budget: a caller that blocks within a task would use up that task's budget and
    // never get a new one.
    future: Pin<Box<Unconstrained<F>>>,
}

impl<F: Future> InRuntime<F> {
    pub(crate) fn new(future: F) -> Result<Self> {
        Ok(Self {
            runtime: runtime()?,
            future: Box::pin(unconstrained(future)),
        })
    }
}

impl<F: Future> Future for InRuntime<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let _guard = self.runtime.enter();
        self.future.as_mut().poll(cx)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use seam_core::block_on;
    use std::time::Duration;

    #[test]
    fn timers_work_without_an_executor() {
        let sleep = async { tokio::time::sleep(Duration::from_millis(1)).await };
        block_on(InRuntime::new(sleep).unwrap());
    }

    #[test]
    fn blocking_works_inside_another_runtime() {
        let outer = Builder::new_current_thread().build().unwrap();
        let answer = outer.block_on(async {
            let sleep = async {
                // More than a task's whole budget of operations.
                for _ in 0..1000 {
                    tokio::time::sleep(Duration::ZERO).await;
                }
                7
            };
            block_on(InRuntime::new(sleep).unwrap())
        });
        assert_eq!(answer, 7);
    }
}
