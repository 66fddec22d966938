//! The functions of `pulseengine:async`.

use std::fmt;

use seam_core::{CoreFuncType, CoreType};

/// The module name of the imports.
pub const MODULE: &str = "pulseengine:async";

const I32: CoreType = CoreType::I32;
const I64: CoreType = CoreType::I64;

macro_rules! intrinsics {
    ($( $(#[$doc:meta])* $name:ident = $text:literal [$($param:expr),*] [$($result:expr)?], )*) => {
        /// A function of the module `pulseengine:async`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Intrinsic {
            $( $(#[$doc])* $name, )*
        }

        impl Intrinsic {
            /// Every function, in the order of meld's table.
            pub const ALL: [Intrinsic; 18] = [$( Intrinsic::$name, )*];

            /// Returns the field name of the import.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $( Intrinsic::$name => $text, )* }
            }

            /// Returns the type of the import.
            #[must_use]
            pub fn ty(self) -> CoreFuncType {
                match self {
                    $( Intrinsic::$name => CoreFuncType::new([$($param),*], [$($result)?]), )*
                }
            }
        }
    };
}

intrinsics! {
    /// Creates a stream: the readable end in the low half, the writable end in the high half.
    StreamNew = "stream_new" [] [I64],
    /// Reads bytes: handle, address, length, memory index.
    StreamRead = "stream_read" [I32, I32, I32, I32] [I32],
    /// Writes bytes: handle, address, length, memory index.
    StreamWrite = "stream_write" [I32, I32, I32, I32] [I32],
    /// Cancels a pending read: handle of the readable end.
    StreamCancelRead = "stream_cancel_read" [I32] [I32],
    /// Cancels a pending write: handle of the writable end.
    StreamCancelWrite = "stream_cancel_write" [I32] [I32],
    /// Drops the readable end.
    StreamDropReadable = "stream_drop_readable" [I32] [],
    /// Drops the writable end.
    StreamDropWritable = "stream_drop_writable" [I32] [],
    /// Creates a future: the readable end in the low half, the writable end in the high half.
    FutureNew = "future_new" [] [I64],
    /// Reads the value: handle, address, memory index.
    FutureRead = "future_read" [I32, I32, I32] [I32],
    /// Writes the value: handle, address, memory index.
    FutureWrite = "future_write" [I32, I32, I32] [I32],
    /// Cancels a pending read: handle of the readable end.
    FutureCancelRead = "future_cancel_read" [I32] [I32],
    /// Cancels a pending write: handle of the writable end.
    FutureCancelWrite = "future_cancel_write" [I32] [I32],
    /// Drops the readable end.
    FutureDropReadable = "future_drop_readable" [I32] [],
    /// Drops the writable end.
    FutureDropWritable = "future_drop_writable" [I32] [],
    /// Creates a fiber: function index, argument. Not offered.
    ThreadNew = "thread_new" [I32, I32] [I32],
    /// Switches to another fiber. Not offered.
    ThreadSwitchTo = "thread_switch_to" [I32] [],
    /// Lets another fiber run. Not offered.
    ThreadYield = "thread_yield" [] [],
    /// Ends the fiber. Not offered.
    ThreadExit = "thread_exit" [] [],
}

impl Intrinsic {
    /// Returns the function that a field name means.
    ///
    /// meld numbers the imports of several components (`stream_read$1`), and
    /// [`split_async_imports`](crate::split_async_imports) names them by their component. Both stand
    /// for the function before the first `$`.
    #[must_use]
    pub fn of_field(field: &str) -> Option<Self> {
        let name = field.split_once('$').map_or(field, |(name, _)| name);
        Self::ALL
            .into_iter()
            .find(|intrinsic| intrinsic.name() == name)
    }

    /// Returns whether the first argument is the handle of a stream or future.
    #[must_use]
    pub const fn takes_handle(self) -> bool {
        !matches!(
            self,
            Self::StreamNew
                | Self::FutureNew
                | Self::ThreadNew
                | Self::ThreadSwitchTo
                | Self::ThreadYield
                | Self::ThreadExit
        )
    }

    /// Returns whether the function reads or writes the memory of its caller.
    #[must_use]
    pub const fn uses_memory(self) -> bool {
        matches!(
            self,
            Self::StreamRead | Self::StreamWrite | Self::FutureRead | Self::FutureWrite
        )
    }
}

impl fmt::Display for Intrinsic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suffix_does_not_change_the_function() {
        for intrinsic in Intrinsic::ALL {
            let name = intrinsic.name();
            assert_eq!(Intrinsic::of_field(name), Some(intrinsic));
            assert_eq!(Intrinsic::of_field(&format!("{name}$3")), Some(intrinsic));
            assert_eq!(Intrinsic::of_field(&format!("{name}$a$b")), Some(intrinsic));
            assert_eq!(Intrinsic::of_field(&format!("{name}3")), None);
        }
        for unknown in [
            "",
            "$",
            "$stream_new",
            "stream",
            "stream_new_",
            "task_return",
        ] {
            assert_eq!(Intrinsic::of_field(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn four_functions_take_the_address_of_a_buffer() {
        let all = Intrinsic::ALL.into_iter();
        let users: Vec<_> = all.filter(|intrinsic| intrinsic.uses_memory()).collect();
        let names: Vec<_> = users.iter().map(|intrinsic| intrinsic.name()).collect();
        assert_eq!(
            names,
            ["stream_read", "stream_write", "future_read", "future_write"]
        );
        // The last parameter is the index of the memory.
        let params = users.iter().map(|intrinsic| intrinsic.ty().params.len());
        assert_eq!(params.collect::<Vec<_>>(), [4, 4, 3, 3]);
    }
}
