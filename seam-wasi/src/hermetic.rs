//! Configuration of the hermetic world.

use std::path::PathBuf;
use std::sync::Arc;

use seam_core::{FuncType, HostCall, Result, Value, World};

use crate::files::{ARTEFACT, Access, FileTreeEntry, Mount, Recipe};
use crate::func::{Args, Body, Funcs, find, state};
use crate::state::{Config, State};
use crate::table::unknown;
use crate::time::Datetime;
use crate::wit::{Interface, Wit};
use crate::{cli, clocks, filesystem, http, io, p3, random, sockets};

/// WASI 0.2 and 0.3 that look the same to a guest on every backend and in every run.
///
/// By default a guest has no arguments, no environment variables, no initial working directory, no
/// terminal and no network. Standard input is empty, and output is captured. An empty file system
/// in memory is mounted at `/`, and the guest may change it. The monotonic clock starts at 0. The
/// wall clock always shows 2000-01-01T00:00:00Z. Random numbers are generated from the seed 0.
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
/// The world is a recipe: each instance starts with fresh arguments, files, clocks and random
/// numbers. After a run, [`Observed`](seam_core::Observed) holds the output, and
/// [`FileTree::of`](crate::FileTree::of) returns the file system.
/// [`Instance::run`](seam_core::Instance::run) returns the exit code.
#[derive(Clone, Debug)]
pub struct Wasi(Config);

impl Wasi {
    /// Creates the default configuration, which shows a guest nothing of the host machine.
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

    /// Appends command-line arguments. By convention, the first argument is the program's name.
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

    /// Sets the initial working directory that the guest is told.
    #[must_use]
    pub fn cwd(mut self, path: impl Into<String>) -> Self {
        self.0.cwd = Some(path.into());
        self
    }

    /// Sets the content of standard input.
    #[must_use]
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.0.stdin = bytes.into().into();
        self
    }

    /// Sets the initial value of the monotonic clock, in nanoseconds.
    ///
    /// The clock advances only when the guest waits for it, by the time that the guest waits.
    /// Waiting takes no real time.
    #[must_use]
    pub fn monotonic_clock(mut self, nanoseconds: u64) -> Self {
        self.0.monotonic = nanoseconds;
        self
    }

    /// Sets the constant time of the wall clock, in seconds and nanoseconds since
    /// 1970-01-01T00:00:00Z.
    ///
    /// Files have this time too.
    #[must_use]
    pub fn wall_clock(mut self, seconds: u64, nanoseconds: u32) -> Self {
        self.0.wall = Datetime::new(seconds, nanoseconds);
        self
    }

    /// Sets the seed of all random numbers.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.0.seed = seed;
        self
    }

    /// Adds a file to the file system in memory, and any missing parent folders.
    #[must_use]
    pub fn file(self, path: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        self.entry(path, FileTreeEntry::File(bytes.into()))
    }

    /// Adds a folder to the file system in memory, and any missing parent folders.
    #[must_use]
    pub fn folder(self, path: impl Into<String>) -> Self {
        self.entry(path, FileTreeEntry::Folder)
    }

    /// Adds a symbolic link to the file system in memory, and any missing parent folders.
    ///
    /// WASI follows neither links to absolute paths nor links that leave the folder that a path
    /// starts from.
    #[must_use]
    pub fn link(self, path: impl Into<String>, target: impl Into<String>) -> Self {
        self.entry(path, FileTreeEntry::Link(target.into()))
    }

    fn entry(mut self, path: impl Into<String>, entry: FileTreeEntry) -> Self {
        self.0.files.entries.push((path.into(), entry));
        self
    }

    /// Sets what the guest may do to the file system in memory. The default is
    /// [`Access::ReadWrite`].
    #[must_use]
    pub fn files(mut self, access: Access) -> Self {
        self.0.files.access = access;
        self
    }

    /// Limits the total size of files in memory, in bytes. The default is 256 MiB.
    ///
    /// Beyond the limit, the guest gets `insufficient-space`.
    #[must_use]
    pub fn space(mut self, bytes: u64) -> Self {
        self.0.files.space = bytes;
        self
    }

    /// Mounts a folder of the host at the guest's path `guest`.
    ///
    /// Paths that leave the folder, by `..`, as absolute paths or through a symbolic link, are
    /// `not-permitted`. The folder is not part of [`FileTree`](crate::FileTree), and its files have
    /// the wall clock's time.
    ///
    /// Before each use, a path is checked for symbolic links. This keeps the guest inside the
    /// folder. It does not protect against another process that changes the folder at the same
    /// time.
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

    /// Adds all of WASI 0.2 and 0.3 to `world`.
    ///
    /// # Errors
    /// `Misuse` if a folder of the host does not exist, or if a file in memory cannot be made: its
    /// path leads through a file or contains `..`, or the files exceed their space.
    pub fn add_to(self, world: World) -> Result<World> {
        let files = self.0.files.checked()?;
        let config = Arc::new(Config { files, ..self.0 });
        let world = world
            .state(move || State::new(config.clone()))
            .artefact(ARTEFACT, |state: &State| state.files.show());
        let of_0_2 = Wit::of_0_2().interfaces.iter();
        let world = of_0_2.fold(world, |world, interface| {
            define(world, interface, |name, _| {
                let body = body(&interface.name, name)?;
                Some(move |call: &mut HostCall<'_>, args: &[Value]| body(call, Args(args)))
            })
        });
        let of_0_3 = Wit::of_0_3().interfaces.iter();
        Ok(of_0_3.fold(world, |world, interface| {
            let world = define(world, interface, |name, ty| {
                p3::body(&interface.name, name, ty, body)
            });
            p3::add_waits(world, interface)
        }))
    }
}

