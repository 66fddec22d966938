//! Tells a wrapped module's own core instances from those that wrapping adds.

use seam_core::{CoreInstanceType, CoreModuleType, CorePath, Interface, Origin};

/// Returns the core instances of a wrapped module with the paths and origins to report them under.
///
/// The paths are those of a flat list: the guest's module is at `0`, and everything that wrapping
/// added follows.
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

/// Determines the origin of a core module from the names that wrapping gives.
///
/// The first module without a `wit-component:` name is the guest's. One more may follow, which
/// calls a reactor's `_initialize`.
fn origin(module: &CoreModuleType, found_main: &mut bool) -> Origin {
    match module.name.as_deref() {
        Some(name) if name.starts_with("wit-component:adapter") => Origin::Adapter,
        Some(name) if name.starts_with("wit-component:") => Origin::Shim,
        _ if std::mem::replace(found_main, true) => Origin::Shim,
        _ => Origin::Main,
    }
}
