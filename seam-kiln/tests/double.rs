//! The double: kiln's type and function names, as its documentation has them, over the twin. So the
//! expansion of `bind!` is compiled and run wherever these tests are, without kiln.

#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "double/kiln_error.rs"]
mod kiln_error;
#[path = "double/kiln_foundation.rs"]
mod kiln_foundation;
#[path = "double/kiln_runtime.rs"]
mod kiln_runtime;
mod twin;

seam_kiln::bind!(
    /// The double, bound as kiln is.
    pub(crate) struct Double
);

mod bound {
    use super::Double;
    use seam_kiln::{KilnBackend, KilnEngine};

    seam_tests::conformance!(
        backend = KilnBackend::new(Double::new).unwrap(),
        engine = KilnEngine::new(Double::new).unwrap(),
        known_failures = super::KNOWN_FAILURES,
    );
}

const KNOWN_FAILURES: &[seam_tests::kit::KnownFailure] = &[];

#[test]
fn the_binding_names_the_version_of_kiln_that_it_is_written_for() {
    use seam_core::Backend as _;
    let backend = seam_kiln::KilnBackend::new(Double::new).unwrap();
    assert_eq!(backend.info().version, seam_kiln::VERSION);
    assert_eq!(backend.engine().probed().order, seam_kiln::Order::Reversed);
}
