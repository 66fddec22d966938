//! The identities of what a store keeps for asynchronous calls.

macro_rules! ids {
    ($( $(#[$doc:meta])* $name:ident )*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) struct $name(pub(crate) usize);
    )*};
}

ids! {
    /// A task.
    TaskId
    /// A thread.
    ThreadId
    /// A waitable: a subtask, or an end of a stream or future.
    WaitableId
    /// A waitable set.
    SetId
    /// What the two ends of a stream or future share.
    SharedId
}
