//! The conformance kit on the twin: kiln's interface, without kiln's faults.

#![allow(clippy::unwrap_used, reason = "tests")]

mod twin;

use seam_tests::kit::KnownFailure;

const KNOWN_FAILURES: &[KnownFailure] = &[KnownFailure::new(
    "threads_run_beside_the_function_that_made_them",
    "kiln",
    "kiln does not tell a host function the type of a function that it reads from a table",
)];

mod plain {
    use super::twin::Twin;
    use seam_kiln::{KilnBackend, KilnEngine};

    seam_tests::conformance!(
        backend = KilnBackend::new(Twin::new).unwrap(),
        engine = KilnEngine::new(Twin::new).unwrap(),
        known_failures = super::KNOWN_FAILURES,
    );
    seam_tests::conformance_wasi!();
}
