//! What the output of meld needs of its host.

mod call;
mod code;
mod intrinsic;
mod intrinsics;
mod memory;
mod observe;
mod pair;
mod split;
mod table;

pub use code::AbiError;
pub use intrinsic::{Intrinsic, MODULE};
pub use intrinsics::AsyncIntrinsics;
pub use observe::{IntrinsicCall, IntrinsicCalls, IntrinsicHook};
pub use split::{Split, split_async_imports};
pub use table::{LOCAL_TAG, SharedTable};
