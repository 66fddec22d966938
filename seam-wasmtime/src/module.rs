//! Compiled modules.

use std::sync::{Arc, OnceLock};

use seam_core::CoreFuncType;
use wasmtime::{ExternType, Module, ModuleExport};

use crate::types::func_type;

/// What `compile` keeps of a module.
pub(crate) struct Compiled {
    pub(crate) module: Module,
    pub(crate) bytes: Arc<[u8]>,
    /// The exports, once an instance was asked for one.
    exports: OnceLock<Arc<Exports>>,
}

/// The exports of a module, which all its instances share, sorted by name.
pub(crate) struct Exports(Vec<(Box<str>, Export)>);

/// An export of a module.
pub(crate) struct Export {
    /// The place of the export in every instance.
    pub(crate) index: ModuleExport,
    /// The type of a function over numbers, as the engine states it. Such a type has no other
    /// subtypes and supertypes, so it is that of the function in every instance.
    pub(crate) numeric: Option<Arc<CoreFuncType>>,
}

impl Compiled {
    pub(crate) fn new(module: Module, bytes: &[u8]) -> Self {
        Self {
            module,
            bytes: bytes.into(),
            exports: OnceLock::new(),
        }
    }

    /// Returns the exports.
    pub(crate) fn exports(&self) -> &Arc<Exports> {
        self.exports
            .get_or_init(|| Arc::new(Exports::of(&self.module)))
    }
}

impl Exports {
    fn of(module: &Module) -> Self {
        let export = |export: wasmtime::ExportType<'_>| {
            let index = module.get_export_index(export.name())?;
            let numeric = match export.ty() {
                ExternType::Func(ty) => Some(func_type(&ty)),
                _ => None,
            };
            let numeric = numeric.filter(|ty| ty.numeric_len().is_some());
            let export = Export {
                index,
                numeric: numeric.map(Arc::new),
            };
            Some(export)
        };
        let named = module.exports().map(|it| (it.name().into(), export(it)));
        let found = named.filter_map(|(name, export)| Some((name, export?)));
        let mut found: Vec<(Box<str>, Export)> = found.collect();
        found.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        Self(found)
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Export> {
        let found = self.0.binary_search_by(|(known, _)| (**known).cmp(name));
        self.0.get(found.ok()?).map(|(_, export)| export)
    }
}
