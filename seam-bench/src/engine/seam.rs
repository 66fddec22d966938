//! seam's backends.

use seam_core::typed::{Results, TypedArgs};
use seam_core::{
    Artifact, Backend, BackendExt, Instance, InstanceExt, Program, ProgramExt, Value, World,
    block_on,
};
use seam_wasmi::Wasmi;
use seam_wasmtime::Wasmtime;

use crate::failure::Failure;
use crate::row::{Beside, Row};
use crate::side::Side;

/// An instance of an artifact on a backend.
pub(crate) struct Seam(pub(crate) Box<dyn Instance>);

/// Returns the fastest build of each backend: wasmi, wasmtime layered, and wasmtime.
pub(crate) fn builds() -> [Box<dyn Backend>; 3] {
    [
        Box::new(Wasmi::new()),
        Box::new(Wasmtime::layered()),
        Box::new(Wasmtime::new()),
    ]
}

impl Seam {
    /// Instantiates an artifact in an empty world.
    pub(crate) fn new(backend: &dyn Backend, artifact: &Artifact) -> Result<Self, Failure> {
        Self::within(backend, artifact, &World::new())
    }

    /// Instantiates an artifact in a world.
    pub(crate) fn within(
        backend: &dyn Backend,
        artifact: &Artifact,
        world: &World,
    ) -> Result<Self, Failure> {
        let program = backend.load_blocking(artifact)?;
        Ok(Self(instantiate(&*program, world)?))
    }

    /// Returns work that calls a function by value.
    pub(crate) fn dynamic(
        mut self,
        name: &str,
        args: Vec<Value>,
    ) -> Result<impl FnMut() -> seam_core::Result<Option<Value>> + use<>, Failure> {
        let func = self.0.resolve(name)?;
        Ok(move || self.0.call_blocking(&func, &args))
    }

    /// Returns work that calls a function by value, asynchronously.
    pub(crate) fn dynamic_async(
        mut self,
        name: &str,
        args: Vec<Value>,
    ) -> Result<impl FnMut() -> seam_core::Result<Option<Value>> + use<>, Failure> {
        let func = self.0.resolve(name)?;
        Ok(move || block_on(self.0.call(&func, &args)))
    }

    /// Returns work that calls a function with Rust types. The arguments are borrowed for each
    /// call, as a host does that keeps them.
    pub(crate) fn typed<A, P, R, F>(
        mut self,
        name: &str,
        args: A,
        borrow: F,
    ) -> Result<impl FnMut() -> seam_core::Result<R> + use<A, P, R, F>, Failure>
    where
        A: 'static,
        F: Fn(&'static A) -> P + 'static,
        P: TypedArgs + 'static,
        R: Results + 'static,
    {
        let func = self.0.typed::<P, R>(name)?;
        let args: &'static A = Box::leak(Box::new(args));
        Ok(move || func.call_blocking(&mut *self.0, borrow(args)))
    }
}

/// Instantiates a loaded artifact in a world.
pub(crate) fn instantiate(
    program: &dyn Program,
    world: &World,
) -> Result<Box<dyn Instance>, Failure> {
    let made = program.instantiate_blocking(world);
    made.map_err(|failed| Failure::from(failed.error))
}

/// Adds a subject for each backend, in the order of [`builds`].
pub(crate) fn on_all(
    row: Row,
    besides: [Beside; 3],
    make: impl Fn(&dyn Backend) -> Result<Side, Failure>,
) -> Result<Row, Failure> {
    on_each(row, builds(), besides, make)
}

/// Adds a subject for each of these builds.
pub(crate) fn on_each(
    row: Row,
    builds: [Box<dyn Backend>; 3],
    besides: [Beside; 3],
    make: impl Fn(&dyn Backend) -> Result<Side, Failure>,
) -> Result<Row, Failure> {
    let mut pairs = builds.iter().zip(besides);
    pairs.try_fold(row, |row, (backend, beside)| {
        Ok(row.subject(&*backend.info().name, make(&**backend)?, beside))
    })
}
