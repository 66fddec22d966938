//! A running instance, as users hold it.

use std::sync::Arc;

use async_trait::async_trait;
use seam_core::{
    CoreInstance, CorePath, Error, Exit, ExportName, Func, Instance, Interface, Observed, Query,
    Resource, Result, Snapshot, Value, WorldState, contain,
};
use seam_core::{
    CoreStore, CoreValue,
    typed::{LiftResult, LowerArgs, args_to_values, result_from_values},
};

use crate::cores::Cores;
use crate::snapshot;

/// What components and core modules do each in their own way. Errors are without the operation and
/// the backend.
pub(crate) trait Guest: Send {
    /// Calls an exported function; its result, if it has one.
    fn call(&mut self, base: &mut Base, func: &Func, args: &[Value]) -> Result<Option<Value>>;

    /// As [`Guest::call`], for [`Instance::call_with`].
    fn call_with(
        &mut self,
        base: &mut Base,
        func: &Func,
        lower: &mut dyn LowerArgs,
        lift: &mut dyn LiftResult,
    ) -> Result<()> {
        call_by_value(self, base, func, lower, lift)
    }

    /// Starts the canonical entry.
    fn run(&mut self, base: &mut Base) -> Result<Exit>;

    /// Calls an exported function of a core instance.
    fn call_core(
        &mut self,
        base: &mut Base,
        at: &CorePath,
        export: &str,
        args: &[CoreValue],
    ) -> Result<Vec<CoreValue>>;

    /// The world that the layer keeps in the instance's store.
    fn world(store: &mut dyn CoreStore) -> Result<&mut WorldState>;

    /// Drops a resource that the host owns.
    fn drop_resource(&mut self, base: &mut Base, resource: &Resource) -> Result<()>;

    /// The guest-defined resources that the host owns. The default is for instances without.
    fn held(&self, _base: &mut Base) -> Vec<Resource> {
        Vec::new()
    }
}

/// [`Guest::call_with`] by way of values.
pub(crate) fn call_by_value<G: Guest + ?Sized>(
    guest: &mut G,
    base: &mut Base,
    func: &Func,
    lower: &mut dyn LowerArgs,
    lift: &mut dyn LiftResult,
) -> Result<()> {
    let args = args_to_values(func.ty(), lower)?;
    let result: Vec<Value> = guest.call(base, func, &args)?.into_iter().collect();
    result_from_values(func.ty(), &result, lift)
}

/// What there is of every instance.
pub(crate) struct Base {
    pub(crate) store: Box<dyn CoreStore>,
    pub(crate) interface: Arc<Interface>,
    pub(crate) backend: Arc<str>,
    pub(crate) cores: Cores,
    /// The instance's token, which its functions and handles carry.
    pub(crate) owner: u64,
}

impl Base {
    /// Resolves an exported function; its index is that in [`Interface::export_funcs`].
    ///
    /// # Errors
    /// `Misuse` listing near matches.
    pub(crate) fn func(&self, name: &ExportName) -> Result<Func> {
        let (name, ty) = self.interface.func(name)?;
        let funcs = self.interface.export_funcs();
        let index = funcs.iter().position(|(export, _)| export == name);
        let index = index.and_then(|index| u32::try_from(index).ok());
        let index = index
            .ok_or_else(|| Error::engine(format!("expected an index for `{name}`, found none")))?;
        Ok(Func::new(name.clone(), ty.clone(), self.owner, index))
    }
}

/// An instance over a core engine's store.
pub(crate) struct LayeredInstance<G> {
    base: Base,
    guest: G,
    /// Whether the engine has panicked: its state is unknown then, and nothing but the world is
    /// looked at any more.
    broken: bool,
    /// What [`Instance::observed`] shows if the engine has lost the layer's state.
    lost: Observed,
}

impl<G: Guest> LayeredInstance<G> {
    pub(crate) fn new(base: Base, guest: G) -> Self {
        Self {
            base,
            guest,
            broken: false,
            lost: Observed::default(),
        }
    }

