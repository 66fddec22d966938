//! Core scripts, on a [`CoreEngine`].

mod expect;
mod spectest;
mod value;

use std::collections::HashMap;

use seam_core::core::{
    CoreEngine, CoreExtern, CoreInstanceId, CoreModule, CoreStore, CoreValue, HostState,
};
use seam_core::{Error, ErrorKind, Limits, Result, Trap};
use wast::{QuoteWat, WastDirective, WastExecute, WastInvoke};

use super::names::{Names, Place};
use super::outcome::{Step, Stop};
use super::script::{Machine, encode, encode_rejected};

/// Performs the directives of a core script: all instances in one store, so that they can be linked
/// with each other.
pub(crate) struct CoreMachine<'e> {
    engine: &'e dyn CoreEngine,
    store: Box<dyn CoreStore>,
    spectest: HashMap<String, CoreExtern>,
    definitions: Names<CoreModule>,
    instances: Names<CoreInstanceId>,
    registered: HashMap<String, Place>,
}

impl<'e> CoreMachine<'e> {
    /// # Errors
    /// What the engine refuses of the `spectest` module.
    pub(crate) fn new(engine: &'e dyn CoreEngine) -> Result<Self> {
        let mut store = engine.store(&Limits::new(), HostState::none())?;
        let spectest = spectest::provide(engine, &mut *store).map_err(|e| e.during("spectest"))?;
        Ok(Self {
            engine,
            store,
            spectest,
            definitions: Names::new(),
            instances: Names::new(),
            registered: HashMap::new(),
        })
    }

    /// A module that the script wants to be accepted.
    fn compile(&self, wat: &mut QuoteWat<'_>) -> Step<CoreModule> {
        let bytes = encode(wat)?;
        self.engine
            .compile(&bytes)
            .map_err(|error| Stop::unexpected("a valid module", &error))
    }

    /// A module that the script wants to be rejected. Texts are not compared: there is no agreed
    /// spelling.
    fn reject(&self, wat: &mut QuoteWat<'_>, message: &str) -> Step {
        let bytes = encode_rejected(wat)?;
        let expected = || format!("an invalid module: {message}");
        match self.engine.compile(&bytes) {
            Err(error) if matches!(error.kind(), ErrorKind::Invalid { .. }) => Ok(()),
            Err(error) => Err(Stop::unexpected(expected(), &error)),
            Ok(_) => Err(Stop::failed(expected(), "the module was accepted")),
        }
    }

