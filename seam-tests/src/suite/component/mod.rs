//! Component scripts, on a [`Backend`].

mod value;

use std::sync::Arc;

use seam_core::{
    Artifact, Backend, BackendExt, ErrorKind, Instance, InstanceExt, Program, ProgramExt, Result,
    Value, World,
};
use wast::{WastExecute, WastInvoke, WastRet};

use super::directive::{Interpreter, Scope, execute};
use super::outcome::{Step, Stop};

/// Performs the directives of a component script. Every instance has its own empty world.
pub(crate) struct ComponentMachine<'b> {
    backend: &'b dyn Backend,
    scope: Scope<Arc<dyn Program>, Box<dyn Instance>>,
}

impl<'b> ComponentMachine<'b> {
    pub(crate) fn new(backend: &'b dyn Backend) -> Self {
        let scope = Scope::new();
        Self { backend, scope }
    }
}

impl Interpreter for ComponentMachine<'_> {
    const KIND: &'static str = "component";
    type Definition = Arc<dyn Program>;
    type Instance = Box<dyn Instance>;
    type Found = Option<Value>;

    fn scope(&mut self) -> &mut Scope<Arc<dyn Program>, Box<dyn Instance>> {
        &mut self.scope
    }

    fn load(&self, bytes: Vec<u8>) -> Result<Arc<dyn Program>> {
        let artifact = Artifact::from_bytes("script", bytes)?;
        self.backend.load_blocking(&artifact).map(Arc::from)
    }

    /// Instantiates in an empty world.
    ///
    /// A [`World`] cannot be made from the exports of another instance. Therefore a component that
    /// imports a registered instance is unsupported.
    fn instantiate(&mut self, program: &Arc<dyn Program>) -> Step<Result<Box<dyn Instance>>> {
        let imports = program.interface().imports();
        if imports
            .iter()
            .any(|item| self.scope.registered.contains_key(&*item.name))
        {
            return Err(Stop::Unsupported("linking instances of a script".into()));
        }
        let made = program.instantiate_blocking(&World::new());
        Ok(made.map_err(|failed| failed.error))
    }

    /// Calls an export.
    ///
    /// After a call that returns `Unsupported`, the state of the instance is unknown. Every
    /// directive that depends on the instance then ends as unsupported too.
    fn invoke(&mut self, call: &WastInvoke<'_>) -> Step<Result<Option<Value>>> {
        let instances = &mut self.scope.instances;
        let place = instances.find(call.module.map(|id| id.name()))?;
        let args = value::arguments(&call.args)?;
        let called = instances.at(place)?.call_blocking(call.name, &args);
        if let Err(error) = &called {
            if let ErrorKind::Unsupported(capability) = error.kind() {
                let lack = Stop::Unsupported(capability.to_string());
                instances.spoil(place, lack);
            }
        }
        Ok(called)
    }

    fn get(&mut self, _: Option<&str>, _: &str) -> Step<Result<Option<Value>>> {
        Err(Stop::failed(
            "an invocation or a component",
            "a global, which components do not have",
        ))
    }

    fn assert_return(&mut self, exec: WastExecute<'_>, results: &[WastRet<'_>]) -> Step {
        let expected = value::result(results)?;
        match execute(self, exec)? {
            Ok(found) if found == expected => Ok(()),
            Ok(found) => Err(Stop::failed(
                value::text(expected.as_ref()),
                value::text(found.as_ref()),
            )),
            Err(error) => Err(Stop::unexpected("a return", &error)),
        }
    }

    fn assert_exception(&mut self, _: WastExecute<'_>) -> Step {
        Err(Stop::Unsupported(
            "exceptions that leave a component".into(),
        ))
    }

    fn text(found: &Option<Value>) -> String {
        value::text(found.as_ref())
    }
}
