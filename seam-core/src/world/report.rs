//! How the world satisfies each import, to be read before anything is linked.

use std::sync::Arc;

use super::fault::Fault;
use super::{CoreSource, Stub, Target, World};
use crate::{ArtifactKind, CoreExternType, ExportName, FuncType, Interface, Item, ItemKind};

/// How the world satisfies one import.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ImportReport {
    /// The import's full name.
    pub name: ExportName,
    /// Its type as text.
    pub ty: String,
    /// Whether and how the world satisfies it.
    pub status: ImportStatus,
}

/// Whether and how a world satisfies an import.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ImportStatus {
    /// The host defines it.
    Real,
    /// It is stubbed.
    Stubbed(Stub),
    /// Nothing defines it, and it is not stubbed.
    Missing,
    /// The host defines it with another type. Holds the message.
    Mismatched(String),
}

impl World {
    /// Reports how the world satisfies each import of an artifact, in the order of
    /// [`Interface::imports`].
    ///
    /// Linking follows the same rules: [`World::bind`] or [`World::bind_core`] fails exactly for the
    /// imports that are missing or mismatched here.
    #[must_use]
    pub fn report(&self, interface: &Interface) -> Vec<ImportReport> {
        match interface.kind() {
            ArtifactKind::Component => self.report_funcs(interface),
            ArtifactKind::CoreModule => self.report_core(interface),
        }
    }

    fn report_funcs(&self, interface: &Interface) -> Vec<ImportReport> {
        let report = |(name, ty): &(ExportName, Arc<FuncType>)| ImportReport {
            name: name.clone(),
            ty: ty.to_string(),
            status: match self.resolve(interface, name, ty) {
                Ok(Target::Stub(stub)) => ImportStatus::Stubbed(stub),
                Ok(Target::Host(_) | Target::Wasi | Target::Core) => ImportStatus::Real,
                Err(fault) => ImportStatus::of(fault),
            },
        };
        interface.import_funcs().iter().map(report).collect()
    }

    /// Reports the imports of a core module. A fused one has component-level imports too.
    fn report_core(&self, interface: &Interface) -> Vec<ImportReport> {
        let imports = interface.imports().iter().cloned();
        let (core, typed): (Vec<_>, Vec<_>) = imports.partition(Item::is_core);
        let part = |kind, items| Interface::new(kind, items, Vec::new(), Vec::new());
        let typed = part(ArtifactKind::Component, typed);
        let mut reports = self.report_funcs(&typed);
        let core = part(ArtifactKind::CoreModule, core);
        let mut lifted = core.import_funcs().iter();
        for module in core.imports() {
            let ItemKind::Instance(fields) = &module.kind else {
                continue;
            };
            for field in fields {
                let ItemKind::Core(ty) = &field.kind else {
                    continue;
                };
                let has_type = matches!(ty, CoreExternType::Func(ty) if ty.numeric_len().is_some());
                let func = has_type.then(|| lifted.next()).flatten();
                let name = ExportName::in_instance(module.name.clone(), field.name.clone());
                reports.push(ImportReport {
                    status: self.core_status(interface, &name, ty, func.map(|(_, ty)| &**ty)),
                    ty: func.map_or_else(|| ty.to_string(), |(_, ty)| ty.to_string()),
                    name,
                });
            }
        }
        reports
    }

    fn core_status(
        &self,
        interface: &Interface,
        name: &ExportName,
        ty: &CoreExternType,
        lifted: Option<&FuncType>,
    ) -> ImportStatus {
        let target = lifted.map(|lifted| self.resolve(interface, name, lifted));
        let module = interface.core_instances().first();
        let module = module.map(|own| own.module.clone()).unwrap_or_default();
        match target.transpose() {
            Err(fault) => ImportStatus::of(fault),
            Ok(Some(Target::Stub(stub))) => ImportStatus::Stubbed(stub),
            Ok(Some(Target::Host(_) | Target::Wasi)) => ImportStatus::Real,
            Ok(Some(Target::Core) | None) => match self.core_source(name, ty, &module) {
                Ok(CoreSource::Stub(_, _, stub)) => ImportStatus::Stubbed(stub),
                Ok(CoreSource::Bound(..) | CoreSource::Item(..) | CoreSource::Func(..)) => {
                    ImportStatus::Real
                }
                Err(fault) => ImportStatus::of(fault),
            },
        }
    }
}

impl ImportStatus {
    fn of(fault: Fault) -> Self {
        match fault {
            Fault::Missing { .. } => Self::Missing,
            Fault::Mismatched(text) => Self::Mismatched(text),
        }
    }
}
