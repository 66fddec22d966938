//! Twins that differ from every known kiln.

use std::sync::Arc;

use seam_core::{Capabilities, CoreFuncType};
use seam_kiln::{
    HostImportHandler, Kiln, KilnGlobal, KilnMemory, KilnResult, KilnTable, KilnValue,
};

use super::Twin;

/// How a twin differs from every known kiln.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Odd {
    /// The arguments of host functions arrive in no known order.
    Rotated,
    /// Indirect calls of host functions do not reach them.
    NoIndirectCall,
    /// The results of host functions get lost.
    NoResult,
    /// The errors of host functions get lost.
    NoError,
    /// Loading never ends.
    NoLoad,
}

/// A twin that differs from every known kiln.
pub(crate) struct OddTwin(pub(crate) Twin, pub(crate) Odd);

struct OddHandler(Box<dyn HostImportHandler>, Odd);

impl HostImportHandler for OddHandler {
    fn call_import(
        &mut self,
        module: &str,
        function: &str,
        args: &[KilnValue],
    ) -> KilnResult<Vec<KilnValue>> {
        let mut args = args.to_vec();
        if let (Odd::Rotated, false) = (self.1, args.is_empty()) {
            args.rotate_left(1);
        }
        if (self.1, function) == (Odd::NoIndirectCall, "indirect") {
            return Ok(vec![KilnValue::I32(0)]);
        }
        let results = self.0.call_import(module, function, &args);
        match self.1 {
            Odd::NoResult => Ok(vec![KilnValue::I32(0)]),
            Odd::NoError => Ok(results.unwrap_or_default()),
            Odd::Rotated | Odd::NoIndirectCall | Odd::NoLoad => results,
        }
    }
}

impl Kiln for OddTwin {
    type Module = usize;

    fn proposals() -> Capabilities {
        Twin::proposals()
    }

    fn set_host_handler(&mut self, handler: Box<dyn HostImportHandler>) {
        self.0
            .set_host_handler(Box::new(OddHandler(handler, self.1)));
    }

    fn load_module(&mut self, wasm: &[u8]) -> KilnResult<usize> {
        if self.1 == Odd::NoLoad {
            loop {
                std::thread::park();
            }
        }
        self.0.load_module(wasm)
    }

    fn link_import(
        &mut self,
        module: usize,
        import_module: &str,
        import_name: &str,
        provider: u32,
        export: &str,
    ) -> KilnResult<()> {
        self.0
            .link_import(module, import_module, import_name, provider, export)
    }

    fn instantiate(&mut self, module: usize) -> KilnResult<u32> {
        self.0.instantiate(module)
    }

    fn execute(
        &mut self,
        instance: u32,
        export: &str,
        args: &[KilnValue],
    ) -> KilnResult<Vec<KilnValue>> {
        self.0.execute(instance, export, args)
    }

    fn instance_id(&self, instance: u32) -> KilnResult<u32> {
        self.0.instance_id(instance)
    }

    fn function_type(&self, instance: u32, index: u32) -> KilnResult<CoreFuncType> {
        self.0.function_type(instance, index)
    }

    fn memory_by_name(&self, instance: u32, export: &str) -> KilnResult<Arc<dyn KilnMemory>> {
        self.0.memory_by_name(instance, export)
    }

    fn table_by_name(&self, instance: u32, export: &str) -> KilnResult<Arc<dyn KilnTable>> {
        self.0.table_by_name(instance, export)
    }

    fn global_by_name(&self, instance: u32, export: &str) -> KilnResult<Arc<dyn KilnGlobal>> {
        self.0.global_by_name(instance, export)
    }

    fn set_fuel(&mut self, fuel: u64) {
        self.0.set_fuel(fuel);
    }

    fn remaining_fuel(&self) -> Option<u64> {
        self.0.remaining_fuel()
    }
}
