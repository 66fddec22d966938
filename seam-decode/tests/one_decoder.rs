//! Nothing outside this crate decodes or validates artifacts.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::{Path, PathBuf};

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

/// Files that may name some of these, with the reason.
const ALLOWED: [(&str, &str); 7] = [
    (
        "seam-kiln/tests/double/kiln_decoder.rs",
        "stands for kiln's own decoder",
    ),
    (
        "seam-component/src/glue/pending.rs",
        "a unit test validates generated modules",
    ),
    (
        "seam-component/src/glue/module.rs",
        "a unit test validates generated modules",
    ),
    (
        "seam-component/src/glue/perform.rs",
        "a unit test validates generated modules",
    ),
    (
        "seam-component/src/core_module/provider.rs",
        "a unit test validates generated modules",
    ),
    (
        "seam-kiln/src/rewrite.rs",
        "a unit test validates rewritten modules",
    ),
    (
        "seam-kiln/src/generate.rs",
        "a unit test validates generated modules",
    ),
];

fn sources(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let is_source = path.extension().is_some_and(|extension| extension == "rs");
        if path.is_dir() && !path.ends_with("target") {
            sources(&path, out);
        } else if is_source {
            out.push(path);
        }
    }
}

#[test]
fn no_other_crate_names_a_validator_or_the_parts_of_components() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut files = Vec::new();
    for entry in std::fs::read_dir(&root).unwrap() {
        let folder = entry.unwrap().path();
        let name = folder.file_name().unwrap().to_str().unwrap().to_string();
        if name.starts_with("seam-") && name != "seam-decode" {
            sources(&folder, &mut files);
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
        let code = text
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        let code: Vec<&str> = code.collect();
        let code = code.join("\n");
        let Some(found) = NAMES.iter().find(|name| names(&code, name)) else {
            continue;
        };
        let path = file.strip_prefix(&root).unwrap().to_str().unwrap();
        let path = path.replace('\\', "/");
        assert!(
            ALLOWED.iter().any(|(allowed, _)| *allowed == path),
            "{path} names `{found}`: ask seam-decode instead"
        );
        allowed += 1;
    }
    assert_eq!(
        allowed,
        ALLOWED.len(),
        "files that need no exception any more"
    );
}

/// Whether the code has the name, and not as a part of a longer one.
fn names(code: &str, name: &str) -> bool {
    code.match_indices(name).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        before.is_none_or(|c| !(c.is_alphanumeric() || c == '_'))
    })
}
