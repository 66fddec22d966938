//! `kiln_runtime`

pub(crate) mod engine {
    use seam_core::core::CoreType;
    use seam_kiln::{Kiln as _, KilnResult, KilnValue};

    use super::module_instance::ModuleInstance;
    use crate::kiln_error::{Error, Result};
    use crate::kiln_foundation::types::{FuncType, ValueType};
    use crate::kiln_foundation::{HostImportHandler, Value};
    use crate::twin::Twin;

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) struct ModuleHandle(usize);

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) struct InstanceHandle(u32);

    impl InstanceHandle {
        pub(crate) fn from_index(index: usize) -> Self {
            Self(u32::try_from(index).unwrap())
        }

        pub(crate) fn index(self) -> usize {
            self.0 as usize
        }
    }

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) enum EnginePreset {
        QM,
    }

    pub(crate) struct CapabilityAwareEngine {
        twin: Twin,
        instances: Vec<ModuleInstance>,
    }

    /// kiln's trait: what an engine does with modules.
    pub(crate) trait CapabilityEngine: Send {
        fn load_module(&mut self, binary: &[u8]) -> Result<ModuleHandle>;
        fn instantiate(&mut self, module: ModuleHandle) -> Result<InstanceHandle>;
        fn link_import(
            &mut self,
            module: ModuleHandle,
            import_module: &str,
            import_name: &str,
            provider_instance: InstanceHandle,
            export_name: &str,
        ) -> Result<()>;
        fn execute(
            &mut self,
            instance: InstanceHandle,
            func: &str,
            args: &[Value],
        ) -> Result<Vec<Value>>;
    }

    impl CapabilityAwareEngine {
        pub(crate) fn with_preset(preset: EnginePreset) -> Result<Self> {
            assert_eq!(preset, EnginePreset::QM);
            let twin = Twin::new().map_err(Error::of)?;
            let instances = Vec::new();
            Ok(Self { twin, instances })
        }

        pub(crate) fn set_host_handler(&mut self, handler: Box<dyn HostImportHandler>) {
            self.twin.set_host_handler(Box::new(Handler(handler)));
        }

        pub(crate) fn get_instance(&self, handle: InstanceHandle) -> Result<&ModuleInstance> {
            let lost = || Error::of(seam_kiln::KilnError::new(3, 2001, "Instance not found"));
            self.instances.get(handle.index()).ok_or_else(lost)
        }

        pub(crate) fn set_fuel(&mut self, fuel: u64) {
            self.twin.set_fuel(fuel);
        }

        pub(crate) fn remaining_fuel(&self) -> Option<u64> {
            self.twin.remaining_fuel()
        }
    }

    impl CapabilityEngine for CapabilityAwareEngine {
        fn load_module(&mut self, binary: &[u8]) -> Result<ModuleHandle> {
            let module = self.twin.load_module(binary);
            module.map(ModuleHandle).map_err(Error::of)
        }

        fn instantiate(&mut self, module: ModuleHandle) -> Result<InstanceHandle> {
            let instance = self.twin.instantiate(module.0).map_err(Error::of)?;
            self.instances.push(ModuleInstance::new(&self.twin, instance));
            Ok(InstanceHandle(instance))
        }

        fn link_import(
            &mut self,
            module: ModuleHandle,
            import_module: &str,
            import_name: &str,
            provider_instance: InstanceHandle,
            export_name: &str,
        ) -> Result<()> {
            let provider = provider_instance.0;
            self.twin
                .link_import(module.0, import_module, import_name, provider, export_name)
                .map_err(Error::of)
        }

        fn execute(
            &mut self,
            instance: InstanceHandle,
            func: &str,
            args: &[Value],
        ) -> Result<Vec<Value>> {
            let args: Vec<KilnValue> = args.iter().cloned().map(Value::into_twin).collect();
            let results = self.twin.execute(instance.0, func, &args);
            Ok(results.map_err(Error::of)?.into_iter().map(Value::of).collect())
        }
    }

    pub(crate) fn func_type(params: &[CoreType], results: &[CoreType]) -> FuncType {
        let types = |types: &[CoreType]| types.iter().copied().map(ValueType::of).collect();
        FuncType {
            params: types(params),
            results: types(results),
        }
    }

    struct Handler(Box<dyn HostImportHandler>);

    impl seam_kiln::HostImportHandler for Handler {
        fn call_import(
            &mut self,
            module: &str,
            function: &str,
            args: &[KilnValue],
        ) -> KilnResult<Vec<KilnValue>> {
            let args: Vec<Value> = args.iter().cloned().map(Value::of).collect();
            let results = self.0.call_import(module, function, &args, None);
            let results = results.map_err(Error::into_twin)?;
            Ok(results.into_iter().map(Value::into_twin).collect())
        }
    }
}

