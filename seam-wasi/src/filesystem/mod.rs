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
    /// Nothing: they are not shown to it.
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
    /// Where the guest finds them.
    mounts: Vec<(usize, Mount)>,
    pub(crate) wall: Datetime,
}

/// Something in one of the file systems.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FileRef {
    /// 0 is the tree, then the folders.
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

    /// Up to `len` bytes of a file; none at its end.
    pub(crate) fn read(
        &mut self,
        file: &FileRef,
        offset: u64,
        len: usize,
    ) -> Result<Vec<u8>, Code> {
        self.volume(file.volume)?.read(&file.node, offset, len)
    }

    /// Writes all of `bytes` at `offset`, or at the end.
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
    /// The tree that the guest's file system in memory had become when `observed` was read;
    /// nothing if the world had none.
    #[must_use]
    pub fn of(observed: &Observed) -> Option<Self> {
        observed.artefacts.get(ARTEFACT).and_then(Self::read)
    }
}
