//! The bytes under test.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use crate::{Error, ExportName, Result};

/// Immutable bytes of a core module or a component, with a name for reports.
///
/// It is cheap to clone. Creating it checks only the header;
/// [`Backend::load`](crate::Backend::load) validates.
/// Two are equal if their names, bytes and attached types are.
#[derive(Clone, PartialEq, Eq)]
pub struct Artifact {
    name: Arc<str>,
    bytes: Arc<[u8]>,
    kind: ArtifactKind,
    types: Types,
    core_bindings: Arc<[(ExportName, CoreBinding)]>,
}

/// The component-level types of a core module.
#[derive(Clone, PartialEq, Eq)]
enum Types {
    /// It only has core types.
    Core,
    /// Its own `component-type` sections.
    Sections,
    /// Those of the composition that it was fused from.
    Of(Arc<Artifact>),
}

/// What an export or import of a fused core module uses: names of the module's own exports.
///
/// The field that is `None` is decided by the conventions of fused modules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CoreBinding {
    /// The core function behind an export. It is not used for an import.
    pub func: Option<Arc<str>>,
    /// The memory that has the strings and lists of the component.
    pub memory: Option<Arc<str>>,
    /// The function that allocates in this memory.
    pub realloc: Option<Arc<str>>,
    /// The core function that runs after the result of an export is lifted. It is not used for an
    /// import, or if the component has no post-return for the export.
    pub post_return: Option<Arc<str>>,
}

/// The kind of an artifact, according to its header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ArtifactKind {
    /// A core module.
    CoreModule,
    /// A component.
    Component,
}

impl Artifact {
    /// Creates an artifact from bytes in the binary format.
    ///
    /// # Errors
    /// `Invalid`, with the offset, if the bytes do not start with the header of a core module or
    /// component.
    pub fn from_bytes(name: impl Into<Arc<str>>, bytes: impl Into<Arc<[u8]>>) -> Result<Self> {
        let (name, bytes) = (name.into(), bytes.into());
        let kind = ArtifactKind::of(&bytes).map_err(|e| e.during(format!("read {name}")))?;
        Ok(Self {
            name,
            bytes,
            kind,
            types: Types::Core,
            core_bindings: Arc::default(),
        })
    }

    /// Reads an artifact from a file, with the path as its name.
    ///
    /// With the feature `wat`, the file may also be in the text format.
    ///
    /// # Errors
    /// `Invalid` if the file cannot be read, with the cause as its source. Also those of
    /// [`Artifact::from_bytes`].
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let name = path.display().to_string();
        let bytes = std::fs::read(path).map_err(|e| {
            Error::invalid(format!("expected a readable file: {e}"))
                .during(format!("read {name}"))
                .with_source(e)
        })?;
        Self::from_binary_or_text(name, bytes)
    }

    /// Creates an artifact from bytes in the binary format or, with the feature `wat`, in the text
    /// format.
    ///
    /// # Errors
    /// As [`Artifact::from_bytes`]; with the feature `wat`, also `Invalid` with the offset for text
    /// that does not parse.
    pub fn from_binary_or_text(
        name: impl Into<Arc<str>>,
        bytes: impl Into<Arc<[u8]>>,
    ) -> Result<Self> {
        let (name, bytes) = (name.into(), bytes.into());
        #[cfg(feature = "wat")]
        if !bytes.starts_with(b"\0asm") {
            if let Ok(text) = std::str::from_utf8(&bytes) {
                if text.trim_start().starts_with(['(', ';']) {
                    return Self::from_wat(name, text);
                }
            }
        }
        Self::from_bytes(name, bytes)
    }

    /// Creates an artifact from the text format.
    ///
    /// # Errors
    /// `Invalid`, with the offset in the text, if the text does not parse.
    #[cfg(feature = "wat")]
    pub fn from_wat(name: impl Into<Arc<str>>, text: &str) -> Result<Self> {
        let name = name.into();
        let bytes =
            wat::parse_str(text).map_err(|e| text_fault(e, text).during(format!("read {name}")))?;
        Self::from_bytes(name, bytes)
    }

    /// Attaches the component-level types of `unfused`.
    ///
    /// If a tool fused components into a core module, this gives the module's exports their types
    /// back. It replaces the effect of [`Artifact::with_component_type`].
    #[must_use]
    pub fn with_interface_of(mut self, unfused: &Artifact) -> Self {
        self.types = Types::Of(Arc::new(unfused.clone()));
        self
    }

    /// Gives a core module the component-level types of its own `component-type` sections.
    ///
    /// Bindings generators leave these sections in a core module, and the tool that makes a component
    /// of the module removes them. With them, the module is called, linked and traced like that
    /// component, and stays one core module at path `0`. Loading fails if the module has no such
    /// section, or does not fit it. Without this call the sections have no effect, and the exports of
    /// the module have their core types. It replaces the effect of [`Artifact::with_interface_of`].
    #[must_use]
    pub fn with_component_type(mut self) -> Self {
        self.types = Types::Sections;
        self
    }

    /// Returns whether component-level types were given to the artifact, by
    /// [`Artifact::with_interface_of`] or [`Artifact::with_component_type`].
    #[must_use]
    pub fn is_typed(&self) -> bool {
        self.types != Types::Core
    }

    /// Says what an export or import of a fused core module uses.
    ///
    /// It is needed only where the conventions of fused modules do not decide it. The name is that
    /// of an export in the attached interface, or module and field of a core import. A later binding
    /// of the same name replaces an earlier one.
    #[must_use]
    pub fn with_core_binding(mut self, name: ExportName, binding: CoreBinding) -> Self {
        let others = self
            .core_bindings
            .iter()
            .filter(|(other, _)| *other != name);
        let mut bindings: Vec<_> = others.cloned().collect();
        bindings.push((name, binding));
        self.core_bindings = bindings.into();
        self
    }

    /// Returns what [`Artifact::with_core_binding`] said, in order.
    #[must_use]
    pub fn core_bindings(&self) -> &[(ExportName, CoreBinding)] {
        &self.core_bindings
    }

    /// Returns the artifact that [`Artifact::with_interface_of`] attached.
    #[must_use]
    pub fn interface_of(&self) -> Option<&Artifact> {
        match &self.types {
            Types::Of(unfused) => Some(unfused),
            Types::Core | Types::Sections => None,
        }
    }

    /// Returns the name for reports.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns the bytes, which can be shared.
    #[must_use]
    pub fn shared_bytes(&self) -> &Arc<[u8]> {
        &self.bytes
    }

    /// Returns the kind, according to the header.
    #[must_use]
    pub fn kind(&self) -> ArtifactKind {
        self.kind
    }
}

