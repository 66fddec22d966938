//! What this crate drags along.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::process::Command;

/// No engine and no executor is among the dependencies, whatever the features.
#[test]
fn there_is_no_engine_and_no_executor_in_the_tree() {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--edges", "normal", "--all-features"])
        .args([
            "--package",
            "seam-core",
            "--prefix",
            "none",
            "--format",
            "{lib}",
        ])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let crates: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|l| !l.is_empty())
        .collect();
    // The test would pass on no output otherwise.
    assert!(
        crates.contains(&"seam_core") && crates.contains(&"wasmparser"),
        "{text}"
    );
    let engines = [
        "wasmtime",
        "wasmi",
        "wasmer",
        "wasm3",
        "wasmedge",
        "wizard",
        "kiln",
        "cranelift",
        "tinywasm",
        "wain",
    ];
    let executors = [
        "tokio",
        "async_std",
        "smol",
        "async_executor",
        "futures_executor",
        "embassy",
        "glommio",
        "pollster",
        "rayon",
    ];
    let unwanted = crates.iter().filter(|found| {
        engines
            .iter()
            .chain(&executors)
            .any(|name| found.starts_with(name))
    });
    assert_eq!(unwanted.collect::<Vec<_>>(), Vec::<&&str>::new());
}
