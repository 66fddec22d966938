//! The un-fused composition: which core function stands behind each of its functions.

use std::sync::Arc;

use seam_core::{Artifact, ArtifactKind, CoreFuncType, Error, Interface, Result};

use crate::decoded::decode;
use crate::module::Scan;
use crate::pass::unknown;
use crate::plan::{CoreItem, ModuleRef, Plan};

/// The composition that was fused.
pub(super) struct Unfused {
    pub(super) interface: Arc<Interface>,
    pub(super) plan: Plan,
    /// The core modules, in the order of [`Plan::modules`].
    scans: Vec<Scan>,
}

/// A function that a core module of the composition exports.
#[derive(Clone, Copy, Debug)]
pub(super) struct Origin<'a> {
    /// The component instance, as an index into [`Plan::component_instances`].
    pub(super) component: usize,
    /// The name of the export.
    pub(super) name: &'a str,
    /// Its index in its module.
    pub(super) func: u32,
    /// Its type.
    pub(super) ty: &'a CoreFuncType,
}

impl Unfused {
    /// Decodes the composition.
    ///
    /// # Errors
    /// `Misuse` if the artifact is not a component. Those of [`decode`].
    pub(super) fn read(artifact: &Artifact) -> Result<Self> {
        if artifact.kind() != ArtifactKind::Component {
            return Err(Error::misuse(format!(
                "expected the interface of a component, found {}, which is a core module",
                artifact.name()
            )));
        }
        let decoded = decode(artifact)?;
        let interface = decoded.interface().clone();
        let plan = decoded.into_plan()?;
        let scan = |module: &crate::plan::CoreModuleDef| {
            let wasm = artifact.bytes().get(module.range.clone());
            Scan::without_bodies(wasm.unwrap_or_default(), module.ty.clone())
        };
        let scans = plan.modules.iter().map(scan).collect::<Result<_>>()?;
        Ok(Self {
            interface,
            plan,
            scans,
        })
    }

    /// Returns the modules of the core instances of a component instance.
    pub(super) fn modules_of(&self, component: usize) -> impl Iterator<Item = &Scan> {
        let cores = self.plan.core_instances.iter();
        let own = cores.filter(move |core| core.component_instance == component);
        own.filter_map(|core| self.scan(core.module))
    }

    fn scan(&self, module: ModuleRef) -> Option<&Scan> {
        match module {
            ModuleRef::Defined(index) => self.scans.get(index),
            ModuleRef::Imported => None,
        }
    }

    /// Returns the exported function that a core item is, or `None` if it is another core item.
    pub(super) fn origin(&self, item: usize) -> Result<Option<Origin<'_>>> {
        let CoreItem::Export(core, name) = self.plan.core_items.get(item).ok_or_else(unknown)?
        else {
            return Ok(None);
        };
        let core = self.plan.core_instances.get(*core).ok_or_else(unknown)?;
        let found = self.scan(core.module).and_then(|scan| scan.func(name));
        Ok(found.map(|(func, ty)| Origin {
            component: core.component_instance,
            name,
            func,
            ty,
        }))
    }

    /// Iterates over the imports of the core modules: component instance, module name, field, and
    /// core item as an index into [`Plan::core_items`].
    pub(super) fn core_imports(&self) -> impl Iterator<Item = (usize, &str, &str, usize)> {
        self.plan.core_instances.iter().flat_map(|core| {
            let ty = self.scan(core.module).map(|scan| &scan.ty.imports);
            let names = ty.into_iter().flatten();
            names.zip(&core.imports).map(|((module, field, _), item)| {
                let component = core.component_instance;
                (component, &**module, &**field, *item)
            })
        })
    }
}
