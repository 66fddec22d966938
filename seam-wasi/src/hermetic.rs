//! The hermetic world, as users configure it.

use std::path::PathBuf;
use std::sync::Arc;

use seam_core::{Result, World};

use crate::clocks::{self, Datetime};
use crate::filesystem::{self, ARTEFACT, Access, FileTreeEntry, Mount, Recipe};
use crate::func::{Body, Funcs, state};
use crate::state::{Config, State};
use crate::table::unknown;
use crate::wit::{Interface, Wit};
use crate::{cli, http, io, random, sockets};

/// A WASI 0.2 that shows every guest the same, on every backend and in every run.
///
/// Unless told otherwise: no arguments, no environment, no initial working directory, empty standard
/// input, captured output, an empty file system in memory that the guest finds at `/` and may change,
/// a monotonic clock that starts at 0, a wall clock that always shows 2000-01-01T00:00:00Z, random
/// numbers that follow from the seed 0, no terminal, and no network.
///
/// ```
/// use seam_core::World;
/// use seam_wasi::Wasi;
///
/// let world = Wasi::hermetic()
///     .args(["greet", "bob"])
///     .env("LANG", "C")
///     .stdin("hello")
///     .file("/data/a.txt", "text")
///     .seed(7)
///     .add_to(World::new())?;
/// # let _ = world;
/// # Ok::<(), seam_core::Error>(())
/// ```
///
/// # For users
/// The world is a recipe: each instance gets arguments, files, clocks and random numbers afresh.
/// After a run, [`Observed`](seam_core::Observed) has the output, and
/// [`FileTree::of`](crate::FileTree::of) the file system; an exit code is what
/// [`Instance::run`](seam_core::Instance::run) returns.
#[derive(Clone, Debug)]
pub struct Wasi(Config);

impl Wasi {
    /// Shows nothing of the machine it runs on.
    #[must_use]
    pub fn hermetic() -> Self {
        Self(Config {
            args: Vec::new(),
            env: Vec::new(),
            cwd: None,
            stdin: Arc::from([]),
            monotonic: 0,
            wall: Datetime::new(946_684_800, 0),
            seed: 0,
            files: Recipe {
                entries: Vec::new(),
                access: Access::ReadWrite,
                space: 256 << 20,
                folders: Vec::new(),
            },
        })
    }

    /// Adds command-line arguments; the first of all is the program's name by convention.
    #[must_use]
    pub fn args<S: Into<String>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.0.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Adds an environment variable.
    #[must_use]
    pub fn env(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.env.push((key.into(), value.into()));
        self
    }

    /// Sets what the guest is told to be its initial working directory.
    #[must_use]
    pub fn cwd(mut self, path: impl Into<String>) -> Self {
        self.0.cwd = Some(path.into());
        self
    }

    /// Sets the bytes of standard input.
    #[must_use]
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.0.stdin = bytes.into().into();
        self
    }

    /// Sets what the monotonic clock shows at the start, in nanoseconds. It moves when the guest
    /// waits for it, by as much as it waits, which takes no real time.
    #[must_use]
    pub fn monotonic_clock(mut self, nanoseconds: u64) -> Self {
        self.0.monotonic = nanoseconds;
        self
    }

    /// Sets what the wall clock always shows, in seconds and nanoseconds since 1970-01-01T00:00:00Z.
    /// Files have this time too.
    #[must_use]
    pub fn wall_clock(mut self, seconds: u64, nanoseconds: u32) -> Self {
        self.0.wall = Datetime::new(seconds, nanoseconds);
        self
    }

    /// Sets what all random numbers follow from.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.0.seed = seed;
        self
    }

    /// Puts a file into the file system in memory, with the folders it is in.
    #[must_use]
    pub fn file(self, path: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        self.entry(path, FileTreeEntry::File(bytes.into()))
    }

    /// Puts a folder into the file system in memory, with the folders it is in.
    #[must_use]
    pub fn folder(self, path: impl Into<String>) -> Self {
        self.entry(path, FileTreeEntry::Folder)
    }

    /// Puts a symbolic link into the file system in memory, with the folders it is in. WASI does
    /// not follow links to absolute paths, nor out of the folder that a path starts from.
    #[must_use]
    pub fn link(self, path: impl Into<String>, target: impl Into<String>) -> Self {
        self.entry(path, FileTreeEntry::Link(target.into()))
    }

    fn entry(mut self, path: impl Into<String>, entry: FileTreeEntry) -> Self {
        self.0.files.entries.push((path.into(), entry));
        self
    }

    /// Sets what the guest may do to the file system in memory: anything, unless this is called.
    #[must_use]
    pub fn files(mut self, access: Access) -> Self {
        self.0.files.access = access;
        self
    }

    /// Sets the bytes that files in memory may have together, 256 MiB unless this is called. More
    /// is `insufficient-space` for the guest.
    #[must_use]
    pub fn space(mut self, bytes: u64) -> Self {
        self.0.files.space = bytes;
        self
    }

    /// Shows a folder of the host to the guest, at the path `guest`. Paths that lead out of it, by
    /// `..`, absolutely or by a symbolic link, are `not-permitted`. The folder is not part of
    /// [`FileTree`](crate::FileTree), and its files have the wall clock's time.
    ///
    /// It is checked before each use that no symbolic link is on the way. That keeps the guest
    /// inside; it is no protection where another process changes the folder at the same time.
    #[must_use]
    pub fn dir(
        mut self,
        host: impl Into<PathBuf>,
        guest: impl Into<String>,
        access: Access,
    ) -> Self {
        let guest = guest.into();
        self.0
            .files
            .folders
            .push((host.into(), Mount { guest, access }));
        self
    }

    /// The world with all of WASI 0.2 in it.
    ///
    /// # Errors
    /// `Misuse` for a folder of the host that is not there, and for files in memory that cannot be:
    /// a path through a file, with `..` in it, or too much for their space.
    pub fn add_to(self, world: World) -> Result<World> {
        let files = self.0.files.checked()?;
        let config = Arc::new(Config { files, ..self.0 });
        let world = world
            .state(move || State::new(config.clone()))
            .artefact(ARTEFACT, |state: &State| state.files.show());
        Ok(Wit::embedded().interfaces.iter().fold(world, define))
    }
}

