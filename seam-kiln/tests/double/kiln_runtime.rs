//! `kiln_runtime`

pub(crate) mod engine {
    use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

    use seam_core::CoreType;
    use seam_kiln::{Kiln as _, KilnResult, KilnValue};

    use super::module_instance::ModuleInstance;
    use crate::kiln_error::{Error, Result};
    use crate::kiln_foundation::types::{FuncType, ValueType};
    use crate::kiln_foundation::{HostImportHandler, Value};
    use crate::twin::Twin;

    #[allow(unreachable_pub, reason = "a `pub` type that `bind!` defines names it")]
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct ModuleHandle(usize);

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

    /// The instances share it, because kiln returns references to them.
    pub(crate) type Shared = Arc<Mutex<Twin>>;

    pub(crate) fn lock(twin: &Shared) -> MutexGuard<'_, Twin> {
        twin.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) struct CapabilityAwareEngine {
        twin: Shared,
        instances: Vec<ModuleInstance>,
    }

    /// kiln's trait of an engine's operations.
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
            Ok(Self {
                twin: Arc::new(Mutex::new(twin)),
                instances: Vec::new(),
            })
        }

        pub(crate) fn set_host_handler(&mut self, handler: Box<dyn HostImportHandler>) {
            lock(&self.twin).set_host_handler(Box::new(Handler(handler)));
        }

        pub(crate) fn get_instance(&self, handle: InstanceHandle) -> Result<&ModuleInstance> {
            let lost = || Error::of(seam_kiln::KilnError::new(3, 2001, "Instance not found"));
            let mut instances = self.instances.iter();
            instances
                .find(|instance| instance.handle == handle)
                .ok_or_else(lost)
        }

        pub(crate) fn set_fuel(&mut self, fuel: u64) {
            lock(&self.twin).set_fuel(fuel);
        }

        pub(crate) fn remaining_fuel(&self) -> Option<u64> {
            lock(&self.twin).remaining_fuel()
        }
    }

    impl CapabilityEngine for CapabilityAwareEngine {
        fn load_module(&mut self, binary: &[u8]) -> Result<ModuleHandle> {
            let module = lock(&self.twin).load_module(binary);
            module.map(ModuleHandle).map_err(Error::of)
        }

        fn instantiate(&mut self, module: ModuleHandle) -> Result<InstanceHandle> {
            let instance = lock(&self.twin).instantiate(module.0);
            let handle = InstanceHandle(instance.map_err(Error::of)?);
            let twin = self.twin.clone();
            self.instances.push(ModuleInstance { twin, handle });
            Ok(handle)
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
            lock(&self.twin)
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
            let results = lock(&self.twin).execute(instance.0, func, &args);
            Ok(results
                .map_err(Error::of)?
                .into_iter()
                .map(Value::of)
                .collect())
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
            self.0
                .set(idx, value.map(Value::into_twin))
                .map_err(Error::of)
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

    use super::engine::{InstanceHandle, Shared, func_type, lock};
    use super::module::{GlobalWrapper, Memory, MemoryWrapper, Table, TableWrapper};
    use crate::kiln_error::{Error, Result};
    use crate::kiln_foundation::types::FuncType;

    pub(crate) struct ModuleInstance {
        pub(crate) twin: Shared,
        pub(crate) handle: InstanceHandle,
    }

    impl ModuleInstance {
        fn number(&self) -> u32 {
            u32::try_from(self.handle.index()).unwrap()
        }

        pub(crate) fn instance_id(&self) -> usize {
            lock(&self.twin).instance_id(self.number()).unwrap() as usize
        }

        pub(crate) fn function_type(&self, idx: u32) -> Result<FuncType> {
            let ty = lock(&self.twin).function_type(self.number(), idx);
            let ty = ty.map_err(Error::of)?;
            Ok(func_type(&ty.params, &ty.results))
        }

        pub(crate) fn memory_by_name(&self, name: &str) -> Result<MemoryWrapper> {
            let memory = lock(&self.twin).memory_by_name(self.number(), name);
            Ok(MemoryWrapper(Arc::new(Memory(memory.map_err(Error::of)?))))
        }

        pub(crate) fn table_by_name(&self, name: &str) -> Result<TableWrapper> {
            let table = lock(&self.twin).table_by_name(self.number(), name);
            Ok(TableWrapper(Arc::new(Table(table.map_err(Error::of)?))))
        }

        pub(crate) fn global_by_name(&self, name: &str) -> Result<GlobalWrapper> {
            let global = lock(&self.twin).global_by_name(self.number(), name);
            global.map(GlobalWrapper).map_err(Error::of)
        }
    }
}
