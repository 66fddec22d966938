//! Which core instances of a wrapped module are the module's own.

use seam_core::{CoreInstanceType, CoreModuleType, CorePath, Interface, Origin};

/// The core instances of a wrapped module with their origins, and with paths as if the module and
/// what it was wrapped with were instantiated beside each other, the module first.
pub(crate) fn cores(interface: &Interface) -> Vec<(CoreInstanceType, CorePath, Origin)> {
    let mut others = 1..;
    let mut found_main = false;
    let instances = interface.core_instances().iter();
    instances
        .map(|instance| {
            let origin = origin(&instance.module, &mut found_main);
            let index = match origin {
                Origin::Main => 0,
                _ => others.next().unwrap_or_default(),
            };
            (instance.clone(), CorePath::new([index]), origin)
        })
        .collect()
}

/// What a module is, by the names that wrapping gives: the first without one is the guest's. After
/// it there may be one more, which calls a reactor's `_initialize`.
fn origin(module: &CoreModuleType, found_main: &mut bool) -> Origin {
    match module.name.as_deref() {
        Some(name) if name.starts_with("wit-component:adapter") => Origin::Adapter,
        Some(name) if name.starts_with("wit-component:") => Origin::Shim,
        _ if std::mem::replace(found_main, true) => Origin::Shim,
        _ => Origin::Main,
    }
}
