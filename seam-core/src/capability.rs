//! The capabilities of a backend in its current build.

use std::fmt;

use serde::de::Error as _;

macro_rules! capabilities {
    ($( $(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// Something that not every backend, or not every build of a backend, supports.
        ///
        /// A capability is named after a WebAssembly proposal or a property. `Display` prints its
        /// kebab-case name, as the command line does.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Capability {
            $( $(#[$doc])* $name, )*
        }

        impl Capability {
            /// Every capability, proposals first.
            pub const ALL: &'static [Capability] = &[$( Capability::$name, )*];

            /// Returns the kebab-case name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $( Capability::$name => $text, )* }
            }

            /// Returns the capability with this kebab-case name, or `None` if there is none.
            #[must_use]
            pub fn named(name: &str) -> Option<Self> {
                match name {
                    $( $text => Some(Capability::$name), )*
                    _ => None,
                }
            }
        }
    };
}

capabilities! {
    /// Fixed-width 128-bit vectors.
    Simd = "simd",
    /// Relaxed vector operations.
    RelaxedSimd = "relaxed-simd",
    /// More than one memory in a module.
    MultiMemory = "multi-memory",
    /// Memories and tables indexed by `i64`.
    Memory64 = "memory64",
    /// `return_call` and `return_call_indirect`.
    TailCalls = "tail-calls",
    /// Arithmetic in constant expressions.
    ExtendedConst = "extended-const",
    /// Typed function references.
    FunctionReferences = "function-references",
    /// Struct, array and i31 references.
    Gc = "gc",
    /// `try_table`, `throw` and exception references.
    Exceptions = "exceptions",
    /// Shared memories and atomic operations.
    Threads = "threads",
    /// Page sizes other than 64 KiB.
    CustomPageSizes = "custom-page-sizes",
    /// 128-bit integer arithmetic.
    WideArithmetic = "wide-arithmetic",
    /// Custom descriptors for GC structs.
    CustomDescriptors = "custom-descriptors",
    /// Components, with every synchronous value type and resources.
    Components = "components",
    /// The asynchronous part of the component model: async functions, streams, futures.
    ComponentAsync = "component-async",
    /// A call that blocks without a callback can wait while the calls below it go on.
    StackfulAsync = "stackful-async",
    /// [`World::schedule_seed`](crate::World::schedule_seed) decides the order in which tasks run.
    ScheduleSeed = "schedule-seed",
    /// `list<T, N>` in component types.
    FixedLengthLists = "fixed-length-lists",
    /// `map<K, V>` in component types.
    Maps = "maps",
    /// Execution can be limited and measured in fuel.
    Fuel = "fuel",
    /// Execution can be limited by wall-clock time.
    Deadline = "deadline",
    /// A limit on the bytes of all linear memories of a store together.
    MemoryLimit = "memory-limit",
    /// A limit on the elements of all tables of a store together.
    TableLimit = "table-limit",
    /// A limit on the number of core instances in a store.
    InstanceLimit = "instance-limit",
    /// Snapshots, memories and calls reach the core instances inside a component.
    InnerGlobals = "inner-globals",
    /// Functions that only components inside a composition export can be resolved and called, by names
    /// like `[component]0#iface#f`.
    InnerFuncs = "inner-funcs",
    /// Asynchronous host functions suspend the guest, so the calling thread is free in the
    /// meantime.
    AsyncHostSuspends = "async-host-suspends",
    /// Asynchronous host functions are polled in place and block the calling thread, unless their
    /// component-level type is asynchronous: these suspend the task that calls them.
    AsyncHostBlocks = "async-host-blocks",
    /// The operating system's own WASI: 0.2 and preview1, and with
    /// [`ComponentAsync`](Capability::ComponentAsync) also 0.3.
    SystemWasi = "system-wasi",
    /// Host functions may call back into the guest that called them.
    Reentrant = "reentrant",
    /// A host function may suspend the guest's call, which is resumed later.
    SuspendedCalls = "suspended-calls",
    /// Traps carry the guest's call stack.
    Frames = "frames",
    /// If a start function traps, the instance remains available for inspection.
    FailedInstance = "failed-instance",
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl serde::Serialize for Capability {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> serde::Deserialize<'de> for Capability {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let unknown = || D::Error::custom(format!("expected a capability, found `{name}`"));
        Self::named(&name).ok_or_else(unknown)
    }
}

/// A set of [`Capability`]s, in the order of [`Capability::ALL`].
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Capabilities(
    /// One bit for each capability.
    u64,
);

const _: () = assert!(Capability::ALL.len() <= 64, "a capability needs a bit");

impl Capabilities {
    /// Returns whether the set contains the capability.
    #[must_use]
    #[inline]
    pub fn has(&self, capability: Capability) -> bool {
        self.0 & bit(capability) != 0
    }

    /// Returns the set with this capability added (`on`) or removed.
    #[must_use]
    pub fn with(mut self, capability: Capability, on: bool) -> Self {
        match on {
            true => self.0 |= bit(capability),
            false => self.0 &= !bit(capability),
        }
        self
    }

    /// Iterates over the capabilities, in the order of [`Capability::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = Capability> + '_ {
        (Capability::ALL.iter().copied()).filter(|capability| self.has(*capability))
    }
}

fn bit(capability: Capability) -> u64 {
    1 << capability as u32
}

impl fmt::Debug for Capabilities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl serde::Serialize for Capabilities {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> serde::Deserialize<'de> for Capabilities {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Vec::<Capability>::deserialize(deserializer)?
            .into_iter()
            .collect())
    }
}

impl FromIterator<Capability> for Capabilities {
    fn from_iter<I: IntoIterator<Item = Capability>>(iter: I) -> Self {
        let all = iter.into_iter();
        all.fold(Self::default(), |all, one| all.with(one, true))
    }
}

impl<const N: usize> From<[Capability; N]> for Capabilities {
    fn from(capabilities: [Capability; N]) -> Self {
        capabilities.into_iter().collect()
    }
}
