//! Modules of WASI preview1.
//!
//! In a world with WASI 0.2, the system's or one made of host functions, such a module runs as a
//! component, wrapped with the official adapter, and is reported as the core module it is: its
//! exports, its core instance at `0`, its own exit code. Since its core instance is inside a
//! component then, the wrapped module is compiled in a build that shows inner instances, whatever
//! the backend's own build: its code runs slower for that. In every other world, so also in one
//! that defines functions of preview1 itself, the module is a core module like any other.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use seam_component::Layered;
use seam_core::core::{CoreEngine, CoreValue};
use seam_core::{
    Artifact, Backend, BackendInfo, Capability, CoreInstance, CorePath, Entry, Error, ExportName,
    Failed, Func, ImportStatus, Instance, Interface, Observed, Program, Query, Resource, Result,
    Snapshot, Value, World, token,
};
use seam_wasi::{Wrapped, wrap_preview1};

use crate::build::Build;
use crate::component::{ComponentInstance, CorePlan, Loaded, Made};
use crate::engine::WasmtimeEngine;

/// A preview1 module, to be compiled the way that the first world of its kind asks for.
pub(crate) struct Preview1Program {
    core: Layered<WasmtimeEngine>,
    build: Build,
    info: Arc<BackendInfo>,
    artifact: Artifact,
    interface: Arc<Interface>,
    plain: Once<dyn Program>,
    wrapping: Once<Wrapping>,
    wrapped: Once<Loaded>,
}

/// The module as a component.
struct Wrapping {
    wrapped: Wrapped,
    interface: Interface,
}

/// Something that is made when it is first asked for, and asked for again if that failed.
struct Once<T: ?Sized>(Mutex<Option<Arc<T>>>);

impl<T: ?Sized> Once<T> {
    fn new() -> Self {
        Self(Mutex::new(None))
    }

    fn get(&self, make: impl FnOnce() -> Result<Arc<T>>) -> Result<Arc<T>> {
        let mut made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(made) = &*made {
            return Ok(made.clone());
        }
        let new = make()?;
        *made = Some(new.clone());
        Ok(new)
    }
}

impl Preview1Program {
    /// Validates a preview1 module; compiling it waits for a world.
    ///
    /// # Errors
    /// `Invalid`, `Unsupported`, `Limit`.
    pub(crate) fn load(
        core: Layered<WasmtimeEngine>,
        build: Build,
        info: Arc<BackendInfo>,
        artifact: &Artifact,
    ) -> Result<Self> {
        // The engine's own verdict, and the build's.
        core.engine().compile(artifact.bytes())?;
        Ok(Self {
            core,
            build,
            info,
            artifact: artifact.clone(),
            interface: Arc::new(Interface::decode(artifact)?),
            plain: Once::new(),
            wrapping: Once::new(),
            wrapped: Once::new(),
        })
    }

    fn wrapping(&self) -> Result<Arc<Wrapping>> {
        self.wrapping.get(|| {
            let wrapped = wrap_preview1(&self.artifact)?;
            let interface = Interface::decode(wrapped.component())?;
            Ok(Arc::new(Wrapping { wrapped, interface }))
        })
    }

    /// Whether the world has WASI 0.2 for the module, and nothing of preview1.
    fn runs_wrapped(&self, world: &World) -> bool {
        let defines = |interface: &Interface, prefix: &str| {
            let report = world.report(interface);
            report.iter().any(|import| {
                import.status == ImportStatus::Real && import.name.to_string().starts_with(prefix)
            })
        };
        world.system_wasi_config().is_some()
            || (!defines(&self.interface, "wasi_snapshot_preview1#")
                && (self.wrapping()).is_ok_and(|wrapping| defines(&wrapping.interface, "wasi:")))
    }

    fn load_wrapped(&self, wrapping: &Wrapping) -> Result<Arc<Loaded>> {
        self.wrapped.get(|| {
            let build = Build {
                inner_instances: true,
                // Calls of inner functions fail with it; see `ComponentInstance::call_core`.
                component_async: false,
                ..self.build
            };
            let capabilities = self.info.capabilities.clone();
            let info = BackendInfo::new(
                self.info.name.clone(),
                self.info.version.clone(),
                capabilities
                    .with(Capability::InnerGlobals, true)
                    .with(Capability::ComponentAsync, false),
            );
            let wrapped = &wrapping.wrapped;
            let plan = |interface: &Interface| CorePlan::new(wrapped.cores(interface));
            let engine = WasmtimeEngine::of(&build);
            let loaded = Loaded::new(&engine, Arc::new(info), wrapped.component(), plan)?;
            Ok(Arc::new(loaded))
        })
    }

    async fn instantiate_wrapped(&self, world: &World) -> Result<Box<dyn Instance>, Failed> {
        let wrapping = self.wrapping()?;
        let loaded = self.load_wrapped(&wrapping)?;
        let world = wrapping.wrapped.world(world);
        let instance = |inner| Box::new(Preview1Instance::new(inner, self)) as Box<dyn Instance>;
        match loaded.instantiate(&world).await? {
            Made::Whole(inner) => Ok(instance(inner)),
            Made::Failed(error, left) => Err(Failed {
                error,
                instance: left.map(instance),
            }),
        }
    }
}

#[async_trait]
impl Program for Preview1Program {
    fn interface(&self) -> &Interface {
        &self.interface
    }

    async fn instantiate(&self, world: &World) -> Result<Box<dyn Instance>, Failed> {
        if self.runs_wrapped(world) {
            let made = self.instantiate_wrapped(world).await;
            return made.map_err(|failed| Failed {
                error: (failed.error.during("instantiate")).on(self.info.name.clone()),
                instance: failed.instance,
            });
        }
        let plain = self.plain.get(|| {
            let loaded = seam_core::block_on(self.core.load(&self.artifact))?;
            Ok(Arc::from(loaded))
        })?;
        plain.instantiate(world).await
    }
}

