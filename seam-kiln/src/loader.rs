//! Bounds the time that kiln takes to load modules.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use seam_core::{Error, ErrorKind, Limit, Result};

use crate::error::{of_loading, of_panic};
use crate::kiln::Kiln;

/// A kiln engine, unless it was abandoned because it took too long to load a module.
pub(crate) struct Loader<K> {
    kiln: Option<K>,
    /// The time that is left for loading. `None` if the time is not bounded.
    left: Option<Duration>,
}

impl<K: Kiln> Loader<K> {
    pub(crate) fn new(kiln: K, left: Option<Duration>) -> Self {
        Self {
            kiln: Some(kiln),
            left,
        }
    }

    /// The time that is left for loading. `None` if the time is not bounded.
    pub(crate) fn left(&self) -> Option<Duration> {
        self.left
    }

    /// # Errors
    /// `Limit(Deadline)` if the engine was abandoned.
    pub(crate) fn engine(&self) -> Result<&K> {
        self.kiln.as_ref().ok_or_else(abandoned)
    }

    /// # Errors
    /// As [`Loader::engine`].
    pub(crate) fn engine_mut(&mut self) -> Result<&mut K> {
        self.kiln.as_mut().ok_or_else(abandoned)
    }

    /// Loads a module on a thread of its own, and abandons both if that takes too long.
    ///
    /// # Errors
    /// `Limit(Deadline)`; `Engine` for a panic; kiln's own errors.
    pub(crate) fn load_within(&mut self, left: Duration, wasm: &[u8]) -> Result<K::Module> {
        let (mut kiln, wasm) = (self.kiln.take().ok_or_else(abandoned)?, wasm.to_vec());
        let (sender, receiver) = channel();
        let load = move || {
            let loaded = catch_unwind(AssertUnwindSafe(|| kiln.load_module(&wasm)));
            // Nobody receives it if loading took too long.
            let _ = sender.send((kiln, loaded));
        };
        let begun = Instant::now();
        let thread = thread::Builder::new().name("kiln loads a module".into());
        thread.spawn(load).map_err(|error| {
            Error::engine("expected a thread to load a module on").with_source(error)
        })?;
        match receiver.recv_timeout(left) {
            Ok((kiln, loaded)) => {
                self.kiln = Some(kiln);
                self.left = Some(left.saturating_sub(begun.elapsed()));
                let loaded = loaded.map_err(|panic| of_panic(&*panic))?;
                loaded.map_err(of_loading)
            }
            Err(RecvTimeoutError::Timeout) => Err(abandoned()),
            Err(RecvTimeoutError::Disconnected) => {
                Err(Error::engine("expected kiln back from loading a module"))
            }
        }
    }
}

fn abandoned() -> Error {
    let message = "expected kiln to load a store's modules within the time given, found that it \
                   takes longer: about 10 ms for each function, and more in large modules";
    Error::new(ErrorKind::Limit(Limit::Deadline), message)
}
