//! `wasi:io`.

pub(crate) mod error;
pub(crate) mod input;
pub(crate) mod output;
pub(crate) mod poll;

/// Most bytes that one read returns or that a stream accepts at once.
pub(crate) const CHUNK: usize = 64 * 1024;
