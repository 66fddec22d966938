//! wasmi as a backend that says less than it can do, panics, aborts or hangs.

use async_trait::async_trait;
use seam_core::{
    Artifact, Backend, BackendInfo, Capability, Failed, Instance, Interface, Program, Result, World,
};
use seam_wasmi::Wasmi;

/// Where a backend panics.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Load,
    Instantiate,
}

/// What a backend does instead of its work.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fault {
    Panic(Stage),
    AbortAtLoad,
    HangAtLoad,
}

/// A backend over wasmi.
pub(crate) struct Double {
    inner: Wasmi,
    info: BackendInfo,
    fault: Option<Fault>,
}

impl Double {
    pub(crate) fn new(name: &str) -> Self {
        let inner = Wasmi::new();
        let capabilities = inner.info().capabilities.clone();
        Self {
            info: BackendInfo::new(name, "1", capabilities),
            inner,
            fault: None,
        }
    }

    /// Does not state the capability, and can do all the same what it could before.
    pub(crate) fn without(mut self, capability: Capability) -> Self {
        self.info.capabilities = self.info.capabilities.with(capability, false);
        self
    }

    pub(crate) fn panicking(mut self, stage: Stage) -> Self {
        self.fault = Some(Fault::Panic(stage));
        self
    }

    pub(crate) fn aborting(mut self) -> Self {
        self.fault = Some(Fault::AbortAtLoad);
        self
    }

    pub(crate) fn hanging(mut self) -> Self {
        self.fault = Some(Fault::HangAtLoad);
        self
    }
}

#[async_trait]
impl Backend for Double {
    fn info(&self) -> &BackendInfo {
        &self.info
    }

    async fn load(&self, artifact: &Artifact) -> Result<Box<dyn Program>> {
        match self.fault {
            Some(Fault::Panic(Stage::Load)) => panic!("no more ideas at load"),
            Some(Fault::AbortAtLoad) => std::process::abort(),
            Some(Fault::HangAtLoad) => loop {
                std::thread::park();
            },
            Some(Fault::Panic(Stage::Instantiate)) => {
                let program = self.inner.load(artifact).await?;
                Ok(Box::new(Panicking(program)))
            }
            None => self.inner.load(artifact).await,
        }
    }
}

/// A program that panics when it is instantiated.
struct Panicking(Box<dyn Program>);

#[async_trait]
impl Program for Panicking {
    fn interface(&self) -> &Interface {
        self.0.interface()
    }

    async fn instantiate(&self, _: &World) -> Result<Box<dyn Instance>, Failed> {
        panic!("no more ideas at instantiate")
    }
}
