//! The conformance kit, on the builds that matter: plain, and with everything on; each with
//! wasmtime's own component model and with the seam's.

use seam_tests::kit::KnownFailure;
use seam_wasmtime::{Builder, Wasmtime};

/// What wasmtime's own component model is known to do otherwise.
const KNOWN_FAILURES: &[KnownFailure] = &[
    KnownFailure::new("long_lists_trap", "wasmtime", NO_MAXIMUM),
    KnownFailure::new("long_strings_trap", "wasmtime", NO_MAXIMUM),
];

const NO_MAXIMUM: &str = "wasmtime 48 has no limit on the bytes of a list or string";

fn everything() -> Builder {
    Wasmtime::builder()
        .fuel()
        .deadline()
        .inner_instances()
        .component_async()
}

mod plain {
    use seam_wasmtime::Wasmtime;

    seam_tests::conformance!(
        backend = Wasmtime::new(),
        engine = Wasmtime::new().engine().clone(),
        known_failures = super::KNOWN_FAILURES,
    );
}

mod everything_on {
    seam_tests::conformance!(
        backend = super::everything().build(),
        engine = super::everything().build().engine().clone(),
        known_failures = super::KNOWN_FAILURES,
    );
}

mod layered {
    use seam_wasmtime::Wasmtime;

    seam_tests::conformance!(backend = Wasmtime::layered());
}

mod layered_everything_on {
    seam_tests::conformance!(backend = super::everything().build_layered());
}
