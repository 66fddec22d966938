//! A folder of the host.
//!
//! A node is a path below the folder. Before each use, every folder on the path is checked not to
//! be a symbolic link, so a guest cannot get out by replacing a folder with a link. A process that
//! changes the folder at the same time can defeat this check.

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File, FileTimes, Metadata, OpenOptions};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::files::code::Code;
use crate::files::volume::{Kind, Node, Stat, Times, Volume};
use crate::time::Datetime;

/// A folder of the host, with the nodes that the guest holds in it.
pub(crate) struct Folder {
    /// An absolute path without symbolic links.
    path: PathBuf,
    root: Node,
    held: HashMap<u64, Held>,
    /// The node of each path. Paths that were removed have no entry.
    nodes: BTreeMap<PathBuf, u64>,
    made: u64,
    /// The number of nodes at which unused nodes are forgotten.
    sweep_at: usize,
    /// The times that the guest has set.
    times: BTreeMap<PathBuf, Times>,
    wall: Datetime,
}

struct Held {
    node: Node,
    /// Relative to the folder.
    path: PathBuf,
    /// The open file, if it was opened. It stays valid when its path changes.
    file: Option<File>,
    writes: bool,
}

impl Folder {
    /// Creates the volume of the folder at `path`, which must be absolute and free of symbolic
    /// links.
    pub(crate) fn new(path: PathBuf, wall: Datetime) -> Self {
        let root = Node::new(0);
        let held = Held {
            node: root.clone(),
            path: PathBuf::new(),
            file: None,
            writes: false,
        };
        Self {
            path,
            root,
            held: HashMap::from([(0, held)]),
            nodes: BTreeMap::from([(PathBuf::new(), 0)]),
            made: 0,
            sweep_at: 1024,
            times: BTreeMap::new(),
            wall,
        }
    }

    fn held(&self, node: &Node) -> Result<&Held, Code> {
        self.held.get(&node.id()).ok_or(Code::BadDescriptor)
    }

    /// Returns the node of a path below the folder.
    fn node(&mut self, path: PathBuf) -> Node {
        let known = self.nodes.get(&path).and_then(|id| self.held.get(id));
        if let Some(held) = known {
            return held.node.clone();
        }
        if self.held.len() >= self.sweep_at {
            self.held.retain(|_, held| !held.node.is_last());
            self.nodes.retain(|_, id| self.held.contains_key(id));
            self.sweep_at = 2 * self.held.len().max(512);
        }
        self.made += 1;
        let node = Node::new(self.made);
        self.nodes.insert(path.clone(), self.made);
        let held = Held {
            node: node.clone(),
            path,
            file: None,
            writes: false,
        };
        self.held.insert(self.made, held);
        node
    }

    /// Returns the times of a node: those that the guest has set, or else the wall clock's time.
    fn times(&self, node: &Node) -> Result<Times, Code> {
        let set = self.times.get(&self.held(node)?.path).copied();
        Ok(set.unwrap_or(Times::all(self.wall)))
    }

    /// Forgets the nodes of a path and of all paths below it, and returns them.
    fn forget(&mut self, path: &Path) -> Vec<(PathBuf, u64)> {
        self.times.retain(|at, _| !at.starts_with(path));
        let within = |at: &PathBuf| at.starts_with(path);
        let gone = self.nodes.iter().filter(|(at, _)| within(at));
        let gone: Vec<_> = gone.map(|(at, id)| (at.clone(), *id)).collect();
        self.nodes.retain(|at, _| !within(at));
        gone
    }

    /// Returns the host path of a node.
    ///
    /// Fails with `no-entry` if the node's path is gone or no longer leads through folders only.
    fn place(&self, node: &Node) -> Result<PathBuf, Code> {
        let held = self.held(node)?;
        if self.nodes.get(&held.path) != Some(&node.id()) {
            return Err(Code::NoEntry);
        }
        let mut at = self.path.clone();
        for part in held.path.parent().into_iter().flat_map(Path::components) {
            at.push(part);
            if !fs::symlink_metadata(&at)?.is_dir() {
                return Err(Code::NoEntry);
            }
        }
        Ok(self.path.join(&held.path))
    }

