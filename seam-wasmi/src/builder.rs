//! Choosing a build.

use seam_component::Layered;
use seam_core::{Capabilities, Capability};

use crate::{Wasmi, WasmiEngine};

/// A build of the backend: what costs speed is off until it is asked for.
#[derive(Clone, Debug)]
pub struct Builder {
    pub(crate) fuel: bool,
    pub(crate) deadline: bool,
    pub(crate) reentrant: bool,
    pub(crate) frames: usize,
    pub(crate) stack: usize,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            fuel: false,
            deadline: false,
            reentrant: true,
            frames: 10_000,
            stack: 4 << 20,
        }
    }
}

impl Builder {
    /// No fuel, no deadlines; 10,000 frames and 4 MiB of values for the guest's stack.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts fuel: instances can have [`Limits::fuel`](seam_core::Limits::fuel). A unit is roughly
    /// an instruction, or 64 bytes of a bulk operation.
    #[must_use]
    pub fn fuel(mut self) -> Self {
        self.fuel = true;
        self
    }

    /// Looks at the clock: instances can have
    /// [`Limits::deadline`](seam_core::Limits::deadline). Guest code counts fuel for it, and stops
    /// for the time after each 100,000 units.
    #[must_use]
    pub fn deadline(mut self) -> Self {
        self.deadline = true;
        self
    }

    /// Forbids host functions to call back into the guest, as engines do that cannot: they get
    /// `Unsupported(Reentrant)`. For testing what is built on a port.
    #[must_use]
    pub fn without_reentry(mut self) -> Self {
        self.reentrant = false;
        self
    }

    /// Sets how many calls may be nested within the guest; one more is the trap
    /// [`StackExhausted`](seam_core::Trap::StackExhausted). Default 10,000.
    #[must_use]
    pub fn frames(mut self, frames: usize) -> Self {
        self.frames = frames;
        self
    }

    /// Sets the bytes that all locals and operands of the guest's frames may have together, at
    /// least 64 KiB; more is the trap [`StackExhausted`](seam_core::Trap::StackExhausted). Default
    /// 4 MiB.
    #[must_use]
    pub fn stack(mut self, bytes: usize) -> Self {
        self.stack = bytes;
        self
    }

    /// The backend.
    #[must_use]
    pub fn build(self) -> Wasmi {
        let layered = Layered::new(self.build_engine());
        Wasmi {
            layered,
            builder: self,
        }
    }

    /// The core engine alone.
    #[must_use]
    pub fn build_engine(&self) -> WasmiEngine {
        WasmiEngine::of(self)
    }

    /// This build with what is wanted beside; nothing if there is something that no build has.
    pub(crate) fn with(&self, wanted: &Capabilities, has: &Capabilities) -> Option<Self> {
        let mut builder = self.clone();
        for capability in wanted.iter() {
            match capability {
                Capability::Fuel => builder.fuel = true,
                Capability::Deadline => builder.deadline = true,
                other if has.has(other) => {}
                _ => return None,
            }
        }
        Some(builder)
    }
}
