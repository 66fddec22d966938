//! The exported globals and memories of a core instance, resolved once.

use std::sync::Arc;

use seam_core::{
    CoreExtern, CoreExternType, CoreGlobal, CoreInstanceId, CoreMemory, CoreModuleType, CoreStore,
    GlobalNames, Globals, Result,
};

/// The handles of what snapshots read. They stay valid as long as the store exists.
pub(crate) struct Exported {
    names: GlobalNames,
    /// One for each name.
    globals: Vec<CoreGlobal>,
    pub(crate) memories: Vec<(Arc<str>, CoreMemory)>,
}

impl Exported {
    /// Resolves the exports of an instance.
    pub(crate) fn of(
        id: CoreInstanceId,
        module: &CoreModuleType,
        store: &mut dyn CoreStore,
    ) -> Self {
        let mut globals: Vec<(Arc<str>, CoreGlobal)> = Vec::new();
        let mut memories = Vec::new();
        for (name, ty) in &module.exports {
            if !matches!(ty, CoreExternType::Global(_) | CoreExternType::Memory(_)) {
                continue;
            }
            match store.export(id, name) {
                Some(CoreExtern::Global(global)) => globals.push((name.clone(), global)),
                Some(CoreExtern::Memory(memory)) => memories.push((name.clone(), memory)),
                _ => {}
            }
        }
        globals.sort_by(|(a, _), (b, _)| a.cmp(b));
        Self {
            names: GlobalNames::new(globals.iter().map(|(name, _)| name.clone())),
            globals: globals.into_iter().map(|(_, global)| global).collect(),
            memories,
        }
    }

    /// Reads the globals whose names start with `prefix`.
    ///
    /// # Errors
    /// Those of [`CoreStore::globals`].
    pub(crate) fn globals(&self, store: &mut dyn CoreStore, prefix: &str) -> Result<Globals> {
        let range = self.names.with_prefix(prefix);
        let first = range.start;
        let wanted = self.globals.get(range).unwrap_or_default();
        let values = store.globals(wanted)?;
        Ok(Globals::new(self.names.clone(), first, values))
    }
}
