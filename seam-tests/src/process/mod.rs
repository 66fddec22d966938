//! Jobs in child processes: started, listened to and killed, several at a time.
//!
//! An abort cannot be caught, and a guest that hangs cannot be stopped from inside. So a job that may end
//! in either way runs in a process of its own, which reports as it goes.

mod child;
mod message;
mod parallel;

pub use child::{Child, Ended, Heard, Start};
pub use message::{complain, on_a_large_stack, say};
pub use parallel::parallel;
