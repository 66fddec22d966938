//! Handles of exports.

#![allow(clippy::unwrap_used, reason = "tests")]

mod twin;

use seam_core::{Artifact, CoreEngine, HostState, Limits};
use seam_kiln::KilnEngine;

use twin::Twin;

#[test]
fn an_object_with_two_export_names_has_one_handle() {
    let text = r#"(module
        (func (export "f1") (export "f2"))
        (memory (export "m1") (export "m2") 1)
        (table (export "t1") (export "t2") 1 funcref)
        (global (export "g1") (export "g2") i32 i32.const 0))"#;
    let artifact = Artifact::from_wat("twice", text).unwrap();
    let engine = KilnEngine::new(Twin::new).unwrap();
    let module = seam_decode::compile(&engine, artifact.bytes()).unwrap();
    let mut store = engine.store(&Limits::new(), HostState::none()).unwrap();
    let instance = store.instantiate(&module, &[]).unwrap();
    for kind in ["f", "m", "t", "g"] {
        let first = store.export(instance, &format!("{kind}1"));
        assert!(first.is_some(), "{kind}");
        assert_eq!(first, store.export(instance, &format!("{kind}2")), "{kind}");
    }
}