    /// Performs an operation, and names it and the backend in its error. A panic of the engine is
    /// an error, of this operation and of every later one.
    fn perform<T>(
        &mut self,
        operation: impl FnOnce() -> String,
        body: impl FnOnce(&mut Base, &mut G) -> Result<T>,
    ) -> Result<T> {
        let Self {
            base,
            guest,
            broken,
            ..
        } = self;
        let outcome = if *broken {
            Err(Error::engine(
                "expected an instance in a known state, found one whose engine has panicked",
            ))
        } else {
            *broken = true;
            contain(|| {
                let outcome = body(base, guest);
                *broken = false;
                outcome
            })
        };
        outcome.map_err(|e| e.during(operation()).on(base.backend.to_string()))
    }
}

#[async_trait]
impl<G: Guest> Instance for LayeredInstance<G> {
    fn func(&mut self, name: &ExportName) -> Result<Func> {
        self.base.func(name)
    }

    fn call_blocking(&mut self, func: &Func, args: &[Value], out: &mut Vec<Value>) -> Result<()> {
        out.clear();
        let operation = || format!("call {}", func.name());
        out.extend(self.perform(operation, |base, guest| guest.call(base, func, args))?);
        Ok(())
    }

    fn call_with(
        &mut self,
        func: &Func,
        lower: &mut dyn LowerArgs,
        lift: &mut dyn LiftResult,
    ) -> Result<()> {
        let operation = || format!("call {}", func.name());
        self.perform(operation, |base, guest| {
            guest.call_with(base, func, lower, lift)
        })
    }

    fn run_blocking(&mut self) -> Result<Exit> {
        self.perform(|| "run".into(), |base, guest| guest.run(base))
    }

    fn cores(&mut self) -> Result<Vec<CoreInstance>> {
        Ok(self.base.cores.list())
    }

    fn call_core(
        &mut self,
        at: &CorePath,
        export: &str,
        args: &[CoreValue],
    ) -> Result<Vec<CoreValue>> {
        let operation = || format!("call {export} of core instance {at}");
        self.perform(operation, |base, guest| {
            guest.call_core(base, at, export, args)
        })
    }

    fn read_memory(
        &mut self,
        at: &CorePath,
        export: &str,
        offset: u64,
        len: usize,
    ) -> Result<Vec<u8>> {
        let operation = || format!("read memory {export} of core instance {at}");
        self.perform(operation, |base, _| {
            let memory = base.cores.memory(&mut *base.store, at, export)?;
            memory.read_vec(offset, len)
        })
    }

    fn write_memory(
        &mut self,
        at: &CorePath,
        export: &str,
        offset: u64,
        bytes: &[u8],
    ) -> Result<()> {
        let operation = || format!("write memory {export} of core instance {at}");
        self.perform(operation, |base, _| {
            let mut memory = base.cores.memory(&mut *base.store, at, export)?;
            memory.write(offset, bytes)
        })
    }

    fn snapshot(&mut self, query: &Query) -> Result<Snapshot> {
        let operation = || "take a snapshot".into();
        self.perform(operation, |base, _| {
            snapshot::take(&base.cores, &mut *base.store, query)
        })
    }

    fn observed(&mut self) -> &Observed {
        match contain(|| G::world(&mut *self.base.store)) {
            Ok(world) => world.observed(),
            Err(_) => &self.lost,
        }
    }

    fn drop_resource(&mut self, resource: &Resource) -> Result<()> {
        let operation = || format!("drop a {}", resource.ty().name());
        self.perform(operation, |base, guest| guest.drop_resource(base, resource))
    }

    fn held(&mut self) -> Vec<Resource> {
        let held = self.perform(String::new, |base, guest| Ok(guest.held(base)));
        held.unwrap_or_default()
    }

    fn fuel_consumed(&self) -> Option<u64> {
        contain::<_, Error>(|| Ok(self.base.store.fuel_consumed())).ok()?
    }
}
