//! A loaded component.

use std::sync::Arc;

use async_trait::async_trait;
use seam_core::{
    Artifact, BackendInfo, Error, Failed, Instance, Interface, Program, Result, World,
};

use crate::component::inner::CorePlan;
use crate::component::instantiate::{Made, instantiate};
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
        let named = |e: Error| e.during("instantiate").on(self.0.info.name.clone());
        let made = instantiate(&self.0, world).await;
        match made.map_err(named)? {
            Made::Whole(instance) => Ok(Box::new(instance)),
            Made::Failed(error, left) => Err(Failed {
                error: named(error),
                instance: left.map(|left| Box::new(left) as Box<dyn Instance>),
            }),
        }
    }
}
