//! Snapshots of core instances.

use std::collections::BTreeMap;

use seam_core::{
    CoreExtern, CoreExternType, CoreMemory, CoreSnapshot, CoreStore, Memories, MemorySnapshot,
    Origin, Query, Result, Snapshot,
};

use crate::cores::{Core, Cores};

impl Cores {
    /// Returns the exported state of the core instances that the query selects.
    ///
    /// # Errors
    /// `Engine` if the store does not have the instances.
    pub fn snapshot(&self, store: &mut dyn CoreStore, query: &Query) -> Result<Snapshot> {
        take(self, store, query)
    }
}

/// Returns the exported state of these core instances.
pub(crate) fn take(cores: &Cores, store: &mut dyn CoreStore, query: &Query) -> Result<Snapshot> {
    let taken = |core: &&Core| query.all_origins || core.origin == Origin::Main;
    let instances: Result<Vec<_>> = cores
        .iter()
        .filter(taken)
        .map(|core| instance(core, store, query))
        .collect();
    Ok(Snapshot {
        instances: instances?,
    })
}

fn instance(core: &Core, store: &mut dyn CoreStore, query: &Query) -> Result<CoreSnapshot> {
    let mut globals = BTreeMap::new();
    let mut memories = BTreeMap::new();
    for (name, ty) in &core.module.exports {
        let wanted = match ty {
            CoreExternType::Global(_) => query.takes(name),
            CoreExternType::Memory(_) => query.memories != Memories::None,
            _ => false,
        };
        if !wanted {
            continue;
        }
        match store.export(core.id, name) {
            Some(CoreExtern::Global(global)) => {
                globals.insert(name.clone(), store.global(global)?);
            }
            Some(CoreExtern::Memory(found)) => {
                let keep = query.memories == Memories::Bytes;
                memories.insert(name.clone(), memory(found, store, keep)?);
            }
            _ => {}
        }
    }
    Ok(CoreSnapshot {
        path: core.path.clone(),
        module: core.module.name.clone(),
        origin: core.origin,
        globals,
        memories,
    })
}

fn memory(memory: CoreMemory, store: &mut dyn CoreStore, keep: bool) -> Result<MemorySnapshot> {
    let view = store.memory(memory)?;
    if let Some(bytes) = view.as_slice() {
        return Ok(MemorySnapshot::of(bytes, keep));
    }
    let len = usize::try_from(view.len()).unwrap_or(usize::MAX);
    Ok(MemorySnapshot::of(&view.read_vec(0, len)?, keep))
}
