//! A backend that compiles each artifact once, however many cases load it.
//!
//! In a debug build, the kit would spend most of its time compiling the same few fixtures. The cases
//! may share programs, since instances share nothing.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use seam_core::{
    Artifact, Backend, BackendExt, BackendInfo, Capabilities, CoreEngine, Failed, Instance,
    Interface, Program, Result, World,
};

/// The programs, by the names and bytes of their artifacts.
type Programs = HashMap<(String, Vec<u8>), Arc<Mutex<Option<Arc<dyn Program>>>>>;

pub(crate) struct Cached<B> {
    backend: B,
    programs: Mutex<Programs>,
}

impl<B> Cached<B> {
    pub(crate) fn new(backend: B) -> Self {
        Self {
            backend,
            programs: Mutex::default(),
        }
    }

    pub(crate) fn backend(&self) -> &B {
        &self.backend
    }
}

#[async_trait]
impl<B: Backend> Backend for Cached<B> {
    fn info(&self) -> &BackendInfo {
        self.backend.info()
    }

    fn core_engine(&self) -> Option<&dyn CoreEngine> {
        self.backend.core_engine()
    }

    async fn load(&self, artifact: &Artifact) -> Result<Box<dyn Program>> {
        if artifact.is_typed() {
            return self.backend.load(artifact).await;
        }
        let key = (artifact.name().to_string(), artifact.bytes().to_vec());
        let entry = lock(&self.programs).entry(key).or_default().clone();
        // Another thread that needs the same program waits for it.
        let mut entry = lock(&entry);
        let program = match &*entry {
            Some(program) => program.clone(),
            None => {
                let loaded: Arc<dyn Program> = self.backend.load_blocking(artifact)?.into();
                entry.insert(loaded).clone()
            }
        };
        Ok(Box::new(Shared(program)))
    }

    fn rebuilt_with(&self, wanted: &Capabilities) -> Option<Result<Box<dyn Backend>>> {
        self.backend.rebuilt_with(wanted)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Shared(Arc<dyn Program>);

#[async_trait]
impl Program for Shared {
    fn interface(&self) -> &Interface {
        self.0.interface()
    }

    async fn instantiate(&self, world: &World) -> Result<Box<dyn Instance>, Failed> {
        self.0.instantiate(world).await
    }
}
