//! The golden file: what was seen when the scenario was blessed.

use std::path::Path;

use seam_core::{Error, Result};
use serde::{Deserialize, Serialize};

use super::recorded::Recorded;

/// The version of golden files that this crate reads and writes.
pub const GOLDEN: u32 = 1;

/// What a golden file says: the observation of the first artifact, and who vouches for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Golden {
    golden: u32,
    /// The backends that agreed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) agreed: Vec<String>,
    /// The backend that was taken at its word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) oracle: Option<String>,
    #[serde(flatten)]
    pub(super) seen: Recorded,
}

/// The version alone, which is read first.
#[derive(Deserialize)]
struct Versioned {
    golden: Option<u32>,
}

impl Golden {
    pub(super) fn agreed(backends: Vec<String>, seen: Recorded) -> Self {
        Self {
            golden: GOLDEN,
            agreed: backends,
            oracle: None,
            seen,
        }
    }

    pub(super) fn of_oracle(backend: &str, seen: Recorded) -> Self {
        Self {
            golden: GOLDEN,
            agreed: Vec::new(),
            oracle: Some(backend.to_string()),
            seen,
        }
    }

    /// Returns the text of the file.
    ///
    /// # Errors
    /// `Engine` if it cannot be written as JSON.
    pub(super) fn text(&self) -> Result<String> {
        let text = serde_json::to_string_pretty(self);
        let text = text.map_err(|error| Error::engine(format!("expected JSON: {error}")))?;
        Ok(format!("{text}\n"))
    }

    /// Reads a golden file.
    ///
    /// # Errors
    /// `Misuse` that says what is missing or wrong, and how to get a right one. `scenario` is the file
    /// to bless.
    pub(super) fn read(path: &Path, scenario: &Path) -> Result<Self> {
        let (name, scenario) = (path.display(), scenario.display());
        let bless = format!("`seam scenario --bless {scenario}` writes it");
        let text = std::fs::read_to_string(path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => Error::misuse(format!(
                "expected the golden file {name}, found none: {bless}"
            )),
            _ => Error::misuse(format!("{name}: expected a readable golden file: {error}")),
        })?;
        let wrong = |error: serde_json::Error| {
            let (line, column) = (error.line(), error.column());
            let message = error.to_string();
            let message = message.split(" at line ").next().unwrap_or_default();
            Error::misuse(format!(
                "{name}:{line}:{column}: expected a golden file: {message}"
            ))
        };
        let Versioned { golden } = serde_json::from_str(&text).map_err(wrong)?;
        if golden != Some(GOLDEN) {
            let found = match golden {
                Some(version) => format!("version {version}"),
                None => "no version".to_string(),
            };
            return Err(Error::misuse(format!(
                "{name}: expected `\"golden\": {GOLDEN}`, the version that this `seam` reads, found \
                 {found}: to migrate, check that the scenario passes with the `seam` that wrote it, \
                 then run `seam scenario --bless {scenario}` with this one"
            )));
        }
        serde_json::from_str(&text).map_err(wrong)
    }
}
