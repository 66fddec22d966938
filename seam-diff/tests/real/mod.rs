//! Real compositions and what meld fused from them.
//!
//! `SEAM_REAL` names the folder, which is not part of this repository. Its folder `unfused` has the
//! compositions; `fused-multi`, `fused-shared` and `fused-component` have modules and components of
//! the same names. Nearly every composition exports `run: func()`, which calls another component
//! with many values and traps if an answer is wrong.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use seam_core::{Artifact, ArtifactKind, Result};

/// The environment variable that names the folder.
const FOLDER: &str = "SEAM_REAL";

/// The folders of fusions.
const FUSIONS: [&str; 3] = ["fused-multi", "fused-shared", "fused-component"];

/// Fusions that are known to be wrong. They run all the same, and must be attributed to the fusion.
const BROKEN: &[(&str, &str)] = &[
    (
        "fused-multi/list-in-variant",
        "strings inside a variant's list are not copied, and the guest's assertion fails",
    ),
    (
        "fused-multi/resource_with_lists",
        "a list reaches the other component with an address that is out of bounds",
    ),
    (
        "fused-multi/lists.wasip1",
        "an assertion of the guest fails, although `lists` without WASI returns",
    ),
];

/// A composition and one of its fusions.
pub(crate) struct Pair {
    name: String,
    unfused: PathBuf,
    fused: PathBuf,
}

impl Pair {
    /// Reads the composition and the fusion, which gets the interface of the composition.
    pub(crate) fn read(&self) -> Result<[Artifact; 2]> {
        let unfused = Artifact::from_file(&self.unfused)?;
        let fused = Artifact::from_file(&self.fused)?;
        let fused = match fused.kind() {
            ArtifactKind::CoreModule => fused.with_interface_of(&unfused),
            ArtifactKind::Component => fused,
        };
        Ok([unfused, fused])
    }
}

/// Judges the pairs whose names contain one of the arguments, or all of them.
///
/// `judge` returns what there is to say about a pair, or its fault. It is told whether the fusion is
/// known to be wrong.
pub(crate) fn judge_all(
    judge: impl Fn(&Pair, bool) -> std::result::Result<String, String>,
) -> ExitCode {
    let Some(folder) = std::env::var_os(FOLDER).filter(|folder| !folder.is_empty()) else {
        println!("skipped: {FOLDER} names no folder with real compositions");
        return ExitCode::SUCCESS;
    };
    let pairs = match pairs(Path::new(&folder)) {
        Ok(pairs) => pairs,
        Err(error) => {
            println!("{FOLDER}: {error}");
            return ExitCode::FAILURE;
        }
    };
    if std::env::args().any(|arg| arg == "--list") {
        pairs
            .iter()
            .for_each(|pair| println!("{}: test", pair.name));
        return ExitCode::SUCCESS;
    }
    let parts: Vec<String> = std::env::args().skip(1).collect();
    let parts: Vec<&String> = parts.iter().filter(|arg| !arg.starts_with('-')).collect();
    let (mut passed, mut failed) = (0, 0);
    for pair in &pairs {
        let name = &pair.name;
        if !parts.is_empty() && !parts.iter().any(|part| name.contains(*part)) {
            continue;
        }
        let reason = BROKEN.iter().find(|(broken, _)| broken == name);
        match (judge(pair, reason.is_some()), reason) {
            (Err(fault), _) => {
                failed += 1;
                println!("test {name} ... FAILED\n{fault}");
            }
            (Ok(said), None) => {
                passed += 1;
                println!("test {name} ... ok{said}");
            }
            (Ok(said), Some((_, reason))) => {
                passed += 1;
                println!("test {name} ... ok (a fault of the fusion: {reason}){said}");
            }
        }
    }
    let verdict = if failed == 0 { "ok" } else { "FAILED" };
    println!("\ntest result: {verdict}. {passed} passed; {failed} failed; 0 ignored\n");
    match failed {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

/// Returns all fusions, by folder and name.
fn pairs(folder: &Path) -> std::io::Result<Vec<Pair>> {
    let mut pairs = Vec::new();
    for fusion in FUSIONS {
        for entry in std::fs::read_dir(folder.join(fusion))? {
            let fused = entry?.path();
            let Some((name, "wasm")) = fused
                .file_stem()
                .zip(fused.extension())
                .and_then(|(name, extension)| Some((name.to_str()?, extension.to_str()?)))
            else {
                continue;
            };
            pairs.push(Pair {
                name: format!("{fusion}/{name}"),
                unfused: folder.join("unfused").join(format!("{name}.wasm")),
                fused,
            });
        }
    }
    pairs.sort_by(|left, right| left.name.cmp(&right.name));
    let lacks = |(name, _): &&(&str, &str)| !pairs.iter().any(|pair| pair.name == *name);
    match BROKEN.iter().find(lacks) {
        None => Ok(pairs),
        Some((name, _)) => Err(std::io::Error::other(format!(
            "expected `{name}.wasm`, a fusion that is known to be wrong"
        ))),
    }
}
