//! Frames: what is kept of synchronous calls in progress.

/// A call in progress: the callee's `Task` and the caller's `Subtask` in one, because calls are
/// synchronous.
#[derive(Debug)]
pub(crate) struct Frame {
    /// The number of borrowed handles that the callee must still drop.
    pub(crate) num_borrows: u32,
    /// Whether the call counts as a level of host recursion.
    pub(super) counted: bool,
    /// The number of threads that were running before.
    pub(super) threads: usize,
    /// The number of loans that had been made before.
    pub(super) loans: usize,
}

/// A handle that is lent for a call. The loan ends with the call.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Loan {
    /// An instance lends the handle with this index.
    Guest(u32, u32),
    /// The host lends the handle in this slot of its table.
    Host(u32),
}

/// The values that `context.get` reads.
pub(super) type ThreadStorage = [u64; 2];

/// The number of calls in progress.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Depth {
    pub(super) frames: usize,
    pub(super) jobs: usize,
}
