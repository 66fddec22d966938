//! The dependencies of this crate.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::process::Command;

/// With every feature on, the dependencies include no parser of WebAssembly binaries, no engine and
/// no executor.
#[test]
fn there_is_no_parser_engine_or_executor_in_the_tree() {
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
    // Without this check, the test would pass on empty output.
    assert!(
        crates.contains(&"seam_core") && crates.contains(&"serde"),
        "{text}"
    );
    let parsers = ["wasmparser", "parity_wasm", "walrus", "wit_component"];
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
        parsers
            .iter()
            .chain(&engines)
            .chain(&executors)
            .any(|name| found.starts_with(name))
    });
    assert_eq!(unwanted.collect::<Vec<_>>(), Vec::<&&str>::new());
}
