//! Types of the canonical ABI, from the validator's.

use std::sync::Arc;

use seam_core::Result;
use wasmparser::PrimitiveValType;
use wasmparser::component_types::{
    ComponentDefinedType, ComponentDefinedTypeId, ComponentFuncTypeId, ComponentValType,
    ResourceId as Validated,
};
use wasmparser::types::TypesRef;

use crate::pass::{Budget, IdMap, unknown};
use crate::types::{FieldTy, FuncTy, RecordTy, ResourceId, Ty};

/// Converts the validator's types.
///
/// A type without handles is converted once. A type with handles is converted once for each component
/// instance that uses it, since each has resource types of its own.
pub(crate) struct Types<'t> {
    types: TypesRef<'t>,
    /// Every defined type, with resource type 0 in all handles.
    templates: IdMap<ComponentDefinedTypeId, Ty>,
    funcs: IdMap<ComponentFuncTypeId, Arc<FuncTy>>,
    budget: Budget,
}

/// The types of one component instance.
#[derive(Default)]
pub(crate) struct ScopeTypes {
    /// The plan's resource type for each of the validator's.
    pub(crate) resources: IdMap<Validated, ResourceId>,
    /// What stands for a resource type that is not among them, if there can be one: an imported
    /// component defines resource types that nothing is known of.
    pub(super) unknown: Option<ResourceId>,
    defined: IdMap<ComponentDefinedTypeId, Ty>,
    funcs: IdMap<ComponentFuncTypeId, Arc<FuncTy>>,
}

impl<'t> Types<'t> {
    pub(crate) fn new(types: TypesRef<'t>) -> Self {
        Self {
            types,
            templates: IdMap::default(),
            funcs: IdMap::default(),
            budget: Budget::new(),
        }
    }

    /// A defined type with resource type 0 in all handles: it has the layout of the type.
    ///
    /// # Errors
    /// `Limit` for types of hundreds of megabytes.
    pub(super) fn template(&mut self, id: ComponentDefinedTypeId) -> Result<Ty> {
        self.defined(id, None)
    }

    /// A function type, for a component instance.
    ///
    /// # Errors
    /// `Limit` for types of hundreds of megabytes.
    pub(crate) fn func(
        &mut self,
        id: ComponentFuncTypeId,
        scope: &mut ScopeTypes,
    ) -> Result<Arc<FuncTy>> {
        if let Some(known) = self.funcs.get(&id).or_else(|| scope.funcs.get(&id)) {
            return Ok(known.clone());
        }
        let types = self.types;
        let def = types.get(id).ok_or_else(unknown)?;
        self.pay(def.params.len() + 1)?;
        let params = RecordTy::try_new(def.params.iter().map(|(name, ty)| {
            let ty = self.value(*ty, Some(&mut *scope))?;
            Ok((name.as_str().into(), ty))
        }))?;
        let result = def.result.map(|ty| self.value(ty, Some(&mut *scope)));
        let ty = FuncTy {
            params,
            result: FuncTy::result(result.transpose()?),
            is_async: def.async_,
        };
        let handles = ty.params.contents.handle || ty.result.contents.handle;
        let ty = Arc::new(ty);
        let known = if handles {
            &mut scope.funcs
        } else {
            &mut self.funcs
        };
        known.insert(id, ty.clone());
        Ok(ty)
    }

    /// Checks that the specification allows all types that were converted.
    ///
    /// # Errors
    /// `Invalid` for a type of 2^28 bytes or more.
    pub(crate) fn check_sizes(&self) -> Result<()> {
        self.templates.values().try_for_each(Ty::check_size)
    }

    /// Pays for as many fields or cases.
    fn pay(&mut self, parts: usize) -> Result<()> {
        self.budget
            .spend(parts.saturating_mul(size_of::<FieldTy>()))
    }

    fn value(&mut self, ty: ComponentValType, scope: Option<&mut ScopeTypes>) -> Result<Ty> {
        match ty {
            ComponentValType::Primitive(ty) => Ok(primitive(ty)),
            ComponentValType::Type(id) => self.defined(id, scope),
        }
    }

    /// A defined type, for a component instance. Without one, it is a [template](Self::template).
    ///
    /// Recursion is bounded: the validator admits types of depth 100.
    ///
    /// # Errors
    /// `Limit` for types of hundreds of megabytes.
    pub(super) fn defined(
        &mut self,
        id: ComponentDefinedTypeId,
        scope: Option<&mut ScopeTypes>,
    ) -> Result<Ty> {
        let template = match self.templates.get(&id) {
            Some(known) => known.clone(),
            None => {
                let template = self.convert(id, None)?;
                self.templates.insert(id, template.clone());
                template
            }
        };
        match scope {
            Some(scope) if template.has_handles() => {
                if let Some(known) = scope.defined.get(&id) {
                    return Ok(known.clone());
                }
                let ty = self.convert(id, Some(&mut *scope))?;
                scope.defined.insert(id, ty.clone());
                Ok(ty)
            }
            _ => Ok(template),
        }
    }

