//! The conformance kit on two builds, plain and with everything on. Each runs with wasmtime's own
//! component model and with the seam's.

mod cached;

use seam_tests::kit::KnownFailure;
use seam_wasmtime::{Builder, Wasmtime};

/// Known failures of wasmtime's own component model.
const KNOWN_FAILURES: &[KnownFailure] = &[LONG_LISTS, LONG_STRINGS];

/// The same, for the build with everything on.
const KNOWN_FAILURES_OF_EVERYTHING: &[KnownFailure] = &[
    LONG_LISTS,
    LONG_STRINGS,
    // The backend's own wrapping of such a module is compiled without asynchronous components.
    KnownFailure::new(
        "hermetic_preview1_modules_are_shown_as_themselves",
        "wasmtime",
        "wasmtime 48 with asynchronous components panics at an import that an inner function calls",
    ),
    KnownFailure::new(
        "backpressure_holds_back_no_synchronous_functions",
        "wasmtime",
        "wasmtime 48 also holds back calls by the host of functions of a synchronous type",
    ),
    KnownFailure::new(
        "functions_without_a_callback_enter_a_held_instance",
        "wasmtime",
        "wasmtime 48 holds back every call while a task with a callback blocks",
    ),
    KnownFailure::new(
        "dropped_calls_are_asked_to_end",
        "wasmtime",
        "wasmtime 48 has no way for the host to ask a task to end",
    ),
    KnownFailure::new(
        "strings_reach_a_reader_that_has_returned",
        "wasmtime",
        "wasmtime 48 fails with `resource not present` if the task that began to read has ended",
    ),
    KnownFailure::new(
        "synchronous_functions_do_not_use_task_return",
        "wasmtime",
        "wasmtime 48 takes this trap for a bug of its own",
    ),
    KnownFailure::new(
        "a_task_that_yields_learns_that_it_is_cancelled",
        "wasmtime",
        "wasmtime 48 tells a task that yields only when it runs again",
    ),
    KnownFailure::new(
        "a_call_starts_behind_those_that_wait_to_start",
        "wasmtime",
        "wasmtime 48 starts a call at once if nothing holds it back, though others still wait",
    ),
    KnownFailure::new(
        "a_waitable_that_is_waited_for_stays_as_it_is",
        "wasmtime",
        "wasmtime 48 lets a thread cancel the copy that another one waits for",
    )
    .at("cancels"),
    KnownFailure::new(
        "wrong_cancellations_trap",
        "wasmtime",
        "wasmtime 48 lets a call of a guest be cancelled twice",
    )
    .at("twice"),
    KnownFailure::new(
        "a_loan_lasts_until_the_caller_knows_of_the_end",
        "wasmtime",
        "wasmtime 48 ends the loans of a call when it returns",
    ),
    KnownFailure::new(
        "suspended_tasks_are_cancelled_at_once",
        "wasmtime",
        "wasmtime 48 does not tell a task that it is cancelled while it is suspended",
    ),
    KnownFailure::new(
        "threads_are_promoted",
        "wasmtime",
        "wasmtime 48 lets a thread switch to suspended threads only",
    ),
    KnownFailure::new(
        "wrong_threads_trap",
        "wasmtime",
        "wasmtime 48 reports that the access to the table is out of bounds",
    )
    .at("outside"),
    KnownFailure::new(
        "a_synchronous_call_lets_few_threads_run",
        "wasmtime",
        "wasmtime 48 panics at `thread.yield` in a function of a synchronous type",
    ),
    KnownFailure::new(
        "a_trap_of_a_copy_with_the_host_closes_the_component",
        "wasmtime",
        "wasmtime 48 can be called again after a trap while no call is in progress",
    )
    .at("a later call"),
    KnownFailure::new(
        "error_contexts_are_shared",
        "wasmtime",
        "wasmtime 48 fails with `resource is of another type` if an error context is passed to another \
         component",
    ),
    KnownFailure::new(
        "what_is_in_use_is_not_dropped",
        "wasmtime",
        "wasmtime 48 has no trap code for dropping a set with elements",
    )
    .at("set"),
    KnownFailure::new(
        "wrong_handles_of_built_ins_trap",
        "wasmtime",
        "wasmtime 48 looks at the state of an end before its direction",
    )
    .at("wrong-end"),
    KnownFailure::new("wrong_handles_of_built_ins_trap", "wasmtime", LATE_CHECKS).at("unaligned"),
];

const LATE_CHECKS: &str = "wasmtime 48 checks the alignment of a copy when something is copied";

const LONG_LISTS: KnownFailure = KnownFailure::new("long_lists_trap", "wasmtime", NO_MAXIMUM);
const LONG_STRINGS: KnownFailure = KnownFailure::new("long_strings_trap", "wasmtime", NO_MAXIMUM);

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
    seam_tests::conformance_wasi!();
}

mod pooled {
    use std::sync::LazyLock;

    use super::cached::Cached;
    use seam_wasmtime::Wasmtime;

    static BACKEND: LazyLock<Cached<Wasmtime>> =
        LazyLock::new(|| Cached::new(Wasmtime::builder().pooling(1000).build()));

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
        known_failures = super::KNOWN_FAILURES_OF_EVERYTHING,
    );
    seam_tests::conformance_wasi!();
}

mod layered {
    use std::sync::LazyLock;

    use super::cached::Cached;
    use seam_wasmtime::{Wasmtime, WasmtimeLayered};

    static BACKEND: LazyLock<Cached<WasmtimeLayered>> =
        LazyLock::new(|| Cached::new(Wasmtime::layered()));

    seam_tests::conformance!(backend = &*BACKEND);
    seam_tests::conformance_wasi!();
}

mod layered_everything_on {
    use std::sync::LazyLock;

    use super::cached::Cached;
    use seam_wasmtime::WasmtimeLayered;

    static BACKEND: LazyLock<Cached<WasmtimeLayered>> =
        LazyLock::new(|| Cached::new(super::everything().build_layered()));

    seam_tests::conformance!(backend = &*BACKEND);
    seam_tests::conformance_wasi!();
}
