//! A running component, as users hold it.

use std::sync::Arc;

use async_trait::async_trait;
use seam_core::core::{CoreStore, CoreValue};
use seam_core::typed::{LiftResult, LowerArgs};
use seam_core::{
    CoreInstance, CorePath, Entry, Error, ErrorKind, Exit, ExportName, Func, Instance, Interface,
    Observed, Query, Resource, Result, Snapshot, Value,
};

use super::handles::check_handles;
use super::index::{InstanceInst, ItemInst};
use super::name::name_resources;
use super::state::Running;
use crate::abi::{self, MAX_FLAT_PARAMS, MAX_FLAT_RESULTS};
use crate::canon::lift::FuncInst;
use crate::canon::resource::destroy;
use crate::cores::Cores;
use crate::snapshot;

/// An instance of a component over a core engine's store.
pub(crate) struct ComponentInstance {
    store: Box<dyn CoreStore>,
    interface: Arc<Interface>,
    backend: Arc<str>,
    cores: Cores,
    /// The exported functions, in the order of [`Interface::export_funcs`]; none in an instance that
    /// failed to start.
    funcs: Vec<FuncInst>,
    owner: u64,
    /// What [`Instance::observed`] shows if the engine has lost the layer's state.
    lost: Observed,
}

impl ComponentInstance {
    /// The instance that `root` has made in this store.
    ///
    /// # Errors
    /// `Engine` if the interface and what was instantiated have come apart.
    pub(crate) fn new(
        mut store: Box<dyn CoreStore>,
        interface: Arc<Interface>,
        backend: Arc<str>,
        cores: Cores,
        root: &InstanceInst,
        owner: u64,
    ) -> Result<Self> {
        let mut funcs = Vec::new();
        if !root.exports.is_empty() {
            let running = Running::of(&mut *store)?;
            for (name, ty) in interface.export_funcs() {
                let func = find(root, name).ok_or_else(|| {
                    Error::engine(format!(
                        "expected an exported function `{name}`, found none"
                    ))
                })?;
                name_resources(running, func.ty(), ty);
                funcs.push(func.clone());
            }
        }
        Ok(Self {
            store,
            interface,
            backend,
            cores,
            funcs,
            owner,
            lost: Observed::default(),
        })
    }

    fn resolved(&self, func: &Func) -> Result<FuncInst> {
        let index = func.index(self.owner)?;
        let found = self.funcs.get(index).cloned();
        found.ok_or_else(|| {
            Error::misuse("expected an instance that has started, found one that has not")
        })
    }

    fn call_values(&mut self, func: &Func, args: &[Value]) -> Result<Option<Value>> {
        let inst = self.resolved(func)?;
        func.ty().check_args(args)?;
        match inst {
            FuncInst::Lifted(lifted) => {
                check_handles(Running::of(&mut *self.store)?, &lifted.ty.params, args)?;
                lifted.call(&mut *self.store, args)
            }
            FuncInst::Host(index, _) => Running::of(&mut *self.store)?.world.call(index, args),
        }
    }

    fn call_parts(
        &mut self,
        func: &Func,
        lower: &mut dyn LowerArgs,
        lift: &mut dyn LiftResult,
    ) -> Result<()> {
        match self.resolved(func)? {
            // Handles are checked before the guest runs, and that takes all of them first.
            FuncInst::Lifted(lifted) if !lifted.ty.params.contents.handle => lifted.call_with(
                &mut *self.store,
                &mut |cx, flat| {
                    abi::lower_parts(cx, MAX_FLAT_PARAMS, lower, &lifted.ty.params, flat)
                },
                &mut |cx, flat| {
                    if lifted.ty.result.fields.is_empty() {
                        return Ok(());
                    }
                    abi::lift_parts(cx, MAX_FLAT_RESULTS, flat, &lifted.ty.result, lift)
                },
            ),
            _ => {
                let args = seam_core::typed::args_to_values(func.ty(), lower)?;
                let result: Vec<Value> = self.call_values(func, &args)?.into_iter().collect();
                seam_core::typed::result_from_values(func.ty(), &result, lift)
            }
        }
    }

    fn drop_owned(&mut self, resource: &Resource) -> Result<()> {
        let held = Running::of(&mut *self.store)?.host.take(resource)?;
        destroy(&mut *self.store, held.ty, held.rep)
    }

    fn named<T>(&self, result: Result<T>, operation: impl FnOnce() -> String) -> Result<T> {
        result.map_err(|e| e.during(operation()).on(self.backend.to_string()))
    }
}

