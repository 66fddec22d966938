//! The `spectest` module that core scripts import from.

use std::collections::HashMap;
use std::sync::Arc;

use seam_core::{
    Artifact, Capability, CoreEngine, CoreExtern, CoreFuncType, CoreStore, CoreType, Error, HostFn,
    Result,
};

/// Functions that discard their arguments, with their parameter types.
const PRINTS: &[(&str, &[CoreType])] = &[
    ("print", &[]),
    ("print_i32", &[CoreType::I32]),
    ("print_i64", &[CoreType::I64]),
    ("print_f32", &[CoreType::F32]),
    ("print_f64", &[CoreType::F64]),
    ("print_i32_f32", &[CoreType::I32, CoreType::F32]),
    ("print_f64_f64", &[CoreType::F64, CoreType::F64]),
];

/// Modules that provide the other exports, each with the proposal that it needs, if any.
const PROVIDERS: &[(Option<Capability>, &str)] = &[
    (
        None,
        "(module
           (global (export \"global_i32\") i32 (i32.const 666))
           (global (export \"global_i64\") i64 (i64.const 666))
           (global (export \"global_f32\") f32 (f32.const 666.6))
           (global (export \"global_f64\") f64 (f64.const 666.6))
           (table (export \"table\") 10 20 funcref)
           (memory (export \"memory\") 1 2))",
    ),
    (
        Some(Capability::Memory64),
        "(module (table (export \"table64\") i64 10 20 funcref))",
    ),
    (
        Some(Capability::Threads),
        "(module (memory (export \"shared_memory\") 1 2 shared))",
    ),
];

/// Creates the exports of `spectest` in this store.
///
/// Exports that need a proposal which the engine lacks are left out. No module that the engine
/// accepts can import them.
///
/// # Errors
/// Any error of the engine while it creates the exports.
pub(super) fn provide(
    engine: &dyn CoreEngine,
    store: &mut dyn CoreStore,
) -> Result<HashMap<String, CoreExtern>> {
    let mut items = HashMap::new();
    for (name, params) in PRINTS {
        let quiet: HostFn = Arc::new(|_, _, _| Ok(()));
        let ty = CoreFuncType::new(*params, Vec::new());
        let func = store.host_func(ty, quiet)?;
        items.insert((*name).to_string(), CoreExtern::Func(func));
    }
    let has = &engine.info().capabilities;
    for (needs, text) in PROVIDERS {
        if needs.is_some_and(|needs| !has.has(needs)) {
            continue;
        }
        let module = seam_decode::compile(engine, Artifact::from_wat("spectest", text)?.bytes())?;
        let instance = store.instantiate(&module, &[])?;
        for (name, _) in &module.ty()?.exports {
            let item = store.export(instance, name).ok_or_else(|| {
                Error::engine(format!("expected the export `{name}`, found none"))
            })?;
            items.insert(name.to_string(), item);
        }
    }
    Ok(items)
}
