//! Builds the world that the options describe.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use seam_core::{
    Artifact, ArtifactKind, Backend, Capability, Interface, OutputStream, Stdio, Stub, SystemWasi,
    World,
};
use seam_diff::build::{Need, has};
use seam_wasi::{Access, Wasi, wasi_import};

use crate::args::{Execution, ModuleTypes, Subject, WasiWorld};
use crate::bind::Bind;
use crate::output;
use crate::source;
use crate::status::Failure;

/// The parts of a guest's world that come from the options and from the command.
#[derive(Clone, Debug)]
pub(crate) struct Surroundings {
    /// The guest's arguments, starting with the program's name.
    args: Vec<String>,
    /// The content of the file that `--stdin` names.
    stdin: Option<Vec<u8>>,
    /// Whether the guest uses this process's standard streams, if WASI is the operating system's.
    pub(crate) inherit: bool,
    /// Whether the guest may change the folders of `--dir`.
    pub(crate) writable_dirs: bool,
}

impl Surroundings {
    /// Creates the surroundings of a guest whose output is captured.
    ///
    /// # Errors
    /// `--stdin` cannot be read, `--dir` is not a folder, or `--wasi` excludes an option. This is
    /// checked even if the guest would not see any of it.
    pub(crate) fn new(
        program: &str,
        args: &[String],
        options: &Execution,
    ) -> Result<Self, Failure> {
        let name = Path::new(program).file_name();
        let name = name.map_or_else(|| program.into(), |name| name.to_string_lossy());
        let args = std::iter::once(name.into_owned()).chain(args.iter().cloned());
        if let Some((host, _)) = options.dir.iter().find(|(host, _)| !host.is_dir()) {
            let host = host.display();
            let message = format!("--dir: expected a folder, found `{host}`");
            return Err(Failure::input(message));
        }
        let hermetic_only = [
            ("--seed", options.seed.is_some()),
            ("--wall-clock", options.wall_clock.is_some()),
        ];
        if options.wasi == WasiWorld::System
            && let Some((name, _)) = hermetic_only.iter().find(|(_, given)| *given)
        {
            let message = format!("{name}: expected `--wasi hermetic`, found `--wasi system`");
            return Err(Failure::input(message));
        }
        Ok(Self {
            args: args.collect(),
            stdin: options.stdin.as_deref().map(read_stdin).transpose()?,
            inherit: false,
            writable_dirs: true,
        })
    }
}

/// Reads a file, or this process's standard input for `-`.
fn read_stdin(path: &Path) -> Result<Vec<u8>, Failure> {
    let read = if path == Path::new("-") {
        let mut bytes = Vec::new();
        io::stdin().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        std::fs::read(path)
    };
    read.map_err(|error| {
        let path = path.display();
        Failure::input(format!(
            "--stdin: expected a readable file, found `{path}`: {error}"
        ))
    })
}

/// Reads the artifact of a command.
///
/// If it is a core module, it gets component-level types as [`typed`] says.
///
/// # Errors
/// Those of [`Subject::read`] and [`typed`], or standard input is used twice.
pub(crate) fn artifact(subject: &Subject, options: &Execution) -> Result<Artifact, Failure> {
    check_stdin(subject.is_stdin(), options)?;
    let of = interface_of(&options.types)?;
    typed(subject.read()?, of.as_ref(), &options.types)
}

/// Checks that standard input is not both the artifact and the guest's input.
pub(crate) fn check_stdin(artifact: bool, options: &Execution) -> Result<(), Failure> {
    match artifact && options.stdin.as_deref().is_some_and(source::is_stdin) {
        false => Ok(()),
        true => Err(Failure::input(
            "expected one use of standard input, found the artifact `-` and `--stdin -`",
        )),
    }
}

/// Reads the component that `--interface-of` names.
///
/// # Errors
/// The file cannot be read.
pub(crate) fn interface_of(types: &ModuleTypes) -> Result<Option<Artifact>, Failure> {
    let read = |path: &PathBuf| source::artifact(path);
    types.interface_of.as_ref().map(read).transpose()
}

