//! The file systems that a guest can see: a tree in memory, and folders of the host.

mod code;
mod file_tree;
mod folder;
mod mount;
mod path;
mod recipe;
mod system;
mod tree;
mod volume;

pub(crate) use code::{Code, answer};
pub(crate) use file_tree::ARTEFACT;
pub use file_tree::{FileTree, FileTreeEntry};
pub use mount::Access;
pub(crate) use mount::Mount;
pub(crate) use path::{Place, find, free, resolve, used};
pub(crate) use recipe::Recipe;
pub(crate) use system::{FileRef, Files};
pub(crate) use volume::{Kind, Node, Stat, Volume};
