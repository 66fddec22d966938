//! The backend: the component model of `seam-component` over the core engine.

use async_trait::async_trait;
use seam_component::Layered;
use seam_core::{Artifact, Backend, BackendInfo, Capabilities, CoreEngine, Program, Result};

use crate::build::Build;
use crate::engine::WasmiEngine;

/// The wasmi backend.
#[derive(Debug)]
pub struct Wasmi(Layered<WasmiEngine>);

/// Chooses a build. Fuel and deadlines cost speed, so they are off by default.
#[derive(Clone, Copy, Debug, Default)]
#[must_use]
pub struct Builder(Build);

impl Wasmi {
    /// The fastest build: no fuel, no deadlines.
    #[must_use]
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// Starts from the fastest build.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The core engine of this build.
    #[must_use]
    pub fn engine(&self) -> &WasmiEngine {
        self.0.engine()
    }
}

impl Default for Wasmi {
    fn default() -> Self {
        Self::new()
    }
}

impl WasmiEngine {
    /// The core engine of the fastest build.
    #[must_use]
    pub fn new() -> Self {
        Wasmi::builder().build_engine()
    }
}

impl Default for WasmiEngine {
    fn default() -> Self {
        Self::new()
    }
}

impl Builder {
    /// Counts fuel, so that instances can have [`Limits::fuel`](seam_core::Limits::fuel). One unit
    /// is roughly one instruction, or 64 bytes of a bulk operation.
    pub fn fuel(mut self) -> Self {
        self.0.fuel = true;
        self
    }

    /// Enforces [`Limits::deadline`](seam_core::Limits::deadline). Guest code then counts fuel, and
    /// stops to look at the clock after every 100,000 units.
    pub fn deadline(mut self) -> Self {
        self.0.deadline = true;
        self
    }

    /// Forbids host functions to call back into the guest: such a call returns
    /// `Unsupported(Reentrant)`, as on engines that cannot re-enter. For testing the layers above
    /// an engine.
    pub fn without_reentry(mut self) -> Self {
        self.0.reentrant = false;
        self
    }

    /// Forbids host functions to suspend the guest's call: such a call returns
    /// `Unsupported(SuspendedCalls)`, as on engines that cannot suspend calls. For testing the layers
    /// above an engine.
    pub fn without_suspension(mut self) -> Self {
        self.0.suspends = false;
        self
    }

    /// Sets how deeply calls may be nested within the guest; one more is the trap
    /// [`StackExhausted`](seam_core::Trap::StackExhausted). Default 10,000.
    pub fn frames(mut self, frames: usize) -> Self {
        self.0.frames = frames;
        self
    }

    /// Sets the bytes for all locals and operands of the guest's frames together, at least 64 KiB.
    /// More is the trap [`StackExhausted`](seam_core::Trap::StackExhausted). Default 4 MiB.
    pub fn stack(mut self, bytes: usize) -> Self {
        self.0.stack = bytes;
        self
    }

    /// The backend of this build.
    #[must_use]
    pub fn build(self) -> Wasmi {
        Wasmi(Layered::new(self.build_engine()))
    }

    /// The core engine of this build.
    #[must_use]
    pub fn build_engine(self) -> WasmiEngine {
        WasmiEngine::of(&self.0)
    }
}

#[async_trait]
impl Backend for Wasmi {
    fn info(&self) -> &BackendInfo {
        self.0.info()
    }

    fn core_engine(&self) -> Option<&dyn CoreEngine> {
        self.0.core_engine()
    }

    async fn load(&self, artifact: &Artifact) -> Result<Box<dyn Program>> {
        self.0.load(artifact).await
    }

    fn rebuilt_with(&self, wanted: &Capabilities) -> Option<Result<Box<dyn Backend>>> {
        self.0.rebuilt_with(wanted)
    }
}
