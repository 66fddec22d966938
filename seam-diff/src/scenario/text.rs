//! The text of a scenario file, and places in it.

use std::fmt;
use std::path::Path;

use seam_core::{Error, Result};

/// The text of a file, with the name that messages give it.
#[derive(Clone, Debug)]
pub(super) struct Text {
    name: String,
    text: String,
}

/// A value, and the byte in the file at which it starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct At<T> {
    pub(super) at: usize,
    pub(super) value: T,
}

impl Text {
    pub(super) fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            text: text.into(),
        }
    }

    /// Reads a file.
    ///
    /// # Errors
    /// `Misuse` if it cannot be read or is not UTF-8.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            let path = path.display();
            Error::misuse(format!("{path}: expected a readable text file: {error}"))
        })?;
        Ok(Self::new(path.display().to_string(), text))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// Creates an error about the place at this byte.
    pub(super) fn fault(&self, at: usize, message: impl fmt::Display) -> Error {
        Error::misuse(format!("{}: {message}", self.place(at)))
    }

    /// Returns the place at this byte: file, line and column, each from 1. Columns count characters.
    pub(super) fn place(&self, at: usize) -> String {
        let before = self.text.get(..at).unwrap_or(&self.text);
        let line = before.matches('\n').count() + 1;
        let start = before.rfind('\n').map_or(0, |end| end + 1);
        let column = before.get(start..).unwrap_or_default().chars().count() + 1;
        format!("{}:{line}:{column}", self.name)
    }
}

impl<T> At<T> {
    pub(super) fn new(at: usize, value: T) -> Self {
        Self { at, value }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_from_1() {
        let text = Text::new("f", "a\né = 1\n");
        assert_eq!(text.place(0), "f:1:1");
        assert_eq!(text.place(2), "f:2:1");
        assert_eq!(text.place(5), "f:2:3");
        assert_eq!(text.place(99), "f:3:1");
        assert_eq!(text.fault(2, "no").to_string(), "f:2:1: no");
    }
}
