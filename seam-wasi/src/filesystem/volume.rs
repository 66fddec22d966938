//! What a file system must be able to do: the tree in memory and folders of the host alike.

use std::sync::Arc;

use crate::clocks::Datetime;
use crate::filesystem::Code;

/// A file, folder or symbolic link of a volume. Its content is kept for as long as someone holds
/// one, even if no name leads to it any more.
#[derive(Clone, Debug)]
pub(crate) struct Node(Arc<u64>);

impl Node {
    pub(crate) fn new(id: u64) -> Self {
        Self(Arc::new(id))
    }

    pub(crate) fn id(&self) -> u64 {
        *self.0
    }

    /// Whether nobody else holds it.
    pub(crate) fn is_last(&self) -> bool {
        Arc::strong_count(&self.0) == 1
    }
}

impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id()
    }
}

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Folder,
    File,
    Link,
    /// Something that only folders of the host have: a pipe, a device.
    Other,
}

impl Kind {
    /// The case of `descriptor-type`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::Folder => "directory",
            Kind::File => "regular-file",
            Kind::Link => "symbolic-link",
            Kind::Other => "unknown",
        }
    }
}

/// What `stat` says. Times are not read from the host: they would differ from run to run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stat {
    pub(crate) kind: Kind,
    pub(crate) links: u64,
    pub(crate) size: u64,
    pub(crate) times: Times,
}

/// The times of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Times {
    pub(crate) access: Datetime,
    pub(crate) modification: Datetime,
    pub(crate) change: Datetime,
}

impl Times {
    pub(crate) fn all(at: Datetime) -> Self {
        Self {
            access: at,
            modification: at,
            change: at,
        }
    }
}

/// A file system. Names are single ones, never `.` or `..`; paths and permissions are the callers'.
pub(crate) trait Volume {
    fn root(&self) -> Node;

    /// What a folder has under a name.
    fn look(&mut self, folder: &Node, name: &str) -> Result<Option<(Node, Kind)>, Code>;

    /// What a symbolic link says.
    fn target(&self, link: &Node) -> Result<String, Code>;

    fn stat(&self, node: &Node) -> Result<Stat, Code>;

    /// Sets times; what is nothing stays.
    fn set_times(
        &mut self,
        node: &Node,
        access: Option<Datetime>,
        modification: Option<Datetime>,
    ) -> Result<(), Code>;

    /// Prepares a file for reading, and for writing if asked for.
    fn open(&mut self, file: &Node, write: bool) -> Result<(), Code>;

    /// Up to `len` bytes; none at the end.
    fn read(&self, file: &Node, offset: u64, len: usize) -> Result<Vec<u8>, Code>;

    /// Writes all of `bytes` at `offset`, or at the end.
    fn write(&mut self, file: &Node, offset: Option<u64>, bytes: &[u8]) -> Result<(), Code>;

    fn set_size(&mut self, file: &Node, size: u64) -> Result<(), Code>;

    /// Writes through to the disk, if there is one.
    fn sync(&self, node: &Node) -> Result<(), Code>;

    /// The names in a folder, sorted.
    fn list(&mut self, folder: &Node) -> Result<Vec<(String, Kind)>, Code>;

    /// Makes a file under a name that is free.
    fn make_file(&mut self, folder: &Node, name: &str) -> Result<Node, Code>;

    /// As [`Volume::make_file`].
    fn make_folder(&mut self, folder: &Node, name: &str) -> Result<(), Code>;

    /// As [`Volume::make_file`].
    fn make_link(&mut self, folder: &Node, name: &str, target: &str) -> Result<(), Code>;

    /// Gives a file another name, which is free.
    fn link(&mut self, file: &Node, folder: &Node, name: &str) -> Result<(), Code>;

    /// Removes a file or symbolic link.
    fn remove(&mut self, folder: &Node, name: &str) -> Result<(), Code>;

    /// Removes an empty folder.
    fn remove_folder(&mut self, folder: &Node, name: &str) -> Result<(), Code>;

    /// As `rename` of POSIX: what has the new name is replaced.
    fn rename(
        &mut self,
        folder: &Node,
        name: &str,
        new_folder: &Node,
        new_name: &str,
    ) -> Result<(), Code>;

    /// A number for the node that is the same in every run.
    fn identity(&self, node: &Node) -> (u64, u64);
}
