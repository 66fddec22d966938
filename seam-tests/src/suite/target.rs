//! What a suite runs on.

use seam_core::{Backend, CoreEngine, Result};

use super::Kind;
use super::component::ComponentMachine;
use super::core::CoreMachine;
use super::script::Machine;

/// A core engine or a backend, under the name that reports give it.
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
    /// A core engine, which runs the core suite, under its own name.
    #[must_use]
    pub fn core(engine: &'a dyn CoreEngine) -> Self {
        Self {
            name: &engine.info().name,
            on: On::Core(engine),
        }
    }

    /// A backend, which runs the component model's suite, under its own name.
    #[must_use]
    pub fn component(backend: &'a dyn Backend) -> Self {
        Self {
            name: &backend.info().name,
            on: On::Component(backend),
        }
    }

    /// The same under another name. The name and the kind together must be one target's alone.
    #[must_use]
    pub fn named(mut self, name: &'a str) -> Self {
        self.name = name;
        self
    }

    /// The name in reports.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.name
    }

    /// Which of the suites it runs.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self.on {
            On::Core(_) => Kind::Core,
            On::Component(_) => Kind::Component,
        }
    }

    /// What performs a script on it.
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
