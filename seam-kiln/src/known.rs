//! What kiln is known to do otherwise than the specification says.

use std::fmt;

/// One of kiln's faults, as seen with kiln 0.4.4. The adapter repairs none of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// Every instantiation zeroes the bytes 0x100 to 0x10f of memory 0, after data segments: data
    /// there is lost.
    ZeroedBytes,
    /// A global whose initialiser reads an imported global gets zero for that.
    DeferredGlobals,
    /// Data segments are written before element segments: when one does not fit, the elements that
    /// should have been written are not.
    DataBeforeElements,
    /// `memory.atomic.wait32` and `wait64` on a memory that is not shared return instead of
    /// trapping.
    UnsharedWait,
}

impl Fault {
    /// All of them.
    pub const ALL: &'static [Fault] = &[
        Fault::ZeroedBytes,
        Fault::DeferredGlobals,
        Fault::DataBeforeElements,
        Fault::UnsharedWait,
    ];

    /// The cases of the conformance kit that fail because of it: what a backend over kiln has as
    /// its known failures.
    #[must_use]
    pub const fn cases(self) -> &'static [&'static str] {
        match self {
            Fault::ZeroedBytes => &["memories_can_be_read_and_written"],
            Fault::DeferredGlobals => &["the_host_gives_memories_tables_and_globals"],
            Fault::DataBeforeElements => &["core_failed_instantiation_keeps_writes"],
            Fault::UnsharedWait => &["atomics_trap"],
        }
    }

    /// The fault in a few words.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Fault::ZeroedBytes => "instantiation zeroes bytes 0x100 to 0x10f of memory 0",
            Fault::DeferredGlobals => "initialisers of globals read imported globals as zero",
            Fault::DataBeforeElements => "data segments are written before element segments",
            Fault::UnsharedWait => "an atomic wait on a memory that is not shared returns",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason())
    }
}
