//! `wasi:filesystem`: a tree in memory, and folders of the host.

mod at;
mod code;
mod descriptor;
mod entries;
mod folder;
mod path;
mod preopens;
mod recipe;
mod show;
mod tree;
mod volume;

use seam_core::Observed;

pub(crate) use code::Code;
pub(crate) use recipe::{Mount, Recipe};
pub use show::{FileTree, FileTreeEntry};

use crate::clocks::Datetime;
use crate::func::Funcs;
use volume::{Node, Volume};

pub(crate) const FUNCS: [Funcs; 4] = [
    descriptor::FUNCS,
    at::FUNCS,
    entries::FUNCS,
    preopens::FUNCS,
];

/// The name of the tree in [`Observed::artefacts`].
pub(crate) const ARTEFACT: &str = "files";

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

/// The file systems of an instance.
pub(crate) struct Files {
    tree: tree::Tree,
    folders: Vec<folder::Folder>,
    /// Where each file system is mounted.
    mounts: Vec<(usize, Mount)>,
    pub(crate) wall: Datetime,
}

/// A node in one of the file systems.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FileRef {
    /// 0 for the tree in memory; 1 and up for the folders of the host.
    volume: usize,
    node: Node,
}

impl Files {
    fn volume(&mut self, index: usize) -> Result<&mut dyn Volume, Code> {
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

impl FileTree {
    /// Returns the guest's file system in memory as it was when `observed` was read.
    ///
    /// Returns `None` if the world had no such file system.
    #[must_use]
    pub fn of(observed: &Observed) -> Option<Self> {
        observed.artefacts.get(ARTEFACT).and_then(Self::read)
    }
}
