//! Reads artifacts from files or standard input.

use std::io::{self, Read};
use std::path::Path;
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

/// Returns whether an argument names standard input.
pub(crate) fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}
