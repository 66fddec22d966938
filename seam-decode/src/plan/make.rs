//! Makes the plan and the interface of a component.

use seam_core::{
    ArtifactKind, CorePath, Error, ErrorKind, ExportName, Interface, ResourceType, Result,
};
use wasmparser::component_types::ComponentAnyTypeId;
use wasmparser::types::TypesRef;

use super::def::{CoreModuleDef, Func, Instance, Plan, ResourceOrigin};
use super::scope::{Entity, Instance as Made};
use super::walk::Walk;
use crate::interface::ComponentItems;
use crate::pass::{Budget, Definitions, unknown};

/// Returns the interface of a component, and its plan or the reason why it has no plan.
///
/// # Errors
/// `Limit` if the interface would take too much memory. `Engine` if the validator's types and the
/// definitions do not agree.
pub(crate) fn make(
    definitions: &Definitions<'_>,
    types: TypesRef<'_>,
    items: ComponentItems,
    budget: &mut Budget,
) -> Result<(Interface, Result<Plan>)> {
    let mut walk = Walk::new(definitions, types, budget);
    walk.check_types();
    walk.check_start();
    let root = walk.instantiate(0, None, None, None, &CorePath::default())?;
    walk.name_resources(&items);
    let kind = ArtifactKind::Component;
    let cores = std::mem::take(&mut walk.found);
    let interface = Interface::new(kind, items.imports, items.exports, cores);
    let plan = match walk.refused.take() {
        Some(refused) => Err(refused),
        None => Ok(walk.finish(root, &interface)?),
    };
    Ok((interface, plan))
}

impl<'a> Walk<'a, '_, '_> {
    /// Converts every type of all components, and rejects those that the [specification] does not
    /// allow.
    ///
    /// This includes components that are never instantiated. The validator does not bound the size
    /// of types yet.
    ///
    /// [specification]: https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#element-size
    fn check_types(&mut self) {
        let definitions = self.definitions;
        for component in &definitions.components {
            for (indices, offset) in &component.type_sections {
                let ids = component.types.get(indices.clone()).unwrap_or_default();
                for id in ids {
                    let ComponentAnyTypeId::Defined(id) = id else {
                        continue;
                    };
                    let ty = self.types.template(*id);
                    if let Err(error) = ty.and_then(|ty| ty.check_size()) {
                        self.refuse(at_section(error, *offset));
                        return;
                    }
                }
            }
        }
    }

    fn check_start(&mut self) {
        if let Some(offset) = self.definitions.start {
            let message = "expected no component start function: values are not part of the \
                           released format";
            self.refuse(Error::invalid(message).at(offset as u64));
        }
    }

    /// Gives the guest's resource types the names that the interface shows.
    fn name_resources(&mut self, items: &ComponentItems) {
        let Some(root) = self.scopes.first() else {
            return;
        };
        for (id, name) in &items.resources {
            let found = root.resolved.resources.get(id);
            let found = found.and_then(|id| self.plan.resources.get_mut(id.0 as usize));
            if let Some(resource) = found {
                if let ResourceOrigin::Guest { .. } = resource.origin {
                    resource.name = name.clone();
                }
            }
        }
    }

    /// Gives the resource types that the interface does not show a name for messages.
    fn name_hidden_resources(&mut self) {
        let resources = self.plan.resources.iter_mut().enumerate();
        for (index, resource) in resources.filter(|(_, it)| it.name.name().is_empty()) {
            resource.name = ResourceType::new(format!("[resource]{index}"));
        }
    }

    fn finish(mut self, root: usize, interface: &Interface) -> Result<Plan> {
        self.name_hidden_resources();
        let names = self.plan.imports.iter().map(|import| &import.name);
        if !names.eq(interface.import_funcs().iter().map(|(name, _)| name)) {
            return Err(unknown());
        }
        let exports = interface.export_funcs().iter();
        let exports = exports.map(|(name, _)| self.exported(root, name));
        self.plan.exports = exports.collect::<Result<_>>()?;
        let modules = self.definitions.modules.iter();
        let modules = modules.map(|module| CoreModuleDef {
            range: module.range.clone(),
            ty: module.ty.clone(),
        });
        self.plan.modules = modules.collect();
        self.plan.components = self.definitions.components.len().saturating_sub(1);
        let instances = self.made.iter().map(|made| Instance {
            exports: made.to_exports(),
        });
        self.plan.instances = instances.collect();
        Ok(self.plan)
    }

    /// Returns the exported function with this full name.
    fn exported(&self, root: usize, name: &ExportName) -> Result<Func> {
        let mut instance = Made::Made(root);
        for step in name.instances() {
            match self.export(instance, step)? {
                Entity::Instance(inner) => instance = inner,
                _ => return Err(unknown()),
            }
        }
        match self.export(instance, name.item())? {
            Entity::Func(func) => Ok(func),
            _ => Err(unknown()),
        }
    }
}

/// Adds the offset of the section to an error about an invalid type.
fn at_section(error: Error, offset: usize) -> Error {
    match error.kind() {
        ErrorKind::Invalid { .. } => error.at(offset as u64),
        _ => error,
    }
}
