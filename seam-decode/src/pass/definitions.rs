//! Collects the definitions of a component and of all nested components, in order.

use std::ops::Range;
use std::sync::Arc;

use seam_core::{CoreModuleType, Result};
use wasmparser::component_types::{ComponentAnyTypeId, ComponentCoreModuleTypeId};
use wasmparser::types::TypesRef;
use wasmparser::{CanonicalFunction, ComponentTypeSectionReader, Payload, Validator};

use super::budget::Budget;
use super::core_type::{module_type_of, names_types, unknown};
use super::definition::{ComponentDef, CoreSort, Definition};
use super::module_type::{invalid, module_name, module_type};
use super::read;

/// All components and core modules that an artifact defines, at every depth.
pub(crate) struct Definitions<'a> {
    /// The components. The first one is the artifact itself.
    pub(crate) components: Vec<ComponentDef<'a>>,
    pub(crate) modules: Vec<ModuleDef>,
    /// Names that the artifact itself imports and exports, in order.
    pub(crate) root_imports: Vec<&'a str>,
    pub(crate) root_exports: Vec<&'a str>,
    /// The offset of the first start function of a component.
    pub(crate) start: Option<usize>,
    /// The artifact.
    bytes: &'a [u8],
    /// The components and modules that are being read, outermost first.
    open: Vec<Open>,
}

/// A core module that the artifact defines.
pub(crate) struct ModuleDef {
    /// The range of its bytes.
    pub(crate) range: Range<usize>,
    /// Its imports and exports, in the validator's order.
    pub(crate) ty: Arc<CoreModuleType>,
    /// The validator's type.
    pub(crate) id: ComponentCoreModuleTypeId,
}

/// The definitions of the artifact itself for which there is room at first.
const ROOM: usize = 64;
/// The definitions of an inner component for which there is room when it has the first.
const ROOM_OF_INNER: usize = 16;

enum Open {
    Component(usize),
    /// The range of the core module's bytes, and its name.
    Module(Range<usize>, Option<String>),
}

impl<'a> Definitions<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            components: vec![ComponentDef {
                definitions: Vec::with_capacity(ROOM),
                ..ComponentDef::default()
            }],
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
                self.push(Definition::CoreModule(self.modules.len()));
                self.open.push(Open::Module(unchecked_range.clone(), None));
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
                if let Some(Open::Module(range, name)) = self.open.pop() {
                    let types = validator.types(0).ok_or_else(unknown)?;
                    let last = types.module_count().checked_sub(1).ok_or_else(unknown)?;
                    let id = types.module_at(last);
                    let ty = self.module(types, id, &range, budget)?;
                    let ty = Arc::new(CoreModuleType { name, ..ty });
                    self.modules.push(ModuleDef { range, ty, id });
                }
                return Ok(());
            }
            _ => {}
        }
        match self.open.last_mut() {
            Some(Open::Module(_, name)) => {
                if let (None, Payload::CustomSection(section)) = (&name, &payload) {
                    *name = module_name(section);
                }
                Ok(())
            }
            Some(Open::Component(place)) => {
                let place = *place;
                let types = validator.types(0).ok_or_else(unknown)?;
                self.section(place, payload, types)
            }
            None => Ok(()),
        }
    }

    /// Returns the type of the core module at `range`.
    fn module(
        &self,
        types: TypesRef<'_>,
        id: ComponentCoreModuleTypeId,
        range: &Range<usize>,
        budget: &mut Budget,
    ) -> Result<CoreModuleType> {
        let ty = module_type_of(types, id, budget)?;
        if !names_types(&ty) {
            return Ok(ty);
        }
        // The validator numbers the types of all modules together. The module's own bytes have the
        // numbers that an engine uses.
        module_type(self.bytes.get(range.clone()).unwrap_or_default())
    }

    fn push(&mut self, definition: Definition<'a>) {
        if let Some(Open::Component(open)) = self.open.last() {
            if let Some(component) = self.components.get_mut(*open) {
                component.definitions.push(definition);
            }
        }
    }

    /// Reads the definitions of one section of the component at `place`.
    fn section(&mut self, place: usize, payload: Payload<'a>, types: TypesRef<'_>) -> Result<()> {
        let component = self.components.get_mut(place).ok_or_else(unknown)?;
        if let Some((_, range)) = payload.as_section() {
            component.size = component.size.saturating_add(range.len());
        }
        let defs = &mut component.definitions;
        if place > 0 && defs.is_empty() {
            defs.reserve(ROOM_OF_INNER);
        }
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
                return component.type_section(section, types);
            }
            Payload::ComponentCanonicalSection(section) => {
                for canon in section {
                    let canon = canon.map_err(invalid)?;
                    let defs = &mut component.definitions;
                    if let CanonicalFunction::Lift { .. } = canon {
                        defs.extend(read::lift(&canon));
                        component.lifts += 1;
                        continue;
                    }
                    let ty = types.core_function_at(component.core_funcs);
                    defs.push(read::canon(canon, ty));
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
    fn type_section(
        &mut self,
        section: ComponentTypeSectionReader<'_>,
        types: TypesRef<'_>,
    ) -> Result<()> {
        let first = self.types.len();
        self.add_types(types);
        let range = first..self.types.len();
        let new = self.types.get(range.clone()).unwrap_or_default();
        self.type_sections.push((range, section.range().start));
        // Only the definition of a resource type has more than the validator knows.
        let resource = |id: &ComponentAnyTypeId| matches!(id, ComponentAnyTypeId::Resource(_));
        if !new.iter().any(resource) {
            self.definitions
                .extend(new.iter().map(|_| Definition::Type));
            return Ok(());
        }
        for ty in section {
            self.definitions.push(read::type_def(&ty.map_err(invalid)?));
        }
        Ok(())
    }

    /// Copies the types that the last section added to the validator's index spaces.
    fn add_types(&mut self, types: TypesRef<'_>) {
        let known = u32::try_from(self.types.len()).unwrap_or(u32::MAX);
        for index in known..types.component_type_count() {
            self.types.push(types.component_any_type_at(index));
        }
        let known = u32::try_from(self.instances.len()).unwrap_or(u32::MAX);
        for index in known..types.component_instance_count() {
            self.instances.push(types.component_instance_at(index));
        }
        self.funcs = types.component_function_count();
    }
}
