//! `bind!` implements [`Kiln`](crate::Kiln) over kiln's own types.

/// Defines a type that implements [`Kiln`](crate::Kiln) over kiln.
///
/// The crate must depend on `kiln-error`, `kiln-foundation` and `kiln-runtime` 0.4.4, the last two
/// with the feature `std`.
///
/// ```ignore
/// seam_kiln::bind!(pub struct RealKiln);
///
/// let kiln = seam_kiln::KilnBackend::new(RealKiln::new)?;
/// ```
///
/// The expansion contains no logic: it forwards each method to the method of kiln with the same name,
/// and converts values. It uses these items of kiln:
///
/// | crate | items |
/// |---|---|
/// | `kiln_error` | `Error` with its fields, `ErrorCategory::Runtime` |
/// | `kiln_foundation` | `HostImportHandler`, `Value`, `values::{FuncRef, ExternRef, FloatBits32, FloatBits64, V128}`, `types::ValueType` |
/// | `kiln_runtime::engine` | `CapabilityAwareEngine`, `CapabilityEngine`, `EnginePreset::QM`, `InstanceHandle`, `ModuleHandle` |
/// | `kiln_runtime::module` | `MemoryWrapper`, `TableWrapper`, `GlobalWrapper` |
/// | `kiln_runtime::module_instance` | methods of `ModuleInstance`, through `get_instance` |
#[macro_export]
macro_rules! bind {
    ($(#[$meta:meta])* $vis:vis struct $name:ident $(;)?) => {
        $(#[$meta])*
        $vis struct $name {
            engine: kiln_runtime::engine::CapabilityAwareEngine,
        }

        impl $name {
            /// Makes a fresh kiln engine with the preset `QM`.
            ///
            /// # Errors
            /// kiln's own error.
            $vis fn new() -> $crate::KilnResult<Self> {
                use kiln_runtime::engine::{CapabilityAwareEngine, EnginePreset};
                match CapabilityAwareEngine::with_preset(EnginePreset::QM) {
                    Ok(engine) => Ok(Self { engine }),
                    Err(error) => {
                        let category = error.category as u8;
                        Err($crate::KilnError::new(category, error.code, error.message))
                    }
                }
            }
        }

        const _: () = {
            use std::sync::Arc;

            use kiln_foundation::types::ValueType;
            use kiln_foundation::values::{ExternRef, FloatBits32, FloatBits64, FuncRef, V128};
            use kiln_foundation::{HostImportHandler, Value};
            use kiln_runtime::engine::{CapabilityEngine, InstanceHandle, ModuleHandle};
            use kiln_runtime::module::{GlobalWrapper, MemoryWrapper, TableWrapper};
            use $crate::__private::{CoreFuncType, CoreType, HeapType, RefType};
            use $crate::{KilnError, KilnFuncRef, KilnResult, KilnValue};

            fn fault(error: kiln_error::Error) -> KilnError {
                KilnError::new(error.category as u8, error.code, error.message)
            }

            fn from_value(value: &Value) -> KilnValue {
                match value {
                    Value::I32(value) => KilnValue::I32(*value),
                    Value::I64(value) => KilnValue::I64(*value),
                    Value::F32(value) => KilnValue::F32(value.0),
                    Value::F64(value) => KilnValue::F64(value.0),
                    Value::V128(value) => KilnValue::V128(value.bytes),
                    Value::FuncRef(func) => KilnValue::FuncRef(func.map(|func| KilnFuncRef {
                        index: func.index,
                        instance: func.instance_id,
                    })),
                    Value::ExternRef(host) => KilnValue::ExternRef(host.map(|host| host.index)),
                    Value::I31Ref(value) => KilnValue::I31Ref(*value),
                    Value::ExnRef(slot) => KilnValue::ExnRef(*slot),
                    Value::StructRef(None) | Value::ArrayRef(None) => KilnValue::I31Ref(None),
                    Value::StructRef(Some(_)) => KilnValue::Other("structref"),
                    Value::ArrayRef(Some(_)) => KilnValue::Other("arrayref"),
                    _ => KilnValue::Other("a value of another kind"),
                }
            }

            fn to_value(value: KilnValue) -> KilnResult<Value> {
                Ok(match value {
                    KilnValue::I32(value) => Value::I32(value),
                    KilnValue::I64(value) => Value::I64(value),
                    KilnValue::F32(bits) => Value::F32(FloatBits32(bits)),
                    KilnValue::F64(bits) => Value::F64(FloatBits64(bits)),
                    KilnValue::V128(bytes) => Value::V128(V128 { bytes }),
                    KilnValue::FuncRef(func) => Value::FuncRef(func.map(|func| FuncRef {
                        index: func.index,
                        instance_id: func.instance,
                    })),
                    KilnValue::ExternRef(host) => {
                        Value::ExternRef(host.map(|index| ExternRef { index }))
                    }
                    KilnValue::I31Ref(value) => Value::I31Ref(value),
                    KilnValue::ExnRef(slot) => Value::ExnRef(slot),
                    KilnValue::Other(_) => {
                        let message = "expected a value that kiln can be given";
                        return Err(KilnError::new(KilnError::RUNTIME, 7997, message));
                    }
                })
            }

            fn from_type(ty: &ValueType) -> CoreType {
                let reference = |heap| {
                    CoreType::Ref(RefType {
                        nullable: true,
                        heap,
                    })
                };
                match ty {
                    ValueType::I32 => CoreType::I32,
                    ValueType::I64 => CoreType::I64,
                    ValueType::F32 => CoreType::F32,
                    ValueType::F64 => CoreType::F64,
                    ValueType::V128 => CoreType::V128,
                    ValueType::FuncRef => reference(HeapType::Func),
                    ValueType::ExternRef => reference(HeapType::Extern),
                    ValueType::ExnRef => reference(HeapType::Exn),
                    ValueType::I31Ref => reference(HeapType::I31),
                    ValueType::EqRef => reference(HeapType::Eq),
                    _ => reference(HeapType::Any),
                }
            }

            struct Handler(Box<dyn $crate::HostImportHandler>);

            impl HostImportHandler for Handler {
                fn call_import(
                    &mut self,
                    module: &str,
                    function: &str,
                    args: &[Value],
                    _memory: Option<&dyn kiln_foundation::MemoryAccessor>,
                ) -> Result<Vec<Value>, kiln_error::Error> {
                    let args: Vec<KilnValue> = args.iter().map(from_value).collect();
                    let results = self.0.call_import(module, function, &args);
                    let results = results
                        .and_then(|results| results.into_iter().map(to_value).collect());
                    results.map_err(|error: KilnError| {
                        let message = match error.message {
                            std::borrow::Cow::Borrowed(message) => message,
                            std::borrow::Cow::Owned(_) => "the host function failed",
                        };
                        let category = kiln_error::ErrorCategory::Runtime;
                        kiln_error::Error::new(category, error.code, message)
                    })
                }
            }

            struct Memory(MemoryWrapper);

            impl $crate::KilnMemory for Memory {
                fn size(&self) -> u64 {
                    self.0.size_in_bytes() as u64
                }

                fn read(&self, offset: u32, out: &mut [u8]) -> KilnResult<()> {
                    self.0.0.read(offset, out).map_err(fault)
                }

                fn write(&self, offset: u32, bytes: &[u8]) -> KilnResult<()> {
                    self.0.0.write_shared(offset, bytes).map_err(fault)
                }

                fn grow(&self, pages: u32) -> KilnResult<u32> {
                    self.0.0.grow_shared(pages).map_err(fault)
                }
            }

            struct Table(TableWrapper);

            impl $crate::KilnTable for Table {
                fn size(&self) -> u32 {
                    self.0.size()
                }

                fn get(&self, index: u32) -> KilnResult<Option<KilnValue>> {
                    let value = self.0.get(index).map_err(fault)?;
                    Ok(value.as_ref().map(from_value))
                }

                fn set(&self, index: u32, value: Option<KilnValue>) -> KilnResult<()> {
                    let value = value.map(to_value).transpose()?;
                    self.0.0.set_shared(index, value).map_err(fault)
                }
            }

            struct Global(GlobalWrapper);

            impl $crate::KilnGlobal for Global {
                fn get(&self) -> KilnResult<KilnValue> {
                    self.0.get().map(|value| from_value(&value)).map_err(fault)
                }

                fn set(&self, value: KilnValue) -> KilnResult<()> {
                    self.0.set(to_value(value)?).map_err(fault)
                }
            }

            fn handle(instance: u32) -> InstanceHandle {
                InstanceHandle::from_index(instance as usize)
            }

            impl $crate::Kiln for $name {
                type Module = ModuleHandle;

                fn set_host_handler(&mut self, handler: Box<dyn $crate::HostImportHandler>) {
                    self.engine.set_host_handler(Box::new(Handler(handler)));
                }

                fn load_module(&mut self, wasm: &[u8]) -> KilnResult<ModuleHandle> {
                    self.engine.load_module(wasm).map_err(fault)
                }

                fn link_import(
                    &mut self,
                    module: ModuleHandle,
                    import_module: &str,
                    import_name: &str,
                    provider: u32,
                    export: &str,
                ) -> KilnResult<()> {
                    self.engine
                        .link_import(module, import_module, import_name, handle(provider), export)
                        .map_err(fault)
                }

                fn instantiate(&mut self, module: ModuleHandle) -> KilnResult<u32> {
                    let instance = self.engine.instantiate(module).map_err(fault)?;
                    Ok(instance.index() as u32)
                }

                fn execute(
                    &mut self,
                    instance: u32,
                    export: &str,
                    args: &[KilnValue],
                ) -> KilnResult<Vec<KilnValue>> {
                    let args: KilnResult<Vec<Value>> =
                        args.iter().cloned().map(to_value).collect();
                    let results = self.engine.execute(handle(instance), export, &args?);
                    Ok(results.map_err(fault)?.iter().map(from_value).collect())
                }

                fn instance_id(&self, instance: u32) -> KilnResult<u32> {
                    let instance = self.engine.get_instance(handle(instance)).map_err(fault)?;
                    Ok(instance.instance_id() as u32)
                }

                fn function_type(&self, instance: u32, index: u32) -> KilnResult<CoreFuncType> {
                    let instance = self.engine.get_instance(handle(instance)).map_err(fault)?;
                    let ty = instance.function_type(index).map_err(fault)?;
                    let types = |types: &[ValueType]| -> Vec<CoreType> {
                        types.iter().map(from_type).collect()
                    };
                    Ok(CoreFuncType::new(
                        types(ty.params.as_slice()),
                        types(ty.results.as_slice()),
                    ))
                }

                fn memory_by_name(
                    &self,
                    instance: u32,
                    export: &str,
                ) -> KilnResult<Arc<dyn $crate::KilnMemory>> {
                    let instance = self.engine.get_instance(handle(instance)).map_err(fault)?;
                    Ok(Arc::new(Memory(instance.memory_by_name(export).map_err(fault)?)))
                }

                fn table_by_name(
                    &self,
                    instance: u32,
                    export: &str,
                ) -> KilnResult<Arc<dyn $crate::KilnTable>> {
                    let instance = self.engine.get_instance(handle(instance)).map_err(fault)?;
                    Ok(Arc::new(Table(instance.table_by_name(export).map_err(fault)?)))
                }

                fn global_by_name(
                    &self,
                    instance: u32,
                    export: &str,
                ) -> KilnResult<Arc<dyn $crate::KilnGlobal>> {
                    let instance = self.engine.get_instance(handle(instance)).map_err(fault)?;
                    Ok(Arc::new(Global(instance.global_by_name(export).map_err(fault)?)))
                }

                fn set_fuel(&mut self, fuel: u64) {
                    self.engine.set_fuel(fuel);
                }

                fn remaining_fuel(&self) -> Option<u64> {
                    self.engine.remaining_fuel()
                }
            }
        };
    };
}
