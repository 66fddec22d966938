//! A running core module.

use std::sync::Arc;

use seam_core::{
    Args, CoreExtern, CoreInstanceId, CorePath, CoreStore, CoreValue, Entry, Error, ErrorKind,
    Exit, ExportName, Func, NumericFunc, Resource, Result, Value, WorldState,
};

use super::scalar::{lift_result_bits, lower_bits};
use crate::host::world_of;
use crate::inner::{Base, Inner};

/// An instance of a core module.
pub(super) struct CoreModuleInstance {
    /// Names of the exported functions, in the order of
    /// [`Interface::export_funcs`](seam_core::Interface::export_funcs).
    exports: Arc<[Arc<str>]>,
    /// The functions that have been resolved, at the same positions.
    funcs: Vec<Option<NumericFunc>>,
    id: CoreInstanceId,
    state: State,
    /// Room for the arguments and results of a call, kept between calls.
    spare: Vec<u64>,
}

/// The state of an instance.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// The start function trapped. The instance can only be inspected.
    Failed,
    /// Instantiated. If it is a reactor, it has not been initialised.
    Ready,
    /// A reactor that has been initialised, or a module that needs no initialisation.
    Initialised,
}

impl CoreModuleInstance {
    pub(super) fn new(exports: Arc<[Arc<str>]>, id: CoreInstanceId, state: State) -> Self {
        let funcs = vec![None; exports.len()];
        Self {
            exports,
            funcs,
            id,
            state,
            spare: Vec::new(),
        }
    }

    /// Prepares the call of an export: the first call initialises a reactor.
    ///
    /// Initialisation runs only once, whatever its outcome is.
    fn initialize(&mut self, base: &mut Base, export: &str) -> Result<()> {
        match self.state {
            State::Initialised => return Ok(()),
            State::Failed => {
                return Err(Error::misuse(
                    "expected an instance that has started, found one whose start function trapped",
                ));
            }
            State::Ready => self.state = State::Initialised,
        }
        let initializer = Entry::initializer(&base.interface);
        let Some(name) = initializer.filter(|name| *name != export) else {
            return Ok(());
        };
        let Some(CoreExtern::Func(func)) = base.store.export(self.id, name) else {
            return Ok(());
        };
        let ty = base.store.func_type(func)?;
        if !ty.params.is_empty() || !ty.results.is_empty() {
            // The function has this name, but does not belong to a reactor.
            return Ok(());
        }
        let initialised = base.store.call(func, &[], &mut []);
        initialised.map_err(|e| e.during(format!("call {name}")))
    }

    /// Looks up an exported function, unless it was called before.
    fn resolve(&mut self, base: &mut Base, index: usize) -> Result<()> {
        if let Some(Some(_)) = self.funcs.get(index) {
            return Ok(());
        }
        let name = self.exports.get(index).map_or("", |name| &**name);
        let Some(CoreExtern::Func(func)) = base.store.export(self.id, name) else {
            return Err(Error::engine(format!(
                "expected an exported function `{name}`, found none"
            )));
        };
        let ty = base.store.func_type(func)?;
        let slot = self.funcs.get_mut(index).ok_or_else(unresolved)?;
        *slot = Some(NumericFunc::new(func, ty)?);
        Ok(())
    }

    fn at(&self, index: usize) -> Result<&NumericFunc> {
        let func = self.funcs.get(index).and_then(Option::as_ref);
        func.ok_or_else(unresolved)
    }
}

fn unresolved() -> Error {
    Error::engine("expected a function that was resolved, found another one")
}

/// A call of the exported function at an index.
pub(super) struct CoreCall {
    index: usize,
    /// The arguments, and the results once the function has returned.
    bits: Vec<u64>,
}

impl Inner for CoreModuleInstance {
    type Call = CoreCall;

    fn start(&mut self, base: &mut Base, func: &Func, args: Args<'_>) -> Result<CoreCall> {
        let index = func.index(base.owner)?;
        let args = args.into_values(func.ty())?;
        if self.state != State::Initialised {
            let exports = self.exports.clone();
            self.initialize(base, exports.get(index).map_or("", |name| &**name))?;
        }
        self.resolve(base, index)?;
        let mut bits = std::mem::take(&mut self.spare);
        bits.clear();
        for arg in &*args {
            bits.push(lower_bits(arg)?);
        }
        bits.resize(self.at(index)?.len(), 0);
        Ok(CoreCall { index, bits })
    }

    fn drive(&mut self, base: &mut Base, call: &mut CoreCall) -> Result<()> {
        let func = self.at(call.index)?;
        base.store.call_numeric(func, &mut call.bits)
    }

    fn take(&mut self, _: &mut Base, func: &Func, call: CoreCall) -> Result<Option<Value>> {
        let types = &self.at(call.index)?.ty().results;
        let taken = lift_result_bits(func.ty(), types, &call.bits);
        self.spare = call.bits;
        taken
    }

    fn run(&mut self, base: &mut Base) -> Result<Exit> {
        let name = match Entry::of(&base.interface)? {
            Entry::Run(name) => name,
            Entry::Start => ExportName::root("_start"),
            other => {
                return Err(Error::engine(format!(
                    "expected a known entry, found {other:?}"
                )));
            }
        };
        let func = base.func(&name)?;
        match self.call_entry(base, &func) {
            // A `result` has a flattened discriminant, and a command has no result.
            Ok(Some(Value::S32(0)) | None) => Ok(Exit::new(0)),
            Ok(Some(_)) => Ok(Exit::new(1)),
            Err(error) => match error.kind() {
                ErrorKind::Exit(code) => Ok(Exit::new(*code)),
                _ => Err(error.during(format!("call {name}"))),
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
        base.cores.check(&mut *base.store, at, export, args)?;
        self.initialize(base, export)?;
        base.cores.call(&mut *base.store, at, export, args)
    }

    fn world(store: &mut dyn CoreStore) -> Result<&mut WorldState> {
        world_of(store)
    }

    fn drop_resource(&mut self, _: &mut Base, resource: &Resource) -> Result<()> {
        Err(Error::misuse(format!(
            "expected a resource of this instance, found a {} of another: a core module has none",
            resource.ty().name()
        )))
    }
}
