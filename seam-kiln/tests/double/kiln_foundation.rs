//! `kiln_foundation`

use crate::kiln_error::Result;

pub(crate) use values::Value;

pub(crate) trait MemoryAccessor: Send + Sync {}

pub(crate) trait HostImportHandler: Send + Sync {
    fn call_import(
        &mut self,
        module: &str,
        function: &str,
        args: &[Value],
        memory: Option<&dyn MemoryAccessor>,
    ) -> Result<Vec<Value>>;
}

pub(crate) mod types {
    use seam_core::{CoreType, HeapType, RefType};

    /// kiln has more kinds of references.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) enum ValueType {
        I32,
        I64,
        F32,
        F64,
        V128,
        FuncRef,
        ExternRef,
        ExnRef,
        I31Ref,
        EqRef,
        AnyRef,
    }

    impl ValueType {
        pub(crate) fn of(ty: CoreType) -> Self {
            match ty {
                CoreType::I32 => Self::I32,
                CoreType::I64 => Self::I64,
                CoreType::F32 => Self::F32,
                CoreType::F64 => Self::F64,
                CoreType::V128 => Self::V128,
                CoreType::Ref(RefType { heap, .. }) => match heap {
                    HeapType::Func => Self::FuncRef,
                    HeapType::Extern => Self::ExternRef,
                    HeapType::Exn => Self::ExnRef,
                    HeapType::I31 => Self::I31Ref,
                    HeapType::Eq => Self::EqRef,
                    _ => Self::AnyRef,
                },
            }
        }
    }

    pub(crate) struct FuncType {
        pub(crate) params: Vec<ValueType>,
        pub(crate) results: Vec<ValueType>,
    }
}

pub(crate) mod values {
    use seam_kiln::{KilnFuncRef, KilnValue};

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) struct FloatBits32(pub(crate) u32);

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) struct FloatBits64(pub(crate) u64);

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) struct V128 {
        pub(crate) bytes: [u8; 16],
    }

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) struct FuncRef {
        pub(crate) index: u32,
        pub(crate) instance_id: Option<u32>,
    }

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) struct ExternRef {
        pub(crate) index: u32,
    }

    /// Stands for kiln's references to structs and arrays.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub(crate) struct GcRef;

    #[derive(Clone, Debug, PartialEq, Eq)]
    pub(crate) enum Value {
        I32(i32),
        I64(i64),
        F32(FloatBits32),
        F64(FloatBits64),
        V128(V128),
        FuncRef(Option<FuncRef>),
        ExternRef(Option<ExternRef>),
        StructRef(Option<GcRef>),
        ArrayRef(Option<GcRef>),
        ExnRef(Option<u32>),
        I31Ref(Option<i32>),
        /// Stands for kiln's values of components.
        Void,
    }

    impl Value {
        /// Converts from the twin's.
        pub(crate) fn of(value: KilnValue) -> Self {
            match value {
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
                KilnValue::Other("structref") => Value::StructRef(Some(GcRef)),
                KilnValue::Other("arrayref") => Value::ArrayRef(Some(GcRef)),
                KilnValue::Other(_) => Value::Void,
            }
        }

        /// Converts to the twin's.
        pub(crate) fn into_twin(self) -> KilnValue {
            match self {
                Value::I32(value) => KilnValue::I32(value),
                Value::I64(value) => KilnValue::I64(value),
                Value::F32(value) => KilnValue::F32(value.0),
                Value::F64(value) => KilnValue::F64(value.0),
                Value::V128(value) => KilnValue::V128(value.bytes),
                Value::FuncRef(func) => KilnValue::FuncRef(func.map(|func| KilnFuncRef {
                    index: func.index,
                    instance: func.instance_id,
                })),
                Value::ExternRef(host) => KilnValue::ExternRef(host.map(|host| host.index)),
                Value::I31Ref(value) => KilnValue::I31Ref(value),
                Value::ExnRef(slot) => KilnValue::ExnRef(slot),
                Value::StructRef(None) | Value::ArrayRef(None) => KilnValue::I31Ref(None),
                _ => KilnValue::Other("a value of another kind"),
            }
        }
    }
}
