//! A running component.

use seam_core::{
    CorePath, Entry, Error, ErrorKind, Exit, ExportName, Func, Resource, Result, Value, WorldState,
};
use seam_core::{
    CoreStore, CoreValue,
    typed::{LiftResult, LowerArgs},
};

use super::handles::check_handles;
use super::index::{InstanceInst, ItemInst};
use super::name::name_resources;
use super::state::Running;
use crate::abi::{self, MAX_FLAT_PARAMS, MAX_FLAT_RESULTS};
use crate::canon::lift::FuncInst;
use crate::canon::resource::destroy;
use crate::instance::{Base, Guest, call_by_value};

/// An instance of a component.
pub(super) struct ComponentGuest {
    /// The exported functions, in the order of
    /// [`Interface::export_funcs`](seam_core::Interface::export_funcs); none in an instance that
    /// failed to start.
    funcs: Vec<FuncInst>,
}

impl ComponentGuest {
    /// What `root` has made in this store.
    ///
    /// # Errors
    /// `Engine` if the interface and what was instantiated have come apart.
    pub(super) fn new(base: &mut Base, root: &InstanceInst) -> Result<Self> {
        let mut funcs = Vec::new();
        if !root.exports.is_empty() {
            let running = Running::of(&mut *base.store)?;
            for (name, ty) in base.interface.export_funcs() {
                let func = find(root, name).ok_or_else(|| {
                    Error::engine(format!(
                        "expected an exported function `{name}`, found none"
                    ))
                })?;
                name_resources(running, func.ty(), ty);
                funcs.push(func.clone());
            }
        }
        Ok(Self { funcs })
    }

    fn resolved(&self, base: &Base, func: &Func) -> Result<FuncInst> {
        let index = func.index(base.owner)?;
        let found = self.funcs.get(index).cloned();
        found.ok_or_else(|| {
            Error::misuse("expected an instance that has started, found one that has not")
        })
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

impl Guest for ComponentGuest {
    fn call(&mut self, base: &mut Base, func: &Func, args: &[Value]) -> Result<Option<Value>> {
        let inst = self.resolved(base, func)?;
        func.ty().check_args(args)?;
        match inst {
            FuncInst::Lifted(lifted) => {
                check_handles(Running::of(&mut *base.store)?, &lifted.ty.params, args)?;
                lifted.call(&mut *base.store, args)
            }
            FuncInst::Host(index, _) => Running::of(&mut *base.store)?.world.call(index, args),
        }
    }

    fn call_with(
        &mut self,
        base: &mut Base,
        func: &Func,
        lower: &mut dyn LowerArgs,
        lift: &mut dyn LiftResult,
    ) -> Result<()> {
        match self.resolved(base, func)? {
            // Handles are checked before the guest runs, and that takes all of them first.
            FuncInst::Lifted(lifted) if !lifted.ty.params.contents.handle => lifted.call_with(
                &mut *base.store,
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
            _ => call_by_value(self, base, func, lower, lift),
        }
    }

    fn run(&mut self, base: &mut Base) -> Result<Exit> {
        let Entry::Run(name) = Entry::of(&base.interface)? else {
            return Err(Error::engine(
                "expected a component to start at `wasi:cli/run`",
            ));
        };
        let func = base.func(&name)?;
        match self.call(base, &func, &[]) {
            Ok(Some(Value::Result(Ok(_)))) => Ok(Exit::new(0)),
            Ok(_) => Ok(Exit::new(1)),
            Err(error) => match error.kind() {
                ErrorKind::Exit(code) => Ok(Exit::new(*code)),
                _ => Err(error),
            },
        }
    }

    fn call_core(
        &mut self,
        base: &mut Base,
        at: &CorePath,
        export: &str,
        args: &[CoreValue],
    ) -> Result<Vec<CoreValue>> {
        let depth = Running::of(&mut *base.store)?.depth();
        let result = base.cores.call(&mut *base.store, at, export, args);
        Running::of(&mut *base.store)?.unwind(depth);
        result
    }

    fn world(store: &mut dyn CoreStore) -> Result<&mut WorldState> {
        Ok(&mut Running::of(store)?.world)
    }

    fn drop_resource(&mut self, base: &mut Base, resource: &Resource) -> Result<()> {
        let held = Running::of(&mut *base.store)?.host.take(resource)?;
        destroy(&mut *base.store, held.ty, held.rep)
    }

    fn held(&self, base: &mut Base) -> Vec<Resource> {
        let running = Running::of(&mut *base.store);
        running
            .map(|running| running.owned_by_host())
            .unwrap_or_default()
    }
}