    /// Returns the path of a name in a folder: relative to the volume, and on the host.
    fn entry(&self, folder: &Node, name: &str) -> Result<(PathBuf, PathBuf), Code> {
        let mut parts = Path::new(name).components();
        if !matches!((parts.next(), parts.next()), (Some(Component::Normal(part)), None) if part == name)
        {
            return Err(Code::Invalid);
        }
        let at = self.place(folder)?;
        if !fs::symlink_metadata(&at)?.is_dir() {
            return Err(Code::NotDirectory);
        }
        Ok((self.held(folder)?.path.join(name), at.join(name)))
    }

    fn metadata(&self, node: &Node) -> Result<Metadata, Code> {
        match &self.held(node)?.file {
            Some(file) => Ok(file.metadata()?),
            None => Ok(fs::symlink_metadata(self.place(node)?)?),
        }
    }

    fn file(&self, node: &Node) -> Result<&File, Code> {
        self.held(node)?.file.as_ref().ok_or(Code::BadDescriptor)
    }
}

fn kind(metadata: &Metadata) -> Kind {
    if metadata.is_dir() {
        Kind::Folder
    } else if metadata.is_file() {
        Kind::File
    } else if metadata.is_symlink() {
        Kind::Link
    } else {
        Kind::Other
    }
}

/// Joins paths like [`Path::join`], but adds no trailing slash if `below` is empty.
fn join(path: &Path, below: &Path) -> PathBuf {
    match below.as_os_str().is_empty() {
        true => path.to_owned(),
        false => path.join(below),
    }
}

fn system_time(at: Datetime) -> Result<SystemTime, Code> {
    let since =
        Duration::new(at.seconds, 0).checked_add(Duration::from_nanos(at.nanoseconds.into()));
    let time = since.and_then(|since| SystemTime::UNIX_EPOCH.checked_add(since));
    time.ok_or(Code::Overflow)
}

impl Volume for Folder {
    fn root(&self) -> Node {
        self.root.clone()
    }

