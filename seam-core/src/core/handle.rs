//! Handles to what a store holds.

macro_rules! handles {
    ($( $(#[$doc:meta])* $name:ident,)*) => {$(
        $(#[$doc])*
        ///
        /// An index into one store's table. Using it with another store is `Misuse`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub struct $name {
            store: u32,
            index: u32,
        }

        impl $name {
            /// # For implementors
            /// Creates the handle with this index in the store with this number.
            #[must_use]
            pub fn new(store: u32, index: u32) -> Self {
                Self { store, index }
            }

            /// Returns the number of the store that the handle belongs to.
            #[must_use]
            pub fn store(self) -> u32 {
                self.store
            }

            /// Returns the index in the store's table.
            #[must_use]
            pub fn index(self) -> u32 {
                self.index
            }
        }
    )*};
}

handles! {
    /// A core instance.
    CoreInstanceId,
    /// A core function.
    CoreFunc,
    /// A linear memory.
    CoreMemory,
    /// A table.
    CoreTable,
    /// A global.
    CoreGlobal,
    /// An exception tag.
    CoreTag,
    /// A struct or an array in the guest's garbage-collected heap.
    CoreObject,
    /// A caught exception.
    CoreException,
}

/// An item that core modules import and export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CoreExtern {
    /// A function.
    Func(CoreFunc),
    /// A memory.
    Memory(CoreMemory),
    /// A table.
    Table(CoreTable),
    /// A global.
    Global(CoreGlobal),
    /// An exception tag.
    Tag(CoreTag),
}
