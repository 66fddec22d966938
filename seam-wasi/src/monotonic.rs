//! The monotonic clock of the hermetic world.

use std::future::Future;

use seam_core::{HostCall, Result, VirtualClock};

use crate::func::state;

/// The monotonic clock of one instance, in nanoseconds: its virtual time, from a given start.
pub(crate) struct Monotonic {
    start: u64,
    time: VirtualClock,
}

impl Monotonic {
    pub(crate) fn new(start: u64, time: VirtualClock) -> Self {
        Self { start, time }
    }

    /// Returns the monotonic clock of the calling instance.
    pub(crate) fn of(call: &mut HostCall<'_>) -> Result<Self> {
        let start = state(call)?.config.monotonic;
        Ok(Self::new(start, call.clock().clone()))
    }

    pub(crate) fn now(&self) -> u64 {
        self.start.saturating_add(self.time.now())
    }

    /// Returns the time in so many nanoseconds.
    pub(crate) fn after(&self, nanoseconds: u64) -> u64 {
        self.now().saturating_add(nanoseconds)
    }

    /// Advances the clock to `when`, unless it is already later. Takes no real time.
    pub(crate) fn advance_to(&self, when: u64) {
        self.time.advance_to(when.saturating_sub(self.start));
    }

    /// Waits until the clock shows `when`, while others go on.
    pub(crate) fn until(&self, when: u64) -> impl Future<Output = ()> + Send + use<> {
        self.time.until(when.saturating_sub(self.start))
    }
}
