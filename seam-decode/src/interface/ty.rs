//! Converts component-level value types of the validator.

use std::sync::Arc;

use wasmparser::PrimitiveValType;
use wasmparser::component_types::{
    ComponentDefinedType, ComponentDefinedTypeId, ComponentFuncTypeId, ComponentValType, ResourceId,
};
use wasmparser::types::TypesRef;

use seam_core::{FuncType, ResourceType, Result, Type};

use crate::pass::{Budget, IdMap, unknown};

/// Converts types. Each definition is converted once, so a type that is used many times stays
/// shared.
pub(super) struct TypeReader<'t> {
    types: TypesRef<'t>,
    resources: IdMap<ResourceId, ResourceType>,
    /// The same names, in the order in which they were given.
    named: Vec<(ResourceId, ResourceType)>,
    /// The converted definitions with their sizes.
    defined: IdMap<ComponentDefinedTypeId, Measured<Type>>,
}

/// A converted type, with its size in bytes if nothing was shared.
///
/// The size is the cost of comparing or printing it.
#[derive(Clone)]
pub(super) struct Measured<T>(T, usize);

impl<'t> TypeReader<'t> {
    pub(super) fn new(types: TypesRef<'t>) -> Self {
        Self {
            types,
            resources: IdMap::default(),
            named: Vec::new(),
            defined: IdMap::default(),
        }
    }

    /// Names a resource type, unless it already has a name.
    pub(super) fn name_resource(&mut self, id: ResourceId, name: impl FnOnce() -> String) {
        self.resources.entry(id).or_insert_with(|| {
            let ty = ResourceType::new(name());
            self.named.push((id, ty.clone()));
            ty
        });
    }

    /// Returns the named resource types, in the order in which they were named.
    pub(super) fn into_named(self) -> Vec<(ResourceId, ResourceType)> {
        self.named
    }

    pub(super) fn resource(&mut self, id: ResourceId) -> ResourceType {
        let unnamed = self.resources.len();
        self.resources
            .entry(id)
            // Validation requires that every resource which is visible from outside has a name.
            .or_insert_with(|| ResourceType::new(format!("resource{unnamed}")))
            .clone()
    }

    pub(super) fn func(
        &mut self,
        id: ComponentFuncTypeId,
        budget: &mut Budget,
    ) -> Result<Arc<FuncType>> {
        let ty = self.types.get(id).ok_or_else(unknown)?;
        let mut params = Vec::with_capacity(ty.params.len());
        for (name, ty) in &ty.params {
            budget.spend(name.len())?;
            params.push((name.as_str().into(), self.value(*ty, budget)?));
        }
        let result = ty.result.map(|ty| self.value(ty, budget)).transpose()?;
        Ok(Arc::new(FuncType {
            params,
            result,
            is_async: ty.async_,
        }))
    }

    /// Converts a type and spends its size.
    pub(super) fn value(&mut self, ty: ComponentValType, budget: &mut Budget) -> Result<Type> {
        let Measured(ty, size) = self.convert(ty)?;
        budget.spend(size)?;
        Ok(ty)
    }

    /// Converts a type. The recursion is bounded, because the validator admits types of depth 100.
    fn convert(&mut self, ty: ComponentValType) -> Result<Measured<Type>> {
        let id = match ty {
            ComponentValType::Primitive(ty) => return Ok(leaf(primitive(ty))),
            ComponentValType::Type(id) => id,
        };
        if let Some(done) = self.defined.get(&id) {
            return Ok(done.clone());
        }
        let ty = self.types.get(id).ok_or_else(unknown)?;
        let ty = self.defined(ty)?;
        self.defined.insert(id, ty.clone());
        Ok(ty)
    }

