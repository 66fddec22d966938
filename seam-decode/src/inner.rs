//! Functions that only components inside a composition export.
//!
//! They have names like `[component]1#ns:pkg/iface@1.0.0#f`: the position of the component instance,
//! and the name of the function among its exports. A fused module has its functions under the same
//! names, so that a call of an inner function means the same in both.

use std::sync::Arc;

use seam_core::{Artifact, ArtifactKind, Error, ExportName, FuncType, RecordType, ResourceType};
use seam_core::{Result, ResultType, Type, VariantType};

use crate::plan::{Export, Func, Plan};
use crate::types::{FuncTy, RecordTy, ResourceId, Ty, VariantTy};
use crate::{decode, decode_typed};

/// The first part of the name of an inner component instance.
const INNER: &str = "[component]";

/// Returns the functions that inner component instances export, with their types, in the order of
/// the plan.
///
/// # Errors
/// Those of decoding. `Misuse` for a core module without the interface of a component.
pub fn inner_funcs(artifact: &Artifact) -> Result<Vec<(ExportName, Arc<FuncType>)>> {
    let plan = match artifact.kind() {
        ArtifactKind::Component => decode(artifact)?.into_plan()?,
        ArtifactKind::CoreModule => decode_typed(artifact)?.plan,
    };
    let funcs = plan.inner_funcs().into_iter();
    let typed = funcs.map(|(name, func)| Ok((name, plan.func_type(func)?)));
    typed.collect()
}

/// Finds the type of a function that an inner component instance exports.
///
/// # Errors
/// `Misuse` if there is no such function. Those of [`inner_funcs`].
pub fn inner_func(artifact: &Artifact, name: &ExportName) -> Result<Arc<FuncType>> {
    let funcs = inner_funcs(artifact)?.into_iter();
    let found = funcs.into_iter().find(|(inner, _)| inner == name);
    found.map(|(_, ty)| ty).ok_or_else(|| no_such(name))
}

/// Returns whether a name is that of a function of an inner component instance.
#[must_use]
pub fn is_inner(name: &ExportName) -> bool {
    let first = name.instances().first();
    first.is_some_and(|first| first.starts_with(INNER))
}

impl Plan {
    /// Returns the functions that inner component instances export and define themselves.
    #[must_use]
    pub fn inner_funcs(&self) -> Vec<(ExportName, Func)> {
        if !self.inner.is_empty() {
            return self.inner.clone();
        }
        let mut found = Vec::new();
        let inner = self.component_instances.iter().enumerate().skip(1);
        for (index, component) in inner {
            let mut path = vec![Arc::from(format!("{INNER}{}", component.path))];
            self.collect(index, component.instance, &mut path, &mut found);
        }
        found
    }

    /// Finds a function that an inner component instance exports.
    ///
    /// # Errors
    /// `Misuse` if there is no such function.
    pub fn inner_func(&self, name: &ExportName) -> Result<(Func, Arc<FuncType>)> {
        let mut funcs = self.inner_funcs().into_iter();
        let (_, func) = funcs
            .find(|(inner, _)| inner == name)
            .ok_or_else(|| no_such(name))?;
        Ok((func, self.func_type(func)?))
    }

    fn collect(
        &self,
        component: usize,
        instance: usize,
        path: &mut Vec<Arc<str>>,
        found: &mut Vec<(ExportName, Func)>,
    ) {
        let exports = self.instances.get(instance).map(|it| it.exports.as_slice());
        for (name, export) in exports.unwrap_or_default() {
            match export {
                Export::Func(Func::Lifted(index)) => {
                    let lift = self.lifts.get(*index);
                    if lift.is_some_and(|lift| lift.options.instance == component) {
                        let name = ExportName::nested(path.iter().cloned(), name.clone());
                        found.push((name, Func::Lifted(*index)));
                    }
                }
                Export::Func(_) => {}
                Export::Instance(inner) => {
                    path.push(name.clone());
                    self.collect(component, *inner, path, found);
                    path.pop();
                }
            }
        }
    }

