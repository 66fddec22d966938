//! Lowered functions for engines whose host functions cannot call back into the guest.
//!
//! `canon lower` and `canon resource.drop` must call guests: the `realloc` of either side, the
//! callee, its post-return, or a destructor. If a host function cannot do this, a small generated
//! core module does it. Its function passes its arguments to the host and asks "what next?" until
//! the host says that the call is done. Therefore the host never re-enters the engine.
//!
//! When one of several waiting definitions is needed for the first time, one module is made for all
//! of them. Mostly this happens when the next core module is instantiated. The functions share all
//! imports except `begin`. A function that several of them call is imported once:
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
//! In an artifact with asynchronous parts, every function that may let other threads run is made so, and
//! its glue calls any function of the store: see [`perform`].
//!
//! | file | content |
//! |---|---|
//! | [`pending`] | the waiting functions, and the instances of their modules |
//! | [`module`] | the generated module |
//! | [`link`] | the host functions that it imports |
//! | [`job`] | a lowered call as a sequence of steps |
//! | [`steps_job`] | the same for calls that are tasks, and for built-ins of the asynchronous part |
//! | [`work`] | what a glue function does: one or the other |
//! | [`perform`] | calls of functions that glue does not import |
//! | [`shim`] | functions that a core instance imports before they can be made |

mod job;
mod link;
mod module;
mod pending;
mod perform;
mod shim;
mod steps_job;
mod work;

pub(crate) use pending::{Glue, GlueTask, Glued, Pending};
pub(crate) use shim::Shim;
