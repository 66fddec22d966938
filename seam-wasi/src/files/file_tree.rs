//! The tree in memory as an observation.

use std::collections::BTreeMap;
use std::sync::Arc;

use seam_core::{List, Observed, Value};

use crate::files::mount::Access;
use crate::files::system::Files;
use crate::files::tree::{Content, Tree};
use crate::files::volume::Volume;

/// The name of the tree in [`Observed::artefacts`].
pub(crate) const ARTEFACT: &str = "files";

/// The guest's file system in memory: files, folders and symbolic links by their absolute paths.
///
/// The root is not listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileTree(BTreeMap<String, FileTreeEntry>);

/// An entry of a [`FileTree`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileTreeEntry {
    /// A folder.
    Folder,
    /// A file with its content.
    File(Vec<u8>),
    /// A symbolic link with its target.
    Link(String),
}

impl FileTree {
    /// Returns the guest's file system in memory as it was when `observed` was read.
    ///
    /// Returns `None` if the world had no such file system.
    #[must_use]
    pub fn of(observed: &Observed) -> Option<Self> {
        observed.artefacts.get(ARTEFACT).and_then(Self::read)
    }

    /// Returns the entry at a path, e.g. `/data/a.txt`, or `None` if the path does not exist.
    #[must_use]
    pub fn at(&self, path: &str) -> Option<&FileTreeEntry> {
        self.0.get(path)
    }

    /// Returns the content of the file at a path, or `None` if the path is not a file.
    #[must_use]
    pub fn file(&self, path: &str) -> Option<&[u8]> {
        match self.at(path) {
            Some(FileTreeEntry::File(bytes)) => Some(bytes),
            _ => None,
        }
    }

    /// Returns all paths and entries, sorted by path.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &FileTreeEntry)> {
        self.0.iter().map(|(path, entry)| (path.as_str(), entry))
    }

    /// Reads an artefact: `list<tuple<string, variant { folder, file(list<u8>), link(string) }>>`.
    fn read(value: &Value) -> Option<Self> {
        let Value::List(list) = value else {
            return None;
        };
        let entries = list.iter().map(|pair| match pair {
            Value::Tuple(pair) => match pair.as_slice() {
                [Value::String(path), Value::Variant(case, payload)] => {
                    Some((path.to_string(), entry(case, payload.as_deref())?))
                }
                _ => None,
            },
            _ => None,
        });
        entries.collect::<Option<_>>().map(Self)
    }
}

fn entry(case: &Arc<str>, payload: Option<&Value>) -> Option<FileTreeEntry> {
    match (&**case, payload) {
        ("folder", None) => Some(FileTreeEntry::Folder),
        ("file", Some(Value::List(List::U8(bytes)))) => Some(FileTreeEntry::File(bytes.clone())),
        ("link", Some(Value::String(target))) => Some(FileTreeEntry::Link(target.to_string())),
        _ => None,
    }
}

impl Files {
    /// Returns the artefact. If the tree was not shown to the guest, the list is empty.
    pub(crate) fn show(&self) -> Value {
        let shown = self.mounts.iter();
        let mut shown = shown.filter(|(volume, it)| *volume == 0 && it.access != Access::None);
        match shown.next() {
            Some(_) => show(&self.tree),
            None => Value::List(List::Values(Vec::new())),
        }
    }
}

/// Returns the tree's entries, sorted by path.
fn show(tree: &Tree) -> Value {
    let mut entries = BTreeMap::new();
    let mut ahead = vec![(String::new(), tree.root())];
    while let Some((path, node)) = ahead.pop() {
        let value = match tree.content(&node) {
            Some(Content::Folder(folder)) => {
                let inside = folder.entries.iter();
                ahead.extend(inside.map(|(name, node)| (format!("{path}/{name}"), node.clone())));
                Value::variant("folder", None)
            }
            Some(Content::File(bytes)) => Value::variant("file", Some(bytes.clone().into())),
            Some(Content::Link(target)) => Value::variant("link", Some(target.as_str().into())),
            None => continue,
        };
        if !path.is_empty() {
            entries.insert(path, value);
        }
    }
    let pairs = entries.into_iter();
    Value::list(pairs.map(|(path, value)| Value::Tuple(vec![path.into(), value])))
}
