//! The file systems of an instance, and references into them.

use crate::files::code::Code;
use crate::files::folder::Folder;
use crate::files::mount::Mount;
use crate::files::tree::Tree;
use crate::files::volume::{Node, Volume};
use crate::time::Datetime;

/// The file systems of an instance.
pub(crate) struct Files {
    pub(crate) tree: Tree,
    pub(crate) folders: Vec<Folder>,
    /// Where each file system is mounted.
    pub(crate) mounts: Vec<(usize, Mount)>,
    pub(crate) wall: Datetime,
}

/// A node in one of the file systems.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FileRef {
    /// 0 for the tree in memory; 1 and up for the folders of the host.
    pub(crate) volume: usize,
    pub(crate) node: Node,
}

impl Files {
    pub(crate) fn volume(&mut self, index: usize) -> Result<&mut dyn Volume, Code> {
        match index.checked_sub(1) {
            None => Ok(&mut self.tree),
            Some(index) => match self.folders.get_mut(index) {
                Some(folder) => Ok(folder),
                None => Err(Code::BadDescriptor),
            },
        }
    }

    /// Reads up to `len` bytes of a file. The result is empty at the end of the file.
    pub(crate) fn read(
        &mut self,
        file: &FileRef,
        offset: u64,
        len: usize,
    ) -> Result<Vec<u8>, Code> {
        self.volume(file.volume)?.read(&file.node, offset, len)
    }

    /// Writes all of `bytes` at `offset`, or at the end of the file if `offset` is `None`.
    pub(crate) fn write(
        &mut self,
        file: &FileRef,
        offset: Option<u64>,
        bytes: &[u8],
    ) -> Result<(), Code> {
        self.volume(file.volume)?.write(&file.node, offset, bytes)
    }
}
