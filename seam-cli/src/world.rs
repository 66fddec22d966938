//! The world that the options describe.

use std::path::Path;

use seam_core::{Artifact, ArtifactKind, Backend, Capability, Interface, Stdio, SystemWasi, World};

use crate::args::Execution;
use crate::select::{Need, has};
use crate::status::Failure;

/// What the guest of a command gets besides what the options say.
#[derive(Clone, Debug)]
pub(crate) struct Surroundings {
    /// The guest's arguments; the program's name comes first.
    pub(crate) args: Vec<String>,
    /// Whether the guest has this process's stdin where `--stdin` names no file.
    pub(crate) inherit_stdin: bool,
    /// Where its output goes.
    pub(crate) stdio: Stdio,
    /// Whether it may change the folders of `--dir`.
    pub(crate) writable_dirs: bool,
}

impl Surroundings {
    /// A guest that is given nothing and whose output is captured.
    pub(crate) fn captured(program: &str, args: &[String]) -> Self {
        let name = Path::new(program).file_name();
        let name = name.map_or_else(|| program.into(), |name| name.to_string_lossy());
        let args = std::iter::once(name.into_owned()).chain(args.iter().cloned());
        Self {
            args: args.collect(),
            inherit_stdin: false,
            stdio: Stdio::Capture,
            writable_dirs: true,
        }
    }
}

/// The artifact in this file, typed by the component that `--interface-of` names if it is a core
/// module.
///
/// # Errors
/// A file that cannot be read or is no WebAssembly.
pub(crate) fn artifact(path: &Path, options: &Execution) -> Result<Artifact, Failure> {
    let artifact = Artifact::from_file(path)?;
    match &options.interface_of {
        Some(of) if artifact.kind() == ArtifactKind::CoreModule => {
            Ok(artifact.with_interface_of(&Artifact::from_file(of)?))
        }
        _ => Ok(artifact),
    }
}

/// The recipe that the options describe, for an artifact of this interface on this backend: stubs,
/// limits, and the system's WASI if the artifact imports any of it.
///
/// # Errors
/// `Unsupported` if WASI is needed and the backend has none; a `--stdin` file that cannot be read.
pub(crate) fn world(
    options: &Execution,
    surroundings: &Surroundings,
    interface: &Interface,
    backend: &dyn Backend,
) -> Result<World, Failure> {
    let world = World::new()
        .stub(options.stub.into())
        .limits(options.limits());
    let Some(import) = wasi_import(interface) else {
        return Ok(world);
    };
    if !has(backend, Capability::SystemWasi) {
        let need = Need::new(Capability::SystemWasi, format!("import {import}"));
        return Err(need.lacked_by(backend));
    }
    Ok(world.system_wasi(system_wasi(options, surroundings)?))
}

/// The first import that the system's WASI defines.
pub(crate) fn wasi_import(interface: &Interface) -> Option<&str> {
    let names = interface.imports().iter().map(|item| &*item.name);
    names
        .into_iter()
        .find(|name| name.starts_with("wasi:") || *name == "wasi_snapshot_preview1")
}

fn system_wasi(options: &Execution, surroundings: &Surroundings) -> Result<SystemWasi, Failure> {
    let mut wasi = SystemWasi::new()
        .args(surroundings.args.iter().cloned())
        .stdio(surroundings.stdio);
    for (key, value) in &options.env {
        wasi = wasi.env(key, value);
    }
    for (host, guest) in &options.dir {
        if !host.is_dir() {
            let host = host.display();
            return Err(Failure::input(format!(
                "--dir: expected a folder, found `{host}`"
            )));
        }
        wasi = wasi.dir(host, guest, surroundings.writable_dirs);
    }
    Ok(match &options.stdin {
        Some(path) => wasi.stdin(std::fs::read(path).map_err(|error| {
            let path = path.display();
            Failure::input(format!(
                "--stdin: expected a readable file, found `{path}`: {error}"
            ))
        })?),
        None if surroundings.inherit_stdin => wasi.inherit_stdin(),
        None => wasi,
    })
}
