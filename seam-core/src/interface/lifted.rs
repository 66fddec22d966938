//! The component-level types and names of a core module's imports and exports.
//!
//! A core module knows only core types. Numbers have an obvious component-level type, so that calls
//! by value work on plain modules. Component-level types that the
//! artifact was given are better ([`Artifact::is_typed`](crate::Artifact::is_typed)): `seam-decode` makes
//! another interface of them.

use std::sync::Arc;

use crate::{CoreFuncType, CoreType, ExportName, FuncType, Type};

/// Returns the component-level type of a core function that uses only numbers.
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

/// Returns the full name of a core import or export.
///
/// If a fused module exports `ns:pkg/iface@1.0.0#f`, this is `f` of that interface. Text of any
/// other form becomes one name at the root.
pub(super) fn export_name(path: &[Arc<str>], name: &str) -> ExportName {
    match name.parse() {
        Ok(parsed) if path.is_empty() => parsed,
        _ => ExportName::nested(path.iter().cloned(), name),
    }
}
