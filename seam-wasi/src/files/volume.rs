//! The interface of a file system. The tree in memory and folders of the host implement it.

use std::sync::Arc;

use crate::files::code::Code;
use crate::time::Datetime;

/// A file, folder or symbolic link of a volume.
///
/// Its content is kept while a `Node` for it exists, even if no name leads to it any more.
#[derive(Clone, Debug)]
pub(crate) struct Node(Arc<u64>);

impl Node {
    pub(crate) fn new(id: u64) -> Self {
        Self(Arc::new(id))
    }

    pub(crate) fn id(&self) -> u64 {
        *self.0
    }

    /// Returns whether this is the only handle to the node.
    pub(crate) fn is_last(&self) -> bool {
        Arc::strong_count(&self.0) == 1
    }
}

impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id()
    }
}

/// The kind of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Folder,
    File,
    Link,
    /// A pipe, a device or the like. Only folders of the host contain these.
    Other,
}

impl Kind {
    /// Returns the case of `descriptor-type`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::Folder => "directory",
            Kind::File => "regular-file",
            Kind::Link => "symbolic-link",
            Kind::Other => "unknown",
        }
    }
}

/// The result of `stat`. Times are not read from the host, because they would differ from run to
/// run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stat {
    pub(crate) kind: Kind,
    pub(crate) links: u64,
    pub(crate) size: u64,
    pub(crate) times: Times,
}

/// The access and modification times of a node.
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

/// A file system.
///
/// Every name is a single path segment and never `.` or `..`. Callers resolve paths and check
/// permissions.
pub(crate) trait Volume {
    fn root(&self) -> Node;

    /// Looks up a name in a folder. Returns `None` if the name is free.
    fn look(&mut self, folder: &Node, name: &str) -> Result<Option<(Node, Kind)>, Code>;

    /// Returns the target of a symbolic link.
    fn target(&self, link: &Node) -> Result<String, Code>;

    fn stat(&self, node: &Node) -> Result<Stat, Code>;

    /// Sets times. A time that is `None` stays unchanged.
    fn set_times(
        &mut self,
        node: &Node,
        access: Option<Datetime>,
        modification: Option<Datetime>,
    ) -> Result<(), Code>;

    /// Opens a file for reading, and also for writing if `write`.
    fn open(&mut self, file: &Node, write: bool) -> Result<(), Code>;

    /// Reads up to `len` bytes. The result is empty at the end of the file.
    fn read(&self, file: &Node, offset: u64, len: usize) -> Result<Vec<u8>, Code>;

    /// Writes all of `bytes` at `offset`, or at the end of the file if `offset` is `None`.
    fn write(&mut self, file: &Node, offset: Option<u64>, bytes: &[u8]) -> Result<(), Code>;

    fn set_size(&mut self, file: &Node, size: u64) -> Result<(), Code>;

    /// Flushes changes to the disk, if the volume is on a disk.
    fn sync(&self, node: &Node) -> Result<(), Code>;

    /// Lists the names in a folder, sorted.
    fn list(&mut self, folder: &Node) -> Result<Vec<(String, Kind)>, Code>;

    /// Creates a file. The name must be free.
    fn make_file(&mut self, folder: &Node, name: &str) -> Result<Node, Code>;

    /// Creates a folder. The name must be free.
    fn make_folder(&mut self, folder: &Node, name: &str) -> Result<(), Code>;

    /// Creates a symbolic link. The name must be free.
    fn make_link(&mut self, folder: &Node, name: &str, target: &str) -> Result<(), Code>;

    /// Gives a file an additional name, which must be free.
    fn link(&mut self, file: &Node, folder: &Node, name: &str) -> Result<(), Code>;

    /// Removes a file or symbolic link.
    fn remove(&mut self, folder: &Node, name: &str) -> Result<(), Code>;

    /// Removes an empty folder.
    fn remove_folder(&mut self, folder: &Node, name: &str) -> Result<(), Code>;

    /// Renames like POSIX `rename`, replacing any entry that already has the new name.
    fn rename(
        &mut self,
        folder: &Node,
        name: &str,
        new_folder: &Node,
        new_name: &str,
    ) -> Result<(), Code>;

    /// Returns a number for the node that is the same in every run.
    fn identity(&self, node: &Node) -> (u64, u64);
}
