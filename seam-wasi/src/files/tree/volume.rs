//! The tree as a [`Volume`].

use super::{Content, Folder, Tree};
use crate::files::code::Code;
use crate::files::path::LONGEST;
use crate::files::volume::{Kind, Node, Stat, Volume};
use crate::time::Datetime;

impl Volume for Tree {
    fn root(&self) -> Node {
        self.root.clone()
    }

    fn look(&mut self, folder: &Node, name: &str) -> Result<Option<(Node, Kind)>, Code> {
        let Some(node) = self.folder(folder)?.entries.get(name) else {
            return Ok(None);
        };
        Ok(Some((node.clone(), self.item(node)?.content.kind())))
    }

    fn target(&self, link: &Node) -> Result<String, Code> {
        match &self.item(link)?.content {
            Content::Link(target) => Ok(target.clone()),
            _ => Err(Code::Invalid),
        }
    }

    fn stat(&self, node: &Node) -> Result<Stat, Code> {
        let item = self.item(node)?;
        Ok(Stat {
            kind: item.content.kind(),
            links: item.names,
            size: item.content.size(),
            times: item.times,
        })
    }

    fn set_times(
        &mut self,
        node: &Node,
        access: Option<Datetime>,
        modification: Option<Datetime>,
    ) -> Result<(), Code> {
        let wall = self.wall;
        let times = &mut self.item_mut(node)?.times;
        times.access = access.unwrap_or(times.access);
        times.modification = modification.unwrap_or(times.modification);
        times.change = wall;
        Ok(())
    }

    fn open(&mut self, file: &Node, _write: bool) -> Result<(), Code> {
        self.file(file).map(|_| ())
    }

    fn read(&self, file: &Node, offset: u64, len: usize) -> Result<Vec<u8>, Code> {
        let bytes = self.file(file)?;
        let from = usize::try_from(offset).unwrap_or(usize::MAX);
        let rest = bytes.get(from..).unwrap_or_default();
        Ok(rest.get(..len).unwrap_or(rest).to_vec())
    }

    fn write(&mut self, file: &Node, offset: Option<u64>, bytes: &[u8]) -> Result<(), Code> {
        let old = self.file(file)?.len() as u64;
        if bytes.is_empty() {
            return Ok(());
        }
        let from = offset.unwrap_or(old);
        let end = from
            .checked_add(bytes.len() as u64)
            .ok_or(Code::FileTooLarge)?;
        let content = self.resize(file, end.max(old))?;
        let from = usize::try_from(from).map_err(|_| Code::FileTooLarge)?;
        let written = content
            .get_mut(from..)
            .and_then(|at| at.get_mut(..bytes.len()));
        written.ok_or(Code::Io)?.copy_from_slice(bytes);
        Ok(())
    }

    fn set_size(&mut self, file: &Node, size: u64) -> Result<(), Code> {
        self.resize(file, size).map(|_| ())
    }

    fn sync(&self, node: &Node) -> Result<(), Code> {
        self.item(node).map(|_| ())
    }

    fn list(&mut self, folder: &Node) -> Result<Vec<(String, Kind)>, Code> {
        let entries = self.folder(folder)?.entries.iter();
        let listed =
            entries.map(|(name, node)| Ok((name.clone(), self.item(node)?.content.kind())));
        listed.collect()
    }

    fn make_file(&mut self, folder: &Node, name: &str) -> Result<Node, Code> {
        self.make(folder, name, Content::File(Vec::new()))
    }

    fn make_folder(&mut self, folder: &Node, name: &str) -> Result<(), Code> {
        let content = Content::Folder(Folder::default());
        self.make(folder, name, content).map(|_| ())
    }

    fn make_link(&mut self, folder: &Node, name: &str, target: &str) -> Result<(), Code> {
        if target.len() > LONGEST {
            return Err(Code::NameTooLong);
        }
        let content = Content::Link(target.to_owned());
        self.make(folder, name, content).map(|_| ())
    }

    fn link(&mut self, file: &Node, folder: &Node, name: &str) -> Result<(), Code> {
        self.admit(folder, name)?;
        self.enter(folder, name, file)?;
        self.nameless.retain(|id| *id != file.id());
        Ok(())
    }

    fn remove(&mut self, folder: &Node, name: &str) -> Result<(), Code> {
        self.leave(folder, name)?;
        self.sweep();
        Ok(())
    }

    fn remove_folder(&mut self, folder: &Node, name: &str) -> Result<(), Code> {
        let node = self.folder(folder)?.entries.get(name).cloned();
        let node = node.ok_or(Code::NoEntry)?;
        self.check_empty(&node)?;
        self.folder_mut(&node)?.parent = None;
        drop(node);
        self.remove(folder, name)
    }

    fn rename(
        &mut self,
        folder: &Node,
        name: &str,
        new_folder: &Node,
        new_name: &str,
    ) -> Result<(), Code> {
        let (node, kind) = self.look(folder, name)?.ok_or(Code::NoEntry)?;
        let replaced = self.look(new_folder, new_name)?;
        let depth = self.path_len(new_folder, new_name)?;
        if depth > LONGEST {
            return Err(Code::NameTooLong);
        }
        match (kind, &replaced) {
            (_, Some((same, _))) if *same == node => return Ok(()),
            (Kind::Folder, _) if self.is_within(new_folder, &node) => return Err(Code::Invalid),
            (Kind::Folder, Some((it, Kind::Folder))) => self.check_empty(it)?,
            (Kind::Folder, Some(_)) => return Err(Code::NotDirectory),
            (_, Some((_, Kind::Folder))) => return Err(Code::IsDirectory),
            _ => {}
        }
        if kind == Kind::Folder {
            let old = self.folder(&node)?.depth;
            if let Err(code) = self.deepen(&node, depth) {
                // The old lengths were valid, so restoring them cannot fail.
                return self.deepen(&node, old).and(Err(code));
            }
        }
        if let Some((it, Kind::Folder)) = &replaced {
            self.folder_mut(it)?.parent = None;
        }
        if replaced.is_some() {
            self.leave(new_folder, new_name)?;
        }
        self.leave(folder, name)?;
        self.enter(new_folder, new_name, &node)?;
        self.nameless.retain(|id| *id != node.id());
        drop(replaced);
        self.sweep();
        Ok(())
    }

    fn identity(&self, node: &Node) -> (u64, u64) {
        (node.id(), 0)
    }
}