    fn convert(
        &mut self,
        id: ComponentDefinedTypeId,
        mut scope: Option<&mut ScopeTypes>,
    ) -> Result<Ty> {
        let types = self.types;
        let mut part = |ty: &ComponentValType| self.value(*ty, scope.as_deref_mut());
        Ok(match types.get(id).ok_or_else(unknown)? {
            ComponentDefinedType::Primitive(ty) => primitive(*ty),
            ComponentDefinedType::Record(ty) => {
                let fields = ty.fields.iter();
                let fields = fields.map(|(name, ty)| Ok((name.as_str().into(), part(ty)?)));
                let fields = fields.collect::<Result<Vec<(Arc<str>, Ty)>>>()?;
                self.pay(fields.len())?;
                Ty::record(fields)
            }
            ComponentDefinedType::Variant(ty) => {
                let cases = ty.cases.iter();
                let cases = cases.map(|(name, case)| {
                    Ok((
                        name.as_str().into(),
                        case.ty.as_ref().map(&mut part).transpose()?,
                    ))
                });
                let cases = cases.collect::<Result<Vec<(Arc<str>, Option<Ty>)>>>()?;
                self.pay(cases.len())?;
                Ty::variant(cases)
            }
            ComponentDefinedType::List { element, .. } => Ty::list(part(element)?),
            ComponentDefinedType::Map { key, value, .. } => Ty::map(part(key)?, part(value)?),
            ComponentDefinedType::FixedLengthList {
                element, length, ..
            } => Ty::fixed_length_list(part(element)?, *length),
            ComponentDefinedType::Tuple(ty) => {
                let elements = ty.types.iter().map(part).collect::<Result<Vec<_>>>()?;
                self.pay(elements.len())?;
                Ty::tuple(elements)
            }
            ComponentDefinedType::Flags(labels) => {
                self.pay(labels.len())?;
                Ty::flags(labels.iter().map(|label| label.as_str().into()))
            }
            ComponentDefinedType::Enum(labels) => {
                self.pay(labels.len())?;
                Ty::enumeration(labels.iter().map(|label| label.as_str().into()))
            }
            ComponentDefinedType::Option { ty, .. } => Ty::option(part(ty)?),
            ComponentDefinedType::Result { ok, err, .. } => {
                let ok = ok.as_ref().map(&mut part).transpose()?;
                Ty::result(ok, err.as_ref().map(part).transpose()?)
            }
            ComponentDefinedType::Own(id) => Ty::Own(resource(scope, id.resource())?),
            ComponentDefinedType::Borrow(id) => Ty::Borrow(resource(scope, id.resource())?),
            ComponentDefinedType::Stream { ty, .. } => {
                Ty::Stream(ty.as_ref().map(part).transpose()?.map(Arc::new))
            }
            ComponentDefinedType::Future { ty, .. } => {
                Ty::Future(ty.as_ref().map(part).transpose()?.map(Arc::new))
            }
        })
    }
}

/// The plan's resource type; 0 in a template.
fn resource(scope: Option<&mut ScopeTypes>, id: Validated) -> Result<ResourceId> {
    let Some(scope) = scope else {
        return Ok(ResourceId(0));
    };
    let known = scope.resources.get(&id).copied();
    known.or(scope.unknown).ok_or_else(unknown)
}

/// Converts a primitive type.
pub(super) fn primitive(ty: PrimitiveValType) -> Ty {
    match ty {
        PrimitiveValType::Bool => Ty::Bool,
        PrimitiveValType::S8 => Ty::S8,
        PrimitiveValType::U8 => Ty::U8,
        PrimitiveValType::S16 => Ty::S16,
        PrimitiveValType::U16 => Ty::U16,
        PrimitiveValType::S32 => Ty::S32,
        PrimitiveValType::U32 => Ty::U32,
        PrimitiveValType::S64 => Ty::S64,
        PrimitiveValType::U64 => Ty::U64,
        PrimitiveValType::F32 => Ty::F32,
        PrimitiveValType::F64 => Ty::F64,
        PrimitiveValType::Char => Ty::Char,
        PrimitiveValType::String => Ty::String,
        PrimitiveValType::ErrorContext => Ty::ErrorContext,
    }
}
