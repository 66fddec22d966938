//! The interface of a core module, from its own imports and exports.
//!
//! What a core module knows of itself is core-level. Numbers have an obvious component-level type,
//! so that calls by value work on plain modules. Better sources of types, an artifact's attached
//! interface or a `component-type` custom section, replace the types of single functions and
//! belong to whoever has them.

use std::sync::Arc;

use crate::{
    ArtifactKind, CoreExternType, CoreFuncType, CoreInstanceType, CoreModuleType, CorePath,
    CoreType, ExportName, FuncType, Interface, Item, ItemKind, Result, Type,
};

/// Decodes a core module.
pub(super) fn read(bytes: &[u8]) -> Result<Interface> {
    let module = Arc::new(CoreModuleType::decode(bytes)?);
    let exports = module.exports.iter().map(|(name, ty)| core(name, ty));
    let instance = CoreInstanceType {
        path: CorePath::new([0]),
        range: Some(0..bytes.len()),
        module: module.clone(),
    };
    Ok(Interface::new(
        ArtifactKind::CoreModule,
        imports(&module),
        exports.collect(),
        vec![instance],
    ))
}

/// Imports by module name, in the order in which each module name first appears.
fn imports(module: &CoreModuleType) -> Vec<Item> {
    let mut groups: Vec<(&str, Vec<Item>)> = Vec::new();
    let mut positions = std::collections::HashMap::new();
    for (name, field, ty) in &module.imports {
        let position = *positions.entry(name.as_str()).or_insert(groups.len());
        if position == groups.len() {
            groups.push((name, Vec::new()));
        }
        if let Some((_, fields)) = groups.get_mut(position) {
            fields.push(core(field, ty));
        }
    }
    groups
        .into_iter()
        .map(|(name, fields)| Item {
            name: name.into(),
            kind: ItemKind::Instance(fields),
        })
        .collect()
}

fn core(name: &str, ty: &CoreExternType) -> Item {
    Item {
        name: name.into(),
        kind: ItemKind::Core(ty.clone()),
    }
}

/// The component-level type of a core function that takes and gives nothing but numbers.
pub(super) fn lift_signature(ty: &CoreFuncType) -> Option<FuncType> {
    let params: Option<Vec<Type>> = ty.params.iter().copied().map(lift).collect();
    let results: Option<Vec<Type>> = ty.results.iter().copied().map(lift).collect();
    let mut results = results?;
    let result = match results.len() {
        0 | 1 => results.pop(),
        _ => Some(Type::tuple(results)),
    };
    Some(FuncType::new(params?, result))
}

fn lift(ty: CoreType) -> Option<Type> {
    match ty {
        CoreType::I32 => Some(Type::S32),
        CoreType::I64 => Some(Type::S64),
        CoreType::F32 => Some(Type::F32),
        CoreType::F64 => Some(Type::F64),
        CoreType::V128 | CoreType::Ref(_) => None,
    }
}

/// The full name of a core import or export. An export of a fused module that is called
/// `ns:pkg/iface@1.0.0#f` is `f` of that interface; any text that is no such name stays whole.
pub(super) fn export_name(path: &[Arc<str>], name: &str) -> ExportName {
    match name.parse() {
        Ok(parsed) if path.is_empty() => parsed,
        _ => ExportName::nested(path.iter().cloned(), name),
    }
}
