//! The double: the types and functions of kiln's documentation, over the twin.
//!
//! The expansions of `bind!` and `bind_component!` and the code of `docs/kiln.md` are compiled and run
//! on it, without kiln.

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

/// Makes the engine without the proposals of kiln's that wasmi lacks.
fn engine() -> seam_core::Result<KilnEngine<Double>> {
    Ok(KilnEngine::new(Double::new)?
        .without(Capability::Gc)
        .without(Capability::FunctionReferences)
        .without(Capability::Exceptions)
        .without(Capability::Threads))
}

/// The code of `docs/kiln.md`, in which the double takes the place of kiln.
#[allow(
    dead_code,
    unreachable_pub,
    reason = "each file is a crate of its own there"
)]
mod guide {
    /// The crate of the guide.
    mod library {
        use crate::{kiln_error, kiln_foundation, kiln_runtime};

        include!("guide/lib.rs");
    }

    /// The crate of the guide with the double's engine and known failures.
    mod seam_on_double {
        pub(super) use crate::engine;

        pub(super) const KNOWN_FAILURES: &[seam_tests::kit::KnownFailure] = crate::KNOWN_FAILURES;
    }

    mod greet {
        use super::library as seam_on_kiln;

        include!("guide/greet.rs");

        #[test]
        fn the_guide_greets() {
            let file = concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/../seam-tests/fixtures/greet/greet.wasm"
            );
            assert_eq!(greet(file).unwrap(), "hello bob [a, b]");
        }
    }

    mod conformance {
        use super::seam_on_double as seam_on_kiln;

        include!("guide/conformance.rs");
    }

    mod report {
        use super::library as seam_on_kiln;

        include!("guide/report.rs");
    }

    mod command {
        use super::library as seam_on_kiln;

        include!("guide/command.rs");
    }

    #[test]
    fn the_known_failures_of_the_guide_are_all_faults_on_kiln() {
        let known = library::KNOWN_FAILURES.iter();
        let cases: Vec<&str> = known
            .map(|known| {
                assert_eq!(known.backend, "kiln");
                known.case
            })
            .collect();
        let faults = seam_kiln::Fault::ALL.iter();
        let expected: Vec<&str> = faults.flat_map(|fault| fault.cases()).copied().collect();
        assert_eq!(cases, expected);
        for case in cases {
            assert!(seam_tests::kit::Case::named(case).is_some(), "{case}");
        }
    }
}

const KNOWN_FAILURES: &[KnownFailure] = &[KnownFailure::new(
    "core_failed_instantiation_keeps_writes",
    "kiln",
    "kiln keeps nothing of an instance whose segments failed, so its functions have no types",
)];

/// The runner lacks `Components`, because it does not run all of them. It runs this one.
const RUN: KnownFailure = KnownFailure::new(
    "hermetic_worlds_do_for_components_without_wasi",
    "kiln-runner",
    "kiln's runner runs a component that exports `wasi:cli/run` and nothing else",
);

const KNOWN_FAILURES_OF_RUNNER: &[KnownFailure] = &[
    KnownFailure::new(
        KNOWN_FAILURES[0].case,
        "kiln-runner",
        KNOWN_FAILURES[0].reason,
    ),
    RUN,
];

#[test]
fn the_binding_has_the_version_of_kiln_that_it_is_written_for() {
    let backend = KilnBackend::of(engine().unwrap());
    assert_eq!(backend.info().version, seam_kiln::VERSION);
    assert_eq!(backend.engine().probed().order, Order::Reversed);
}

#[test]
fn reports_say_that_kiln_does_not_validate() {
    let backend = KilnBackend::of(engine().unwrap());
    let report = serde_json::to_value(backend.info()).unwrap();
    assert_eq!(report["validates"], false);
}
