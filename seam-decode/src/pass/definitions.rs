//! Collects the definitions of a component and of all nested components, in order.

use std::ops::Range;
use std::sync::Arc;

use seam_core::{CoreModuleType, Result};
use wasmparser::types::TypesRef;
use wasmparser::{CanonicalFunction, Payload, Validator};

use super::budget::Budget;
use super::core_type::{signature, unknown};
use super::definition::{ComponentDef, CoreSort, Definition};
use super::module_type::{Decoder, invalid};
use super::read;

/// All components and core modules that an artifact defines, at every depth.
pub(crate) struct Definitions<'a> {
    /// The components. The first one is the artifact itself.
    pub(crate) components: Vec<ComponentDef<'a>>,
    /// The range of each core module's bytes, and its type.
    pub(crate) modules: Vec<(Range<usize>, Arc<CoreModuleType>)>,
    /// Names that the artifact itself imports and exports, in order.
    pub(crate) root_imports: Vec<&'a str>,
    pub(crate) root_exports: Vec<&'a str>,
    /// The offset of the first start function of a component.
    pub(crate) start: Option<usize>,
    /// The components and modules that are being read, outermost first.
    open: Vec<Open>,
}

enum Open {
    Component(usize),
    /// The position of the core module, and its decoder.
    Module(usize, Box<Decoder>),
}

impl<'a> Definitions<'a> {
    pub(super) fn new() -> Self {
        Self {
            components: vec![ComponentDef::default()],
            modules: Vec::new(),
            root_imports: Vec::new(),
            root_exports: Vec::new(),
            start: None,
            open: vec![Open::Component(0)],
        }
    }

    /// Reads the next payload of the artifact, which the validator has accepted.
    ///
    /// # Errors
    /// `Invalid` if the bytes cannot be read. `Limit` if types take hundreds of megabytes.
    pub(super) fn payload(
        &mut self,
        payload: Payload<'a>,
        validator: &Validator,
        budget: &mut Budget,
    ) -> Result<()> {
        match &payload {
            Payload::ModuleSection {
                unchecked_range, ..
            } => {
                let place = self.modules.len();
                self.push(Definition::CoreModule(place));
                self.modules.push((unchecked_range.clone(), Arc::default()));
                self.open.push(Open::Module(place, Box::default()));
                return Ok(());
            }
            Payload::ComponentSection { .. } => {
                let inner = self.components.len();
                self.push(Definition::Component(inner));
                self.components.push(ComponentDef::default());
                self.open.push(Open::Component(inner));
                return Ok(());
            }
            Payload::End(_) => {
                if let Some(Open::Module(place, decoder)) = self.open.pop() {
                    if let Some((_, ty)) = self.modules.get_mut(place) {
                        *ty = Arc::new(decoder.finish());
                    }
                }
                return Ok(());
            }
            _ => {}
        }
        match self.open.last_mut() {
            Some(Open::Module(_, decoder)) => decoder.payload(payload, budget),
            Some(Open::Component(place)) => {
                let place = *place;
                let types = validator.types(0).ok_or_else(unknown)?;
                self.section(place, payload, types, budget)
            }
            None => Ok(()),
        }
    }

    fn push(&mut self, definition: Definition<'a>) {
        if let Some(Open::Component(open)) = self.open.last() {
            if let Some(component) = self.components.get_mut(*open) {
                component.definitions.push(definition);
            }
        }
    }

    /// Reads the definitions of one section of the component at `place`.
    fn section(
        &mut self,
        place: usize,
        payload: Payload<'a>,
        types: TypesRef<'_>,
        budget: &mut Budget,
    ) -> Result<()> {
        let component = self.components.get_mut(place).ok_or_else(unknown)?;
        if let Some((_, range)) = payload.as_section() {
            component.size = component.size.saturating_add(range.len());
        }
        let defs = &mut component.definitions;
        match payload {
            Payload::InstanceSection(section) => {
                for instance in section {
                    defs.push(read::core_instance(instance.map_err(invalid)?));
                }
            }
            Payload::ComponentInstanceSection(section) => {
                for instance in section {
                    defs.push(read::instance(instance.map_err(invalid)?));
                }
            }
            Payload::ComponentAliasSection(section) => {
                for alias in section {
                    let alias = read::alias(alias.map_err(invalid)?);
                    if matches!(alias, Some(Definition::CoreAlias(CoreSort::Func, ..))) {
                        component.core_funcs += 1;
                    }
                    defs.extend(alias);
                }
            }
            Payload::ComponentTypeSection(section) => {
                let first = component.types.len();
                let range = first..first.saturating_add(section.count() as usize);
                component.type_sections.push((range, section.range().start));
                for ty in section {
                    defs.push(read::type_def(&ty.map_err(invalid)?));
                }
            }
            Payload::ComponentCanonicalSection(section) => {
                for canon in section {
                    let canon = canon.map_err(invalid)?;
                    let defs = &mut component.definitions;
                    if let CanonicalFunction::Lift { .. } = canon {
                        defs.extend(read::lift(&canon));
                        continue;
                    }
                    let ty = || {
                        let id = types.core_function_at(component.core_funcs);
                        signature(types, id, budget)
                    };
                    defs.push(read::canon(canon, ty)?);
                    component.core_funcs += 1;
                }
            }
            Payload::ComponentImportSection(section) => {
                for import in section {
                    let import = import.map_err(invalid)?;
                    let name = import.name.name;
                    defs.push(Definition::Import(name));
                    if place == 0 {
                        self.root_imports.push(name);
                    }
                }
            }
            Payload::ComponentExportSection(section) => {
                for export in section {
                    let export = export.map_err(invalid)?;
                    let name = export.name.name;
                    defs.push(Definition::Export(read::named(
                        name,
                        export.kind,
                        export.index,
                    )));
                    if place == 0 {
                        self.root_exports.push(name);
                    }
                }
            }
            Payload::ComponentStartSection { range, .. } => {
                self.start = self.start.or(Some(range.start));
            }
            _ => return Ok(()),
        }
        component.add_types(types);
        Ok(())
    }
}

impl ComponentDef<'_> {
    /// Copies the types that the last section added to the validator's index spaces.
    fn add_types(&mut self, types: TypesRef<'_>) {
        let known = u32::try_from(self.types.len()).unwrap_or(u32::MAX);
        let new = known..types.component_type_count();
        self.types
            .extend(new.map(|index| types.component_any_type_at(index)));
        let known = u32::try_from(self.instances.len()).unwrap_or(u32::MAX);
        let new = known..types.component_instance_count();
        self.instances
            .extend(new.map(|index| types.component_instance_at(index)));
    }
}
