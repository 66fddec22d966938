//! `kiln_component`

pub(crate) mod canonical_abi {
    #[derive(Clone, Debug, PartialEq)]
    pub(crate) enum ComponentValue {
        Bool(bool),
        S8(i8),
        U8(u8),
        S16(i16),
        U16(u16),
        S32(i32),
        U32(u32),
        S64(i64),
        U64(u64),
        F32(f32),
        F64(f64),
        Char(char),
        /// Stands for kiln's other values.
        String(String),
    }
}

pub(crate) mod types {
    use std::collections::HashMap;

    use seam_core::{FuncType, Type};

    use super::canonical_abi::ComponentValue;
    use crate::kiln_decoder::component::Component;
    use crate::kiln_error::{Error, ErrorCategory, Result};
    use crate::kiln_foundation::values::{FloatBits32, FloatBits64};
    use crate::kiln_foundation::{HostImportHandler, Value};
    use crate::kiln_runtime::engine::{
        CapabilityAwareEngine, CapabilityEngine, EnginePreset, InstanceHandle,
    };

    pub(crate) struct DirectExportTarget {
        pub(crate) core_export_name: String,
        pub(crate) params: Vec<Type>,
        pub(crate) returns: Vec<Type>,
    }

    pub(crate) struct CommandEntry {
        pub(crate) export_name: String,
        pub(crate) core_export_name: String,
    }

    pub(crate) struct ComponentInstance {
        pub(crate) direct_export_targets: HashMap<String, DirectExportTarget>,
        pub(crate) command_entry: Option<CommandEntry>,
        pub(crate) runtime_engine: Option<Box<CapabilityAwareEngine>>,
        pub(crate) main_instance_handle: Option<InstanceHandle>,
    }

    fn error(message: &'static str) -> Error {
        Error::new(ErrorCategory::Runtime, 1005, message)
    }

    impl ComponentInstance {
        /// Finds the first function and the command's entry, as kiln does.
        pub(crate) fn from_parsed_with_handler(
            _id: u32,
            parsed: &mut Component,
            _host_registry: Option<()>,
            _host_handler: Option<Box<dyn HostImportHandler>>,
        ) -> Result<Self> {
            let mut engine = CapabilityAwareEngine::with_preset(EnginePreset::QM)?;
            let module = engine.load_module(&parsed.module)?;
            let lost = |_| {
                error(
                    "Direct-hosting component: no core instance exports the lifted function's \
                     backing core export",
                )
            };
            let main = engine.instantiate(module).map_err(lost)?;
            let direct = parsed.funcs.iter().take(1).map(|(name, core, ty)| {
                let FuncType { params, result, .. } = ty.clone();
                let target = DirectExportTarget {
                    core_export_name: core.clone(),
                    params: params.into_iter().map(|(_, ty)| ty).collect(),
                    returns: result.into_iter().collect(),
                };
                (name.clone(), target)
            });
            let mut entries = parsed.instances.iter();
            let entry = entries.find(|(name, _)| name.starts_with("wasi:cli/run@"));
            Ok(Self {
                direct_export_targets: direct.collect(),
                command_entry: entry.map(|(name, core)| CommandEntry {
                    export_name: name.clone(),
                    core_export_name: core.clone(),
                }),
                runtime_engine: Some(Box::new(engine)),
                main_instance_handle: Some(main),
            })
        }

        pub(crate) fn call_function(
            &mut self,
            name: &str,
            args: &[ComponentValue],
            _host_registry: Option<&()>,
        ) -> Result<Vec<ComponentValue>> {
            let (engine, main) = (self.runtime_engine.as_mut(), self.main_instance_handle);
            let (engine, main) = (engine.unwrap(), main.unwrap());
            let Some(target) = self.direct_export_targets.get(name) else {
                // kiln returns this for a command, and for names that it guesses.
                return Ok(Vec::new());
            };
            if args.len() != target.params.len() {
                return Err(error("Function argument count mismatch"));
            }
            let args: Vec<Value> = args.iter().map(lower).collect();
            let results = engine.execute(main, &target.core_export_name, &args)?;
            let results = results.iter().zip(&target.returns);
            results.map(|(value, ty)| lift(value, ty)).collect()
        }
    }

    fn lower(value: &ComponentValue) -> Value {
        match value {
            ComponentValue::Bool(value) => Value::I32((*value).into()),
            ComponentValue::S8(value) => Value::I32((*value).into()),
            ComponentValue::U8(value) => Value::I32((*value).into()),
            ComponentValue::S16(value) => Value::I32((*value).into()),
            ComponentValue::U16(value) => Value::I32((*value).into()),
            ComponentValue::S32(value) => Value::I32(*value),
            ComponentValue::U32(value) => Value::I32(*value as i32),
            ComponentValue::S64(value) => Value::I64(*value),
            ComponentValue::U64(value) => Value::I64(*value as i64),
            ComponentValue::F32(value) => Value::F32(FloatBits32(value.to_bits())),
            ComponentValue::F64(value) => Value::F64(FloatBits64(value.to_bits())),
            ComponentValue::Char(value) => Value::I32(*value as i32),
            ComponentValue::String(_) => unreachable!("the seam passes scalars alone"),
        }
    }

    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it wraps"
    )]
    fn lift(value: &Value, ty: &Type) -> Result<ComponentValue> {
        Ok(match (ty, value) {
            (Type::Bool, Value::I32(value)) => ComponentValue::Bool(*value != 0),
            (Type::S8, Value::I32(value)) => ComponentValue::S8(*value as i8),
            (Type::U8, Value::I32(value)) => ComponentValue::U8(*value as u8),
            (Type::S16, Value::I32(value)) => ComponentValue::S16(*value as i16),
            (Type::U16, Value::I32(value)) => ComponentValue::U16(*value as u16),
            (Type::S32, Value::I32(value)) => ComponentValue::S32(*value),
            (Type::U32, Value::I32(value)) => ComponentValue::U32(*value as u32),
            (Type::S64, Value::I64(value)) => ComponentValue::S64(*value),
            (Type::U64, Value::I64(value)) => ComponentValue::U64(*value as u64),
            (Type::F32, Value::F32(value)) => ComponentValue::F32(f32::from_bits(value.0)),
            (Type::F64, Value::F64(value)) => ComponentValue::F64(f64::from_bits(value.0)),
            (Type::Char, Value::I32(value)) => {
                let char = char::from_u32(*value as u32);
                ComponentValue::Char(char.ok_or(error(
                    "direct-hosting char result is not a valid Unicode scalar value",
                ))?)
            }
            (Type::String, _) => ComponentValue::String(String::new()),
            _ => return Err(error("direct-hosting core result type does not match")),
        })
    }
}
