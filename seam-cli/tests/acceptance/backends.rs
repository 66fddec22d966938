//! `seam backends`.

use std::process::{Command, Stdio};

use crate::support::{BACKENDS, seam};

#[test]
fn backends_are_listed_with_their_capabilities() {
    let ended = seam(["backends"]).with_status(0);
    let head = ended.stdout.lines().next().unwrap();
    for backend in BACKENDS {
        assert!(head.contains(backend), "{head}");
    }
    let fuel = ended.stdout.lines().find(|line| line.starts_with("fuel "));
    assert!(fuel.unwrap().contains("on request"), "{ended:#?}");
    let validates = ended.stdout.lines().nth(1).unwrap();
    assert!(validates.starts_with("validates "), "{ended:#?}");
    assert_eq!(
        validates.matches("yes").count(),
        BACKENDS.len(),
        "{ended:#?}"
    );
    assert_eq!(ended.stderr, "");
}

#[test]
fn the_document_has_every_capability_of_every_backend() {
    let document = seam(["backends", "--format", "json"]).document();
    let backends = document["backends"].as_array().unwrap();
    let all = seam_core::Capability::ALL;
    for name in BACKENDS {
        let backend = backends.iter().find(|backend| backend["name"] == name);
        let backend = backend.unwrap_or_else(|| panic!("no {name} in {document:#}"));
        assert!(!backend["version"].as_str().unwrap().is_empty());
        assert_eq!(backend["validates"], true, "{name}");
        let capabilities = backend["capabilities"].as_object().unwrap();
        assert_eq!(capabilities.len(), all.len());
        for capability in all {
            let support = capabilities[capability.name()].as_str().unwrap();
            assert!(["yes", "on-request", "no"].contains(&support), "{support}");
        }
        assert_eq!(capabilities["fuel"], "on-request");
    }
}

#[test]
fn one_backend_can_be_asked_for() {
    let ended = seam(["backends", "--backend", "wasmi"]).with_status(0);
    assert!(ended.stdout.contains("wasmi"), "{ended:#?}");
    assert!(!ended.stdout.contains("wasmtime"), "{ended:#?}");
}

#[test]
fn help_and_version_are_not_errors() {
    let help = seam(["--help"]).with_status(0);
    for command in ["backends", "inspect", "invoke", "run", "diff"] {
        assert!(help.stdout.contains(command), "{help:#?}");
    }
    let version = concat!("seam ", env!("CARGO_PKG_VERSION"), "\n");
    seam(["--version"]).with_status(0).printing(version);
    seam([""; 0]).with_status(2);
}

#[test]
fn a_pipe_is_not_coloured() {
    for args in [
        &["backends"][..],
        &["inspect", "seam-tests/fixtures/core/calc.wat"],
        &["invoke", "seam-tests/fixtures/core/calc.wat", "nothing()"],
    ] {
        let ended = seam(args);
        assert!(!ended.stdout.contains('\x1b'), "{ended:#?}");
        assert!(!ended.stderr.contains('\x1b'), "{ended:#?}");
    }
}

#[test]
fn a_reader_may_close_the_pipe() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_seam"))
        .arg("backends")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(0));
    assert_eq!(String::from_utf8(ended.stderr).unwrap(), "");
}
