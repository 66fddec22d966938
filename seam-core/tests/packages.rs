//! Licences and sources of every package in the lock file, checked without the network.
//!
//! Licences are checked only for packages that a build on this platform uses, because cargo has not
//! downloaded the others. Sources are checked for all packages. Security advisories and yanked
//! versions are not checked, because both need a database that is not part of a checkout.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "tests")]

#[path = "common/sources.rs"]
mod sources;

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use sources::rust_files;

/// The licences that a dependency may have. One allowed licence is enough if there is a choice.
const ALLOWED: &[&str] = &[
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "MIT",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Returns the packages of a build on this platform with all features, including the workspace's
/// own.
fn packages() -> Vec<Value> {
    let rustc = Command::new("rustc").arg("-vV").output().unwrap();
    let rustc = String::from_utf8(rustc.stdout).unwrap();
    let host = rustc.lines().find_map(|line| line.strip_prefix("host: "));
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--locked", "--offline", "--all-features"])
        .args(["--format-version", "1", "--filter-platform", host.unwrap()])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

/// Returns whether a licence expression can be satisfied with the licences in [`ALLOWED`].
fn is_allowed(expression: &str) -> bool {
    // Old manifests separate alternative licences with a slash.
    let spaced = expression.replace('/', " OR ");
    let spaced = spaced.replace('(', " ( ").replace(')', " ) ");
    let mut tokens = spaced.split_whitespace().peekable();
    let allowed = any_of(&mut tokens);
    allowed && tokens.next().is_none()
}

type Tokens<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

fn any_of(tokens: &mut Tokens<'_>) -> bool {
    let mut allowed = all_of(tokens);
    while tokens.next_if_eq(&"OR").is_some() {
        allowed |= all_of(tokens);
    }
    allowed
}

fn all_of(tokens: &mut Tokens<'_>) -> bool {
    let mut allowed = one(tokens);
    while tokens.next_if_eq(&"AND").is_some() {
        allowed &= one(tokens);
    }
    allowed
}

fn one(tokens: &mut Tokens<'_>) -> bool {
    if tokens.next_if_eq(&"(").is_some() {
        let allowed = any_of(tokens);
        return tokens.next() == Some(")") && allowed;
    }
    let mut licence = tokens.next().unwrap_or_default().to_string();
    if tokens.next_if_eq(&"WITH").is_some() {
        licence = format!("{licence} WITH {}", tokens.next().unwrap_or_default());
    }
    ALLOWED.contains(&licence.as_str())
}

#[test]
fn every_package_of_a_build_has_a_licence_that_is_allowed() {
    let packages = packages();
    // Without this check, the test would pass on an empty list.
    assert!(packages.len() > 100, "{} packages", packages.len());
    let refused: Vec<String> = packages
        .iter()
        .filter(|package| !package["license"].as_str().is_some_and(is_allowed))
        .map(|package| {
            format!(
                "{} {}: {}",
                package["name"], package["version"], package["license"]
            )
        })
        .collect();
    assert_eq!(refused, [] as [String; 0]);
}

/// The lock file also names the packages of other platforms.
#[test]
fn every_package_comes_from_the_one_registry_or_from_this_workspace() {
    let lock = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.lock");
    let lock = std::fs::read_to_string(lock).unwrap();
    let (mut registries, mut registered) = (Vec::new(), 0);
    for package in lock.split("[[package]]").skip(1) {
        let field = |name: &str| {
            let mut lines = package.lines();
            let value = lines.find_map(|line| line.strip_prefix(&format!("{name} = \"")));
            value.and_then(|value| value.strip_suffix('"'))
        };
        let name = field("name").unwrap();
        let Some(source) = field("source") else {
            assert!(
                name.starts_with("seam-"),
                "`{name}` lies outside the workspace"
            );
            continue;
        };
        assert!(
            source.starts_with("registry+"),
            "`{name}` comes from {source}"
        );
        assert!(field("checksum").is_some(), "`{name}` has no checksum");
        registered += 1;
        if !registries.contains(&source) {
            registries.push(source);
        }
    }
    assert!(registered > 100, "{registered} packages");
    assert_eq!(registries.len(), 1, "{registries:?}");
}

/// Returns the text of the Rust files below these folders of a crate.
fn text(folder: &Path, below: &[&str]) -> String {
    let files = below
        .iter()
        .flat_map(|below| rust_files(&folder.join(below)));
    files
        .map(|file| std::fs::read_to_string(file).unwrap())
        .collect()
}

/// Returns whether a text has a name, not as a part of a longer one.
fn names(text: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(name).any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + name.len()..]);
        !before.ends_with(is_part) && !after.starts_with(is_part)
    })
}

/// A crate may depend on another one only for its features; then the manifest turns them on for a crate that
/// is named in the code.
#[test]
fn every_crate_of_the_workspace_uses_its_dependencies() {
    let (mut checked, mut unused) = (0, Vec::new());
    for package in packages().iter().filter(|it| it["source"].is_null()) {
        let folder = Path::new(package["manifest_path"].as_str().unwrap())
            .parent()
            .unwrap();
        let own = text(folder, &["src"]);
        let tests = text(folder, &["src", "tests", "examples"]);
        for dependency in package["dependencies"].as_array().unwrap() {
            let name = dependency["rename"]
                .as_str()
                .or(dependency["name"].as_str());
            let text = match dependency["kind"].as_str() {
                None => &own,
                Some(_) => &tests,
            };
            checked += 1;
            if !names(text, &name.unwrap().replace('-', "_")) {
                unused.push(format!("{}: {}", package["name"], name.unwrap()));
            }
        }
    }
    assert!(checked > 60, "{checked} dependencies");
    assert_eq!(unused, [] as [String; 0]);
}

#[test]
fn expressions_are_satisfied_by_what_is_allowed() {
    for allowed in [
        "MIT",
        "MIT/Apache-2.0",
        "GPL-3.0 OR MIT",
        "(GPL-3.0 OR MIT) AND Unicode-3.0",
        "Apache-2.0 WITH LLVM-exception OR GPL-3.0",
    ] {
        assert!(is_allowed(allowed), "{allowed}");
    }
    for refused in [
        "",
        "GPL-3.0",
        "MIT AND GPL-3.0",
        "(MIT OR GPL-3.0) AND MPL-2.0",
        "GPL-3.0 OR MIT AND MPL-2.0",
        "MIT WITH LLVM-exception",
        "(MIT",
        "MIT Apache-2.0",
    ] {
        assert!(!is_allowed(refused), "{refused}");
    }
}
