//! The file system in memory.

mod volume;

use std::collections::BTreeMap;

use crate::files::code::Code;
use crate::files::path::LONGEST;
use crate::files::volume::{Kind, Node, Times};
use crate::time::Datetime;

/// Most names in all folders together.
const NAMES: usize = 1 << 16;

/// Files, folders and symbolic links in memory.
pub(crate) struct Tree {
    nodes: BTreeMap<u64, Item>,
    root: Node,
    made: u64,
    /// The number of names in all folders.
    names: usize,
    /// Nodes without a name, which are kept while a descriptor or stream holds them.
    nameless: Vec<u64>,
    /// The creation and modification time of every node.
    wall: Datetime,
    /// Total bytes of all files and links.
    used: u64,
    space: u64,
}

struct Item {
    node: Node,
    names: u64,
    times: Times,
    content: Content,
}

/// The content of a node.
pub(crate) enum Content {
    File(Vec<u8>),
    Link(String),
    Folder(Folder),
}

/// A folder of the tree.
#[derive(Default)]
pub(crate) struct Folder {
    /// The parent folder. `None` for the root and for a folder that was removed.
    parent: Option<u64>,
    /// Length of the path from the root, in bytes.
    depth: usize,
    pub(crate) entries: BTreeMap<String, Node>,
}

impl Content {
    fn kind(&self) -> Kind {
        match self {
            Content::File(_) => Kind::File,
            Content::Link(_) => Kind::Link,
            Content::Folder(_) => Kind::Folder,
        }
    }

    fn size(&self) -> u64 {
        match self {
            Content::File(bytes) => bytes.len() as u64,
            Content::Link(target) => target.len() as u64,
            Content::Folder(_) => 0,
        }
    }
}

impl Tree {
    /// Creates an empty tree with room for `space` bytes.
    pub(crate) fn new(wall: Datetime, space: u64) -> Self {
        let root = Node::new(0);
        let item = Item {
            node: root.clone(),
            names: 1,
            times: Times::all(wall),
            content: Content::Folder(Folder::default()),
        };
        Self {
            nodes: BTreeMap::from([(0, item)]),
            root,
            made: 0,
            names: 0,
            nameless: Vec::new(),
            wall,
            used: 0,
            space,
        }
    }

    /// Returns the content of a node.
    pub(crate) fn content(&self, node: &Node) -> Option<&Content> {
        self.nodes.get(&node.id()).map(|item| &item.content)
    }

    fn item(&self, node: &Node) -> Result<&Item, Code> {
        self.nodes.get(&node.id()).ok_or(Code::BadDescriptor)
    }

    fn item_mut(&mut self, node: &Node) -> Result<&mut Item, Code> {
        self.nodes.get_mut(&node.id()).ok_or(Code::BadDescriptor)
    }

    fn folder(&self, node: &Node) -> Result<&Folder, Code> {
        match &self.item(node)?.content {
            Content::Folder(folder) => Ok(folder),
            _ => Err(Code::NotDirectory),
        }
    }

    fn folder_mut(&mut self, node: &Node) -> Result<&mut Folder, Code> {
        match &mut self.item_mut(node)?.content {
            Content::Folder(folder) => Ok(folder),
            _ => Err(Code::NotDirectory),
        }
    }

    fn file(&self, node: &Node) -> Result<&Vec<u8>, Code> {
        match &self.item(node)?.content {
            Content::File(bytes) => Ok(bytes),
            _ => Err(Code::BadDescriptor),
        }
    }

    fn check_empty(&self, folder: &Node) -> Result<(), Code> {
        match self.folder(folder)?.entries.is_empty() {
            true => Ok(()),
            false => Err(Code::NotEmpty),
        }
    }

    /// Removes nodes that have no name and that nobody holds.
    fn sweep(&mut self) {
        let Self {
            nodes,
            nameless,
            used,
            ..
        } = self;
        nameless.retain(|id| match nodes.get(id) {
            Some(item) if !item.node.is_last() => true,
            Some(item) => {
                *used = used.saturating_sub(item.content.size());
                nodes.remove(id);
                false
            }
            None => false,
        });
    }

    /// Fails if there is no room for `bytes` more bytes.
    fn room(&mut self, bytes: u64) -> Result<(), Code> {
        if self.used.saturating_add(bytes) > self.space {
            self.sweep();
        }
        if self.used.saturating_add(bytes) > self.space {
            return Err(Code::InsufficientSpace);
        }
        Ok(())
    }

