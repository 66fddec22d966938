//! Backends and programs with a fault.

use std::sync::{Arc, Mutex};
use std::thread::ThreadId;

use async_trait::async_trait;
use seam_core::{
    Artifact, ArtifactKind, Backend, BackendInfo, Error, ErrorKind, Failed, Instance, Interface,
    Limits, Program, Result, Stub, World,
};

use crate::fault::Fault;
use crate::instance::{SabotagedInstance, Shared};

/// A backend with a fault.
pub(crate) struct SabotagedBackend {
    inner: Arc<dyn Backend>,
    fault: Fault,
}

impl SabotagedBackend {
    pub(crate) fn new(inner: Arc<dyn Backend>, fault: Fault) -> Self {
        Self { inner, fault }
    }
}

/// Returns an empty module.
pub(crate) fn empty() -> Artifact {
    Artifact::from_bytes("empty", &b"\0asm\x01\0\0\0"[..]).unwrap()
}

#[async_trait]
impl Backend for SabotagedBackend {
    fn info(&self) -> &BackendInfo {
        self.inner.info()
    }

    async fn load(&self, artifact: &Artifact) -> Result<Box<dyn Program>> {
        let loaded = match (self.inner.load(artifact).await, self.fault) {
            (Err(error), Fault::LoadsAnything)
                if matches!(error.kind(), ErrorKind::Invalid { .. }) =>
            {
                self.inner.load(&empty()).await
            }
            (Err(error), Fault::HidesWhatItLacks)
                if matches!(error.kind(), ErrorKind::Unsupported(_)) =>
            {
                Err(Error::engine("something is not there"))
            }
            (loaded, _) => loaded,
        };
        Ok(Box::new(SabotagedProgram {
            inner: loaded?.into(),
            nothing: self.inner.load(&empty()).await?,
            fault: self.fault,
            component: artifact.kind() == ArtifactKind::Component,
            thread: std::thread::current().id(),
            first: Mutex::new(None),
        }))
    }
}

struct SabotagedProgram {
    inner: Arc<dyn Program>,
    /// A program of an empty module.
    nothing: Box<dyn Program>,
    fault: Fault,
    component: bool,
    /// The thread that loaded the program.
    thread: ThreadId,
    first: Mutex<Option<Shared>>,
}

#[async_trait]
impl Program for SabotagedProgram {
    fn interface(&self) -> &Interface {
        match self.fault {
            Fault::ForgetsTheInterface => self.nothing.interface(),
            _ => self.inner.interface(),
        }
    }

    async fn instantiate(&self, world: &World) -> Result<Box<dyn Instance>, Failed> {
        if self.fault == Fault::StaysOnOneThread && std::thread::current().id() != self.thread {
            return Err(Error::engine("this thread did not load the program").into());
        }
        let first = self.first.lock().unwrap().clone();
        if let (Fault::SharesOneInstance, Some(shared)) = (self.fault, first) {
            return Ok(self.wrap(shared, world));
        }
        let recipe = match self.fault {
            Fault::ForgetsDefinitions => World::new().stub(Stub::Default),
            Fault::HasASeedOfItsOwn => world.clone().schedule_seed(3),
            Fault::ForgetsLimits => world.clone().limits(Limits::new()),
            Fault::TrapsAtEveryStub => world.clone().stub(Stub::Trap),
            _ => world.clone(),
        };
        let made = self.inner.instantiate(&recipe).await;
        let made = match (made, self.fault) {
            (Ok(instance), _) => instance,
            (Err(failed), fault) => match (failed.error.kind(), fault) {
                (ErrorKind::Link, Fault::LinksNothing) => {
                    self.nothing.instantiate(&World::new()).await?
                }
                (ErrorKind::Unsupported(_), Fault::IgnoresLimits) => {
                    let world = world.clone().limits(Limits::new());
                    self.inner.instantiate(&world).await?
                }
                (ErrorKind::Trap(_), Fault::BlamesTheLinker) => {
                    return Err(Error::link("the start function failed").into());
                }
                (ErrorKind::Limit(_), Fault::CallsLimitsTraps) => {
                    return Err(Error::trap(seam_core::Trap::Unreachable).into());
                }
                _ => {
                    let left = failed.instance.map(|left| self.wrap(shared(left), world));
                    let observed = match fault {
                        Fault::ForgetsWhatStartDid => Box::default(),
                        _ => failed.observed,
                    };
                    return Err(Failed {
                        error: failed.error,
                        observed,
                        instance: left,
                    });
                }
            },
        };
        let made = shared(made);
        *self.first.lock().unwrap() = Some(made.clone());
        Ok(self.wrap(made, world))
    }
}

fn shared(instance: Box<dyn Instance>) -> Shared {
    Arc::new(Mutex::new(instance))
}

impl SabotagedProgram {
    fn wrap(&self, instance: Shared, world: &World) -> Box<dyn Instance> {
        let again = (self.inner.clone(), world.clone());
        Box::new(SabotagedInstance::new(
            instance,
            self.fault,
            self.component,
            again,
        ))
    }
}
