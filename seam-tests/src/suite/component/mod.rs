//! Component scripts, on a [`Backend`].

mod value;

use std::collections::HashMap;
use std::sync::Arc;

use seam_core::{
    Artifact, Backend, BackendExt, ErrorKind, Instance, InstanceExt, Program, ProgramExt, Result,
    Value, World,
};
use wast::{QuoteWat, WastDirective, WastExecute, WastInvoke};

use super::names::{Names, Place};
use super::outcome::{Step, Stop};
use super::script::{Machine, encode, encode_rejected};

/// Performs the directives of a component script. Every instance has a world of its own that
/// defines nothing.
pub(crate) struct ComponentMachine<'b> {
    backend: &'b dyn Backend,
    definitions: Names<Arc<dyn Program>>,
    instances: Names<Box<dyn Instance>>,
    registered: HashMap<String, Place>,
}

impl<'b> ComponentMachine<'b> {
    pub(crate) fn new(backend: &'b dyn Backend) -> Self {
        Self {
            backend,
            definitions: Names::new(),
            instances: Names::new(),
            registered: HashMap::new(),
        }
    }

    fn load(&self, bytes: Vec<u8>) -> Result<Arc<dyn Program>> {
        let artifact = Artifact::from_bytes("script", bytes)?;
        self.backend.load_blocking(&artifact).map(Arc::from)
    }

    /// A component that the script wants to be accepted.
    fn compile(&self, wat: &mut QuoteWat<'_>) -> Step<Arc<dyn Program>> {
        let bytes = encode(wat)?;
        self.load(bytes)
            .map_err(|error| Stop::unexpected("a valid component", &error))
    }

    /// A component that the script wants to be rejected. Texts are not compared: there is no agreed
    /// spelling.
    fn reject(&self, wat: &mut QuoteWat<'_>, message: &str) -> Step {
        let bytes = encode_rejected(wat)?;
        let expected = || format!("an invalid component: {message}");
        match self.load(bytes) {
            Err(error) if matches!(error.kind(), ErrorKind::Invalid { .. }) => Ok(()),
            Err(error) => Err(Stop::unexpected(expected(), &error)),
            Ok(_) => Err(Stop::failed(expected(), "the component was accepted")),
        }
    }

    /// Instantiates in a world that defines nothing: a [`World`] cannot be made of another
    /// instance's exports, so a component that imports a registered instance is beyond the seam.
    fn instantiate(&self, program: &dyn Program) -> Step<Result<Box<dyn Instance>>> {
        let imports = program.interface().imports();
        if imports
            .iter()
            .any(|item| self.registered.contains_key(&*item.name))
        {
            return Err(Stop::Unsupported("linking instances of a script".into()));
        }
        let made = program.instantiate_blocking(&World::new());
        Ok(made.map_err(|failed| failed.error))
    }

    /// An instance that the script wants to be made.
    fn instance(&self, program: &dyn Program) -> Step<Box<dyn Instance>> {
        self.instantiate(program)?
            .map_err(|error| Stop::unexpected("an instance", &error))
    }

    fn execute(&mut self, exec: WastExecute<'_>) -> Step<Result<Option<Value>>> {
        match exec {
            WastExecute::Invoke(call) => self.invoke(&call),
            WastExecute::Get { .. } => Err(Stop::failed(
                "an invocation or a component",
                "a global, which a component has none of",
            )),
            WastExecute::Wat(wat) => {
                let program = self.compile(&mut QuoteWat::Wat(wat))?;
                Ok(self.instantiate(&*program)?.map(|_| None))
            }
        }
    }

    /// Calls an export. An instance in which a call came to a lack is in an unknown state: what
    /// depends on it comes to that lack too.
    fn invoke(&mut self, call: &WastInvoke<'_>) -> Step<Result<Option<Value>>> {
        let place = self.instances.find(call.module.map(|id| id.name()))?;
        let args = value::arguments(&call.args)?;
        let called = self.instances.at(place)?.invoke(call.name, &args);
        if let Err(error) = &called {
            if let ErrorKind::Unsupported(capability) = error.kind() {
                let lack = Stop::Unsupported(capability.to_string());
                self.instances.spoil(place, lack);
            }
        }
        Ok(called)
    }

    fn assert_trap(&mut self, exec: WastExecute<'_>, message: &str) -> Step {
        let expected = || format!("trap: {message}");
        match self.execute(exec)? {
            Ok(found) => Err(Stop::failed(
                expected(),
                format!("a return: {}", value::text(found.as_ref())),
            )),
            Err(error) => match error.as_trap() {
                Some(trap) if trap.matches(message) => Ok(()),
                Some(trap) => Err(Stop::failed(expected(), format!("trap: {trap}"))),
                None => Err(Stop::unexpected(expected(), &error)),
            },
        }
    }

    fn assert_return(&mut self, exec: WastExecute<'_>, results: &[wast::WastRet<'_>]) -> Step {
        let expected = value::result(results)?;
        match self.execute(exec)? {
            Ok(found) if found == expected => Ok(()),
            Ok(found) => Err(Stop::failed(
                value::text(expected.as_ref()),
                value::text(found.as_ref()),
            )),
            Err(error) => Err(Stop::unexpected("a return", &error)),
        }
    }

    fn assert_unlinkable(&mut self, wat: wast::Wat<'_>, message: &str) -> Step {
        let expected = || format!("a link error: {message}");
        let program = self.compile(&mut QuoteWat::Wat(wat))?;
        match self.instantiate(&*program)? {
            Ok(_) => Err(Stop::failed(expected(), "an instance")),
            Err(error) if *error.kind() == ErrorKind::Link => Ok(()),
            Err(error) => Err(Stop::unexpected(expected(), &error)),
        }
    }
}

impl Machine for ComponentMachine<'_> {
    fn perform(&mut self, line: usize, directive: WastDirective<'_>) -> Step {
        match directive {
            WastDirective::Module(mut wat) => {
                let name = wat.name().map(|id| id.name());
                let program = self.compile(&mut wat);
                let made = program.as_ref().map_err(Stop::clone);
                let made = made.and_then(|program| self.instance(&**program));
                let _ = self.definitions.define(line, name, program);
                self.instances.define(line, name, made)
            }
            WastDirective::ModuleDefinition(mut wat) => {
                let program = self.compile(&mut wat);
                self.definitions
                    .define(line, wat.name().map(|id| id.name()), program)
            }
            WastDirective::ModuleInstance {
                instance, module, ..
            } => {
                let place = self.definitions.find(module.map(|id| id.name()));
                let program = place.and_then(|place| self.definitions.at(place).cloned());
                let made = program.and_then(|program| self.instance(&*program));
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
            // What custom sections hold cannot make a component invalid.
            WastDirective::AssertInvalidCustom { .. }
            | WastDirective::AssertMalformedCustom { .. } => Err(Stop::NotCounted),
            WastDirective::AssertException { .. } => Err(Stop::Unsupported(
                "exceptions that leave a component".into(),
            )),
            WastDirective::AssertSuspension { .. } => {
                Err(Stop::Unsupported("stack-switching".into()))
            }
            WastDirective::Thread(_) | WastDirective::Wait { .. } => {
                Err(Stop::Unsupported("threads of a script".into()))
            }
        }
    }
}
