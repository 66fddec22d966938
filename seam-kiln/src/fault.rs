//! Where kiln is known to differ from the specification.

use std::fmt;

/// One of the faults of kiln 0.4.4. The adapter repairs none of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// Every instantiation zeroes the bytes 0x100 to 0x10f of memory 0 after it wrote the data
    /// segments, so data there is lost.
    ZeroedBytes,
    /// An initialiser of a global that reads an imported global reads zero.
    DeferredGlobals,
    /// Data segments are written before element segments. If a data segment does not fit, the
    /// elements that should have been written before it are missing.
    DataBeforeElements,
    /// `memory.atomic.wait32` and `memory.atomic.wait64` on a memory that is not shared return, where
    /// they should trap.
    UnsharedWait,
    /// `memory.grow` of a 64-bit memory takes the lower 32 bits of its operand, so it succeeds where it
    /// should fail.
    NarrowGrowth,
    /// An imported tag cannot be linked to the tag of another instance. The adapter refuses to
    /// instantiate a module that imports a tag.
    ImportedTags,
}

impl Fault {
    /// All faults.
    pub const ALL: &'static [Fault] = &[
        Fault::ZeroedBytes,
        Fault::DeferredGlobals,
        Fault::DataBeforeElements,
        Fault::UnsharedWait,
        Fault::NarrowGrowth,
        Fault::ImportedTags,
    ];

    /// Returns the cases of the conformance kit that fail because of this fault.
    ///
    /// They are the known failures of a backend over kiln.
    #[must_use]
    pub const fn cases(self) -> &'static [&'static str] {
        match self {
            Fault::ZeroedBytes => &["memories_can_be_read_and_written"],
            Fault::DeferredGlobals => &["the_host_gives_memories_tables_and_globals"],
            Fault::DataBeforeElements => &["core_failed_instantiation_keeps_writes"],
            Fault::UnsharedWait => &["atomics_trap"],
            Fault::NarrowGrowth => &["core_wide_memories_and_tables_are_read"],
            Fault::ImportedTags => &["core_exception_tags_are_told_apart"],
        }
    }

    /// Returns the fault in a few words.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Fault::ZeroedBytes => "instantiation zeroes bytes 0x100 to 0x10f of memory 0",
            Fault::DeferredGlobals => "initialisers of globals read imported globals as zero",
            Fault::DataBeforeElements => "data segments are written before element segments",
            Fault::UnsharedWait => "an atomic wait on a memory that is not shared returns",
            Fault::NarrowGrowth => {
                "`memory.grow` of a 64-bit memory takes the lower 32 bits of its operand"
            }
            Fault::ImportedTags => "an imported tag cannot be linked",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason())
    }
}
