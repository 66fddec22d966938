//! Snapshots of core instances.

use std::collections::BTreeMap;

use seam_core::{
    CoreMemory, CoreSnapshot, CoreStore, Memories, MemorySnapshot, Origin, Query, Result, Snapshot,
};

use crate::cores::{Cores, Found};

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
    let wanted = |found: &&Found| query.all_origins || found.core.origin == Origin::Main;
    let instances = cores.found().iter().filter(wanted);
    let instances: Result<Vec<_>> = instances
        .map(|found| instance(found, store, query))
        .collect();
    Ok(Snapshot {
        instances: instances?,
    })
}

fn instance(found: &Found, store: &mut dyn CoreStore, query: &Query) -> Result<CoreSnapshot> {
    let (core, exported) = (&found.core, found.exported(store));
    let prefix = query.prefix.as_deref().unwrap_or_default();
    let mut memories = BTreeMap::new();
    if query.memories != Memories::None {
        let keep = query.memories == Memories::Bytes;
        for (name, found) in &exported.memories {
            memories.insert(name.to_string(), memory(*found, store, keep)?);
        }
    }
    Ok(CoreSnapshot {
        path: core.path.clone(),
        module: core.module.name.clone(),
        origin: core.origin,
        globals: exported.globals(store, prefix)?,
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
