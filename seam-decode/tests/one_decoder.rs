//! Nothing outside this crate decodes or validates artifacts.

#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "../../seam-core/tests/common/sources.rs"]
mod sources;

use std::path::Path;

use sources::rust_files;

/// What only a second decoder or validator would name.
const NAMES: [&str; 9] = [
    "Validator",
    "wasmparser::validate",
    "validate_all",
    "component_types",
    "ComponentAlias",
    "CanonicalFunction",
    "Payload::Component",
    "Payload::ModuleSection",
    "Payload::InstanceSection",
];

/// The file that may name some of these: it stands for kiln's own decoder.
const ALLOWED: &str = "seam-kiln/tests/double/kiln_decoder.rs";

/// Unit tests may validate what the code generates. They are the last item of their file.
const UNIT_TESTS: &str = "\n#[cfg(test)]\nmod tests {";

#[test]
fn no_other_crate_names_a_validator_or_the_parts_of_components() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut files = Vec::new();
    for entry in std::fs::read_dir(&root).unwrap() {
        let folder = entry.unwrap().path();
        let name = folder.file_name().unwrap().to_str().unwrap().to_string();
        if name.starts_with("seam-") && name != "seam-decode" {
            files.extend(rust_files(&folder));
        }
    }
    assert!(
        files.len() > 200,
        "expected the workspace, found {} files",
        files.len()
    );
    let mut allowed = 0;
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let code = text.split(UNIT_TESTS).next().unwrap_or_default();
        let code = code
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        let code: Vec<&str> = code.collect();
        let code = code.join("\n");
        let Some(found) = NAMES.iter().find(|name| names(&code, name)) else {
            continue;
        };
        let path = file.strip_prefix(&root).unwrap().to_str().unwrap();
        let path = path.replace('\\', "/");
        assert_eq!(path, ALLOWED, "names `{found}`: ask seam-decode instead");
        allowed += 1;
    }
    assert_eq!(allowed, 1, "{ALLOWED} needs no exception any more");
}

/// Whether the code has a name that starts so.
fn names(code: &str, name: &str) -> bool {
    code.match_indices(name).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        before.is_none_or(|c| !(c.is_alphanumeric() || c == '_'))
    })
}
