//! The engines and backends that suites run on.

use seam_core::{Backend, CoreEngine, Result};

use super::Kind;
use super::component::ComponentMachine;
use super::core::CoreMachine;
use super::script::Machine;

/// A core engine or a backend, with its name in reports.
#[derive(Clone, Copy)]
pub struct Target<'a> {
    name: &'a str,
    on: On<'a>,
}

#[derive(Clone, Copy)]
enum On<'a> {
    Core(&'a dyn CoreEngine),
    Component(&'a dyn Backend),
}

impl<'a> Target<'a> {
    /// Creates a target for the core suite, with the engine's own name.
    #[must_use]
    pub fn core(engine: &'a dyn CoreEngine) -> Self {
        Self {
            name: &engine.info().name,
            on: On::Core(engine),
        }
    }

    /// Creates a target for the component model's suite, with the backend's own name.
    #[must_use]
    pub fn component(backend: &'a dyn Backend) -> Self {
        Self {
            name: &backend.info().name,
            on: On::Component(backend),
        }
    }

    /// Changes the name. The pair of name and kind must be unique among the targets.
    #[must_use]
    pub fn named(mut self, name: &'a str) -> Self {
        self.name = name;
        self
    }

    /// Returns the name in reports.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.name
    }

    /// Returns the suite that the target runs.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self.on {
            On::Core(_) => Kind::Core,
            On::Component(_) => Kind::Component,
        }
    }

    /// Creates the machine that performs a script on this target.
    pub(crate) fn machine(&self) -> Result<Box<dyn Machine + 'a>> {
        Ok(match self.on {
            On::Core(engine) => Box::new(CoreMachine::new(engine)?),
            On::Component(backend) => Box::new(ComponentMachine::new(backend)),
        })
    }
}

impl std::fmt::Debug for Target<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Target")
            .field("name", &self.name)
            .field("kind", &self.kind())
            .finish()
    }
}