    /// Returns the length in bytes of the path that `name` in a folder has.
    fn path_len(&self, folder: &Node, name: &str) -> Result<usize, Code> {
        if self.item(folder)?.names == 0 {
            return Err(Code::NoEntry);
        }
        Ok(self.folder(folder)?.depth + 1 + name.len())
    }

    /// Checks whether one more name may be added to a folder.
    fn admit(&self, folder: &Node, name: &str) -> Result<(), Code> {
        if self.path_len(folder, name)? > LONGEST {
            return Err(Code::NameTooLong);
        }
        if self.names >= NAMES {
            return Err(Code::InsufficientSpace);
        }
        Ok(())
    }

    fn make(&mut self, folder: &Node, name: &str, content: Content) -> Result<Node, Code> {
        self.admit(folder, name)?;
        self.room(content.size())?;
        self.made += 1;
        self.used += content.size();
        let node = Node::new(self.made);
        let item = Item {
            node: node.clone(),
            names: 0,
            times: Times::all(self.wall),
            content,
        };
        self.nodes.insert(node.id(), item);
        self.enter(folder, name, &node)?;
        Ok(node)
    }

    /// Adds a name for a node. The name must be free.
    fn enter(&mut self, folder: &Node, name: &str, node: &Node) -> Result<(), Code> {
        let depth = self.path_len(folder, name)?;
        let entries = &mut self.folder_mut(folder)?.entries;
        entries.insert(name.to_owned(), node.clone());
        self.names += 1;
        self.touch(folder);
        let item = self.item_mut(node)?;
        item.names += 1;
        if let Content::Folder(it) = &mut item.content {
            it.parent = Some(folder.id());
            it.depth = depth;
        }
        Ok(())
    }

    /// Removes a name and returns its node.
    fn leave(&mut self, folder: &Node, name: &str) -> Result<Node, Code> {
        let entries = &mut self.folder_mut(folder)?.entries;
        let node = entries.remove(name).ok_or(Code::NoEntry)?;
        self.names = self.names.saturating_sub(1);
        self.touch(folder);
        let item = self.item_mut(&node)?;
        item.names = item.names.saturating_sub(1);
        if item.names == 0 {
            self.nameless.push(node.id());
        }
        Ok(node)
    }

    fn touch(&mut self, node: &Node) {
        let wall = self.wall;
        if let Ok(item) = self.item_mut(node) {
            item.times.modification = wall;
            item.times.change = wall;
        }
    }

    /// Changes the size of a file. Added bytes are zero.
    fn resize(&mut self, file: &Node, size: u64) -> Result<&mut Vec<u8>, Code> {
        let old = self.file(file)?.len() as u64;
        let len = usize::try_from(size).map_err(|_| Code::FileTooLarge)?;
        self.room(size.saturating_sub(old))?;
        self.used = self.used.saturating_sub(old) + size;
        self.touch(file);
        match &mut self.item_mut(file)?.content {
            Content::File(bytes) => {
                bytes.resize(len, 0);
                Ok(bytes)
            }
            _ => Err(Code::BadDescriptor),
        }
    }

    /// Returns whether `inner` is `outer` itself or inside it.
    fn is_within(&self, inner: &Node, outer: &Node) -> bool {
        let mut at = Some(inner.id());
        while let Some(id) = at {
            if id == outer.id() {
                return true;
            }
            at = match self.nodes.get(&id).map(|item| &item.content) {
                Some(Content::Folder(folder)) => folder.parent,
                _ => None,
            };
        }
        false
    }

    /// Updates the path lengths in a folder that was moved.
    ///
    /// # Errors
    /// `name-too-long` if a path in the folder becomes too long. Some lengths may have been
    /// updated.
    fn deepen(&mut self, moved: &Node, depth: usize) -> Result<(), Code> {
        let mut ahead = vec![(moved.clone(), depth)];
        while let Some((node, depth)) = ahead.pop() {
            let Ok(folder) = self.folder_mut(&node) else {
                continue;
            };
            folder.depth = depth;
            for (name, node) in &folder.entries {
                let depth = depth + 1 + name.len();
                if depth > LONGEST {
                    return Err(Code::NameTooLong);
                }
                ahead.push((node.clone(), depth));
            }
        }
        Ok(())
    }
}
