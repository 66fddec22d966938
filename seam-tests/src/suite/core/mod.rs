//! Core scripts, on a [`CoreEngine`].

mod expect;
mod spectest;
mod value;

use std::collections::HashMap;

use seam_core::{
    CoreEngine, CoreExtern, CoreInstanceId, CoreModule, CoreStore, CoreValue, Error, HostState,
    Limits, Result, Trap,
};
use wast::{WastExecute, WastInvoke, WastRet};

use super::directive::{Interpreter, Scope, execute};
use super::outcome::{Step, Stop};

/// Performs the directives of a core script.
///
/// All instances live in one store, so that they can be linked with each other.
pub(crate) struct CoreMachine<'e> {
    engine: &'e dyn CoreEngine,
    store: Box<dyn CoreStore>,
    spectest: HashMap<String, CoreExtern>,
    scope: Scope<CoreModule, CoreInstanceId>,
}

impl<'e> CoreMachine<'e> {
    /// # Errors
    /// Any error of the engine while it instantiates the `spectest` module.
    pub(crate) fn new(engine: &'e dyn CoreEngine) -> Result<Self> {
        let mut store = engine.store(&Limits::new(), HostState::none())?;
        let spectest = spectest::provide(engine, &mut *store).map_err(|e| e.during("spectest"))?;
        Ok(Self {
            engine,
            store,
            spectest,
            scope: Scope::new(),
        })
    }

    /// Collects the imports of a module, or returns the link error for a missing import.
    ///
    /// If the exporting module is missing because a capability is unsupported, the importing module
    /// is unsupported too.
    fn imports(&mut self, module: &CoreModule) -> Step<Result<Vec<CoreExtern>>> {
        let mut imports = Vec::new();
        let ty = match module.ty() {
            Ok(ty) => ty.clone(),
            Err(error) => return Ok(Err(error)),
        };
        for (module, field, _) in &ty.imports {
            let item = match self.scope.registered.get(&**module) {
                Some(place) => {
                    let instance = *self.scope.instances.at(*place)?;
                    self.store.export(instance, field)
                }
                None if **module == *"spectest" => self.spectest.get(&**field).copied(),
                None => None,
            };
            match item {
                Some(item) => imports.push(item),
                None => {
                    return Ok(Err(Error::link(format!(
                        "unknown import `{module}` `{field}`"
                    ))));
                }
            }
        }
        Ok(Ok(imports))
    }

    fn export(&mut self, instance: Option<&str>, name: &str) -> Step<CoreExtern> {
        let place = self.scope.instances.find(instance)?;
        let instance = *self.scope.instances.at(place)?;
        let export = self.store.export(instance, name);
        export.ok_or_else(|| Stop::failed(format!("the export {name:?}"), "none"))
    }
}

impl Interpreter for CoreMachine<'_> {
    const KIND: &'static str = "module";
    type Definition = CoreModule;
    type Instance = CoreInstanceId;
    type Found = Vec<CoreValue>;

    fn scope(&mut self) -> &mut Scope<CoreModule, CoreInstanceId> {
        &mut self.scope
    }

    fn load(&self, bytes: Vec<u8>) -> Result<CoreModule> {
        seam_decode::compile(self.engine, &bytes)
    }

    fn instantiate(&mut self, module: &CoreModule) -> Step<Result<CoreInstanceId>> {
        let imports = self.imports(module)?;
        Ok(imports.and_then(|imports| self.store.instantiate(module, &imports)))
    }

    fn invoke(&mut self, call: &WastInvoke<'_>) -> Step<Result<Vec<CoreValue>>> {
        let item = self.export(call.module.map(|id| id.name()), call.name)?;
        let CoreExtern::Func(func) = item else {
            return Err(Stop::failed("a function", format!("{item:?}")));
        };
        let args = value::arguments(&call.args)?;
        let ty = self
            .store
            .func_type(func)
            .map_err(|error| Stop::unexpected("the type of a function", &error))?;
        let mut results = vec![CoreValue::I32(0); ty.results.len()];
        let called = self.store.call(func, &args, &mut results);
        Ok(called.map(|()| results))
    }

    fn get(&mut self, instance: Option<&str>, global: &str) -> Step<Result<Vec<CoreValue>>> {
        let item = self.export(instance, global)?;
        let CoreExtern::Global(global) = item else {
            return Err(Stop::failed("a global", format!("{item:?}")));
        };
        Ok(self.store.global(global).map(|value| vec![value]))
    }

    fn assert_return(&mut self, exec: WastExecute<'_>, results: &[WastRet<'_>]) -> Step {
        match execute(self, exec)? {
            Ok(values) => expect::results(results, &values),
            Err(error) => Err(Stop::unexpected("a return", &error)),
        }
    }

    fn assert_exception(&mut self, exec: WastExecute<'_>) -> Step {
        let expected = "an exception";
        match execute(self, exec)? {
            Ok(values) => {
                let found = format!("a return: {}", Self::text(&values));
                Err(Stop::failed(expected, found))
            }
            Err(error) if error.as_trap() == Some(&Trap::UncaughtException) => Ok(()),
            Err(error) => Err(Stop::unexpected(expected, &error)),
        }
    }

    fn text(values: &Vec<CoreValue>) -> String {
        let values: Vec<String> = values.iter().map(expect::value_text).collect();
        values.join(" ")
    }
}
