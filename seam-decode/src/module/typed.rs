//! A core module with component-level types.

use std::collections::HashSet;
use std::sync::Arc;

use seam_core::{
    ArtifactKind, CoreInstanceType, CoreModuleType, CorePath, ExportName, Interface, Item, ItemKind,
};

use super::bound::{BoundExport, BoundImport};
use crate::interface::of_core_module;
use crate::plan::Plan;

/// A core module with component-level types: those of the composition that it was fused from, or
/// those of its own `component-type` sections.
#[derive(Debug)]
pub struct TypedModule {
    /// Its imports and exports, with component-level types.
    pub interface: Arc<Interface>,
    /// The plan of its instantiation: one core instance.
    pub plan: Plan,
    /// The interface of the imports that the world must define with component-level types.
    pub typed: Interface,
    /// The interface of the imports that keep their core types.
    pub raw: (Interface, CoreModuleType),
    /// How the exports are bound, in the order of [`Interface::export_funcs`].
    pub exports: Vec<BoundExport>,
    /// How the imports with component-level types are bound, in declaration order.
    pub imports: Vec<BoundImport>,
}

/// The parts of a [`TypedModule`] that are found before its interfaces.
pub(crate) struct Parts<'a> {
    /// The module's own type, and the size of its bytes.
    pub(crate) module: (Arc<CoreModuleType>, usize),
    /// All items that the component-level types have, whether the module imports them or not.
    pub(crate) items: (&'a [Item], &'a [Item]),
    /// The module with only those imports that keep their core types.
    pub(crate) raw: CoreModuleType,
    pub(crate) plan: Plan,
    pub(crate) exports: Vec<BoundExport>,
    pub(crate) imports: Vec<BoundImport>,
}

impl TypedModule {
    /// Makes the interfaces. Component-level imports that the module does not use are left out.
    pub(crate) fn new(parts: Parts<'_>) -> Self {
        let Parts {
            module: (ty, len),
            items: (imports, exports),
            raw,
            plan,
            ..
        } = parts;
        let names: HashSet<&ExportName> = plan.imports.iter().map(|import| &import.name).collect();
        let typed_imports = used(imports, &names, &mut Vec::new());
        let raw_interface = of_core_module(&Arc::new(raw.clone()), 0);
        let typed = Interface::new(
            ArtifactKind::Component,
            typed_imports.clone(),
            Vec::new(),
            Vec::new(),
        );
        let mut all = typed_imports;
        all.extend(raw_interface.imports().iter().cloned());
        let interface = Interface::new(
            ArtifactKind::CoreModule,
            all,
            exports.to_vec(),
            vec![CoreInstanceType {
                path: CorePath::new([0]),
                range: Some(0..len),
                module: ty,
            }],
        );
        Self {
            interface: Arc::new(interface),
            plan,
            typed,
            raw: (raw_interface, raw),
            exports: parts.exports,
            imports: parts.imports,
        }
    }
}

/// Keeps the functions that the module imports, and the types around them.
fn used(items: &[Item], names: &HashSet<&ExportName>, path: &mut Vec<Arc<str>>) -> Vec<Item> {
    let kept = items.iter().filter_map(|item| match &item.kind {
        ItemKind::Func(_) => {
            let name = ExportName::nested(path.iter().cloned(), item.name.clone());
            names.contains(&name).then(|| item.clone())
        }
        ItemKind::Instance(inner) => {
            path.push(item.name.clone());
            let inner = used(inner, names, path);
            path.pop();
            let funcs =
                |item: &Item| matches!(item.kind, ItemKind::Func(_) | ItemKind::Instance(_));
            let kept = inner.iter().any(funcs);
            kept.then(|| Item {
                name: item.name.clone(),
                kind: ItemKind::Instance(inner),
            })
        }
        _ => Some(item.clone()),
    });
    kept.collect()
}