impl ArtifactKind {
    fn of(bytes: &[u8]) -> Result<Self> {
        let magic = bytes.get(..4).unwrap_or(bytes);
        if magic != b"\0asm" {
            let found = match bytes {
                [] => "an empty input".to_string(),
                _ if looks_like_text(bytes) => "text".to_string(),
                _ => format!("{magic:02x?}"),
            };
            return Err(Error::invalid(format!(
                "expected WebAssembly in the binary format (00 61 73 6d), found {found}"
            ))
            .at(0));
        }
        match bytes.get(4..8) {
            Some([1, 0, 0, 0]) => Ok(Self::CoreModule),
            Some([_, _, 1, 0]) => Ok(Self::Component),
            Some(version) => Err(Error::invalid(format!(
                "expected version 1 of a core module or layer 1 of a component, found {version:02x?}"
            ))
            .at(4)),
            None => Err(Error::invalid("expected eight bytes of header, found the end of the input")
                .at(bytes.len() as u64)),
        }
    }
}

/// Converts the parser's error into ours.
///
/// The parser prints line and column below its message, followed by the source line.
#[cfg(feature = "wat")]
fn text_fault(error: wat::Error, text: &str) -> Error {
    let shown = error.to_string();
    let mut lines = shown.lines();
    let message = lines.next().unwrap_or_default().to_string();
    let mut place = lines.next().unwrap_or_default().rsplit(':');
    let column = place.next().and_then(|column| column.parse::<usize>().ok());
    let line = place.next().and_then(|line| line.parse::<usize>().ok());
    let fault = match (line, column) {
        (Some(line), Some(column)) => {
            let before = text.split_inclusive('\n').take(line.saturating_sub(1));
            let offset = before.map(str::len).sum::<usize>() + column.saturating_sub(1);
            Error::invalid(format!("{message}, at line {line}, column {column}")).at(offset as u64)
        }
        _ => Error::invalid(message),
    };
    fault.with_source(error)
}

fn looks_like_text(bytes: &[u8]) -> bool {
    let head = bytes.get(..64).unwrap_or(bytes);
    head.iter()
        .all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace())
}

impl fmt::Debug for Artifact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Artifact")
            .field("name", &self.name)
            .field("kind", &self.kind)
            .field("bytes", &self.bytes.len())
            .finish()
    }
}

impl fmt::Display for ArtifactKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ArtifactKind::CoreModule => "core module",
            ArtifactKind::Component => "component",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn the_header_determines_the_kind() {
        let kind = |bytes: &[u8]| Artifact::from_bytes("a", bytes).map(|a| a.kind());
        assert_eq!(
            kind(b"\0asm\x01\0\0\0").ok(),
            Some(ArtifactKind::CoreModule)
        );
        assert_eq!(
            kind(b"\0asm\x0d\0\x01\0").ok(),
            Some(ArtifactKind::Component)
        );
    }

    #[cfg(feature = "wat")]
    #[test]
    fn a_fault_in_text_has_a_line_and_an_offset() {
        let error = Artifact::from_wat("a", "(module\n  (func").expect_err("not closed");
        assert_eq!(
            error.to_string(),
            "read a: expected `)`, at line 2, column 8 (at offset 0xf)"
        );
        // The parser reports this fault without a position.
        assert!(Artifact::from_wat("a", "(module (func call $f))").is_err());
    }

    #[test]
    fn bytes_that_are_not_wasm_are_invalid_with_an_offset() {
        for (bytes, offset) in [
            (&b""[..], 0),
            (b"(module)", 0),
            (b"\x7fELF", 0),
            (b"\0asm", 4),
            (b"\0asm\x01", 5),
            (b"\0asm\x02\0\0\0", 4),
        ] {
            let error = Artifact::from_bytes("a", bytes).expect_err("not wasm");
            assert_eq!(
                *error.kind(),
                ErrorKind::Invalid {
                    offset: Some(offset)
                },
                "{bytes:?}"
            );
        }
    }
}
