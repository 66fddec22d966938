//! Finds scenario files.

use std::path::{Path, PathBuf};

use seam_diff::scenario::SUFFIX;
use seam_tests::pattern::selects;

use crate::args;
use crate::status::Failure;

/// A scenario file.
#[derive(Clone, Debug)]
pub(super) struct File {
    pub(super) path: PathBuf,
    /// The path without the suffix, with `/` as the separator.
    pub(super) name: String,
}

/// Returns the scenario files that the arguments select, sorted by name, each once.
///
/// # Errors
/// A path does not exist or is no scenario, or there is no scenario.
pub(super) fn files(args: &args::Scenario) -> Result<Vec<File>, Failure> {
    let mut paths = Vec::new();
    for path in &args.paths {
        if path.is_dir() {
            collect(path, &mut paths)?;
        } else if !path.exists() {
            let path = path.display();
            let message = format!("expected a scenario or a folder, found no `{path}`");
            return Err(Failure::input(message));
        } else if is_scenario(path) {
            paths.push(path.clone());
        } else {
            let path = path.display();
            let message = format!("expected a file NAME{SUFFIX} or a folder, found `{path}`");
            return Err(Failure::input(message));
        }
    }
    let mut files: Vec<File> = paths.into_iter().map(File::new).collect();
    files.sort_by(|left, right| left.name.cmp(&right.name));
    files.dedup_by(|left, right| left.name == right.name);
    let wanted = args.filter.as_deref();
    files.retain(|file| wanted.is_none_or(|pattern| selects(pattern, &file.name)));
    match (files.is_empty(), wanted) {
        (false, _) => Ok(files),
        (true, Some(pattern)) => Err(Failure::input(format!(
            "expected a scenario that matches `{pattern}`, found none"
        ))),
        (true, None) => Err(Failure::input(format!(
            "expected files NAME{SUFFIX}, found none"
        ))),
    }
}

impl File {
    fn new(path: PathBuf) -> Self {
        let parts = path.iter().filter(|part| *part != ".");
        let parts: Vec<_> = parts.map(|part| part.to_string_lossy()).collect();
        let name = parts.join("/").replacen("//", "/", 1);
        Self {
            name: name.strip_suffix(SUFFIX).unwrap_or(&name).to_string(),
            path,
        }
    }
}

fn is_scenario(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.len() > SUFFIX.len() && name.ends_with(SUFFIX)
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let unreadable = |error: std::io::Error| {
        let folder = folder.display();
        Failure::input(format!(
            "expected a readable folder, found `{folder}`: {error}"
        ))
    };
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        // Symbolic links to folders are not followed, because they may form a cycle.
        if entry.file_type().is_ok_and(|ty| ty.is_dir()) {
            collect(&entry.path(), paths)?;
        } else if is_scenario(&entry.path()) {
            paths.push(entry.path());
        }
    }
    Ok(())
}