/// Gives a core module component-level types: those of the component `of`, with the bindings of
/// `--bind`, or else those of its own `component-type` sections, unless there is `--core-types`.
///
/// # Errors
/// The types are those of a core module, or there are only bindings.
pub(crate) fn typed(
    artifact: Artifact,
    of: Option<&Artifact>,
    types: &ModuleTypes,
) -> Result<Artifact, Failure> {
    let Some(of) = of else {
        return match types.bind.as_slice() {
            [] if !types.core_types && describes_itself(&artifact) => {
                Ok(artifact.with_component_type())
            }
            [] => Ok(artifact),
            _ => Err(Failure::input(
                "--bind: expected --interface-of too, found only --bind",
            )),
        };
    };
    match (of.kind(), artifact.kind()) {
        (ArtifactKind::CoreModule, _) => Err(Failure::input(format!(
            "--interface-of: expected a component, found the core module `{}`",
            of.name()
        ))),
        (_, ArtifactKind::CoreModule) => {
            let typed = artifact.with_interface_of(of);
            let bind = |artifact: Artifact, Bind(name, binding): &Bind| {
                artifact.with_core_binding(name.clone(), binding.clone())
            };
            Ok(types.bind.iter().fold(typed, bind))
        }
        _ => Ok(artifact),
    }
}

/// Returns whether a core module carries component-level types.
fn describes_itself(artifact: &Artifact) -> bool {
    artifact.kind() == ArtifactKind::CoreModule && seam_decode::has_component_type(artifact.bytes())
}

/// Builds the world of the options for an artifact with this interface on this backend.
///
/// It consists of stubs, limits, and WASI if the artifact imports any of it.
///
/// # Errors
/// `Unsupported` if the backend lacks the WASI that the options select.
pub(crate) fn world(
    options: &Execution,
    surroundings: &Surroundings,
    interface: &Interface,
    backend: &dyn Backend,
) -> seam_core::Result<World> {
    let mut world = World::new()
        .stub(options.stub.map(Stub::from).unwrap_or_default())
        .limits(options.limits());
    if let Some(seed) = options.schedule_seed {
        world = world.schedule_seed(seed);
    }
    let Some(import) = wasi_import(interface) else {
        return Ok(world);
    };
    match options.wasi {
        WasiWorld::Hermetic => hermetic(options, surroundings).add_to(world),
        WasiWorld::System if has(backend, Capability::SystemWasi) => {
            Ok(world.system_wasi(system(options, surroundings)))
        }
        WasiWorld::System => {
            let need = Need::new(Capability::SystemWasi, format!("import {import}"));
            Err(need.lacked_by(backend))
        }
    }
}

/// Makes the world show the guest's output as it is written.
///
/// Standard output goes to `stdout`, everything else to standard error.
pub(crate) fn shown(world: World, stdout: OutputStream) -> World {
    world.on_output(move |stream, bytes| match (stream, stdout) {
        (OutputStream::Stdout, OutputStream::Stdout) => output::forward(&mut io::stdout(), bytes),
        _ => output::forward(&mut io::stderr(), bytes),
    })
}

fn hermetic(options: &Execution, surroundings: &Surroundings) -> Wasi {
    let access = match surroundings.writable_dirs {
        true => Access::ReadWrite,
        false => Access::Read,
    };
    let mut wasi = Wasi::hermetic()
        .args(surroundings.args.iter().cloned())
        .stdin(surroundings.stdin.clone().unwrap_or_default());
    for (key, value) in &options.env {
        wasi = wasi.env(key, value);
    }
    for (host, guest) in &options.dir {
        wasi = wasi.dir(host, guest, access);
    }
    if let Some(seed) = options.seed {
        wasi = wasi.seed(seed);
    }
    if let Some(time) = options.wall_clock {
        wasi = wasi.wall_clock(time.seconds, time.nanoseconds);
    }
    wasi
}

fn system(options: &Execution, surroundings: &Surroundings) -> SystemWasi {
    let stdio = match surroundings.inherit {
        true => Stdio::Inherit,
        false => Stdio::Capture,
    };
    let mut wasi = SystemWasi::new()
        .args(surroundings.args.iter().cloned())
        .stdio(stdio);
    for (key, value) in &options.env {
        wasi = wasi.env(key, value);
    }
    for (host, guest) in &options.dir {
        wasi = wasi.dir(host, guest, surroundings.writable_dirs);
    }
    match &surroundings.stdin {
        Some(bytes) => wasi.stdin(bytes.clone()),
        None if surroundings.inherit => wasi.inherit_stdin(),
        None => wasi,
    }
}
