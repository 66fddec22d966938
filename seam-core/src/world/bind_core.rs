//! Determines the definition that satisfies each import of a core module.

use std::collections::{HashMap, VecDeque};

use super::fault::{Fault, link_error};
use super::fit::fit;
use super::{Binding, CoreHostFunc, CoreItemKind, Stub, Target, World};
use crate::{
    Capability, CoreExternType, CoreFuncType, CoreModuleType, Error, ExportName, Interface, Result,
};

/// The definitions of a core module's imports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoreBindings {
    /// The functions that have a component-level type, in the order of
    /// [`Interface::import_funcs`].
    pub bindings: Vec<Binding>,
    /// The definition of each import, in the order of [`CoreModuleType::imports`].
    pub sources: Vec<CoreSource>,
}

/// The definition of one import of a core module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CoreSource {
    /// The binding at this index, as a function of this type.
    Bound(usize, CoreFuncType),
    /// The stub of a function with this type, which has no component-level type.
    Stub(ExportName, CoreFuncType, Stub),
    /// The item at this index of [`World::core_items`].
    ///
    /// If it is a function with a component-level type, the second index is that of its binding.
    Item(usize, Option<usize>),
    /// The function that a rule ([`World::core_funcs`]) defines for the import with this name.
    ///
    /// If it has a component-level type, the index is that of its binding.
    Func(ExportName, CoreHostFunc, Option<usize>),
}

impl World {
    /// Determines the definition of every import of a core module with the interface `interface`.
    ///
    /// # For implementors
    /// Pass the [`Binding`]s to [`WorldState::new`](crate::WorldState::new).
    ///
    /// # Errors
    /// `Link` that names the first imports that are missing or do not fit, the number of further
    /// ones, and how to define or stub them. `Unsupported` if an import needs the operating
    /// system's WASI.
    pub fn bind_core(
        &self,
        interface: &Interface,
        module: &CoreModuleType,
    ) -> Result<CoreBindings> {
        let mut faults = Vec::new();
        let mut bindings = Vec::new();
        // A module can import the same name several times, with equal or different types.
        let mut bound: HashMap<&ExportName, VecDeque<Option<usize>>> = HashMap::new();
        for (name, ty) in interface.import_funcs() {
            let index = match self.resolve(interface, name, ty) {
                Ok(target) => {
                    bindings.push(self.binding(name, ty, target));
                    Some(bindings.len() - 1)
                }
                Err(fault) => {
                    faults.push(fault);
                    None
                }
            };
            bound.entry(name).or_default().push_back(index);
        }
        let mut sources = Vec::new();
        for (from, field, ty) in &module.imports {
            let name = ExportName::in_instance(from.clone(), field.clone());
            let lifted = matches!(ty, CoreExternType::Func(ty) if ty.numeric_len().is_some());
            let index = match lifted {
                true => bound.get_mut(&name).and_then(VecDeque::pop_front),
                false => None,
            };
            let source = match index {
                // Its fault has already been reported.
                Some(None) => continue,
                Some(Some(index)) => {
                    self.bound_source(&name, ty, module, index, bindings.get(index))?
                }
                None => self.core_source(&name, ty, module),
            };
            match source {
                Ok(source) => sources.push(source),
                Err(fault) => faults.push(fault),
            }
        }
        match faults.is_empty() {
            true => Ok(CoreBindings { bindings, sources }),
            false => Err(link_error(&faults)),
        }
    }

    /// Returns the source of a bound function.
    fn bound_source(
        &self,
        name: &ExportName,
        ty: &CoreExternType,
        module: &CoreModuleType,
        index: usize,
        binding: Option<&Binding>,
    ) -> Result<Result<CoreSource, Fault>> {
        Ok(match (binding.map(|binding| &binding.target), ty) {
            (Some(Target::Host(_) | Target::Stub(_)), CoreExternType::Func(func)) => {
                Ok(CoreSource::Bound(index, func.clone()))
            }
            (Some(Target::Wasi), _) => {
                return Err(Error::unsupported(
                    Capability::SystemWasi,
                    format!("import `{name}` needs the system's WASI"),
                ));
            }
            _ => self
                .core_source(name, ty, module)
                .map(|source| match source {
                    CoreSource::Item(item, _) => CoreSource::Item(item, Some(index)),
                    CoreSource::Func(name, func, _) => CoreSource::Func(name, func, Some(index)),
                    other => other,
                }),
        })
    }

    /// Returns the function that a rule ([`World::core_funcs`]) defines for an import of `module`.
    pub(super) fn core_rule(
        &self,
        name: &ExportName,
        module: &CoreModuleType,
    ) -> Result<Option<CoreHostFunc>, Fault> {
        let mut rules = self.core_modules.iter();
        let Some((_, define)) = rules.find(|(known, _)| name.instance() == Some(&**known)) else {
            return Ok(None);
        };
        define(name.item(), module)
            .map_err(|e| Fault::Mismatched(format!("import `{name}`: {}", e.message())))
    }

    /// Finds an import of `module` among the world's core-level items, rules and stubs.
    pub(super) fn core_source(
        &self,
        name: &ExportName,
        ty: &CoreExternType,
        module: &CoreModuleType,
    ) -> Result<CoreSource, Fault> {
        let mut items = self.core_items.iter().enumerate();
        let found = items.find(|(_, item)| {
            name.instance() == Some(&*item.module) && name.item() == &*item.field
        });
        match (found, ty) {
            (_, CoreExternType::Tag(_)) => Err(Fault::missing_tag(name, ty)),
            (Some((index, item)), _) => {
                fit(name, ty, &item.kind).map(|()| CoreSource::Item(index, None))
            }
            (None, CoreExternType::Func(wanted)) => match self.core_rule(name, module)? {
                Some(func) => fit(name, ty, &CoreItemKind::Func(func.clone()))
                    .map(|()| CoreSource::Func(name.clone(), func, None)),
                None => match self.stub_policy(name) {
                    Stub::Deny => Err(Fault::missing_core_func(name, ty)),
                    stub => Ok(CoreSource::Stub(name.clone(), wanted.clone(), stub)),
                },
            },
            (None, _) => Err(Fault::missing_item(name, ty)),
        }
    }
}
