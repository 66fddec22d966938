//! The directives that mean the same in core scripts and in component scripts.

use std::collections::HashMap;

use seam_core::{ErrorKind, Result};
use wast::{QuoteWat, WastDirective, WastExecute, WastInvoke, WastRet, Wat};

use super::names::{Names, Place};
use super::outcome::{Step, Stop};
use super::script::{Machine, encode, encode_rejected};

/// The definitions of a script so far.
pub(crate) struct Scope<D, I> {
    pub(crate) definitions: Names<D>,
    pub(crate) instances: Names<I>,
    pub(crate) registered: HashMap<String, Place>,
}

impl<D, I> Scope<D, I> {
    pub(crate) fn new() -> Self {
        Self {
            definitions: Names::new(),
            instances: Names::new(),
            registered: HashMap::new(),
        }
    }
}

/// The part of a [`Machine`] that depends on the kind of script.
pub(crate) trait Interpreter {
    /// The word for a definition: `module` or `component`.
    const KIND: &'static str;
    /// A definition that can be instantiated.
    type Definition: Clone;
    /// An instance of a definition.
    type Instance;
    /// The result of a call. The default is the result of a call that returns no values.
    type Found: Default;

    fn scope(&mut self) -> &mut Scope<Self::Definition, Self::Instance>;

    /// Passes bytes to the engine or backend under test.
    fn load(&self, bytes: Vec<u8>) -> Result<Self::Definition>;

    fn instantiate(&mut self, definition: &Self::Definition) -> Step<Result<Self::Instance>>;

    fn invoke(&mut self, call: &WastInvoke<'_>) -> Step<Result<Self::Found>>;

    /// Reads a global of an instance.
    fn get(&mut self, instance: Option<&str>, global: &str) -> Step<Result<Self::Found>>;

    fn assert_return(&mut self, exec: WastExecute<'_>, results: &[WastRet<'_>]) -> Step;

    fn assert_exception(&mut self, exec: WastExecute<'_>) -> Step;

    /// Formats the result of a call for a person.
    fn text(found: &Self::Found) -> String;
}

impl<I: Interpreter> Machine for I {
    fn perform(&mut self, line: usize, directive: WastDirective<'_>) -> Step {
        match directive {
            WastDirective::Module(mut wat) => {
                let name = wat.name().map(|id| id.name());
                let definition = compile(self, &mut wat);
                let made = definition.as_ref().map_err(Stop::clone);
                let made = made.and_then(|definition| instance(self, definition));
                let scope = self.scope();
                // The directive also names the definition, so that it can be instantiated again.
                let _ = scope.definitions.define(line, name, definition);
                scope.instances.define(line, name, made)
            }
            WastDirective::ModuleDefinition(mut wat) => {
                let definition = compile(self, &mut wat);
                let name = wat.name().map(|id| id.name());
                self.scope().definitions.define(line, name, definition)
            }
            WastDirective::ModuleInstance {
                instance: name,
                module,
                ..
            } => {
                let definitions = &mut self.scope().definitions;
                let place = definitions.find(module.map(|id| id.name()));
                let definition = place.and_then(|place| definitions.at(place).cloned());
                let made = definition.and_then(|definition| instance(self, &definition));
                let name = name.map(|id| id.name());
                self.scope().instances.define(line, name, made)
            }
            WastDirective::Register { name, module, .. } => {
                let scope = self.scope();
                let place = scope.instances.find(module.map(|id| id.name()))?;
                scope.registered.insert(name.to_string(), place);
                scope.instances.at(place).map(|_| ())
            }
            WastDirective::Invoke(call) => match self.invoke(&call)? {
                Ok(_) => Ok(()),
                Err(error) => Err(Stop::unexpected("a return", &error)),
            },
            WastDirective::AssertReturn { exec, results, .. } => self.assert_return(exec, &results),
            WastDirective::AssertTrap { exec, message, .. } => assert_trap(self, exec, message),
            WastDirective::AssertExhaustion { call, message, .. } => {
                assert_trap(self, WastExecute::Invoke(call), message)
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
            } => reject(self, &mut module, message),
            WastDirective::AssertUnlinkable {
                module, message, ..
            } => assert_unlinkable(self, module, message),
            // The content of a custom section cannot make a module or component invalid.
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

/// Performs the action that an assertion is about.
pub(crate) fn execute<I: Interpreter>(
    interpreter: &mut I,
    exec: WastExecute<'_>,
) -> Step<Result<I::Found>> {
    match exec {
        WastExecute::Invoke(call) => interpreter.invoke(&call),
        WastExecute::Get { module, global, .. } => {
            interpreter.get(module.map(|id| id.name()), global)
        }
        WastExecute::Wat(wat) => {
            let definition = compile(interpreter, &mut QuoteWat::Wat(wat))?;
            let made = interpreter.instantiate(&definition)?;
            Ok(made.map(|_| I::Found::default()))
        }
    }
}

/// Compiles a definition that the script expects to be accepted.
fn compile<I: Interpreter>(interpreter: &I, wat: &mut QuoteWat<'_>) -> Step<I::Definition> {
    let loaded = interpreter.load(encode(wat)?);
    loaded.map_err(|error| Stop::unexpected(format!("a valid {}", I::KIND), &error))
}

/// Checks that a definition is rejected, as the script expects.
///
/// The messages are not compared, because there is no agreed spelling.
fn reject<I: Interpreter>(interpreter: &I, wat: &mut QuoteWat<'_>, message: &str) -> Step {
    let bytes = encode_rejected(wat)?;
    let expected = || format!("an invalid {}: {message}", I::KIND);
    match interpreter.load(bytes) {
        Err(error) if matches!(error.kind(), ErrorKind::Invalid { .. }) => Ok(()),
        Err(error) => Err(Stop::unexpected(expected(), &error)),
        Ok(_) => {
            let found = format!("the {} was accepted", I::KIND);
            Err(Stop::failed(expected(), found))
        }
    }
}

/// Instantiates a definition, as the script expects to be possible.
fn instance<I: Interpreter>(interpreter: &mut I, definition: &I::Definition) -> Step<I::Instance> {
    let made = interpreter.instantiate(definition)?;
    made.map_err(|error| Stop::unexpected("an instance", &error))
}

fn assert_trap<I: Interpreter>(interpreter: &mut I, exec: WastExecute<'_>, message: &str) -> Step {
    let expected = || format!("trap: {message}");
    match execute(interpreter, exec)? {
        Ok(found) => Err(Stop::failed(
            expected(),
            format!("a return: {}", I::text(&found)),
        )),
        Err(error) => match error.as_trap() {
            Some(trap) if trap.matches(message) => Ok(()),
            Some(trap) => Err(Stop::failed(expected(), format!("trap: {trap}"))),
            None => Err(Stop::unexpected(expected(), &error)),
        },
    }
}

fn assert_unlinkable<I: Interpreter>(interpreter: &mut I, wat: Wat<'_>, message: &str) -> Step {
    let expected = || format!("a link error: {message}");
    let definition = compile(interpreter, &mut QuoteWat::Wat(wat))?;
    match interpreter.instantiate(&definition)? {
        Ok(_) => Err(Stop::failed(expected(), "an instance")),
        Err(error) if *error.kind() == ErrorKind::Link => Ok(()),
        Err(error) => Err(Stop::unexpected(expected(), &error)),
    }
}
