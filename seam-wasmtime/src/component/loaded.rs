//! A compiled component, which all its instances share.

use std::collections::HashSet;
use std::sync::{Arc, OnceLock};

use seam_core::{
    Artifact, BackendInfo, Capability, Error, ExportName, Interface, PerWorld, Result, World,
};
use wasmtime::Engine;
use wasmtime::component::{Component, Linker};

use crate::build::Build;
use crate::component::inner::CorePlan;
use crate::component::linker::{self, Linked, Linking, is_wasi};
use crate::component::state::{ComponentCode, HostTypes, State};
use crate::engine::WasmtimeEngine;

/// A compiled component, and what was read from its bytes.
pub(crate) struct Loaded {
    pub(crate) engine: Engine,
    pub(crate) build: Build,
    pub(crate) stack: Option<usize>,
    pub(crate) component: Component,
    pub(crate) interface: Interface,
    pub(crate) info: Arc<BackendInfo>,
    pub(crate) code: Arc<ComponentCode>,
    pub(crate) plan: CorePlan,
    pub(crate) types: Arc<HostTypes>,
    /// The functions that components inside this one export, once one of them has been asked for.
    inner_funcs: OnceLock<HashSet<ExportName>>,
    /// The system's WASI, linked once.
    wasi: OnceLock<Linker<State>>,
    linked: PerWorld<Linked>,
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
        let component = engine.compile_component(artifact.bytes())?;
        let interface = seam_decode::interface(artifact)?;
        Ok(Self {
            engine: native.clone(),
            build: engine.build(),
            stack,
            component,
            code: Arc::new(ComponentCode::of(artifact.bytes(), &interface)),
            plan: plan(&interface),
            types: Arc::new(HostTypes::of(&interface)),
            interface,
            info,
            inner_funcs: OnceLock::new(),
            wasi: OnceLock::new(),
            linked: PerWorld::default(),
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

    /// Returns the error for a function that the component does not export: `unknown`, unless a
    /// component inside it exports the function.
    pub(crate) fn not_exported(&self, name: &ExportName, unknown: Error) -> Error {
        if !seam_decode::is_inner(name) {
            return unknown;
        }
        let inner = self.inner_funcs.get_or_init(|| {
            let artifact = Artifact::from_bytes("component", self.code.bytes.clone());
            let funcs = artifact.and_then(|artifact| seam_decode::inner_funcs(&artifact));
            let funcs = funcs.unwrap_or_default().into_iter();
            funcs.map(|(name, _)| name).collect()
        });
        match inner.contains(name) {
            true => Error::unsupported(
                Capability::InnerFuncs,
                format!(
                    "`{name}` is exported by a component inside this one: wasmtime calls only what the \
                     outermost component exports, `wasmtime-layered` calls both"
                ),
            ),
            false => unknown,
        }
    }

    fn imports_wasi(&self) -> bool {
        let mut imports = self.interface.imports().iter();
        imports.any(|item| is_wasi(&item.name))
    }

    fn wasi_linker(&self) -> Result<&Linker<State>> {
        if let Some(linker) = self.wasi.get() {
            return Ok(linker);
        }
        let linker = linker::wasi_linker(&self.engine, self.is_concurrent())?;
        Ok(self.wasi.get_or_init(|| linker))
    }

    /// Returns this component linked with what the world defines. All instances in such worlds share
    /// it.
    ///
    /// # Errors
    /// `Link` for an import that is missing or has another type.
    pub(crate) fn linked(&self, world: &World) -> Result<Arc<Linked>> {
        self.linked.get(world, || {
            let wasi = (world.system_wasi_config().filter(|_| self.imports_wasi()))
                .map(|_| self.wasi_linker().cloned());
            let linking = Linking {
                component: &self.component,
                interface: &self.interface,
                types: &self.types,
                wasi: wasi.transpose()?,
                concurrent: self.is_concurrent(),
            };
            linking.link(world)
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::Wasmtime;
    use seam_core::{Backend, ErrorKind, Limits};

    #[test]
    fn a_component_is_linked_once_for_a_world() {
        let text = r#"(component (import "f" (func)))"#;
        let artifact = Artifact::from_wat("imports", text).unwrap();
        let backend = Wasmtime::new();
        let info = Arc::new(backend.info().clone());
        let loaded = Loaded::new(backend.engine(), info, &artifact, CorePlan::of).unwrap();
        let world = || World::new().func("f", |(): ()| Ok(()));
        let one = world();
        let first = loaded.linked(&one).unwrap();
        let again = loaded.linked(&one.clone().limits(Limits::new().with_lifted(1)));
        assert!(Arc::ptr_eq(&first, &again.unwrap()));
        assert!(!Arc::ptr_eq(&first, &loaded.linked(&world()).unwrap()));
        let missing = loaded.linked(&World::new()).err().unwrap();
        assert!(matches!(missing.kind(), ErrorKind::Link));
    }
}
