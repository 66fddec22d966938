//! The conformance kit, on the builds that matter: plain, and with everything on; each with
//! wasmtime's own component model and with the seam's.

mod cached;

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
    use std::sync::LazyLock;

    use super::cached::Cached;
    use seam_wasmtime::Wasmtime;

    static BACKEND: LazyLock<Cached<Wasmtime>> = LazyLock::new(|| Cached::new(Wasmtime::new()));

    seam_tests::conformance!(
        backend = &*BACKEND,
        engine = BACKEND.backend().engine().clone(),
        known_failures = super::KNOWN_FAILURES,
    );
}

mod everything_on {
    use std::sync::LazyLock;

    use super::cached::Cached;
    use seam_wasmtime::Wasmtime;

    static BACKEND: LazyLock<Cached<Wasmtime>> =
        LazyLock::new(|| Cached::new(super::everything().build()));

    seam_tests::conformance!(
        backend = &*BACKEND,
        engine = BACKEND.backend().engine().clone(),
        known_failures = super::KNOWN_FAILURES,
    );
}

mod layered {
    use std::sync::LazyLock;

    use super::cached::Cached;
    use seam_wasmtime::{Wasmtime, WasmtimeLayered};

    static BACKEND: LazyLock<Cached<WasmtimeLayered>> =
        LazyLock::new(|| Cached::new(Wasmtime::layered()));

    seam_tests::conformance!(backend = &*BACKEND);
}

mod layered_everything_on {
    use std::sync::LazyLock;

    use super::cached::Cached;
    use seam_wasmtime::WasmtimeLayered;

    static BACKEND: LazyLock<Cached<WasmtimeLayered>> =
        LazyLock::new(|| Cached::new(super::everything().build_layered()));

    seam_tests::conformance!(backend = &*BACKEND);
}
