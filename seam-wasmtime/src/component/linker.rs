//! Linking of a component's imports.

use std::sync::Arc;

use seam_core::{Binding, Error, Interface, Item, ItemKind, Result, Target, World};
use wasmtime::Engine;
use wasmtime::component::{Component, InstancePre, Linker, LinkerInstance, ResourceType};

use crate::component::abi;
use crate::component::host::Import;
use crate::component::state::{HostTypes, State};
use crate::error::engine_error;
use crate::wasi;

/// A component linked with what a world defines.
pub(crate) struct Linked {
    pub(crate) bindings: Vec<Binding>,
    /// Whether calls are asynchronous, so that host functions can suspend the guest.
    pub(crate) asynchronous: bool,
    /// Whether the system's WASI defines the interfaces of WASI.
    pub(crate) wasi: bool,
    pub(crate) pre: InstancePre<State>,
}

/// A component to be linked.
pub(crate) struct Linking<'a> {
    pub(crate) component: &'a Component,
    pub(crate) interface: &'a Interface,
    pub(crate) types: &'a HostTypes,
    /// The linker of the system's WASI, if the component imports it and the world has it.
    pub(crate) wasi: Option<Linker<State>>,
    /// Whether the build is for asynchronous components.
    pub(crate) concurrent: bool,
}

/// Makes a linker that defines the system's WASI: 0.2, and 0.3 in a build for asynchronous components.
///
/// # Errors
/// `Engine` if the engine's own WASI cannot be linked.
pub(crate) fn wasi_linker(engine: &Engine, concurrent: bool) -> Result<Linker<State>> {
    let mut linker = Linker::new(engine);
    // Functions of the world may replace functions of WASI.
    linker.allow_shadowing(true);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker).map_err(engine_error)?;
    if concurrent {
        wasmtime_wasi::p3::add_to_linker(&mut linker).map_err(engine_error)?;
    }
    Ok(linker)
}

impl Linking<'_> {
    /// Links the component with what a world defines.
    ///
    /// # Errors
    /// `Link` for an import that is missing or has another type.
    pub(crate) fn link(self, world: &World) -> Result<Linked> {
        let bindings = world.bind(self.interface)?;
        let suspends =
            |binding: &Binding| binding.target == Target::Wasi || world.is_async(binding);
        let asynchronous = self.concurrent || bindings.iter().any(suspends);
        let mut linker = self.wasi.clone().unwrap_or_else(|| {
            let mut linker = Linker::new(self.component.engine());
            linker.allow_shadowing(true);
            linker
        });
        self.resources(&mut linker, self.interface.imports(), &mut Vec::new())?;
        for (index, binding) in bindings.iter().enumerate() {
            // A function that never suspends is called on the guest's stack, whatever the others do. Only
            // handles that it borrows must be dropped asynchronously.
            let import = Import::new(index, binding.ty.clone());
            let suspends = asynchronous && (import.handles || world.is_async(binding));
            self.define(&mut linker, import, binding, suspends)?;
        }
        let pre = linker.instantiate_pre(self.component);
        let pre = pre.map_err(|e| Error::link(format!("{e:#}")))?;
        Ok(Linked {
            bindings,
            asynchronous,
            wasi: self.wasi.is_some(),
            pre,
        })
    }

    /// Defines an import, unless WASI does.
    fn define(
        &self,
        linker: &mut Linker<State>,
        import: Import,
        binding: &Binding,
        suspends: bool,
    ) -> Result<()> {
        let name = &binding.name;
        match binding.target {
            Target::Host(_) | Target::Stub(_) => {
                let mut instance = self.instance(linker, name.instances())?;
                self.func(&mut instance, name.item(), import, suspends)
                    .map_err(|e| Error::link(format!("import `{name}`: {e:#}")))
            }
            Target::Wasi => Ok(()),
            _ => Err(Error::link(format!(
                "import `{name}`: expected a component-level function, found a core-level one"
            ))),
        }
    }

    fn func(
        &self,
        instance: &mut LinkerInstance<'_, State>,
        name: &str,
        import: Import,
        suspends: bool,
    ) -> wasmtime::Result<()> {
        let failed = wasmtime::Error::new::<Error>;
        if !self.concurrent {
            let ty = import.ty.clone();
            if !suspends && abi::is_over_scalars(&ty) {
                return abi::define_scalars(instance, name, &ty, move |store, bits| {
                    import.call_scalars(store, bits).map_err(failed)
                });
            }
            if !suspends {
                return abi::define(instance, name, &ty, move |store, args| {
                    import.call(store, args).map_err(failed)
                });
            }
            return abi::define_async(instance, name, &ty, move |store, args| {
                let import = import.clone();
                Box::pin(async move { import.call_async(store, args).await.map_err(failed) })
            });
        }
        if import.ty.is_async {
            return instance.func_new_concurrent(name, move |accessor, _, params, results| {
                let import = import.clone();
                Box::pin(async move {
                    let done = import.call_concurrent(accessor, params, results);
                    done.await.map_err(failed)
                })
            });
        }
        instance.func_new_async(name, move |store, _, params, results| {
            let import = import.clone();
            Box::new(async move {
                let done = import.call_vals(store, params, results);
                done.await.map_err(failed)
            })
        })
    }

    /// Defines the resource types of the host.
    fn resources(
        &self,
        linker: &mut Linker<State>,
        items: &[Item],
        path: &mut Vec<Arc<str>>,
    ) -> Result<()> {
        for item in items {
            match &item.kind {
                ItemKind::Instance(items) => {
                    if self.wasi.is_some() && path.is_empty() && is_wasi(&item.name) {
                        continue;
                    }
                    path.push(item.name.clone());
                    self.resources(linker, items, path)?;
                    path.pop();
                }
                ItemKind::Resource(ty) => {
                    let Some(number) = self.types.number(ty.name()) else {
                        continue;
                    };
                    let native = ResourceType::host_dynamic(number);
                    let mut instance = self.instance(linker, path)?;
                    instance
                        .resource(&item.name, native, move |mut store, rep| {
                            let state = store.data_mut();
                            drop_resource(state, number, rep).map_err(wasmtime::Error::new)
                        })
                        .map_err(|e| Error::link(format!("import `{}`: {e:#}", item.name)))?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn instance<'l>(
        &self,
        linker: &'l mut Linker<State>,
        path: &[Arc<str>],
    ) -> Result<LinkerInstance<'l, State>> {
        let mut instance = linker.root();
        for name in path {
            let name = if self.wasi.is_some() {
                wasi_name(name)
            } else {
                name.to_string()
            };
            instance = instance.into_instance(&name).map_err(engine_error)?;
        }
        Ok(instance)
    }
}

fn drop_resource(state: &mut State, number: u32, rep: u32) -> Result<()> {
    let types = state.types.clone();
    let Some(name) = types.world_name(number) else {
        return Ok(());
    };
    state.world.begin_host_call()?;
    let dropped = state.world.drop_resource(name, rep);
    state.world.end_host_call();
    dropped
}

/// Whether an interface belongs to WASI.
pub(crate) fn is_wasi(instance: &str) -> bool {
    instance.starts_with("wasi:")
}

/// Returns the name of an interface of WASI with the version that the engine defines.
///
/// A function that replaces one of WASI's must be in the same instance as the others.
fn wasi_name(name: &str) -> String {
    let defined = wasi::VERSIONS.iter().filter(|_| is_wasi(name));
    let mut renamed = defined.filter_map(|(of, version)| {
        let (interface, _) = name.split_once(of)?;
        Some(format!("{interface}@{version}"))
    });
    renamed.next().unwrap_or_else(|| name.to_string())
}
