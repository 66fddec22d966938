//! Core modules with `component-type` sections.

#![allow(clippy::unwrap_used, reason = "tests")]

use seam_core::Artifact;

/// A section that describes a world with these declarations, with an encoding of strings.
pub(crate) fn world(encoding: u8, declarations: &str) -> Vec<u8> {
    let text = format!(
        r#"(component
            (@custom "wit-component-encoding" "\04\{encoding:02x}")
            (type (component
                (type (component {declarations}))
                (export "test:w/w" (component (type 0)))))
            (export "w" (type 0)))"#
    );
    wat::parse_str(text).unwrap()
}

/// A module with these sections, typed by them.
pub(crate) fn module(text: &str, sections: &[(&str, &[u8])]) -> Artifact {
    let mut bytes = wat::parse_str(text).unwrap();
    for (name, data) in sections {
        let mut section = leb128(name.len());
        section.extend(name.as_bytes());
        section.extend(*data);
        bytes.push(0);
        bytes.extend(leb128(section.len()));
        bytes.extend(section);
    }
    let artifact = Artifact::from_bytes("module", bytes).unwrap();
    artifact.with_component_type()
}

fn leb128(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let byte = u8::try_from(value & 0x7f).unwrap();
        value >>= 7;
        if value == 0 {
            bytes.push(byte);
            return bytes;
        }
        bytes.push(byte | 0x80);
    }
}
