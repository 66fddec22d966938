//! What a suite runs on.

use std::sync::Arc;

use seam_core::core::CoreEngine;
use seam_core::{Backend, Result};

use super::Kind;
use super::component::ComponentMachine;
use super::core::CoreMachine;
use super::script::Machine;

/// A core engine or a backend, under the name that reports give it.
#[derive(Clone)]
pub struct Target {
    name: String,
    on: On,
}

#[derive(Clone)]
enum On {
    Core(Arc<dyn CoreEngine>),
    Component(Arc<dyn Backend>),
}

impl Target {
    /// A core engine, which runs the core suite, under its own name.
    #[must_use]
    pub fn core(engine: Arc<dyn CoreEngine>) -> Self {
        Self {
            name: engine.info().name.clone(),
            on: On::Core(engine),
        }
    }

    /// A backend, which runs the component model's suite, under its own name.
    #[must_use]
    pub fn component(backend: Arc<dyn Backend>) -> Self {
        Self {
            name: backend.info().name.clone(),
            on: On::Component(backend),
        }
    }

    /// The same under another name. The name and the kind together must be one target's alone.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// The name in reports.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
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
    pub(crate) fn machine(&self) -> Result<Box<dyn Machine + '_>> {
        Ok(match &self.on {
            On::Core(engine) => Box::new(CoreMachine::new(&**engine)?),
            On::Component(backend) => Box::new(ComponentMachine::new(&**backend)),
        })
    }
}

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Target")
            .field("name", &self.name)
            .field("kind", &self.kind())
            .finish()
    }
}