    /// What a module imports, or the link error of what there is not. A module that imports from
    /// one that is not there for a lack comes to that lack.
    fn imports(&mut self, module: &CoreModule) -> Step<Result<Vec<CoreExtern>>> {
        let mut imports = Vec::new();
        for (module, field, _) in &module.ty().imports {
            let item = match self.registered.get(module) {
                Some(place) => {
                    let instance = *self.instances.at(*place)?;
                    self.store.export(instance, field)
                }
                None if module == "spectest" => self.spectest.get(field).copied(),
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

    fn instantiate(&mut self, module: &CoreModule) -> Step<Result<CoreInstanceId>> {
        let imports = self.imports(module)?;
        Ok(imports.and_then(|imports| self.store.instantiate(module, &imports)))
    }

    /// An instance that the script wants to be made.
    fn instance(&mut self, module: &CoreModule) -> Step<CoreInstanceId> {
        self.instantiate(module)?
            .map_err(|error| Stop::unexpected("an instance", &error))
    }

    fn execute(&mut self, exec: WastExecute<'_>) -> Step<Result<Vec<CoreValue>>> {
        match exec {
            WastExecute::Invoke(call) => self.invoke(&call),
            WastExecute::Get { module, global, .. } => {
                let item = self.export(module.map(|id| id.name()), global)?;
                let CoreExtern::Global(global) = item else {
                    return Err(Stop::failed("a global", format!("{item:?}")));
                };
                Ok(self.store.global(global).map(|value| vec![value]))
            }
            WastExecute::Wat(wat) => {
                let module = self.compile(&mut QuoteWat::Wat(wat))?;
                Ok(self.instantiate(&module)?.map(|_| Vec::new()))
            }
        }
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

    fn export(&mut self, instance: Option<&str>, name: &str) -> Step<CoreExtern> {
        let place = self.instances.find(instance)?;
        let instance = *self.instances.at(place)?;
        let export = self.store.export(instance, name);
        export.ok_or_else(|| Stop::failed(format!("the export {name:?}"), "none"))
    }

    fn assert_trap(&mut self, exec: WastExecute<'_>, message: &str) -> Step {
        let expected = || format!("trap: {message}");
        match self.execute(exec)? {
            Ok(values) => Err(Stop::failed(expected(), results_text(&values))),
            Err(error) => match error.as_trap() {
                Some(trap) if trap.matches(message) => Ok(()),
                Some(trap) => Err(Stop::failed(expected(), format!("trap: {trap}"))),
                None => Err(Stop::unexpected(expected(), &error)),
            },
        }
    }

    fn assert_exception(&mut self, exec: WastExecute<'_>) -> Step {
        let expected = "an exception";
        match self.execute(exec)? {
            Ok(values) => Err(Stop::failed(expected, results_text(&values))),
            Err(error) if error.as_trap() == Some(&Trap::UncaughtException) => Ok(()),
            Err(error) => Err(Stop::unexpected(expected, &error)),
        }
    }

    fn assert_unlinkable(&mut self, wat: wast::Wat<'_>, message: &str) -> Step {
        let expected = || format!("a link error: {message}");
        let module = self.compile(&mut QuoteWat::Wat(wat))?;
        match self.instantiate(&module)? {
            Ok(_) => Err(Stop::failed(expected(), "an instance")),
            Err(error) if *error.kind() == ErrorKind::Link => Ok(()),
            Err(error) => Err(Stop::unexpected(expected(), &error)),
        }
    }

    fn assert_return(&mut self, exec: WastExecute<'_>, results: &[wast::WastRet<'_>]) -> Step {
        match self.execute(exec)? {
            Ok(values) => expect::results(results, &values),
            Err(error) => Err(Stop::unexpected("a return", &error)),
        }
    }
}

fn results_text(values: &[CoreValue]) -> String {
    let values: Vec<String> = values.iter().map(expect::value_text).collect();
    format!("a return: {}", values.join(" "))
}

impl Machine for CoreMachine<'_> {
    fn perform(&mut self, line: usize, directive: WastDirective<'_>) -> Step {
        match directive {
            WastDirective::Module(mut wat) => {
                let name = wat.name().map(|id| id.name());
                let module = self.compile(&mut wat);
                let made = module.as_ref().map_err(Stop::clone);
                let made = made.and_then(|module| self.instance(module));
                // A module is a definition too, for later instances of it.
                let _ = self.definitions.define(line, name, module);
                self.instances.define(line, name, made)
            }
            WastDirective::ModuleDefinition(mut wat) => {
                let module = self.compile(&mut wat);
                self.definitions
                    .define(line, wat.name().map(|id| id.name()), module)
            }
            WastDirective::ModuleInstance {
                instance, module, ..
            } => {
                let place = self.definitions.find(module.map(|id| id.name()));
                let module = place.and_then(|place| self.definitions.at(place).cloned());
                let made = module.and_then(|module| self.instance(&module));
                self.instances
                    .define(line, instance.map(|id| id.name()), made)
            }
            WastDirective::Register { name, module, .. } => {
                let place = self.instances.find(module.map(|id| id.name()))?;
                self.registered.insert(name.to_string(), place);
                self.instances.at(place).map(|_| ())
            }
            WastDirective::Invoke(call) => match self.invoke(&call)? {
                Ok(_) => Ok(()),
                Err(error) => Err(Stop::unexpected("a return", &error)),
            },
            WastDirective::AssertReturn { exec, results, .. } => self.assert_return(exec, &results),
            WastDirective::AssertTrap { exec, message, .. } => self.assert_trap(exec, message),
            WastDirective::AssertExhaustion { call, message, .. } => {
                self.assert_trap(WastExecute::Invoke(call), message)
            }
            WastDirective::AssertException { exec, .. } => self.assert_exception(exec),
            WastDirective::AssertInvalid {
                mut module,
                message,
                ..
            }
            | WastDirective::AssertMalformed {
                mut module,
                message,
                ..
            } => self.reject(&mut module, message),
            WastDirective::AssertUnlinkable {
                module, message, ..
            } => self.assert_unlinkable(module, message),
            // What custom sections hold cannot make a module invalid.
            WastDirective::AssertInvalidCustom { .. }
            | WastDirective::AssertMalformedCustom { .. } => Err(Stop::NotCounted),
            WastDirective::AssertSuspension { .. } => {
                Err(Stop::Unsupported("stack-switching".into()))
            }
            WastDirective::Thread(_) | WastDirective::Wait { .. } => {
                Err(Stop::Unsupported("threads of a script".into()))
            }
        }
    }
}
