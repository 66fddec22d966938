//! Calls that are in flight at the same time: each is a task of the engine's event loop.

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use seam_core::{CanonTrap, Error};
use wasmtime::Store;
use wasmtime::component::{Accessor, AccessorTask, Func, Val};

use crate::call::{self, Stop};
use crate::component::state::State;
use crate::component::waits;

/// A call that the event loop makes.
#[derive(Clone, Default)]
pub(crate) struct Spawned(Arc<Mutex<Slot>>);

#[derive(Default)]
struct Slot {
    outcome: Option<wasmtime::Result<Vec<Val>>>,
    waker: Option<Waker>,
}

struct CallTask {
    func: Func,
    params: Vec<Val>,
    results: Vec<Val>,
    spawned: Spawned,
}

impl AccessorTask<State> for CallTask {
    async fn run(self, accessor: &Accessor<State>) -> wasmtime::Result<()> {
        let Self {
            func,
            params,
            mut results,
            spawned,
        } = self;
        let outcome = func.call_concurrent(accessor, &params, &mut results).await;
        spawned.end(outcome.map(|()| results));
        Ok(())
    }
}

impl Spawned {
    /// Adds a call to the event loop, which begins it when the store runs next.
    ///
    /// # Errors
    /// Those of the engine.
    pub(crate) fn new(
        store: &mut Store<State>,
        func: Func,
        params: Vec<Val>,
        results: Vec<Val>,
    ) -> wasmtime::Result<Self> {
        let spawned = Self::default();
        store.spawn(CallTask {
            func,
            params,
            results,
            spawned: spawned.clone(),
        })?;
        Ok(spawned)
    }

    /// Runs the event loop until the call has ended. Returns its results.
    ///
    /// # Errors
    /// How the call, or another one that ran meanwhile, ended. The trap `Deadlock` if nothing can go on.
    pub(crate) async fn run(&self, store: &mut Store<State>) -> Result<Vec<Val>, Stop> {
        let bounds = call::bounds(store);
        let waits = store.data().waits.clone();
        let clock = store.data().world.clock().clone();
        waits.wake();
        let ended = self.ended();
        // Only the engine's own event loop knows whether the system's WASI can let a guest go on.
        let waits_for_system = store.data().has_system_wasi();
        let ran = async {
            let run = store.run_concurrent(async |_| ended.await);
            if waits_for_system {
                return run.await?;
            }
            let ran = waits::unless_idle(&waits, &clock, run).await;
            ran.unwrap_or_else(|| Err(wasmtime::Error::new(Error::trap(CanonTrap::Deadlock))))?
        };
        call::bounded(bounds, ran).await
    }

    fn lock(&self) -> MutexGuard<'_, Slot> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end(&self, outcome: wasmtime::Result<Vec<Val>>) {
        let mut slot = self.lock();
        slot.outcome = Some(outcome);
        if let Some(waker) = slot.waker.take() {
            waker.wake();
        }
    }

    fn ended(&self) -> impl Future<Output = wasmtime::Result<Vec<Val>>> + Send + use<> {
        let spawned = self.clone();
        std::future::poll_fn(move |cx| {
            let mut slot = spawned.lock();
            match slot.outcome.take() {
                Some(outcome) => Poll::Ready(outcome),
                None => {
                    slot.waker = Some(cx.waker().clone());
                    Poll::Pending
                }
            }
        })
    }
}