pub(crate) mod module {
    use std::sync::Arc;

    use seam_kiln::{KilnGlobal, KilnMemory, KilnTable};

    use crate::kiln_error::{Error, Result};
    use crate::kiln_foundation::Value;

    pub(crate) struct Memory(pub(crate) Arc<dyn KilnMemory>);

    impl Memory {
        pub(crate) fn read(&self, offset: u32, buffer: &mut [u8]) -> Result<()> {
            self.0.read(offset, buffer).map_err(Error::of)
        }

        pub(crate) fn write_shared(&self, offset: u32, buffer: &[u8]) -> Result<()> {
            self.0.write(offset, buffer).map_err(Error::of)
        }

        pub(crate) fn grow_shared(&self, pages: u32) -> Result<u32> {
            self.0.grow(pages).map_err(Error::of)
        }
    }

    pub(crate) struct MemoryWrapper(pub(crate) Arc<Memory>);

    impl MemoryWrapper {
        pub(crate) fn size_in_bytes(&self) -> usize {
            usize::try_from(self.0.0.size()).unwrap()
        }
    }

    pub(crate) struct Table(pub(crate) Arc<dyn KilnTable>);

    impl Table {
        pub(crate) fn set_shared(&self, idx: u32, value: Option<Value>) -> Result<()> {
            self.0.set(idx, value.map(Value::into_twin)).map_err(Error::of)
        }
    }

    pub(crate) struct TableWrapper(pub(crate) Arc<Table>);

    impl TableWrapper {
        pub(crate) fn size(&self) -> u32 {
            self.0.0.size()
        }

        pub(crate) fn get(&self, idx: u32) -> Result<Option<Value>> {
            let value = self.0.0.get(idx).map_err(Error::of)?;
            Ok(value.map(Value::of))
        }
    }

    pub(crate) struct GlobalWrapper(pub(crate) Arc<dyn KilnGlobal>);

    impl GlobalWrapper {
        pub(crate) fn get(&self) -> Result<Value> {
            self.0.get().map(Value::of).map_err(Error::of)
        }

        pub(crate) fn set(&self, value: Value) -> Result<()> {
            self.0.set(value.into_twin()).map_err(Error::of)
        }
    }
}

pub(crate) mod module_instance {
    use std::sync::Arc;

    use seam_kiln::Kiln as _;

    use super::engine::func_type;
    use super::module::{GlobalWrapper, Memory, MemoryWrapper, Table, TableWrapper};
    use crate::kiln_error::{Error, Result};
    use crate::kiln_foundation::types::FuncType;
    use crate::twin::{Twin, View};

    pub(crate) struct ModuleInstance {
        twin: View,
        index: u32,
    }

    impl ModuleInstance {
        pub(crate) fn new(twin: &Twin, index: u32) -> Self {
            let twin = twin.view();
            Self { twin, index }
        }

        pub(crate) fn function_type(&self, idx: u32) -> Result<FuncType> {
            let ty = self.twin.function_type(self.index, idx).map_err(Error::of)?;
            Ok(func_type(&ty.params, &ty.results))
        }

        pub(crate) fn memory_by_name(&self, name: &str) -> Result<MemoryWrapper> {
            let memory = self.twin.memory_by_name(self.index, name);
            Ok(MemoryWrapper(Arc::new(Memory(memory.map_err(Error::of)?))))
        }

        pub(crate) fn table_by_name(&self, name: &str) -> Result<TableWrapper> {
            let table = self.twin.table_by_name(self.index, name);
            Ok(TableWrapper(Arc::new(Table(table.map_err(Error::of)?))))
        }

        pub(crate) fn global_by_name(&self, name: &str) -> Result<GlobalWrapper> {
            let global = self.twin.global_by_name(self.index, name);
            global.map(GlobalWrapper).map_err(Error::of)
        }
    }
}