/// The exported function of this full name.
fn find<'a>(root: &'a InstanceInst, name: &ExportName) -> Option<&'a FuncInst> {
    let mut instance = root;
    for step in name.instances() {
        match instance.exports.get(step)? {
            ItemInst::Instance(inner) => instance = inner,
            _ => return None,
        }
    }
    match instance.exports.get(name.item())? {
        ItemInst::Func(func) => Some(func),
        _ => None,
    }
}

#[async_trait]
impl Instance for ComponentInstance {
    fn func(&mut self, name: &ExportName) -> Result<Func> {
        let (name, ty) = self.interface.func(name)?;
        let funcs = self.interface.export_funcs();
        let index = funcs.iter().position(|(export, _)| export == name);
        let index = index.and_then(|index| u32::try_from(index).ok());
        let index =
            index.ok_or_else(|| Error::engine(format!("expected an index for `{name}`")))?;
        Ok(Func::new(name.clone(), ty.clone(), self.owner, index))
    }

    fn call_blocking(&mut self, func: &Func, args: &[Value], out: &mut Vec<Value>) -> Result<()> {
        out.clear();
        let result = self.call_values(func, args);
        out.extend(self.named(result, || format!("call {}", func.name()))?);
        Ok(())
    }

    fn call_with(
        &mut self,
        func: &Func,
        lower: &mut dyn LowerArgs,
        lift: &mut dyn LiftResult,
    ) -> Result<()> {
        let result = self.call_parts(func, lower, lift);
        self.named(result, || format!("call {}", func.name()))
    }

    fn run_blocking(&mut self) -> Result<Exit> {
        let name = match Entry::of(&self.interface) {
            Ok(Entry::Run(name)) => Ok(name),
            Ok(_) => Err(Error::engine(
                "expected a component to start at `wasi:cli/run`",
            )),
            Err(error) => Err(error),
        };
        let name = self.named(name, || "run".into())?;
        let func = self.func(&name)?;
        let called = self.call_values(&func, &[]);
        match self.named(called, || "run".into()) {
            Ok(result) => Ok(Exit::new(match result {
                Some(Value::Result(Ok(_))) => 0,
                _ => 1,
            })),
            Err(error) => match error.kind() {
                ErrorKind::Exit(code) => Ok(Exit::new(*code)),
                _ => Err(error),
            },
        }
    }

    fn cores(&mut self) -> Result<Vec<CoreInstance>> {
        Ok(self.cores.list())
    }

    fn call_core(
        &mut self,
        at: &CorePath,
        export: &str,
        args: &[CoreValue],
    ) -> Result<Vec<CoreValue>> {
        let depth = Running::of(&mut *self.store)?.depth();
        let result = self.cores.call(&mut *self.store, at, export, args);
        Running::of(&mut *self.store)?.unwind(depth);
        self.named(result, || format!("call {export} of core instance {at}"))
    }

    fn read_memory(
        &mut self,
        at: &CorePath,
        export: &str,
        offset: u64,
        len: usize,
    ) -> Result<Vec<u8>> {
        let memory = self.cores.memory(&mut *self.store, at, export);
        let bytes = memory.and_then(|memory| memory.read_vec(offset, len));
        self.named(bytes, || {
            format!("read memory {export} of core instance {at}")
        })
    }

    fn write_memory(
        &mut self,
        at: &CorePath,
        export: &str,
        offset: u64,
        bytes: &[u8],
    ) -> Result<()> {
        let memory = self.cores.memory(&mut *self.store, at, export);
        let written = memory.and_then(|mut memory| memory.write(offset, bytes));
        self.named(written, || {
            format!("write memory {export} of core instance {at}")
        })
    }

    fn snapshot(&mut self, query: &Query) -> Result<Snapshot> {
        let taken = snapshot::take(&self.cores, &mut *self.store, query);
        self.named(taken, || "take a snapshot".into())
    }

    fn observed(&mut self) -> &Observed {
        match Running::of(&mut *self.store) {
            Ok(running) => running.world.observed(),
            Err(_) => &self.lost,
        }
    }

    fn drop_resource(&mut self, resource: &Resource) -> Result<()> {
        let result = self.drop_owned(resource);
        self.named(result, || format!("drop a {}", resource.ty().name()))
    }

    fn held(&mut self) -> Vec<Resource> {
        let running = Running::of(&mut *self.store);
        running
            .map(|running| running.owned_by_host())
            .unwrap_or_default()
    }

    fn fuel_consumed(&self) -> Option<u64> {
        self.store.fuel_consumed()
    }
}
