//! Finds the scripts of the suites in a folder.

use std::path::{Path, PathBuf};

use seam_core::{Error, Result};

use crate::pattern::selects;

/// The official suite that a script belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The core specification's suite: core modules on a core engine.
    Core,
    /// The component model's suite: components on a backend.
    #[serde(rename = "component-model")]
    Component,
}

impl Kind {
    /// Returns the name that reports use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Kind::Core => "core",
            Kind::Component => "component-model",
        }
    }

    /// Returns `Component` if the script contains a component, else `Core`.
    fn of(text: &[u8]) -> Self {
        let word = b"(component";
        if text.windows(word.len()).any(|window| window == word) {
            Kind::Component
        } else {
            Kind::Core
        }
    }
}

/// The scripts of one suite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suite {
    /// Which suite it is.
    pub kind: Kind,
    /// The folder that contains all scripts.
    pub folder: PathBuf,
    /// The scripts, sorted, as paths relative to `folder` with `/` as the separator.
    pub files: Vec<String>,
}

impl Suite {
    /// Finds all `.wast` files in a folder, at any depth.
    ///
    /// Scripts about components and scripts about core modules become separate suites. The folder
    /// of each suite is the innermost one that contains all its scripts.
    ///
    /// # Errors
    /// `Misuse` if the folder cannot be read or contains no script.
    pub fn find(folder: impl AsRef<Path>) -> Result<Vec<Self>> {
        let folder = folder.as_ref();
        let mut scripts: Vec<(Kind, PathBuf)> = Vec::new();
        collect(folder, &mut scripts)?;
        scripts.sort();
        let suites = [Kind::Core, Kind::Component].map(|kind| {
            let of_kind = scripts.iter().filter(|(of, _)| *of == kind);
            Self::of(kind, of_kind.map(|(_, path)| path.as_path()).collect())
        });
        let suites: Vec<Self> = suites.into_iter().flatten().collect();
        if suites.is_empty() {
            return Err(Error::misuse(format!(
                "expected a folder with `.wast` scripts, found none in {}",
                folder.display()
            )));
        }
        Ok(suites)
    }

    fn of(kind: Kind, scripts: Vec<&Path>) -> Option<Self> {
        let mut folder = scripts.first()?.parent()?;
        while !scripts.iter().all(|script| script.starts_with(folder)) {
            folder = folder.parent()?;
        }
        let below = |script: &&Path| {
            let below = script.strip_prefix(folder).ok()?;
            let parts: Vec<_> = below.iter().map(|part| part.to_string_lossy()).collect();
            Some(parts.join("/"))
        };
        Some(Self {
            kind,
            folder: folder.to_path_buf(),
            files: scripts.iter().filter_map(below).collect(),
        })
    }

    /// Keeps only the scripts whose path matches `pattern`.
    ///
    /// `*` matches any characters within one path segment, `**` matches any characters, and `?`
    /// matches one character. A pattern without `/` is also matched against the file name.
    #[must_use]
    pub fn filtered(mut self, pattern: &str) -> Self {
        self.files.retain(|file| selects(pattern, file));
        self
    }
}

fn collect(folder: &Path, scripts: &mut Vec<(Kind, PathBuf)>) -> Result<()> {
    let unreadable = |path: &Path, error: std::io::Error| {
        Error::misuse(format!("expected to read {}: {error}", path.display())).with_source(error)
    };
    for entry in std::fs::read_dir(folder).map_err(|e| unreadable(folder, e))? {
        let entry = entry.map_err(|e| unreadable(folder, e))?;
        let path = entry.path();
        // Symbolic links to folders are not followed, because they may form a cycle.
        if entry.file_type().is_ok_and(|ty| ty.is_dir()) {
            collect(&path, scripts)?;
        } else if path
            .extension()
            .is_some_and(|extension| extension == "wast")
        {
            let text = std::fs::read(&path).map_err(|e| unreadable(&path, e))?;
            scripts.push((Kind::of(&text), path));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_matches_the_path_or_the_name() {
        let suite = Suite {
            kind: Kind::Core,
            folder: PathBuf::from("s"),
            files: vec!["a.wast".into(), "f/a.wast".into(), "f/b.wast".into()],
        };
        let filtered = |pattern: &str| suite.clone().filtered(pattern).files;
        assert_eq!(filtered("a.wast"), ["a.wast", "f/a.wast"]);
        assert_eq!(filtered("f/*"), ["f/a.wast", "f/b.wast"]);
        assert!(filtered("c*").is_empty());
    }

    #[test]
    fn the_folder_of_a_suite_is_the_innermost_with_all_its_scripts() {
        let suite = |paths: &[&str]| {
            Suite::of(Kind::Core, paths.iter().map(Path::new).collect())
                .map(|suite| (suite.folder, suite.files))
        };
        assert_eq!(
            suite(&["s/core/a.wast", "s/core/p/b.wast"]),
            Some((
                PathBuf::from("s/core"),
                vec!["a.wast".to_string(), "p/b.wast".to_string()]
            ))
        );
        assert_eq!(suite(&[]), None);
    }
}
