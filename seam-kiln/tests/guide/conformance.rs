use seam_kiln::KilnBackend;
use seam_on_kiln::{KNOWN_FAILURES, engine};

seam_tests::conformance!(
    backend = KilnBackend::of(engine().unwrap()),
    engine = engine().unwrap(),
    known_failures = &KNOWN_FAILURES,
);
seam_tests::conformance_wasi!();
