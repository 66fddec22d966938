//! The instances of a run, and calls of their exports.

use std::path::PathBuf;

use seam_core::{
    Artifact, Backend, BackendExt, CorePath, CoreType, CoreValue, Error, Instance, World,
};
use seam_meld::{AsyncIntrinsics, IntrinsicCalls, SharedTable, split_async_imports};

/// Reads a file of the fixture.
pub(crate) fn file(name: &str) -> PathBuf {
    let tests = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../seam-tests/fixtures/fused");
    tests.join("streams").join(name)
}

pub(crate) fn artifact(name: &str) -> Artifact {
    Artifact::from_file(file(name)).unwrap()
}

/// The instances of one run.
pub(crate) struct Parts {
    instances: Vec<Box<dyn Instance>>,
    pub(crate) calls: IntrinsicCalls,
    pub(crate) table: SharedTable,
}

impl Parts {
    /// Instantiates core modules apart, with one table of streams.
    pub(crate) fn unfused(backend: &dyn Backend, names: &[&str]) -> Self {
        let modules: Vec<_> = names.iter().map(|name| artifact(name)).collect();
        Self::new(backend, &modules, AsyncIntrinsics::new())
    }

    /// Instantiates a fused module whose imports are split.
    pub(crate) fn fused(backend: &dyn Backend, name: &str) -> Self {
        let split = split_async_imports(&artifact(name)).unwrap();
        let intrinsics = AsyncIntrinsics::new().memories(split.memories);
        Self::new(backend, &[split.artifact], intrinsics)
    }

    pub(crate) fn new(
        backend: &dyn Backend,
        modules: &[Artifact],
        intrinsics: AsyncIntrinsics,
    ) -> Self {
        let (calls, table) = (IntrinsicCalls::new(), SharedTable::new());
        let intrinsics = intrinsics.refuse_local_handles().log(&calls).table(&table);
        let world = intrinsics.add_to(World::new());
        let made = modules.iter();
        let instances = made.map(|module| backend.instantiate_blocking(module, &world).unwrap());
        Self {
            instances: instances.collect(),
            calls,
            table,
        }
    }

    /// Calls an export of the one instance that has it.
    pub(crate) fn try_call(&mut self, name: &str, args: &[i64]) -> Result<i64, Error> {
        let mut owners = self.instances.iter_mut().filter_map(|instance| {
            let cores = instance.cores().unwrap();
            let types = cores[0].exports.iter();
            let mut found = types.filter(|(export, _)| **export == *name);
            found.next().cloned().map(|(_, ty)| (instance, ty))
        });
        let (instance, ty) = owners.next().unwrap_or_else(|| panic!("no export {name}"));
        assert!(owners.next().is_none(), "two exports {name}");
        let seam_core::CoreExternType::Func(ty) = ty else {
            panic!("{name} is no function");
        };
        let args = args.iter().zip(ty.params.iter()).map(|(arg, ty)| match ty {
            CoreType::I64 => CoreValue::I64(*arg),
            _ => CoreValue::I32(*arg as i32),
        });
        let args: Vec<_> = args.collect();
        let results = instance.call_core(&CorePath::new([0]), name, &args)?;
        Ok(match results.first() {
            Some(CoreValue::I32(value)) => i64::from(*value),
            Some(CoreValue::I64(value)) => *value,
            None => 0,
            other => panic!("{name} returned {other:?}"),
        })
    }

    pub(crate) fn call(&mut self, name: &str, args: &[i64]) -> i64 {
        let result = self.try_call(name, args);
        result.unwrap_or_else(|error| panic!("{name}{args:?}: {error}"))
    }

    /// Makes a stream, and returns its readable and its writable handle.
    pub(crate) fn open(&mut self, name: &str) -> (i64, i64) {
        let pair = self.call(name, &[]);
        (pair & 0xffff_ffff, (pair >> 32) & 0xffff_ffff)
    }
}
