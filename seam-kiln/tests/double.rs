//! The double: kiln's type and function names, as its documentation has them, over the twin. So the
//! expansion of `bind!` is compiled and run wherever these tests are, without kiln.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests"
)]

#[path = "double/kiln_component.rs"]
mod kiln_component;
#[path = "double/kiln_decoder.rs"]
mod kiln_decoder;
#[path = "double/kiln_error.rs"]
mod kiln_error;
#[path = "double/kiln_foundation.rs"]
mod kiln_foundation;
#[path = "double/kiln_runtime.rs"]
mod kiln_runtime;
#[path = "double/runner.rs"]
mod runner;
mod twin;

use seam_core::{Backend, Capability};
use seam_kiln::{KilnBackend, KilnEngine, Order};
use seam_tests::kit::KnownFailure;

seam_kiln::bind!(
    /// The double, bound as kiln is.
    pub(crate) struct Double
);

/// The engine, less what wasmi lacks of kiln's proposals.
fn engine() -> KilnEngine<Double> {
    KilnEngine::new(Double::new)
        .unwrap()
        .without(Capability::Gc)
        .without(Capability::FunctionReferences)
        .without(Capability::Exceptions)
        .without(Capability::Threads)
}

mod bound {
    use super::{KNOWN_FAILURES, KilnBackend, engine};

    seam_tests::conformance!(
        backend = KilnBackend::of(engine()),
        engine = engine(),
        known_failures = KNOWN_FAILURES,
    );
    seam_tests::conformance_wasi!();
}

const KNOWN_FAILURES: &[KnownFailure] = &[KnownFailure::new(
    "core_failed_instantiation_keeps_writes",
    "kiln",
    "kiln keeps nothing of an instance whose segments failed, so its functions have no types",
)];

/// The runner does not state components, which are to be of every type; this one it takes.
const TAKEN: KnownFailure = KnownFailure::new(
    "hermetic_worlds_do_for_components_without_wasi",
    "kiln-runner",
    "kiln's runner takes a component that exports `wasi:cli/run` and nothing else",
);

const KNOWN_FAILURES_OF_RUNNER: &[KnownFailure] = &[
    KnownFailure::new(
        KNOWN_FAILURES[0].case,
        "kiln-runner",
        KNOWN_FAILURES[0].reason,
    ),
    TAKEN,
];

#[test]
fn the_binding_names_the_version_of_kiln_that_it_is_written_for() {
    let backend = KilnBackend::of(engine());
    assert_eq!(backend.info().version, seam_kiln::VERSION);
    assert_eq!(backend.engine().probed().order, Order::Reversed);
}