    fn look(&mut self, folder: &Node, name: &str) -> Result<Option<(Node, Kind)>, Code> {
        let (path, at) = self.entry(folder, name)?;
        match fs::symlink_metadata(at) {
            Ok(metadata) => Ok(Some((self.node(path), kind(&metadata)))),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn target(&self, link: &Node) -> Result<String, Code> {
        let target = fs::read_link(self.place(link)?)?.into_os_string();
        target.into_string().map_err(|_| Code::IllegalByteSequence)
    }

    fn stat(&self, node: &Node) -> Result<Stat, Code> {
        let metadata = self.metadata(node)?;
        let kind = kind(&metadata);
        Ok(Stat {
            kind,
            links: 1,
            size: if kind == Kind::Folder {
                0
            } else {
                metadata.len()
            },
            times: self.times(node)?,
        })
    }

    fn set_times(
        &mut self,
        node: &Node,
        access: Option<Datetime>,
        modification: Option<Datetime>,
    ) -> Result<(), Code> {
        let mut host = FileTimes::new();
        let mut times = self.times(node)?;
        if let Some(at) = access {
            host = host.set_accessed(system_time(at)?);
            times.access = at;
        }
        if let Some(at) = modification {
            host = host.set_modified(system_time(at)?);
            times.modification = at;
        }
        match &self.held(node)?.file {
            Some(file) => file.set_times(host)?,
            None => {
                let file = match kind(&self.metadata(node)?) {
                    Kind::File => OpenOptions::new().write(true).open(self.place(node)?)?,
                    Kind::Folder => File::open(self.place(node)?)?,
                    Kind::Link | Kind::Other => return Err(Code::Unsupported),
                };
                file.set_times(host)?;
            }
        }
        self.times.insert(self.held(node)?.path.clone(), times);
        Ok(())
    }

    fn open(&mut self, file: &Node, write: bool) -> Result<(), Code> {
        let held = self.held(file)?;
        if held.file.is_some() && (held.writes || !write) {
            return Ok(());
        }
        let at = self.place(file)?;
        if kind(&fs::symlink_metadata(&at)?) != Kind::File {
            return Err(Code::Unsupported);
        }
        let opened = OpenOptions::new().read(true).write(write).open(at)?;
        if let Some(held) = self.held.get_mut(&file.id()) {
            held.file = Some(opened);
            held.writes = write;
        }
        Ok(())
    }

    fn read(&self, file: &Node, offset: u64, len: usize) -> Result<Vec<u8>, Code> {
        let mut file = self.file(file)?;
        let size = file.metadata()?.len();
        let rest = usize::try_from(size.saturating_sub(offset)).unwrap_or(usize::MAX);
        let mut bytes = vec![0; len.min(rest)];
        if bytes.is_empty() {
            return Ok(bytes);
        }
        file.seek(SeekFrom::Start(offset))?;
        file.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn write(&mut self, file: &Node, offset: Option<u64>, bytes: &[u8]) -> Result<(), Code> {
        let mut file = self.file(file)?;
        file.seek(offset.map_or(SeekFrom::End(0), SeekFrom::Start))?;
        Ok(file.write_all(bytes)?)
    }

    fn set_size(&mut self, file: &Node, size: u64) -> Result<(), Code> {
        Ok(self.file(file)?.set_len(size)?)
    }

    fn sync(&self, node: &Node) -> Result<(), Code> {
        match &self.held(node)?.file {
            Some(file) => Ok(file.sync_all()?),
            None => Ok(()),
        }
    }

    fn list(&mut self, folder: &Node) -> Result<Vec<(String, Kind)>, Code> {
        let at = self.place(folder)?;
        if !fs::symlink_metadata(&at)?.is_dir() {
            return Err(Code::NotDirectory);
        }
        let entries = fs::read_dir(at)?.map(|entry| {
            let entry = entry?;
            let name = entry.file_name().into_string();
            let name = name.map_err(|_| Code::IllegalByteSequence)?;
            Ok((name, kind(&entry.metadata()?)))
        });
        let mut entries = entries.collect::<Result<Vec<_>, Code>>()?;
        entries.sort_by(|(a, _), (b, _)| a.cmp(b));
        Ok(entries)
    }

    fn make_file(&mut self, folder: &Node, name: &str) -> Result<Node, Code> {
        let (path, at) = self.entry(folder, name)?;
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .open(at)?;
        let node = self.node(path);
        if let Some(held) = self.held.get_mut(&node.id()) {
            held.file = Some(file);
            held.writes = true;
        }
        Ok(node)
    }

    fn make_folder(&mut self, folder: &Node, name: &str) -> Result<(), Code> {
        Ok(fs::create_dir(self.entry(folder, name)?.1)?)
    }

    #[cfg(unix)]
    fn make_link(&mut self, folder: &Node, name: &str, target: &str) -> Result<(), Code> {
        Ok(std::os::unix::fs::symlink(
            target,
            self.entry(folder, name)?.1,
        )?)
    }

    #[cfg(not(unix))]
    fn make_link(&mut self, _: &Node, _: &str, _: &str) -> Result<(), Code> {
        Err(Code::Unsupported)
    }

    fn link(&mut self, file: &Node, folder: &Node, name: &str) -> Result<(), Code> {
        let (_, at) = self.entry(folder, name)?;
        Ok(fs::hard_link(self.place(file)?, at)?)
    }

    fn remove(&mut self, folder: &Node, name: &str) -> Result<(), Code> {
        let (path, at) = self.entry(folder, name)?;
        fs::remove_file(at)?;
        self.forget(&path);
        Ok(())
    }

    fn remove_folder(&mut self, folder: &Node, name: &str) -> Result<(), Code> {
        let (path, at) = self.entry(folder, name)?;
        fs::remove_dir(at)?;
        self.forget(&path);
        Ok(())
    }

    fn rename(
        &mut self,
        folder: &Node,
        name: &str,
        new_folder: &Node,
        new_name: &str,
    ) -> Result<(), Code> {
        let (path, at) = self.entry(folder, name)?;
        let (new_path, new_at) = self.entry(new_folder, new_name)?;
        fs::rename(at, new_at)?;
        if path == new_path {
            return Ok(());
        }
        let times: Vec<_> = self.times.clone().into_iter().collect();
        self.forget(&new_path);
        for (at, times) in times {
            if let Ok(below) = at.strip_prefix(&path) {
                self.times.insert(join(&new_path, below), times);
            }
        }
        for (old, id) in self.forget(&path) {
            let moved = join(&new_path, old.strip_prefix(&path).unwrap_or(Path::new("")));
            if let Some(held) = self.held.get_mut(&id) {
                held.path.clone_from(&moved);
            }
            self.nodes.insert(moved, id);
        }
        Ok(())
    }

    fn identity(&self, node: &Node) -> (u64, u64) {
        // FNV-1a of the path: the host's own inode number would differ from run to run.
        let path = self
            .held
            .get(&node.id())
            .map(|held| held.path.to_string_lossy());
        let bytes = path.as_deref().unwrap_or_default().bytes();
        let hash = bytes.fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        (hash, 1)
    }
}
