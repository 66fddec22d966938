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
//! A handle is a positive 32-bit number; a function of streams does not take the handle of a future,
//! nor a reader that of a writer. `-> code` stands for a negative [`AbiError`].
//!
//! | function | type | result | from |
//! |---|---|---|---|
//! | `stream_new`, `future_new` | `() -> i64` | the readable end in the low half, the writable end in the high half; a code in the low half, with a high half of 0 | ADR-1 |
//! | `stream_read` | `(handle, address, length, memory) -> i32` | the number of bytes, 0 at the end, or a code | ADR-2 |
//! | `stream_write` | `(handle, address, length, memory) -> i32` | the number of bytes accepted, or a code | ADR-2 |
//! | `future_read` | `(handle, address, memory) -> i32` | 1 with the value, 0 as long as there is none, or a code | ADR-2 |
//! | `future_write` | `(handle, address, memory) -> i32` | 1, or a code | ADR-2 |
//! | `stream_cancel_read`, `stream_cancel_write`, `future_cancel_read`, `future_cancel_write` | `(handle) -> i32` | 1 if something was cancelled, 0 if nothing was pending, or a code | `p3_async.rs` |
//! | `stream_drop_readable`, `stream_drop_writable`, `future_drop_readable`, `future_drop_writable` | `(handle)` | | `p3_async.rs` |
//! | `thread_new` | `(function, argument) -> i32` | links; a call is `Unsupported` | ADR-1, addendum |
//! | `thread_switch_to` | `(thread)` | links; a call is `Unsupported` | ADR-1, addendum |
//! | `thread_yield`, `thread_exit` | `()` | links; a call is `Unsupported` | ADR-1, addendum |
//!
//! # The codes
//! | code | when | from |
//! |---|---|---|
//! | `Closed` (-1) | `stream_write` and `future_write` after the reader was dropped; `future_read` after the writer was dropped without a value | ADR-2 |
//! | `InvalidHandle` (-2) | the handle is unknown, was dropped, or is another kind of end; it comes before every other code | ADR-2 |
//! | `Oom` (-3) | `stream_new` and `future_new`, if there are already [`AsyncIntrinsics::most`] pairs | ADR-2 |
//! | `Cancelled` (-4) | the first read after a pending read was cancelled, once | `p3_async.rs`: a cancelled read returns `Cancelled`; ADR-2: results come with the next call |
//! | `Pending` (-5) | `stream_read` if there are no bytes but a writer, or of length 0 before the end | ADR-2; length 0: meld's bridge, since 0 is the end |
//! | `Runtime` (-6) | the bytes to move do not lie in the caller's memory; a second `future_write` | ADR-2 (*runtime-internal failure*); a choice of this crate |
//!
//! # Rules
//! - **End.** A stream ends when its writer was dropped *and* all bytes were read. It stays at its end
//!   (ADR-2).
//! - **Backpressure.** A stream holds [`AsyncIntrinsics::capacity`] bytes. A write takes what there is
//!   room for; 0 is possible and no error. The producer writes the rest again (ADR-2). Nothing is ever
//!   allocated for bytes that were refused.
//! - **Pending.** Calls return at once. A read that was told `Pending` (a stream) or 0 (a future) is
//!   pending until the next read, its cancellation, or the drop of its end. A write is never pending,
//!   since nothing of it is kept (ADR-2), so cancelling one returns 0.
//! - **Ranges.** Addresses and lengths are unsigned. Only the bytes that move must lie in the memory, as in
//!   meld's bridge; if they do not, nothing moves.
//! - **Futures** keep their value for every later read, and a writer that is dropped after its value does
//!   not take it back (`p3_async.rs`). A future transports the bytes of its type in the canonical ABI.
//!   meld passes no length and no type, so the user states the size: [`AsyncIntrinsics::future_bytes`].
//!   `future_read` writes as many bytes as `future_write` has read.
//! - **Drops** have no result, and meld says nothing about those of an invalid handle. They do nothing, as
//!   in meld's bridge. [`IntrinsicCall::code`] shows them to a test.
//! - **Handles** are below 2^31 (ADR-2), start at 1, and are never used again.
//! - **Owners.** A fused module is one instance, so the host cannot tell whether a component has been
//!   given the handle that it uses.
//! - **Waitables** are not part of `pulseengine:async`, and are not offered.
//!
//! # Streams that stay inside a fused module
//! If meld finds that both ends of a stream are in the module, its *bridge* keeps the stream there. Such
//! handles have the bit [`LOCAL_TAG`]. The bridge has room for 8 streams; later ones are the host's.
//! Handles with the tag must not reach the host: [`AsyncIntrinsics::refuse_local_handles`] makes such a
//! call trap, and [`IntrinsicCalls`] counts the calls.
//!
//! The bridge differs from the host where the guest does something wrong: a range outside of the memory
//! traps, a read after the reader was dropped is `Pending`, and a write after the writer was dropped is
//! `Closed`.
//!
//! # Which memory a call means
//! The last argument of a read or write is a constant of the guest that meld does not renumber, so it
//! says nothing. The host uses the exported memory that is bound to the import
//! ([`AsyncIntrinsics::memory_of`]), or to all imports ([`AsyncIntrinsics::memory`]), or the only memory
//! that the module exports. Otherwise the module does not link, with an error that names the candidates.
//!
//! meld has one import of `stream_read` for several components. [`split_async_imports`] gives each of them
//! its own.
//!
//! # Several instances
//! Each instance has its own streams and futures. To run the modules of several components as instances of
//! their own, un-fused, give their worlds one [`SharedTable`]. Make one for each run.

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
