//! Path resolution: from a folder down, never above it.

use crate::files::code::Code;
use crate::files::volume::{Kind, Node, Volume};

/// Longest path, and longest target of a symbolic link, in bytes.
pub(crate) const LONGEST: usize = 4096;

/// Longest name in a folder, in bytes.
const LONGEST_NAME: usize = 255;

/// Most symbolic links that resolving one path follows.
const LINKS: usize = 40;

/// The place that a path leads to.
#[derive(Debug)]
pub(crate) enum Place {
    /// A folder: the path ends in `.` or `..`.
    Folder(Node),
    /// A name in a folder.
    Name(Name),
}

/// A name in a folder, which may be in use or free.
#[derive(Debug)]
pub(crate) struct Name {
    pub(crate) folder: Node,
    pub(crate) name: String,
    pub(crate) found: Option<(Node, Kind)>,
    /// Whether the path ends in `/`. Only the path of a folder may.
    pub(crate) slash: bool,
}

/// Resolves `path` from `base`. Follows a symbolic link at the end of the path if `follow`.
///
/// # Errors
/// `not-permitted` for a path that leaves `base` by `..`, by a leading `/`, or by a symbolic link.
pub(crate) fn resolve(
    volume: &mut dyn Volume,
    base: &Node,
    path: &str,
    follow: bool,
) -> Result<Place, Code> {
    let mut way = Way {
        folders: Vec::new(),
        folder: base.clone(),
        ahead: Vec::new(),
        slash: false,
        links: 0,
    };
    way.prepend(path)?;
    while let Some(name) = way.ahead.pop() {
        if name == "." {
            continue;
        }
        if name == ".." {
            way.folder = way.folders.pop().ok_or(Code::NotPermitted)?;
            continue;
        }
        if name.len() > LONGEST_NAME {
            return Err(Code::NameTooLong);
        }
        let found = volume.look(&way.folder, &name)?;
        let last = way.ahead.is_empty();
        match found {
            Some((link, Kind::Link)) if !last || follow || way.slash => {
                way.links += 1;
                if way.links > LINKS {
                    return Err(Code::Loop);
                }
                way.prepend(&volume.target(&link)?)?;
            }
            found if last => return way.end(name, found),
            Some((folder, Kind::Folder)) => {
                let parent = std::mem::replace(&mut way.folder, folder);
                way.folders.push(parent);
            }
            Some(_) => return Err(Code::NotDirectory),
            None => return Err(Code::NoEntry),
        }
    }
    Ok(Place::Folder(way.folder))
}

/// The state of a path resolution.
struct Way {
    /// The folders from the base down to the parent of `folder`.
    folders: Vec<Node>,
    folder: Node,
    /// The remaining names, in reverse order.
    ahead: Vec<String>,
    slash: bool,
    links: usize,
}

impl Way {
    /// Inserts the names of a path before the remaining names.
    fn prepend(&mut self, path: &str) -> Result<(), Code> {
        if path.is_empty() {
            return Err(Code::NoEntry);
        }
        if path.len() > LONGEST {
            return Err(Code::NameTooLong);
        }
        if path.contains('\0') {
            return Err(Code::Invalid);
        }
        if path.starts_with('/') {
            return Err(Code::NotPermitted);
        }
        self.slash |= self.ahead.is_empty() && path.ends_with('/');
        let names = path.split('/').filter(|name| !name.is_empty());
        self.ahead.extend(names.rev().map(str::to_owned));
        Ok(())
    }

    fn end(self, name: String, found: Option<(Node, Kind)>) -> Result<Place, Code> {
        match found {
            Some((_, Kind::File | Kind::Other)) if self.slash => Err(Code::NotDirectory),
            found => Ok(Place::Name(Name {
                folder: self.folder,
                name,
                found,
                slash: self.slash,
            })),
        }
    }
}

/// Resolves a path to an existing node.
///
/// # Errors
/// Those of [`resolve`], and `no-entry` if the name is free.
pub(crate) fn find(
    volume: &mut dyn Volume,
    base: &Node,
    path: &str,
    follow: bool,
) -> Result<(Node, Kind), Code> {
    match resolve(volume, base, path, follow)? {
        Place::Folder(node) => Ok((node, Kind::Folder)),
        Place::Name(name) => name.found.ok_or(Code::NoEntry),
    }
}

/// Resolves a path to a free name, so that something can be created there.
///
/// # Errors
/// Those of [`resolve`], and `exist` if the name is in use.
pub(crate) fn free(volume: &mut dyn Volume, base: &Node, path: &str) -> Result<Name, Code> {
    match resolve(volume, base, path, false)? {
        Place::Folder(_) => Err(Code::Exist),
        Place::Name(name) if name.found.is_some() => Err(Code::Exist),
        Place::Name(name) => Ok(name),
    }
}

/// Resolves a path to a name that is in use, and returns its kind too.
///
/// # Errors
/// Those of [`resolve`]; `no-entry` if the name is free; `otherwise` if the path ends in `.` or
/// `..`.
pub(crate) fn used(
    volume: &mut dyn Volume,
    base: &Node,
    path: &str,
    otherwise: Code,
) -> Result<(Name, Kind), Code> {
    match resolve(volume, base, path, false)? {
        Place::Folder(_) => Err(otherwise),
        Place::Name(name) => match name.found {
            Some((_, kind)) => Ok((name, kind)),
            None => Err(Code::NoEntry),
        },
    }
}
