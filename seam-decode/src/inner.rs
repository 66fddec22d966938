//! Functions that only components inside a composition export.
//!
//! They have names like `[component]1#ns:pkg/iface@1.0.0#f`: the position of the component instance,
//! and the name of the function among its exports. A fused module has its functions under the same
//! names, so that a call of an inner function means the same in both.

use std::sync::Arc;

use seam_core::{Artifact, ArtifactKind, Error, ExportName, FuncType, ResourceType, Result};

use crate::plan::{Export, Func, Plan};
use crate::types::{FuncTy, ResourceId};
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
        let names = |id: ResourceId| self.resource_type(id);
        let params = ty.params.fields.iter();
        FuncType {
            params: params
                .map(|field| (field.name.clone(), field.ty.to_type(&names)))
                .collect(),
            result: ty.result.fields.first().map(|it| it.ty.to_type(&names)),
            is_async: ty.is_async,
        }
    }

    fn resource_type(&self, id: ResourceId) -> ResourceType {
        let def = self.resources.get(id.0 as usize);
        def.map_or_else(|| ResourceType::new(""), |def| def.name.clone())
    }
}

fn no_such(name: &ExportName) -> Error {
    Error::misuse(format!(
        "expected a function that an inner component instance exports, found no `{name}`"
    ))
}
