//! A loaded component.

use std::sync::Arc;

use async_trait::async_trait;
use seam_core::{Artifact, BackendInfo, Failed, Instance, Interface, Program, Result, World};

use crate::component::inner::CorePlan;
use crate::component::instantiate::instantiate;
use crate::component::loaded::Loaded;
use crate::engine::WasmtimeEngine;

/// A component, ready to be instantiated.
pub(crate) struct ComponentProgram(Arc<Loaded>);

impl ComponentProgram {
    /// Loads a component as it is.
    ///
    /// # Errors
    /// `Invalid`, `Unsupported`, `Limit`.
    pub(crate) fn load(
        engine: &WasmtimeEngine,
        info: Arc<BackendInfo>,
        artifact: &Artifact,
    ) -> Result<Self> {
        let loaded = Loaded::new(engine, info, artifact, CorePlan::of)?;
        Ok(Self(Arc::new(loaded)))
    }
}

#[async_trait]
impl Program for ComponentProgram {
    fn interface(&self) -> &Interface {
        &self.0.interface
    }

    async fn instantiate(&self, world: &World) -> Result<Box<dyn Instance>, Failed> {
        match instantiate(&self.0, world).await {
            Ok(instance) => Ok(Box::new(instance)),
            Err(failed) => Err(failed.named("instantiate", &self.0.info.name)),
        }
    }
}
