//! Converts the validator's types of core modules that a component imports, exports or passes on.

use wasmparser::CompositeInnerType;
use wasmparser::component_types::ComponentCoreModuleTypeId;
use wasmparser::types::{CoreTypeId, EntityType, TypesRef};

use seam_core::{CoreExternType, CoreFuncType, CoreModuleType, CoreType, Error, HeapType, Result};

use super::budget::Budget;
use super::module_type::{
    func_type, global_type, memory_type, spend_name, spend_signature, table_type,
};

/// Converts the type of a core module. It has no name, because only the type is known.
pub(crate) fn module_type_of(
    types: TypesRef<'_>,
    id: ComponentCoreModuleTypeId,
    budget: &mut Budget,
) -> Result<CoreModuleType> {
    let ty = types.get(id).ok_or_else(unknown)?;
    let mut module = CoreModuleType {
        name: None,
        imports: Vec::with_capacity(ty.imports.len()),
        exports: Vec::with_capacity(ty.exports.len()),
    };
    for ((name, field), ty) in &ty.imports {
        spend_name(budget, name)?;
        spend_name(budget, field)?;
        let ty = extern_type(types, ty, budget)?;
        module
            .imports
            .push((name.as_str().into(), field.as_str().into(), ty));
    }
    for (name, ty) in &ty.exports {
        spend_name(budget, name)?;
        let ty = extern_type(types, ty, budget)?;
        module.exports.push((name.as_str().into(), ty));
    }
    Ok(module)
}

fn extern_type(
    types: TypesRef<'_>,
    ty: &EntityType,
    budget: &mut Budget,
) -> Result<CoreExternType> {
    Ok(match ty {
        EntityType::Func(id) | EntityType::FuncExact(id) => {
            CoreExternType::Func(signature(types, *id, budget)?)
        }
        EntityType::Tag(id) => CoreExternType::Tag(signature(types, *id, budget)?),
        EntityType::Table(ty) => CoreExternType::Table(table_type(ty)),
        EntityType::Memory(ty) => CoreExternType::Memory(memory_type(ty)),
        EntityType::Global(ty) => CoreExternType::Global(global_type(ty)),
    })
}

/// Returns whether the type of a core module refers to types that the module defines.
pub(super) fn names_types(module: &CoreModuleType) -> bool {
    let concrete = |ty: &CoreType| match ty {
        CoreType::Ref(ty) => matches!(ty.heap, HeapType::Concrete(_)),
        _ => false,
    };
    let imports = module.imports.iter().map(|(_, _, ty)| ty);
    let mut items = imports.chain(module.exports.iter().map(|(_, ty)| ty));
    items.any(|ty| match ty {
        CoreExternType::Func(ty) | CoreExternType::Tag(ty) => {
            ty.params.iter().chain(ty.results.iter()).any(concrete)
        }
        CoreExternType::Table(ty) => concrete(&CoreType::Ref(ty.element)),
        CoreExternType::Global(ty) => concrete(&ty.content),
        _ => false,
    })
}

/// Returns the signature of a core function with this type.
pub(crate) fn signature(
    types: TypesRef<'_>,
    id: CoreTypeId,
    budget: &mut Budget,
) -> Result<CoreFuncType> {
    match types.get(id).map(|ty| &ty.composite_type.inner) {
        Some(CompositeInnerType::Func(ty)) => {
            let ty = func_type(ty);
            spend_signature(budget, &ty)?;
            Ok(ty)
        }
        _ => Err(unknown()),
    }
}

/// Returns the error for an id that the validator returned but does not know.
pub(crate) fn unknown() -> Error {
    Error::engine("expected the validator to know the types it gave, found one it does not know")
}
