//! A compiled component, which all its instances share.

use std::sync::{Arc, OnceLock};

use seam_core::{Artifact, BackendInfo, Capability, Interface, Result};
use wasmtime::Engine;
use wasmtime::component::{Component, Linker};

use crate::component::inner::CorePlan;
use crate::component::linker::{self, is_wasi};
use crate::component::state::{ComponentCode, HostTypes, State};
use crate::engine::WasmtimeEngine;
use crate::error;

/// A compiled component, and what was read from its bytes.
pub(crate) struct Loaded {
    pub(crate) engine: Engine,
    pub(crate) stack: Option<usize>,
    pub(crate) component: Component,
    pub(crate) interface: Interface,
    pub(crate) info: Arc<BackendInfo>,
    pub(crate) code: Arc<ComponentCode>,
    pub(crate) plan: CorePlan,
    pub(crate) types: Arc<HostTypes>,
    /// The system's WASI, linked once.
    wasi: OnceLock<Linker<State>>,
}

impl Loaded {
    /// Compiles a component; `plan` says how its core instances are shown.
    ///
    /// # Errors
    /// `Invalid`, `Unsupported`, `Limit`.
    pub(crate) fn new(
        engine: &WasmtimeEngine,
        info: Arc<BackendInfo>,
        artifact: &Artifact,
        plan: impl FnOnce(&Interface) -> CorePlan,
    ) -> Result<Self> {
        let (native, stack) = (engine.native()?, engine.stack());
        let component = Component::from_binary(native, artifact.bytes())
            .map_err(|e| error::compile_error(&e, artifact.bytes()))?;
        let interface = seam_decode::interface(artifact)?;
        Ok(Self {
            engine: native.clone(),
            stack,
            component,
            code: Arc::new(ComponentCode::of(artifact.bytes(), &interface)),
            plan: plan(&interface),
            types: Arc::new(HostTypes::of(&interface)),
            interface,
            info,
            wasi: OnceLock::new(),
        })
    }

    /// Whether the engine shows the core instances.
    pub(crate) fn sees_inside(&self) -> bool {
        self.info.capabilities.has(Capability::InnerGlobals)
    }

    /// Whether the build is for asynchronous components.
    pub(crate) fn is_concurrent(&self) -> bool {
        self.info.capabilities.has(Capability::ComponentAsync)
    }

    pub(crate) fn imports_wasi(&self) -> bool {
        let mut imports = self.interface.imports().iter();
        imports.any(|item| is_wasi(&item.name))
    }

    pub(crate) fn wasi_linker(&self) -> Result<&Linker<State>> {
        if let Some(linker) = self.wasi.get() {
            return Ok(linker);
        }
        let linker = linker::wasi_linker(&self.engine)?;
        Ok(self.wasi.get_or_init(|| linker))
    }
}
