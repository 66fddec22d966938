//! Loading, which takes kiln long and cannot be interrupted.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use seam_core::{Error, ErrorKind, Limit, Result};

use crate::call::Owner;
use crate::caps::{self, Count};
use crate::error::{of_loading, of_panic};
use crate::kiln::Kiln;

/// An engine of kiln's, unless it was left behind with a module that it still loads.
pub(crate) struct Loader<K> {
    kiln: Option<K>,
    /// The time that is left for loading, if it is bounded.
    left: Option<Duration>,
}

impl<K: Kiln> Loader<K> {
    pub(crate) fn new(kiln: K, left: Option<Duration>) -> Self {
        Self {
            kiln: Some(kiln),
            left,
        }
    }

    /// # Errors
    /// `Limit(Deadline)` for one that was left behind.
    pub(crate) fn get(&self) -> Result<&K> {
        self.kiln.as_ref().ok_or_else(left_behind)
    }

    /// # Errors
    /// As [`Loader::get`].
    pub(crate) fn get_mut(&mut self) -> Result<&mut K> {
        self.kiln.as_mut().ok_or_else(left_behind)
    }

    /// Loads a module on a thread of its own, and leaves that and kiln behind if it takes too long.
    fn load_within(&mut self, left: Duration, wasm: &[u8]) -> Result<K::Module> {
        let (mut kiln, wasm) = (self.kiln.take().ok_or_else(left_behind)?, wasm.to_vec());
        let (sender, receiver) = channel();
        let load = move || {
            let loaded = catch_unwind(AssertUnwindSafe(|| kiln.load_module(&wasm)));
            // Nobody waits any more if it took too long.
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
            Err(RecvTimeoutError::Timeout) => Err(left_behind()),
            Err(RecvTimeoutError::Disconnected) => {
                Err(Error::engine("expected kiln back from loading a module"))
            }
        }
    }
}

fn left_behind() -> Error {
    let message = "expected kiln to load a store's modules within the time for that, found that it \
                   has not: it takes about 10 ms for each function, and more for large modules";
    Error::new(ErrorKind::Limit(Limit::Deadline), message)
}

impl<K: Kiln> Owner<K> {
    /// Loads a module; every instance has one of its own, since instances of one share state.
    ///
    /// # Errors
    /// `Limit(EngineCapacity)`; `Limit(Deadline)` if it takes too long; kiln's own.
    pub(crate) fn load(&mut self, wasm: &[u8]) -> Result<K::Module> {
        caps::check(Count::Modules, self.loaded + 1)?;
        self.loaded += 1;
        match self.kiln.left {
            Some(left) => self.kiln.load_within(left, wasm),
            None => self.run(of_loading, |kiln| kiln.load_module(wasm)),
        }
    }
}
