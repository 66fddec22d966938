//! What the output of [meld](https://github.com/pulseengine/meld) needs of its host: the module
//! `pulseengine:async`.
//!
//! meld fuses components into one core module. Streams and futures become imports of the module
//! `pulseengine:async`, which the host defines. [`AsyncIntrinsics`] adds them to a
//! [`World`](seam_core::World), for every backend of seam. [`split_async_imports`] helps where the
//! module does not say which memory a call means.
//!
//! This crate follows meld 0.52.0 (revision `c6e51a3a`): its `p3_async.rs`, and its decisions ADR-1 (the
//! functions) and ADR-2 (results and codes). Where they leave something open, the table says what the
//! host does and why.
//!
//! # The functions
//! A handle is a positive 32-bit number. A *code* is a negative number, an [`AbiError`].
//!
//! | function | type | result | from |
//! |---|---|---|---|
//! | `stream_new`, `future_new` | `() -> i64` | the handle of the readable end in the low half, and of the writable end in the high half; or a code in the low half, and 0 in the high half | ADR-1 |
//! | `stream_read` | `(handle, address, length, memory) -> i32` | the number of bytes read, 0 at the end, or a code | ADR-2 |
//! | `stream_write` | `(handle, address, length, memory) -> i32` | the number of bytes accepted, or a code | ADR-2 |
//! | `future_read` | `(handle, address, memory) -> i32` | 1 if the value was read, 0 if there is no value yet, or a code | ADR-2 |
//! | `future_write` | `(handle, address, memory) -> i32` | 1, or a code | ADR-2 |
//! | `stream_cancel_read`, `stream_cancel_write`, `future_cancel_read`, `future_cancel_write` | `(handle) -> i32` | 1 if an operation was cancelled, 0 if none was pending, or a code | `p3_async.rs` |
//! | `stream_drop_readable`, `stream_drop_writable`, `future_drop_readable`, `future_drop_writable` | `(handle)` | | `p3_async.rs` |
//! | `thread_new` | `(function, argument) -> i32` | links; a call is `Unsupported` | ADR-1, addendum |
//! | `thread_switch_to` | `(thread)` | links; a call is `Unsupported` | ADR-1, addendum |
//! | `thread_yield`, `thread_exit` | `()` | links; a call is `Unsupported` | ADR-1, addendum |
//!
//! # The codes
//! | code | when | from |
//! |---|---|---|
//! | `Closed` (-1) | `stream_write` and `future_write` after the reader was dropped; `future_read` after the writer was dropped without a value | ADR-2 |
//! | `InvalidHandle` (-2) | the handle is unknown, was dropped, or belongs to another kind of end; this is checked first | ADR-2 |
//! | `Oom` (-3) | `stream_new` and `future_new`, if [`AsyncIntrinsics::most`] streams and futures exist | ADR-2 |
//! | `Cancelled` (-4) | the first read after a pending read was cancelled, once | `p3_async.rs`: a cancelled read returns `Cancelled`; ADR-2: results come with the next call |
//! | `Pending` (-5) | `stream_read` if no bytes are available and the writer was not dropped, or if the length is 0 before the end | ADR-2; length 0: as in meld's bridge, because the result 0 means the end |
//! | `Runtime` (-6) | the bytes to move do not lie in the caller's memory; a second `future_write` | ADR-2 (*runtime-internal failure*); a choice of this crate |
//!
//! # Rules
//! - **End.** A stream ends when its writer was dropped *and* all bytes were read. Every later read returns
//!   the end too (ADR-2).
//! - **Backpressure.** A stream holds [`AsyncIntrinsics::capacity`] bytes. A write accepts as many bytes as
//!   fit. A result of 0 is not an error. The producer writes the rest again (ADR-2). The host does not
//!   allocate anything for bytes that it does not accept.
//! - **Pending.** No call waits. A read that returned `Pending` (of a stream) or 0 (of a future) is pending
//!   until the next read, a cancellation, or the drop of its end. A write is never pending, because the host
//!   keeps no bytes that it did not accept (ADR-2). Cancelling a write therefore returns 0.
//! - **Ranges.** Addresses and lengths are unsigned. Only the bytes that move must lie in the memory, as in
//!   meld's bridge. If they do not, nothing moves.
//! - **Futures** keep their value for later reads, also after the writer was dropped (`p3_async.rs`). A
//!   future carries one value of its type, in the memory layout of the canonical ABI. meld passes neither
//!   length nor type, so the user sets the size with [`AsyncIntrinsics::future_bytes`]. `future_read` writes
//!   as many bytes as `future_write` has read.
//! - **Drops** have no result, and meld does not say what the drop of an invalid handle does. Here it does
//!   nothing. [`IntrinsicCall::code`] shows it to a test.
//! - **Handles** are below 2^31 (ADR-2) and start at 1. A handle is never used again.
//! - **Owners.** A fused module is one instance, so the host cannot check which component owns a handle.
//! - **Waitables** are not part of `pulseengine:async`. This crate does not offer them.
//!
//! # Streams that stay inside a fused module
//! If meld finds that both ends of a stream are in the module, its *bridge* keeps the stream there. The handles
//! of such a stream have the bit [`LOCAL_TAG`]. The bridge has room for 8 streams; further streams are the
//! host's. Tagged handles must not reach the host. [`AsyncIntrinsics::refuse_local_handles`] makes a call with
//! one trap, and [`IntrinsicCalls`] counts calls.
//!
//! The bridge differs from the host if the guest makes a mistake. A range outside of the memory traps, a
//! read after the reader was dropped returns `Pending`, and a write after the writer was dropped returns
//! `Closed`.
//!
//! # Which memory a call means
//! The last argument of a read or write is a constant that meld does not renumber, so the host ignores it.
//! It uses the exported memory that is bound to the import ([`AsyncIntrinsics::memory_of`]), or to all imports
//! ([`AsyncIntrinsics::memory`]), or the only memory that the module exports. In all other cases the module
//! does not link, and the error names the candidates.
//!
//! In a fused module, several components can share one import. [`split_async_imports`] gives each of them its
//! own.
//!
//! # Several instances
//! Each instance has its own streams and futures. To run the modules of several components un-fused, as
//! instances of their own, give their worlds a [`SharedTable`]. Create a table for each run.

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
pub use observe::{IntrinsicCall, IntrinsicCalls};
pub use split::{Split, split_async_imports};
pub use table::{LOCAL_TAG, SharedTable};
