//! The interface of a core module, from its own imports and exports.

use std::sync::Arc;

use seam_core::{
    ArtifactKind, CoreExternType, CoreInstanceType, CoreModuleType, CorePath, Interface, Item,
    ItemKind,
};

/// Returns the interface of a core module of this type, whose bytes are the whole artifact.
pub(crate) fn interface(module: &Arc<CoreModuleType>, len: usize) -> Interface {
    let exports = module.exports.iter().map(|(name, ty)| core(name, ty));
    let instance = CoreInstanceType {
        path: CorePath::new([0]),
        range: Some(0..len),
        module: module.clone(),
    };
    Interface::new(
        ArtifactKind::CoreModule,
        imports(module),
        exports.collect(),
        vec![instance],
    )
}

/// Groups the imports by module name, in the order in which each module name first appears.
fn imports(module: &CoreModuleType) -> Vec<Item> {
    let mut groups: Vec<(&str, Vec<Item>)> = Vec::new();
    let mut positions = std::collections::HashMap::new();
    for (name, field, ty) in &module.imports {
        let position = *positions.entry(&**name).or_insert(groups.len());
        if position == groups.len() {
            groups.push((name, Vec::new()));
        }
        if let Some((_, fields)) = groups.get_mut(position) {
            fields.push(core(field, ty));
        }
    }
    groups
        .into_iter()
        .map(|(name, fields)| Item {
            name: name.into(),
            kind: ItemKind::Instance(fields),
        })
        .collect()
}

fn core(name: &str, ty: &CoreExternType) -> Item {
    Item {
        name: name.into(),
        kind: ItemKind::Core(ty.clone()),
    }
}