/// The world with the functions and resources of an interface.
fn define(world: World, interface: &Interface) -> World {
    let full = |item: &String| format!("{}#{item}", interface.full_name);
    let resources = interface.resources.iter();
    let world = resources.fold(world, |world, label| {
        world.resource(&full(label), |call, rep| state(call)?.table.remove(rep))
    });
    let funcs = interface.funcs.iter();
    funcs.fold(world, |world, (name, ty)| {
        match body(&interface.name, name) {
            Some(body) => world.func_values(&full(name), Some(ty.clone()), move |call, args| {
                body(call, crate::func::Args(args))
            }),
            None => world,
        }
    })
}

/// What a function does.
fn body(interface: &str, name: &str) -> Option<Body> {
    let mut funcs = all().filter(|funcs| funcs.interface == interface);
    let written = funcs.find_map(|funcs| funcs.funcs.iter().find(|(known, _)| *known == name));
    match written {
        Some((_, body)) => Some(*body),
        // What nothing makes has no handle, and a backend calls nothing for one that is not there.
        None if is_of_unmade(name) => Some(|_, _| Err(unknown())),
        None => None,
    }
}

/// Everything that is implemented.
fn all() -> impl Iterator<Item = &'static Funcs> {
    let io = [
        &io::error::FUNCS,
        &io::poll::FUNCS,
        &io::input::FUNCS,
        &io::output::FUNCS,
    ];
    io.into_iter()
        .chain(&clocks::FUNCS)
        .chain(&random::FUNCS)
        .chain(&filesystem::FUNCS)
        .chain(&sockets::FUNCS)
        .chain(&cli::FUNCS)
        .chain(&http::FUNCS)
}

/// Whether a function is one of a resource type that this world makes no resource of, since the
/// network is denied.
fn is_of_unmade(name: &str) -> bool {
    const UNMADE: [&str; 11] = [
        "tcp-socket",
        "udp-socket",
        "incoming-datagram-stream",
        "outgoing-datagram-stream",
        "resolve-address-stream",
        "incoming-request",
        "incoming-response",
        "incoming-body",
        "future-incoming-response",
        "future-trailers",
        "response-outparam",
    ];
    let of = name
        .strip_prefix("[method]")
        .or_else(|| name.strip_prefix("[static]"));
    let resource = of.and_then(|name| name.split('.').next());
    resource.is_some_and(|resource| UNMADE.contains(&resource))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_of_the_packages_is_there() {
        let interfaces = Wit::embedded().interfaces.iter();
        let missing = interfaces.flat_map(|interface| {
            let funcs = interface.funcs.iter().map(|(name, _)| name);
            let missing = funcs.filter(|name| body(&interface.name, name).is_none());
            missing.map(|name| format!("{}#{name}", interface.name))
        });
        assert_eq!(missing.collect::<Vec<_>>(), [] as [String; 0]);
    }

    #[test]
    fn nothing_is_there_that_the_packages_do_not_have() {
        let known = |interface: &str, func: &str| {
            let mut found = Wit::embedded()
                .interfaces
                .iter()
                .filter(|i| i.name == interface);
            found.any(|i| i.funcs.iter().any(|(name, _)| name == func))
        };
        let mut seen = Vec::new();
        for funcs in all() {
            for (name, _) in funcs.funcs {
                assert!(known(funcs.interface, name), "{}#{name}", funcs.interface);
                assert!(!is_of_unmade(name), "{name} has two bodies");
                assert!(
                    !seen.contains(&(funcs.interface, name)),
                    "{name} is there twice"
                );
                seen.push((funcs.interface, name));
            }
        }
    }

    #[test]
    fn a_faulty_recipe_is_misuse() {
        use seam_core::ErrorKind;
        let kind = |wasi: Wasi| {
            wasi.add_to(World::new())
                .map(|_| ())
                .map_err(|e| e.kind().clone())
        };
        let misuse = Err(ErrorKind::Misuse);
        assert_eq!(kind(Wasi::hermetic().file("/a/../b", "")), misuse);
        assert_eq!(
            kind(Wasi::hermetic().file("/a", "").file("/a/b", "")),
            misuse
        );
        assert_eq!(kind(Wasi::hermetic().file("/a", "12345").space(4)), misuse);
        assert_eq!(kind(Wasi::hermetic().file("/", "")), misuse);
        let missing = Wasi::hermetic().dir("/no/such/folder", "/data", Access::Read);
        assert_eq!(kind(missing), misuse);
        let fine = Wasi::hermetic()
            .folder("/")
            .file("a/b//c", "x")
            .file("/a/b/c", "1234");
        assert_eq!(kind(fine.space(4)), Ok(()));
    }
}
