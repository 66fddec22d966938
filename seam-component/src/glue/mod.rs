//! Lowered functions for engines whose host functions cannot call back into the guest.
//!
//! `canon lower` and `canon resource.drop` have to call guests: `realloc` of either side, the
//! callee, its post-return, a destructor. Where a host function cannot do that, a small generated
//! core module does it: its function hands its arguments to the host and asks "what next?" until the
//! host says that the call is done, so the host never re-enters the engine.
//!
//! One module has the functions of all definitions that wait when the first of them is needed, which
//! is mostly when the next core module is instantiated. They share the imports but for `begin`, and
//! what several of them call is imported once:
//!
//! ```wat
//! (func (export "0") (param ...) (result ...)
//!   (local.set $next (call $begin-0 (local.get 0) ...))
//!   (loop
//!     (if (i32.eqz (local.get $next)) (then (return (call $get_i32 (i32.const 0)) ...)))
//!     (if (i32.eq (local.get $next) (i32.const 1)) (then
//!       (call $callee-0 (call $get_i32 (i32.const 0)) ...)
//!       ;; and hand each result to $put_i32
//!     ))
//!     ...
//!     (local.set $next (call $resume))
//!     (br 0)))
//! (func (export "1") ...)
//! ...
//! ```
//!
//! | file | what |
//! |---|---|
//! | [`pending`] | the functions that wait, and their module's instance |
//! | [`module`] | the generated module |
//! | [`link`] | the host functions it imports |
//! | [`job`] | a lowered call as a sequence of steps |
//! | [`replay`] | lowering that is interrupted at each `realloc` and goes on after it |

mod job;
mod link;
mod module;
mod pending;
mod replay;

pub(crate) use job::Job;
pub(crate) use pending::{Glue, GlueTask, Glued, Pending};