    /// Returns the type of a function as its callers see it.
    fn func_type(&self, func: Func) -> Result<Arc<FuncType>> {
        let ty = match func {
            Func::Lifted(index) => self.lifts.get(index).map(|lift| &lift.ty),
            Func::Import(index) => self.imports.get(index).map(|import| &import.ty),
            Func::Undecided(index) => {
                let why = self.undecided.get(index).cloned().unwrap_or_default();
                return Err(Error::link(why));
            }
            Func::OfImport => None,
        };
        let ty = ty.ok_or_else(|| Error::engine("expected a function of the plan, found none"))?;
        Ok(Arc::new(self.signature(ty)))
    }

    fn signature(&self, ty: &FuncTy) -> FuncType {
        FuncType {
            params: self.fields(&ty.params),
            result: ty.result.fields.first().map(|field| self.ty(&field.ty)),
            is_async: ty.is_async,
        }
    }

    fn fields(&self, record: &RecordTy) -> Vec<(Arc<str>, Type)> {
        let fields = record.fields.iter();
        fields
            .map(|field| (field.name.clone(), self.ty(&field.ty)))
            .collect()
    }

    fn resource_type(&self, id: ResourceId) -> ResourceType {
        let def = self.resources.get(id.0 as usize);
        def.map_or_else(|| ResourceType::new(""), |def| def.name.clone())
    }

    fn payload(&self, ty: &VariantTy, case: usize) -> Option<Type> {
        let ty = ty.cases.get(case)?.ty.as_ref()?;
        Some(self.ty(ty))
    }

    /// Returns a value type as callers see it.
    fn ty(&self, ty: &Ty) -> Type {
        let boxed = |ty: &Ty| Arc::new(self.ty(ty));
        match ty {
            Ty::Bool => Type::Bool,
            Ty::S8 => Type::S8,
            Ty::U8 => Type::U8,
            Ty::S16 => Type::S16,
            Ty::U16 => Type::U16,
            Ty::S32 => Type::S32,
            Ty::U32 => Type::U32,
            Ty::S64 => Type::S64,
            Ty::U64 => Type::U64,
            Ty::F32 => Type::F32,
            Ty::F64 => Type::F64,
            Ty::Char => Type::Char,
            Ty::String => Type::String,
            Ty::ErrorContext => Type::ErrorContext,
            Ty::List(element) => Type::List(boxed(element)),
            Ty::FixedLengthList(ty) => Type::FixedLengthList(boxed(&ty.element), ty.len),
            Ty::Map(entry) => match &**entry {
                Ty::Tuple(entry) => match &*entry.fields {
                    [key, value] => Type::Map(boxed(&key.ty), boxed(&value.ty)),
                    _ => Type::List(boxed(&Ty::Tuple(entry.clone()))),
                },
                other => Type::List(boxed(other)),
            },
            Ty::Record(record) => Type::Record(Arc::new(RecordType {
                fields: self.fields(record),
            })),
            Ty::Tuple(record) => Type::Tuple(
                record
                    .fields
                    .iter()
                    .map(|field| self.ty(&field.ty))
                    .collect(),
            ),
            Ty::Variant(variant) => Type::Variant(Arc::new(VariantType {
                cases: variant
                    .cases
                    .iter()
                    .map(|case| (case.name.clone(), case.ty.as_ref().map(|ty| self.ty(ty))))
                    .collect(),
            })),
            Ty::Enum(variant) => {
                Type::Enum(variant.cases.iter().map(|case| case.name.clone()).collect())
            }
            Ty::Option(variant) => {
                Type::Option(Arc::new(self.payload(variant, 1).unwrap_or(Type::Bool)))
            }
            Ty::Result(variant) => Type::Result(Arc::new(ResultType {
                ok: self.payload(variant, 0),
                err: self.payload(variant, 1),
            })),
            Ty::Flags(labels) => Type::Flags(labels.clone()),
            Ty::Own(id) => Type::Own(self.resource_type(*id)),
            Ty::Borrow(id) => Type::Borrow(self.resource_type(*id)),
            Ty::Stream(ty) => Type::Stream(ty.as_deref().map(boxed)),
            Ty::Future(ty) => Type::Future(ty.as_deref().map(boxed)),
        }
    }
}

fn no_such(name: &ExportName) -> Error {
    Error::misuse(format!(
        "expected a function that an inner component instance exports, found no `{name}`"
    ))
}
