//! The definitions of a component and of those inside of it, as far as core instances depend on
//! them: core modules, components, instances, and how they are passed around.

use std::ops::Range;

use wasmparser::{
    ComponentAlias, ComponentExternalKind, ComponentInstance, ComponentOuterAliasKind, Instance,
    Payload,
};

use seam_core::Result;

use crate::module_type::invalid;

/// All components and core modules that an artifact defines, at whatever depth.
pub(super) struct Definitions<'a> {
    /// The first is the artifact itself.
    components: Vec<Vec<Definition<'a>>>,
    /// Where the bytes of each core module stand.
    modules: Vec<Range<usize>>,
    /// Names that the artifact itself imports and exports, in order.
    root_imports: Vec<&'a str>,
    root_exports: Vec<&'a str>,
    /// What is being read, outermost first.
    open: Vec<Open>,
}

enum Open {
    Component(usize),
    Module,
}

/// One definition. Those with a [`Sort`] add to the index space of it.
#[derive(Debug)]
pub(super) enum Definition<'a> {
    /// A core module, by its place in [`Definitions`].
    Module(usize),
    /// A component, by its place in [`Definitions`].
    Component(usize),
    /// An instance of the core module at this index.
    CoreInstantiate(u32),
    /// An instance of the component at an index.
    Instantiate(u32, Vec<Named<'a>>),
    /// An instance made from exports.
    FromExports(Vec<Named<'a>>),
    /// Something that the instance at an index exports.
    AliasExport(Sort, u32, &'a str),
    /// Something of an enclosing component: how many levels up, and its index there.
    AliasOuter(Sort, u32, u32),
    /// Something imported, by name.
    Import(Sort, &'a str),
    /// An export; it is a new index of the same thing.
    Export(Named<'a>),
}

/// The index spaces that core instances depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    Module,
    Component,
    Instance,
}

/// What is given under a name.
#[derive(Debug)]
pub(super) struct Named<'a> {
    pub(super) name: &'a str,
    pub(super) sort: Sort,
    pub(super) index: u32,
}

impl Sort {
    fn of(kind: ComponentExternalKind) -> Option<Self> {
        match kind {
            ComponentExternalKind::Module => Some(Self::Module),
            ComponentExternalKind::Component => Some(Self::Component),
            ComponentExternalKind::Instance => Some(Self::Instance),
            _ => None,
        }
    }
}

impl<'a> Named<'a> {
    fn of(name: &'a str, kind: ComponentExternalKind, index: u32) -> Option<Self> {
        let sort = Sort::of(kind)?;
        Some(Self { name, sort, index })
    }
}

impl<'a> Definitions<'a> {
    pub(super) fn new() -> Self {
        Self {
            components: vec![Vec::new()],
            modules: Vec::new(),
            root_imports: Vec::new(),
            root_exports: Vec::new(),
            open: vec![Open::Component(0)],
        }
    }

    /// The definitions of a component, in order.
    pub(super) fn component(&self, component: usize) -> &[Definition<'a>] {
        self.components.get(component).map_or(&[], Vec::as_slice)
    }

    /// Where the bytes of each core module stand.
    pub(super) fn modules(&self) -> &[Range<usize>] {
        &self.modules
    }

    /// What the artifact imports, in order.
    pub(super) fn root_imports(&self) -> &[&'a str] {
        &self.root_imports
    }

    /// What the artifact exports, in order.
    pub(super) fn root_exports(&self) -> &[&'a str] {
        &self.root_exports
    }

    /// Takes in the next part of the artifact.
    pub(super) fn payload(&mut self, payload: &Payload<'a>) -> Result<()> {
        match payload {
            Payload::ModuleSection {
                unchecked_range, ..
            } => {
                self.push(Definition::Module(self.modules.len()));
                self.modules.push(unchecked_range.clone());
                self.open.push(Open::Module);
            }
            Payload::ComponentSection { .. } => {
                let inner = self.components.len();
                self.push(Definition::Component(inner));
                self.components.push(Vec::new());
                self.open.push(Open::Component(inner));
            }
            Payload::End(_) => {
                self.open.pop();
            }
            Payload::InstanceSection(section) => {
                for instance in section.clone() {
                    if let Instance::Instantiate { module_index, .. } = instance.map_err(invalid)? {
                        self.push(Definition::CoreInstantiate(module_index));
                    }
                }
            }
            Payload::ComponentInstanceSection(section) => {
                for instance in section.clone() {
                    self.push(instance_of(&instance.map_err(invalid)?));
                }
            }
            Payload::ComponentAliasSection(section) => {
                for alias in section.clone() {
                    if let Some(alias) = alias_of(&alias.map_err(invalid)?) {
                        self.push(alias);
                    }
                }
            }
            Payload::ComponentImportSection(section) => {
                for import in section.clone() {
                    let import = import.map_err(invalid)?;
                    self.import(import.name.name, import.ty.kind());
                }
            }
            Payload::ComponentExportSection(section) => {
                for export in section.clone() {
                    let export = export.map_err(invalid)?;
                    self.export(export.name.name, export.kind, export.index);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn push(&mut self, definition: Definition<'a>) {
        if let Some(Open::Component(open)) = self.open.last() {
            if let Some(component) = self.components.get_mut(*open) {
                component.push(definition);
            }
        }
    }

    fn import(&mut self, name: &'a str, kind: ComponentExternalKind) {
        if self.open.len() == 1 {
            self.root_imports.push(name);
        }
        if let Some(sort) = Sort::of(kind) {
            self.push(Definition::Import(sort, name));
        }
    }

    fn export(&mut self, name: &'a str, kind: ComponentExternalKind, index: u32) {
        if self.open.len() == 1 {
            self.root_exports.push(name);
        }
        if let Some(export) = Named::of(name, kind, index) {
            self.push(Definition::Export(export));
        }
    }
}

fn instance_of<'a>(instance: &ComponentInstance<'a>) -> Definition<'a> {
    match instance {
        ComponentInstance::Instantiate {
            component_index,
            args,
        } => {
            let args = args
                .iter()
                .filter_map(|arg| Named::of(arg.name, arg.kind, arg.index));
            Definition::Instantiate(*component_index, args.collect())
        }
        ComponentInstance::FromExports(exports) => {
            let exports = exports
                .iter()
                .filter_map(|export| Named::of(export.name.name, export.kind, export.index));
            Definition::FromExports(exports.collect())
        }
    }
}

fn alias_of<'a>(alias: &ComponentAlias<'a>) -> Option<Definition<'a>> {
    match *alias {
        ComponentAlias::InstanceExport {
            kind,
            instance_index,
            name,
        } => Some(Definition::AliasExport(
            Sort::of(kind)?,
            instance_index,
            name,
        )),
        ComponentAlias::Outer { kind, count, index } => {
            let sort = match kind {
                ComponentOuterAliasKind::CoreModule => Sort::Module,
                ComponentOuterAliasKind::Component => Sort::Component,
                ComponentOuterAliasKind::CoreType | ComponentOuterAliasKind::Type => return None,
            };
            Some(Definition::AliasOuter(sort, count, index))
        }
        ComponentAlias::CoreInstanceExport { .. } => None,
    }
}
