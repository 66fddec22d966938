//! The tests that `docs/meld.md` shows, on modules that meld fused by hand.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "tests; a missing observation, global or memory fails them"
)]

mod binding;
mod cores;
mod page;
mod streams;
mod tiers;
mod values;

use std::path::PathBuf;

use seam_core::{Artifact, Backend, Error, Result};
use seam_wasmi::Wasmi;
use seam_wasmtime::Wasmtime;
use wasmparser::{Parser, Payload};

fn backends() -> Vec<Box<dyn Backend>> {
    vec![Box::new(Wasmtime::new()), Box::new(Wasmi::new())]
}

/// What meld made of each list of components.
const FUSED: [(&[&str], &str); 5] = [
    (&["text/composed.wasm"], "text/multi.wasm"),
    (&["text/back.wasm", "text/front.wasm"], "text/named.wasm"),
    (&["lists/composed.wasm"], "lists/multi.wasm"),
    (&["wasi/composed.wasm"], "wasi/multi.wasm"),
    (
        &["streams/producer.wasm", "streams/consumer.wasm"],
        "streams/multi.wasm",
    ),
];

fn fuse(components: &[&str]) -> Result<Artifact> {
    let mut known = FUSED.iter();
    match known.find(|(inputs, _)| *inputs == components) {
        Some((_, fused)) => fixture(fused),
        None => Err(Error::misuse(format!("nobody fused {components:?}"))),
    }
}

/// Renames the section with the provenance, which meld leaves out on request.
fn fuse_without_provenance(component: &str) -> Result<Artifact> {
    let fused = fuse(&[component])?;
    let mut bytes = fused.bytes().to_vec();
    for payload in Parser::new(0).parse_all(fused.bytes()) {
        if let Payload::CustomSection(section) = payload.unwrap() {
            if section.name() == "component-provenance" {
                let end = section.data_offset();
                bytes[end - section.name().len()..end].fill(b'x');
            }
        }
    }
    assert_ne!(bytes, fused.bytes());
    Artifact::from_bytes(fused.name(), bytes)
}

fn fixture(name: &str) -> Result<Artifact> {
    let fixtures = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../seam-tests/fixtures/fused");
    Artifact::from_file(fixtures.join(name))
}