    fn defined(&mut self, ty: &ComponentDefinedType) -> Result<Measured<Type>> {
        let mut size = size_of::<Type>();
        let ty = match ty {
            ComponentDefinedType::Primitive(ty) => primitive(*ty),
            ComponentDefinedType::Record(ty) => {
                let fields = ty
                    .fields
                    .iter()
                    .map(|(name, ty)| Ok((name_of(name, &mut size), self.part(*ty, &mut size)?)));
                Type::record(fields.collect::<Result<Vec<(Arc<str>, _)>>>()?)
            }
            ComponentDefinedType::Variant(ty) => {
                let cases = ty.cases.iter().map(|(name, case)| {
                    Ok((name_of(name, &mut size), self.maybe(case.ty, &mut size)?))
                });
                Type::variant(cases.collect::<Result<Vec<(Arc<str>, _)>>>()?)
            }
            ComponentDefinedType::List { element, .. } => {
                Type::list(self.part(*element, &mut size)?)
            }
            ComponentDefinedType::Map { key, value, .. } => Type::Map(
                Arc::new(self.part(*key, &mut size)?),
                Arc::new(self.part(*value, &mut size)?),
            ),
            ComponentDefinedType::FixedLengthList {
                element, length, ..
            } => Type::FixedLengthList(Arc::new(self.part(*element, &mut size)?), *length),
            ComponentDefinedType::Tuple(ty) => {
                let types = ty.types.iter().map(|ty| self.part(*ty, &mut size));
                Type::tuple(types.collect::<Result<Vec<_>>>()?)
            }
            ComponentDefinedType::Flags(names) => {
                Type::flags(names.iter().map(|name| name_of(name, &mut size)))
            }
            ComponentDefinedType::Enum(names) => {
                Type::enumeration(names.iter().map(|name| name_of(name, &mut size)))
            }
            ComponentDefinedType::Option { ty, .. } => Type::option(self.part(*ty, &mut size)?),
            ComponentDefinedType::Result { ok, err, .. } => {
                Type::result(self.maybe(*ok, &mut size)?, self.maybe(*err, &mut size)?)
            }
            ComponentDefinedType::Own(id) => Type::Own(self.resource(id.resource())),
            ComponentDefinedType::Borrow(id) => Type::Borrow(self.resource(id.resource())),
            ComponentDefinedType::Stream { ty, .. } => {
                Type::Stream(self.maybe(*ty, &mut size)?.map(Arc::new))
            }
            ComponentDefinedType::Future { ty, .. } => {
                Type::Future(self.maybe(*ty, &mut size)?.map(Arc::new))
            }
        };
        Ok(Measured(ty, size))
    }

    fn part(&mut self, ty: ComponentValType, size: &mut usize) -> Result<Type> {
        let Measured(ty, more) = self.convert(ty)?;
        *size = size.saturating_add(more);
        Ok(ty)
    }

    fn maybe(&mut self, ty: Option<ComponentValType>, size: &mut usize) -> Result<Option<Type>> {
        ty.map(|ty| self.part(ty, size)).transpose()
    }
}

fn name_of(name: &str, size: &mut usize) -> Arc<str> {
    *size = size.saturating_add(size_of::<Arc<str>>() + name.len());
    name.into()
}

fn leaf(ty: Type) -> Measured<Type> {
    Measured(ty, size_of::<Type>())
}

fn primitive(ty: PrimitiveValType) -> Type {
    match ty {
        PrimitiveValType::Bool => Type::Bool,
        PrimitiveValType::S8 => Type::S8,
        PrimitiveValType::U8 => Type::U8,
        PrimitiveValType::S16 => Type::S16,
        PrimitiveValType::U16 => Type::U16,
        PrimitiveValType::S32 => Type::S32,
        PrimitiveValType::U32 => Type::U32,
        PrimitiveValType::S64 => Type::S64,
        PrimitiveValType::U64 => Type::U64,
        PrimitiveValType::F32 => Type::F32,
        PrimitiveValType::F64 => Type::F64,
        PrimitiveValType::Char => Type::Char,
        PrimitiveValType::String => Type::String,
        PrimitiveValType::ErrorContext => Type::ErrorContext,
    }
}