/// A running preview1 module inside its component.
struct Preview1Instance {
    inner: ComponentInstance,
    interface: Arc<Interface>,
    backend: String,
    token: u64,
    /// Names of the resolved exports.
    exports: Vec<String>,
}

impl Preview1Instance {
    fn new(inner: ComponentInstance, program: &Preview1Program) -> Self {
        Self {
            inner,
            interface: program.interface.clone(),
            backend: program.info.name.clone(),
            token: token(),
            exports: Vec::new(),
        }
    }

    fn resolve(&mut self, name: &ExportName) -> Result<Func> {
        let (full, ty) = self.interface.func(name)?;
        let index = u32::try_from(self.exports.len())
            .map_err(|_| Error::misuse("expected at most 2^32 resolved functions"))?;
        self.exports.push(full.to_string());
        Ok(Func::new(full.clone(), ty.clone(), self.token, index))
    }

    fn invoke(&mut self, func: &Func, args: &[Value]) -> Result<Option<Value>> {
        let index = func.index(self.token)?;
        let export = self.exports.get(index).cloned();
        let export = export
            .ok_or_else(|| Error::misuse("expected a function of this instance, found another"))?;
        func.ty().check_args(args)?;
        let args: Vec<CoreValue> = args.iter().map(to_core).collect::<Result<_>>()?;
        let mut results = self.inner.call_core(&main(), &export, &args)?;
        match results.len() {
            0 => Ok(None),
            1 => results.pop().map(from_core).transpose(),
            _ => {
                let values = results.into_iter().map(from_core);
                Ok(Some(Value::Tuple(values.collect::<Result<_>>()?)))
            }
        }
    }

    /// Whether the component's own entry is the module's.
    fn check_entry(&self) -> Result<()> {
        match Entry::of(&self.interface) {
            Ok(Entry::Start) => Ok(()),
            Ok(other) => Err(Error::misuse(format!(
                "expected a preview1 command that starts at `_start`, found {other:?}"
            ))),
            Err(error) => Err(error),
        }
        .map_err(|e: Error| e.during("run").on(self.backend.clone()))
    }
}

/// The path of the module's own instance.
fn main() -> CorePath {
    CorePath::new([0])
}

/// A number as its core value; exports of a core module have no other parameters.
fn to_core(value: &Value) -> Result<CoreValue> {
    Ok(match value {
        Value::S32(value) => CoreValue::I32(*value),
        Value::S64(value) => CoreValue::I64(*value),
        Value::F32(value) => CoreValue::F32(value.to_bits()),
        Value::F64(value) => CoreValue::F64(value.to_bits()),
        other => {
            return Err(Error::misuse(format!(
                "expected a number for a core function, found {}",
                other.kind()
            )));
        }
    })
}

fn from_core(value: CoreValue) -> Result<Value> {
    Ok(match value {
        CoreValue::I32(value) => Value::S32(value),
        CoreValue::I64(value) => Value::S64(value),
        CoreValue::F32(bits) => Value::F32(f32::from_bits(bits)),
        CoreValue::F64(bits) => Value::F64(f64::from_bits(bits)),
        other => {
            return Err(Error::engine(format!(
                "expected a number from a core function, found {}",
                other.kind()
            )));
        }
    })
}

#[async_trait]
impl Instance for Preview1Instance {
    fn func(&mut self, name: &ExportName) -> Result<Func> {
        let resolved = self.resolve(name);
        resolved.map_err(|e| e.during(format!("resolve {name}")).on(self.backend.clone()))
    }

    fn call_blocking(&mut self, func: &Func, args: &[Value], out: &mut Vec<Value>) -> Result<()> {
        out.clear();
        let outcome = self.invoke(func, args);
        let outcome = outcome.map_err(|e| {
            let operation = format!("call {}", func.name());
            e.during(operation).on(self.backend.clone())
        });
        out.extend(outcome?);
        Ok(())
    }

    async fn run(&mut self) -> Result<seam_core::Exit> {
        self.check_entry()?;
        self.inner.run().await
    }

    fn run_blocking(&mut self) -> Result<seam_core::Exit> {
        self.check_entry()?;
        self.inner.run_blocking()
    }

    fn cores(&mut self) -> Result<Vec<CoreInstance>> {
        self.inner.cores()
    }

    fn call_core(
        &mut self,
        at: &CorePath,
        export: &str,
        args: &[CoreValue],
    ) -> Result<Vec<CoreValue>> {
        self.inner.call_core(at, export, args)
    }

    fn read_memory(
        &mut self,
        at: &CorePath,
        export: &str,
        offset: u64,
        len: usize,
    ) -> Result<Vec<u8>> {
        self.inner.read_memory(at, export, offset, len)
    }

    fn write_memory(
        &mut self,
        at: &CorePath,
        export: &str,
        offset: u64,
        bytes: &[u8],
    ) -> Result<()> {
        self.inner.write_memory(at, export, offset, bytes)
    }

    fn snapshot(&mut self, query: &Query) -> Result<Snapshot> {
        self.inner.snapshot(query)
    }

    fn observed(&mut self) -> &Observed {
        self.inner.observed()
    }

    fn drop_resource(&mut self, resource: &Resource) -> Result<()> {
        self.inner.drop_resource(resource)
    }

    fn fuel_consumed(&self) -> Option<u64> {
        self.inner.fuel_consumed()
    }
}
