//! The core instances inside a component, by their paths.
//!
//! In a build for debugging, the engine lists all core instances of a store in the order in which they
//! were made. The list includes instances that the engine generated to adapt calls between components.
//! They are recognised by their bytes, which do not occur in the artifact.

use std::ops::Range;
use std::sync::Arc;

use seam_component::{Core, Cores};
use seam_core::{CoreInstanceType, CoreModuleType, CorePath, Interface, Origin, Result};
use wasmtime::{Instance, Store};

use crate::component::state::State;
use crate::instantiate;

/// The core instances that instantiating an artifact makes, in order.
pub(crate) struct CorePlan(Vec<Planned>);

struct Planned {
    range: Option<Range<usize>>,
    path: CorePath,
    origin: Origin,
    module: Arc<CoreModuleType>,
}

impl CorePlan {
    /// The core instances of a component, as the artifact defines them.
    pub(crate) fn of(interface: &Interface) -> Self {
        let cores = interface.core_instances().iter();
        Self::new(cores.map(|core| (core.clone(), core.path.clone(), Origin::Main)))
    }

    /// Core instances that are shown under the given paths and origins.
    pub(crate) fn new(
        cores: impl IntoIterator<Item = (CoreInstanceType, CorePath, Origin)>,
    ) -> Self {
        let planned = cores.into_iter().map(|(core, path, origin)| Planned {
            range: core.range,
            path,
            origin,
            module: core.module,
        });
        Self(planned.collect())
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Finds the core instances of a store. There are fewer than planned if one of them failed.
    pub(crate) fn find(&self, store: &mut Store<State>, artifact: &[u8]) -> Result<Cores> {
        let mut planned = self.0.iter().peekable();
        let mut cores = Vec::new();
        for instance in store.debug_all_instances() {
            let made = |planned: &&Planned| {
                let range = planned.range.clone();
                let expected = range.and_then(|range| artifact.get(range));
                expected.is_some() && expected == bytes(store, &instance)
            };
            let Some(planned) = planned.next_if(made) else {
                continue;
            };
            cores.push(Core {
                path: planned.path.clone(),
                origin: planned.origin,
                id: instantiate::instance_handle(store, instance)?,
                module: planned.module.clone(),
            });
        }
        Ok(Cores::new(cores))
    }
}

fn bytes<'a>(store: &'a Store<State>, instance: &Instance) -> Option<&'a [u8]> {
    instance.module(store).debug_bytecode()
}
