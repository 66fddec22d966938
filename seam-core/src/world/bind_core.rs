//! Determines the definition that satisfies each import of a core module.

use std::collections::{HashMap, VecDeque};

use super::fault::{Fault, link_error};
use super::fit::fit;
use super::{Binding, Stub, Target, World};
use crate::{
    ArtifactKind, Capability, CoreExternType, CoreFuncType, CoreModuleType, Error, ExportName,
    Interface, Result, interface::has_lifted_type,
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
            let index = match self.resolve(ArtifactKind::CoreModule, name, ty) {
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
        for (module, field, ty) in &module.imports {
            let name = ExportName::in_instance(module.as_str(), field.as_str());
            let lifted = matches!(ty, CoreExternType::Func(ty) if has_lifted_type(ty));
            let index = match lifted {
                true => bound.get_mut(&name).and_then(VecDeque::pop_front),
                false => None,
            };
            let source = match index {
                // Its fault has already been reported.
                Some(None) => continue,
                Some(Some(index)) => self.bound_source(&name, ty, index, bindings.get(index))?,
                None => self.core_source(&name, ty),
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
            _ => self.core_source(name, ty).map(|source| match source {
                CoreSource::Item(item, _) => CoreSource::Item(item, Some(index)),
                other => other,
            }),
        })
    }

    /// Finds an import among the world's core-level items and stubs.
    pub(super) fn core_source(
        &self,
        name: &ExportName,
        ty: &CoreExternType,
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
            (None, CoreExternType::Func(func)) => match self.stub_policy(name) {
                Stub::Deny => Err(Fault::missing_core_func(name, ty)),
                stub => Ok(CoreSource::Stub(name.clone(), func.clone(), stub)),
            },
            (None, _) => Err(Fault::missing_item(name, ty)),
        }
    }
}
