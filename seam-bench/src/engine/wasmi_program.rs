//! Compilation and instantiation with wasmi's core API.

use seam_core::{Artifact, Value};
use wasmi::{Engine, Instance, Module, Store, TypedFunc};

use super::wasmi_core::engine;
use crate::failure::Failure;
use crate::side::Side;

/// A core module compiled for wasmi's core API.
pub(crate) struct WasmiProgram {
    engine: Engine,
    module: Module,
}

impl WasmiProgram {
    /// Compiles a module.
    pub(crate) fn new(artifact: &Artifact) -> Result<Self, Failure> {
        let engine = engine(false);
        let module = Module::new(&engine, artifact.bytes())?;
        Ok(Self { engine, module })
    }

    fn instantiate(&self) -> Result<(Store<()>, Instance), Failure> {
        let mut store = Store::new(&self.engine, ());
        let instance = Instance::new(&mut store, &self.module, &[])?;
        Ok((store, instance))
    }

    /// Instantiates the module and calls `add`.
    pub(crate) fn add(&self, args: (u32, u32)) -> Result<u32, Failure> {
        let (store, instance) = self.instantiate()?;
        add(store, instance, args)
    }
}

fn add(mut store: Store<()>, instance: Instance, args: (u32, u32)) -> Result<u32, Failure> {
    let add: TypedFunc<(u32, u32), u32> = instance.get_typed_func(&store, "add")?;
    Ok(add.call(&mut store, args)?)
}

/// A side that instantiates a module that exports `add`.
pub(crate) fn wasmi_instantiate(artifact: &Artifact) -> Result<Side, Failure> {
    let program = WasmiProgram::new(artifact)?;
    Ok(Side::new(
        move || program.instantiate(),
        |(store, instance)| Ok(Value::U32(add(store, instance, (20, 22))?)),
    ))
}

/// Returns work that compiles the first core module of a component.
pub(crate) fn wasmi_compile(
    artifact: &Artifact,
) -> Result<impl FnMut() -> Result<Module, Failure> + use<>, Failure> {
    let cores = seam_core::BackendExt::load_blocking(&seam_wasmi::Wasmi::new(), artifact)?;
    let cores = cores.interface().core_instances();
    let range = cores.iter().find_map(|core| core.range.clone());
    let bytes = range.and_then(|range| artifact.bytes().get(range));
    let bytes = bytes
        .ok_or("expected a core module in the component")?
        .to_vec();
    let engine = engine(false);
    Ok(move || Ok(Module::new(&engine, &bytes)?))
}
