//! Files that are complete or not there.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;

/// Writes a file beside the target, and then renames it.
///
/// # Errors
/// Those of the file system; then nothing is left beside the target. `InvalidInput` if the target names
/// no file.
pub(crate) fn write(target: &Path, bytes: &[u8]) -> io::Result<()> {
    let name = target.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    let mut beside = OsString::from(".");
    beside.push(name);
    beside.push(format!(".{}", std::process::id()));
    let beside = target.with_file_name(beside);
    let mut file = std::fs::File::create_new(&beside)?;
    let written = file.write_all(bytes).and_then(|()| {
        file.sync_all()?;
        std::fs::rename(&beside, target)
    });
    if written.is_err() {
        // The first error is the one to report.
        let _ = std::fs::remove_file(&beside);
    }
    written
}
