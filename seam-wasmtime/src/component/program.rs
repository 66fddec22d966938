//! A loaded component.

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use seam_core::{
    Artifact, BackendInfo, Capability, Error, ErrorKind, Failed, Instance, Interface, Limit,
    Program, Result, Target, World, WorldState, check_core_limits,
};
use wasmtime::component::{Component, InstancePre, Linker, Val};
use wasmtime::{Engine, Store};

use crate::call::{self, Stop};
use crate::component::inner::CorePlan;
use crate::component::instance::ComponentInstance;
use crate::component::linker::{self, Linking, is_wasi};
use crate::component::state::{ComponentCode, HostTypes, State};
use crate::engine::WasmtimeEngine;
use crate::error;
use crate::state::{HasCore, set_limits};
use crate::wasi::{Captured, Wasi};

/// A component, ready to be instantiated.
pub(crate) struct ComponentProgram(Arc<Loaded>);

/// What a component's instances share.
pub(crate) struct Loaded {
    engine: Engine,
    stack: Option<usize>,
    component: Component,
    pub(crate) interface: Interface,
    pub(crate) info: Arc<BackendInfo>,
    pub(crate) code: Arc<ComponentCode>,
    pub(crate) plan: CorePlan,
    types: Arc<HostTypes>,
    /// The system's WASI, linked once.
    wasi: OnceLock<Linker<State>>,
}

/// A new instance, or why there is none and what is left of it.
pub(crate) enum Made {
    Whole(ComponentInstance),
    Failed(Error, Option<ComponentInstance>),
}

impl Loaded {
    /// Compiles a component; `plan` says how its core instances are reported.
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
        let interface = Interface::decode(artifact)?;
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

    /// Whether the engine shows core instances.
    pub(crate) fn sees_inside(&self) -> bool {
        self.info.capabilities.has(Capability::InnerGlobals)
    }

    /// Makes an instance in a world of its own.
    ///
    /// # Errors
    /// Only before any guest code has run; see [`Made`] for what fails later.
    pub(crate) async fn instantiate(self: &Arc<Self>, world: &World) -> Result<Made> {
        let limits = world.limits_of_instances();
        check_core_limits(limits, &self.info.capabilities)?;
        if limits
            .instances
            .is_some_and(|limit| self.plan.len() as u64 > limit)
        {
            return Err(Error::limit(Limit::Instances));
        }
        let bindings = world.bind(&self.interface)?;
        let host = WorldState::new(world, &bindings);
        let wasi = world.system_wasi_config().filter(|_| self.imports_wasi());
        let suspends = |(index, binding): (usize, &seam_core::Binding)| {
            binding.target == Target::Wasi || host.is_async(index)
        };
        let concurrent = self.info.capabilities.has(Capability::ComponentAsync);
        let asynchronous = concurrent || bindings.iter().enumerate().any(suspends);
        let mut linker = match wasi {
            Some(_) => self.wasi_linker()?.clone(),
            None => linker::empty_linker(&self.engine),
        };
        let linking = Linking {
            interface: &self.interface,
            bindings: &bindings,
            types: &self.types,
            wasi: wasi.is_some(),
            asynchronous,
        };
        linking.define(&mut linker)?;
        let pre = linker.instantiate_pre(&self.component);
        let pre = pre.map_err(|e| Error::link(format!("{e:#}")))?;
        let captured = Captured::new(limits.output);
        let wasi = wasi
            .map(|config| Wasi::new(config, &captured))
            .transpose()?;
        let state = State::new(limits, host, self.types.clone(), self.code.clone(), wasi);
        let store = Store::try_new(&self.engine, state)
            .map_err(|e| Error::engine(format!("no store could be made: {e:#}")))?;
        self.start(store, &pre, captured, asynchronous).await
    }

    async fn start(
        self: &Arc<Self>,
        mut store: Store<State>,
        pre: &InstancePre<State>,
        captured: Captured,
        asynchronous: bool,
    ) -> Result<Made> {
        set_limits(&mut store);
        store.set_hostcall_fuel(lifting_fuel(store.data().world.limits().lifted));
        let core = store.data_mut().core();
        core.asynchronous = asynchronous;
        core.stack = self.stack;
        let alarm = call::begin(&mut store)?;
        let outcome = if asynchronous {
            let at = call::deadline(&store);
            call::bounded(at, pre.instantiate_async(&mut store)).await
        } else {
            call::synchronous(&mut store, |store| pre.instantiate(store))
        };
        call::end(&mut store, alarm);
        let program = self.clone();
        let instance = |store, instance| ComponentInstance::new(program, store, instance, captured);
        Ok(match outcome {
            Ok(made) => Made::Whole(instance(store, Some(made))),
            Err(stop) => {
                let error = self.failure(&mut store, stop);
                let left = self.sees_inside() && leaves_instance(&error);
                Made::Failed(error, left.then(|| instance(store, None)))
            }
        })
    }

    /// Why the component could not be instantiated.
    fn failure(&self, store: &mut Store<State>, stop: Stop) -> Error {
        let error = stop.error(&*self.code);
        let refused = store.data_mut().core().limiter.take_refused();
        error::refusal(error, refused)
    }

    fn imports_wasi(&self) -> bool {
        let mut imports = self.interface.imports().iter();
        imports.any(|item| is_wasi(&item.name))
    }

    fn wasi_linker(&self) -> Result<&Linker<State>> {
        if let Some(linker) = self.wasi.get() {
            return Ok(linker);
        }
        let linker = linker::wasi_linker(&self.engine)?;
        Ok(self.wasi.get_or_init(|| linker))
    }
}

/// What the engine may allocate for lifting so many bytes. It counts its own values, of which there
/// is one for each element of a list, be it a single byte; and however many bytes are allowed, that
/// must stay far below what a machine has.
fn lifting_fuel(bytes: u64) -> usize {
    const MOST: u64 = 4 << 30;
    let expanded = bytes.saturating_mul(size_of::<Val>() as u64);
    usize::try_from(expanded.min(MOST.max(bytes))).unwrap_or(usize::MAX)
}

/// Whether guest code ran before it failed.
fn leaves_instance(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Trap(_) | ErrorKind::Exit(_) | ErrorKind::Limit(_) | ErrorKind::Host
    )
}

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
        let made = self.0.instantiate(world).await;
        match made.map_err(named)? {
            Made::Whole(instance) => Ok(Box::new(instance)),
            Made::Failed(error, left) => Err(Failed {
                error: named(error),
                instance: left.map(|left| Box::new(left) as Box<dyn Instance>),
            }),
        }
    }
}
