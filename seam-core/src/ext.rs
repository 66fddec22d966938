//! Conveniences for users, for every implementor.

use crate::typed::{Results, TypedArgs};
use crate::{
    Artifact, Backend, Error, ExportName, Failed, Func, Instance, Program, Result, Value, World,
    block_on,
};

/// Conveniences of every [`Backend`].
pub trait BackendExt: Backend {
    /// [`Backend::load`] on the calling thread, without an executor.
    ///
    /// # Errors
    /// As [`Backend::load`].
    fn load_blocking(&self, artifact: &Artifact) -> Result<Box<dyn Program>> {
        block_on(self.load(artifact))
    }

    /// Loads and instantiates on the calling thread, without an executor.
    ///
    /// # Errors
    /// As [`Backend::load`] and [`Program::instantiate`].
    fn instantiate_blocking(
        &self,
        artifact: &Artifact,
        world: &World,
    ) -> Result<Box<dyn Instance>> {
        Ok(self.load_blocking(artifact)?.instantiate_blocking(world)?)
    }
}

impl<B: Backend + ?Sized> BackendExt for B {}

/// Conveniences of every [`Program`].
pub trait ProgramExt: Program {
    /// [`Program::instantiate`] on the calling thread, without an executor.
    ///
    /// # Errors
    /// As [`Program::instantiate`].
    fn instantiate_blocking(&self, world: &World) -> Result<Box<dyn Instance>, Failed> {
        block_on(self.instantiate(world))
    }
}

impl<P: Program + ?Sized> ProgramExt for P {}

/// Conveniences of every [`Instance`].
pub trait InstanceExt: Instance {
    /// Resolves an exported function by its full name, e.g. `ns:pkg/iface@1.0.0#f`.
    ///
    /// # Errors
    /// `Misuse` for a name that is none or is not exported.
    fn resolve(&mut self, name: &str) -> Result<Func> {
        let name = name
            .parse()
            .unwrap_or_else(|_: Error| ExportName::root(name));
        self.func(&name)
    }

    /// Resolves and calls a function; its result, if it has one.
    ///
    /// # Errors
    /// As [`Instance::func`] and [`Instance::call_blocking`].
    fn invoke(&mut self, name: &str, args: &[Value]) -> Result<Option<Value>> {
        let func = self.resolve(name)?;
        let mut out = Vec::with_capacity(1);
        self.call_blocking(&func, args, &mut out)?;
        Ok(out.pop())
    }

    /// Resolves and calls a function over Rust types: `instance.call_typed::<(String, u32),
    /// String>("f", (a, 1))`.
    ///
    /// # Errors
    /// `Misuse` if the function's type is another; as [`Instance::func`] and
    /// [`Instance::call_blocking`].
    fn call_typed<A: TypedArgs, R: Results>(&mut self, name: &str, args: A) -> Result<R> {
        let func = self.resolve(name)?;
        self.call_func(&func, args)
    }

    /// Calls a resolved function over Rust types.
    ///
    /// # Errors
    /// `Misuse` if the function's type is another; as [`Instance::call_blocking`].
    fn call_func<A: TypedArgs, R: Results>(&mut self, func: &Func, args: A) -> Result<R> {
        crate::typed::check::<A, R>(func)?;
        let mut lower = crate::typed::Lowering(args);
        let mut lift = crate::typed::Lifting::<R>::new();
        self.call_with(func, &mut lower, &mut lift)?;
        lift.into_result()
    }
}

impl<I: Instance + ?Sized> InstanceExt for I {}