/// Adds the resources of an interface to the world, and the functions that have a body.
fn define<F>(
    world: World,
    interface: &Interface,
    body: impl Fn(&str, &FuncType) -> Option<F>,
) -> World
where
    F: Fn(&mut HostCall<'_>, &[Value]) -> Result<Option<Value>> + Send + Sync + 'static,
{
    let full = |item: &String| format!("{}#{item}", interface.full_name);
    let resources = interface.resources.iter();
    let world = resources.fold(world, |world, label| {
        world.resource(&full(label), |call, rep| {
            let dropped = state(call)?.table.remove(rep)?;
            http::release(call, dropped)
        })
    });
    let funcs = interface.funcs.iter();
    funcs.fold(world, |world, (name, ty)| match body(name, ty) {
        Some(body) => world.func_values(&full(name), Some(ty.clone()), body),
        None => world,
    })
}

/// Finds the body of a function.
fn body(interface: &str, name: &str) -> Option<Body> {
    match find(all(), interface, name) {
        Some(body) => Some(body),
        // A guest never holds a handle to such a resource, and backends check handles first.
        None if is_of_unmade(name) => Some(|_, _| Err(unknown())),
        None => None,
    }
}

/// Returns every function that is implemented.
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

/// Returns whether a function belongs to a resource type that this world never makes.
///
/// This concerns the network's resource types, since every network call is refused.
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
    fn every_function_of_the_packages_is_implemented() {
        let interfaces = Wit::of_0_2().interfaces.iter();
        let missing = interfaces.flat_map(|interface| {
            let funcs = interface.funcs.iter().map(|(name, _)| name);
            let missing = funcs.filter(|name| body(&interface.name, name).is_none());
            missing.map(|name| format!("{}#{name}", interface.name))
        });
        assert_eq!(missing.collect::<Vec<_>>(), [] as [String; 0]);
    }

    #[test]
    fn every_function_of_0_3_is_implemented() {
        let interfaces = Wit::of_0_3().interfaces.iter();
        let missing = interfaces.flat_map(|interface| {
            let funcs = interface.funcs.iter();
            let missing = funcs.filter(|(name, ty)| {
                !p3::waits(&interface.name, name)
                    && p3::body(&interface.name, name, ty, body).is_none()
            });
            missing.map(|(name, _)| format!("{}#{name}", interface.name))
        });
        assert_eq!(missing.collect::<Vec<_>>(), [] as [String; 0]);
    }

    #[test]
    fn only_functions_of_the_packages_are_implemented() {
        let known = |interface: &str, func: &str| {
            let mut found = Wit::of_0_2()
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
