//! `bind_component!` implements [`KilnComponent`](crate::KilnComponent) over kiln's own types.

/// Defines a type that implements [`KilnComponent`](crate::KilnComponent) over kiln's own runner.
///
/// The crate must depend on `kiln-component`, `kiln-decoder`, `kiln-error`, `kiln-foundation` and
/// `kiln-runtime` 0.4.4, with their feature `std`. `kiln-component` also needs its feature
/// `kiln-execution`; both are on by default.
///
/// ```ignore
/// seam_kiln::bind!(pub struct RealKiln);
/// seam_kiln::bind_component!(pub struct RealComponent);
///
/// let runner = seam_kiln::KilnRunner::<_, RealComponent>::new(RealKiln::new)?;
/// ```
///
/// The expansion contains no logic: it forwards to kiln and converts scalars. It uses these items of
/// kiln:
///
/// | crate | items |
/// |---|---|
/// | `kiln_error` | `Error` with its fields |
/// | `kiln_foundation` | `Value::I32` |
/// | `kiln_runtime::engine` | `CapabilityEngine::execute` |
/// | `kiln_decoder::component` | `decode_component` |
/// | `kiln_component::types` | `ComponentInstance`: `from_parsed_with_handler`, `call_function`, `direct_export_targets`, `command_entry`, `runtime_engine`, `main_instance_handle` |
/// | `kiln_component::canonical_abi` | `ComponentValue`, its scalars |
#[macro_export]
macro_rules! bind_component {
    ($(#[$meta:meta])* $vis:vis struct $name:ident $(;)?) => {
        $(#[$meta])*
        $vis struct $name {
            instance: kiln_component::types::ComponentInstance,
        }

        const _: () = {
            use kiln_component::canonical_abi::ComponentValue;
            use kiln_component::types::ComponentInstance;
            use kiln_runtime::engine::CapabilityEngine;
            use $crate::__private::Value;
            use $crate::{KilnError, KilnResult, KilnValue};

            fn fault(error: kiln_error::Error) -> KilnError {
                KilnError::new(error.category as u8, error.code, error.message)
            }

            fn to_value(value: &Value) -> KilnResult<ComponentValue> {
                Ok(match value {
                    Value::Bool(value) => ComponentValue::Bool(*value),
                    Value::S8(value) => ComponentValue::S8(*value),
                    Value::U8(value) => ComponentValue::U8(*value),
                    Value::S16(value) => ComponentValue::S16(*value),
                    Value::U16(value) => ComponentValue::U16(*value),
                    Value::S32(value) => ComponentValue::S32(*value),
                    Value::U32(value) => ComponentValue::U32(*value),
                    Value::S64(value) => ComponentValue::S64(*value),
                    Value::U64(value) => ComponentValue::U64(*value),
                    Value::F32(value) => ComponentValue::F32(*value),
                    Value::F64(value) => ComponentValue::F64(*value),
                    Value::Char(value) => ComponentValue::Char(*value),
                    _ => return Err(not_scalar()),
                })
            }

            fn from_value(value: ComponentValue) -> KilnResult<Value> {
                Ok(match value {
                    ComponentValue::Bool(value) => Value::Bool(value),
                    ComponentValue::S8(value) => Value::S8(value),
                    ComponentValue::U8(value) => Value::U8(value),
                    ComponentValue::S16(value) => Value::S16(value),
                    ComponentValue::U16(value) => Value::U16(value),
                    ComponentValue::S32(value) => Value::S32(value),
                    ComponentValue::U32(value) => Value::U32(value),
                    ComponentValue::S64(value) => Value::S64(value),
                    ComponentValue::U64(value) => Value::U64(value),
                    ComponentValue::F32(value) => Value::F32(value),
                    ComponentValue::F64(value) => Value::F64(value),
                    ComponentValue::Char(value) => Value::Char(value),
                    _ => return Err(not_scalar()),
                })
            }

            fn not_scalar() -> KilnError {
                KilnError::new(KilnError::RUNTIME, 7996, "expected a scalar")
            }

            impl $crate::KilnComponent for $name {
                fn instantiate(component: &[u8]) -> KilnResult<Self> {
                    let parsed = kiln_decoder::component::decode_component(component);
                    let mut parsed = Box::new(parsed.map_err(fault)?);
                    let instance =
                        ComponentInstance::from_parsed_with_handler(0, &mut parsed, None, None);
                    instance.map(|instance| Self { instance }).map_err(fault)
                }

                fn direct_export(&self, export: &str) -> Option<(usize, usize)> {
                    let target = self.instance.direct_export_targets.get(export)?;
                    Some((target.params.len(), target.returns.len()))
                }

                fn command_entry(&self) -> Option<(String, String)> {
                    let entry = self.instance.command_entry.as_ref()?;
                    Some((entry.export_name.clone(), entry.core_export_name.clone()))
                }

                fn call_function(
                    &mut self,
                    export: &str,
                    args: &[Value],
                ) -> KilnResult<Vec<Value>> {
                    let args: KilnResult<Vec<ComponentValue>> = args.iter().map(to_value).collect();
                    let results = self.instance.call_function(export, &args?, None);
                    results.map_err(fault)?.into_iter().map(from_value).collect()
                }

                fn execute(&mut self, core_export: &str) -> KilnResult<Vec<KilnValue>> {
                    let (Some(engine), Some(main)) =
                        (&mut self.instance.runtime_engine, self.instance.main_instance_handle)
                    else {
                        let message = "expected an engine and a main instance";
                        return Err(KilnError::new(KilnError::RUNTIME, 7995, message));
                    };
                    let results = engine.execute(main, core_export, &[]).map_err(fault)?;
                    let from_core = |value| match value {
                        kiln_foundation::Value::I32(value) => KilnValue::I32(value),
                        _ => KilnValue::Other("a value of another type than i32"),
                    };
                    Ok(results.into_iter().map(from_core).collect())
                }
            }
        };
    };
}
