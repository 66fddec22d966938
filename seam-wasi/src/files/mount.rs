//! Where the guest finds a file system, and what it may do there.

/// What a guest may do to files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Access {
    /// Nothing: the guest does not see the files.
    None,
    /// Read them.
    Read,
    /// Read and change them.
    #[default]
    ReadWrite,
}

/// Where a file system is mounted, and what the guest may do there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mount {
    pub(crate) guest: String,
    pub(crate) access: Access,
}
