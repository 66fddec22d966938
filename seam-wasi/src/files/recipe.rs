//! The file systems that an instance starts with.

use std::path::{Path, PathBuf};

use seam_core::{Error, Result};

use crate::files::code::Code;
use crate::files::file_tree::FileTreeEntry;
use crate::files::folder::Folder;
use crate::files::mount::{Access, Mount};
use crate::files::path::{Place, resolve};
use crate::files::system::Files;
use crate::files::tree::Tree;
use crate::files::volume::{Kind, Node, Volume};
use crate::time::Datetime;

/// The file systems to create for each instance.
#[derive(Clone, Debug)]
pub(crate) struct Recipe {
    /// The initial content of the tree.
    pub(crate) entries: Vec<(String, FileTreeEntry)>,
    pub(crate) access: Access,
    /// Most bytes that the tree may hold.
    pub(crate) space: u64,
    pub(crate) folders: Vec<(PathBuf, Mount)>,
}

impl Recipe {
    /// Checks the recipe, and returns it with canonical paths for the host's folders.
    ///
    /// After this, the host's folders are known to exist and the files are known to fit.
    ///
    /// # Errors
    /// `Misuse` that names the faulty folder or path.
    pub(crate) fn checked(mut self) -> Result<Self> {
        for (path, _) in &mut self.folders {
            *path = canonical(path)?;
        }
        self.tree(Datetime::new(0, 0))?;
        Ok(self)
    }

    /// Creates the file systems. The recipe must have been checked.
    pub(crate) fn files(&self, wall: Datetime) -> Files {
        let tree = self.tree(wall);
        let tree = tree.expect("the same entries fitted into a tree when the recipe was checked");
        let shown = self
            .folders
            .iter()
            .filter(|(_, it)| it.access != Access::None);
        let mut files = Files {
            tree,
            folders: Vec::new(),
            mounts: Vec::new(),
            wall,
        };
        if self.access != Access::None {
            let guest = "/".to_owned();
            let access = self.access;
            files.mounts.push((0, Mount { guest, access }));
        }
        for (path, mount) in shown {
            files.folders.push(Folder::new(path.clone(), wall));
            files.mounts.push((files.folders.len(), mount.clone()));
        }
        files
    }

    fn tree(&self, wall: Datetime) -> Result<Tree> {
        let mut tree = Tree::new(wall, self.space);
        for (path, entry) in &self.entries {
            put(&mut tree, path, entry).map_err(|code| {
                Error::misuse(format!(
                    "expected a valid path in the guest's file system, found `{path}`: {}",
                    code.name()
                ))
            })?;
        }
        Ok(tree)
    }
}

fn canonical(path: &Path) -> Result<PathBuf> {
    let found = |what: &dyn std::fmt::Display| {
        let path = path.display();
        Error::misuse(format!(
            "expected a folder of the host, found `{path}`: {what}"
        ))
    };
    let canonical = path.canonicalize().map_err(|error| found(&error))?;
    if !canonical.is_dir() {
        return Err(found(&"not a folder"));
    }
    Ok(canonical)
}

/// Adds an entry to the tree, and its parent folders. A file replaces an existing file.
fn put(tree: &mut Tree, path: &str, entry: &FileTreeEntry) -> Result<(), Code> {
    let path = path.trim_start_matches('/');
    let mut folder = tree.root();
    if let Some((folders, _)) = path.trim_end_matches('/').rsplit_once('/') {
        folder = make_folders(tree, folders)?;
    }
    let name = path.trim_end_matches('/').rsplit('/').next();
    let name = name.unwrap_or_default();
    if name.is_empty() && *entry == FileTreeEntry::Folder {
        return Ok(());
    }
    let found = match resolve(tree, &folder, name, false)? {
        Place::Folder(_) => return Err(Code::Invalid),
        Place::Name(name) => name.found,
    };
    match (entry, found) {
        (FileTreeEntry::Folder, Some((_, Kind::Folder))) => Ok(()),
        (FileTreeEntry::Folder, None) => tree.make_folder(&folder, name),
        (FileTreeEntry::Link(target), None) => tree.make_link(&folder, name, target),
        (FileTreeEntry::File(bytes), Some((file, Kind::File))) => {
            tree.set_size(&file, 0)?;
            tree.write(&file, Some(0), bytes)
        }
        (FileTreeEntry::File(bytes), None) => {
            let file = tree.make_file(&folder, name)?;
            tree.write(&file, Some(0), bytes)
        }
        (_, Some(_)) => Err(Code::Exist),
    }
}

/// Creates the missing folders of a path, and returns the last folder.
fn make_folders(tree: &mut Tree, path: &str) -> Result<Node, Code> {
    let mut folder = tree.root();
    for name in path.split('/').filter(|name| !name.is_empty()) {
        if matches!(name, "." | "..") {
            return Err(Code::Invalid);
        }
        folder = match tree.look(&folder, name)? {
            Some((found, Kind::Folder)) => found,
            Some(_) => return Err(Code::NotDirectory),
            None => {
                tree.make_folder(&folder, name)?;
                let made = tree.look(&folder, name)?;
                made.map(|(made, _)| made).ok_or(Code::Io)?
            }
        };
    }
    Ok(folder)
}
