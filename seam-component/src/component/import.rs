//! The imports of the root component: what the world gives for them.

use std::collections::HashMap;
use std::sync::Arc;

use seam_core::{Binding, Error, ExportName, ResourceType, Result};

use super::def::{AliasDef, ExternName, ExternType, InstanceDecl, OuterSort, Sort, TypeDef};
use super::index::{InstanceInst, ItemInst, TypeInst, apart, at};
use super::state::Running;
use super::typing;
use crate::canon::lift::FuncInst;
use crate::handle::{ResourceImpl, ResourceInfo};
use crate::types::ResourceId;

/// What the world gives for the root's imported functions, by name.
pub(crate) struct HostImports {
    bindings: HashMap<ExportName, usize>,
}

impl HostImports {
    pub(crate) fn new(bindings: &[Binding]) -> Self {
        let bindings = bindings
            .iter()
            .enumerate()
            .map(|(index, binding)| (binding.name.clone(), index));
        Self {
            bindings: bindings.collect(),
        }
    }

    /// The item for an import of this name and type.
    ///
    /// # Errors
    /// `Link` for an import that a world cannot give: a component, a core module or a value.
    pub(crate) fn item(
        &self,
        running: &mut Running,
        path: &[ExternName],
        name: &ExternName,
        ty: &ExternType,
        scope: &Scope<'_>,
    ) -> Result<ItemInst> {
        let full = || ExportName::nested(path.iter().cloned(), name.clone());
        Ok(match ty {
            ExternType::Func(index) => {
                let ty = typing::func_at(scope.types, *index)?;
                let binding = self.bindings.get(&full()).copied();
                let binding =
                    binding.ok_or_else(|| Error::link(format!("missing import `{}`", full())))?;
                ItemInst::Func(FuncInst::Host(binding, ty))
            }
            ExternType::TypeEq(index) => ItemInst::Type(at(scope.types, *index, "type")?.clone()),
            ExternType::TypeSubResource => {
                ItemInst::Type(TypeInst::Resource(host_resource(running, full())?))
            }
            ExternType::Instance(index) => match at(scope.types, *index, "type")? {
                TypeInst::Instance(decls) => {
                    let inner: Vec<ExternName> = path.iter().chain([name]).cloned().collect();
                    ItemInst::Instance(Arc::new(self.instance(running, &inner, decls, scope)?))
                }
                _ => return Err(apart(&format!("an instance type at {index}"))),
            },
            ExternType::CoreModule | ExternType::Component | ExternType::Value => {
                let what = match ty {
                    ExternType::CoreModule => "core module",
                    ExternType::Component => "component",
                    _ => "value",
                };
                return Err(Error::link(format!(
                    "missing import `{}`: expected functions, types and instances alone, found a {what}, which no world \
                     can give",
                    full()
                )));
            }
        })
    }

    /// An instance of an instance type, with host functions and host-defined resource types in it.
    fn instance(
        &self,
        running: &mut Running,
        path: &[ExternName],
        decls: &[InstanceDecl],
        outer: &Scope<'_>,
    ) -> Result<InstanceInst> {
        let mut types: Vec<TypeInst> = Vec::new();
        let mut instances: Vec<Arc<InstanceInst>> = Vec::new();
        let mut exports = HashMap::new();
        for decl in decls {
            match decl {
                InstanceDecl::CoreType => {}
                InstanceDecl::Type(TypeDef::Resource(_)) => {
                    return Err(apart("a type declaration"));
                }
                InstanceDecl::Type(def) => types.push(typing::evaluate(def, &types)?),
                InstanceDecl::Alias(alias) => alias_in_type(alias, &mut types, &instances, outer)?,
                InstanceDecl::Export(name, ty) => {
                    let scope = Scope {
                        types: &types,
                        parent: Some(outer),
                    };
                    let item = self.item(running, path, name, ty, &scope)?;
                    match &item {
                        ItemInst::Type(ty) => types.push(ty.clone()),
                        ItemInst::Instance(instance) => instances.push(instance.clone()),
                        _ => {}
                    }
                    exports.insert(name.clone(), item);
                }
            }
        }
        Ok(InstanceInst { exports })
    }
}

/// The types that a declaration of the root can see: its own, and those of the declarations around it.
pub(crate) struct Scope<'a> {
    pub(crate) types: &'a [TypeInst],
    pub(crate) parent: Option<&'a Scope<'a>>,
}

impl Scope<'_> {
    /// The type at `index` of the scope `count` steps outward.
    fn outward(&self, count: u32, index: u32) -> Result<&TypeInst> {
        match (count, self.parent) {
            (0, _) => at(self.types, index, "type"),
            (_, Some(parent)) => parent.outward(count - 1, index),
            (_, None) => Err(apart("an enclosing scope")),
        }
    }
}

/// An alias in an instance type: only types and instances are visible there.
fn alias_in_type(
    alias: &AliasDef,
    types: &mut Vec<TypeInst>,
    instances: &[Arc<InstanceInst>],
    outer: &Scope<'_>,
) -> Result<()> {
    match alias {
        AliasDef::Outer(OuterSort::Type, 0, index) => {
            types.push(at(types, *index, "type")?.clone())
        }
        AliasDef::Outer(OuterSort::Type, count, index) => {
            types.push(outer.outward(count - 1, *index)?.clone())
        }
        AliasDef::Outer(OuterSort::CoreType, ..) => {}
        AliasDef::InstanceExport(Sort::Type, instance, name) => {
            match at(instances, *instance, "instance")?.exports.get(name) {
                Some(ItemInst::Type(ty)) => types.push(ty.clone()),
                _ => return Err(apart(&format!("an exported type `{name}`"))),
            }
        }
        _ => return Err(apart("an alias of a type")),
    }
    Ok(())
}

fn host_resource(running: &mut Running, name: ExportName) -> Result<ResourceId> {
    let id = u32::try_from(running.resources.len())
        .map_err(|_| Error::limit(seam_core::Limit::EngineCapacity))?;
    running.resources.push(ResourceInfo {
        name: ResourceType::new(name.to_string()),
        implementation: ResourceImpl::Host(name),
    });
    Ok(ResourceId(id))
}
