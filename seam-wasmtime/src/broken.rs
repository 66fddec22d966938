//! Panics of the engine, which a guest can cause where wasmtime takes what the guest does for a bug of
//! its own and is compiled with debug assertions.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::Poll;

use seam_core::{Error, Result, panic_text};

/// Whether the engine has panicked while it worked on a store, so that no guest may run in it again.
#[derive(Debug, Default)]
pub(crate) struct Broken(
    /// What all clones share, once there is one: most stores never need any.
    OnceLock<Arc<AtomicBool>>,
);

impl Broken {
    /// Checks that the store is usable.
    ///
    /// # Errors
    /// `Engine` if the engine has panicked.
    #[inline]
    pub(crate) fn check(&self) -> Result<()> {
        match self.0.get() {
            None => Ok(()),
            Some(broken) if !broken.load(Ordering::Relaxed) => Ok(()),
            Some(_) => Err(Error::engine("the engine panicked in an earlier call")),
        }
    }

    fn shared(&self) -> &Arc<AtomicBool> {
        self.0.get_or_init(Arc::default)
    }
}

impl Clone for Broken {
    fn clone(&self) -> Self {
        Self(self.shared().clone().into())
    }
}

/// Runs a call. If the engine panics, the store is broken, and the call ends with an `Engine` error.
pub(crate) async fn contained<T>(
    broken: &Broken,
    call: impl Future<Output = wasmtime::Result<T>>,
) -> wasmtime::Result<T> {
    let mut call = pin!(call);
    std::future::poll_fn(|cx| {
        let polled = catch_unwind(AssertUnwindSafe(|| call.as_mut().poll(cx)));
        polled.unwrap_or_else(|panic| {
            broken.shared().store(true, Ordering::Relaxed);
            let text = panic_text(&*panic);
            let error = Error::engine(format!("the engine panicked: {text}"));
            Poll::Ready(Err(wasmtime::Error::new(error)))
        })
    })
    .await
}
