//! kiln's semantic faults, each a switch.

use wasmi::{Extern, Instance, Store};

use super::refs::Refs;

/// One of kiln's faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Instantiation zeroes the bytes 0x100 to 0x10f of memory 0, after data segments.
    ZeroedBytes,
}

/// The faults that a twin has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Faults(&'static [Fault]);

impl Faults {
    /// None of them.
    pub(crate) const fn none() -> Self {
        Self(&[])
    }

    /// These.
    pub(crate) const fn of(faults: &'static [Fault]) -> Self {
        Self(faults)
    }

    fn has(self, fault: Fault) -> bool {
        self.0.contains(&fault)
    }

    /// A module as the faulty engine understands it.
    pub(crate) fn changed(self, wasm: &[u8]) -> Vec<u8> {
        wasm.to_vec()
    }

    /// What happens to a new instance.
    pub(crate) fn after_instantiation(self, store: &mut Store<Refs>, instance: &Instance) {
        if self.has(Fault::ZeroedBytes) {
            let mut memories =
                instance
                    .exports(&*store)
                    .filter_map(|export| match export.into_extern() {
                        Extern::Memory(memory) => Some(memory),
                        _ => None,
                    });
            if let Some(memory) = memories.next() {
                let _ = memory.write(&mut *store, 0x100, &[0; 16]);
            }
        }
    }
}
