//! Reads artifacts from files or standard input.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use seam_core::Artifact;

use crate::status::Failure;

/// Reads the artifact that an argument names.
///
/// `-` is standard input, which is read only once, however often it is named.
///
/// # Errors
/// The file cannot be read, or is not WebAssembly.
pub(crate) fn artifact(path: &Path) -> Result<Artifact, Failure> {
    if !is_stdin(path) {
        return Ok(Artifact::from_file(path)?);
    }
    static STDIN: OnceLock<Result<Vec<u8>, String>> = OnceLock::new();
    let read = STDIN.get_or_init(|| {
        let mut bytes = Vec::new();
        let read = io::stdin().read_to_end(&mut bytes);
        read.map(|_| bytes).map_err(|error| error.to_string())
    });
    match read {
        Ok(bytes) => Ok(Artifact::from_binary_or_text("-", bytes.as_slice())?),
        Err(error) => Err(Failure::input(format!(
            "expected an artifact on standard input: {error}"
        ))),
    }
}

/// Composes the components that `--compose` names.
///
/// # Errors
/// A file cannot be read, or the components cannot be composed.
pub(crate) fn composition(components: &[PathBuf]) -> Result<Artifact, Failure> {
    let components = components.iter().map(|path| artifact(path));
    compose(&components.collect::<Result<Vec<_>, _>>()?)
}

#[cfg(feature = "compose")]
fn compose(components: &[Artifact]) -> Result<Artifact, Failure> {
    Ok(seam_diff::compose(components)?)
}

#[cfg(not(feature = "compose"))]
fn compose(_: &[Artifact]) -> Result<Artifact, Failure> {
    Err(Failure::input(
        "--compose: expected a command that was built with the feature `compose`",
    ))
}

/// Returns whether an argument names standard input.
pub(crate) fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}
