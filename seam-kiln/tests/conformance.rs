//! The conformance kit on the twin: kiln's interface, without kiln's faults.

#![allow(clippy::unwrap_used, reason = "tests")]

mod twin;

mod plain {
    use super::twin::Twin;
    use seam_kiln::{KilnBackend, KilnEngine};

    seam_tests::conformance!(
        backend = KilnBackend::new(Twin::new).unwrap(),
        engine = KilnEngine::new(Twin::new).unwrap(),
    );
    seam_tests::conformance_wasi!();
}
