//! Limits, on every backend.

use crate::support::{BACKENDS, fixture, seam};

#[test]
fn fuel_ends_an_endless_loop() {
    let calc = fixture("core/calc.wat");
    for backend in BACKENDS {
        seam([
            "invoke",
            &calc,
            "spin()",
            "--backend",
            backend,
            "--fuel",
            "100000",
        ])
        .with_status(4)
        .explaining(&[backend, "all fuel consumed"]);
    }
}

#[test]
fn a_deadline_ends_an_endless_loop() {
    let calc = fixture("core/calc.wat");
    for backend in BACKENDS {
        seam([
            "invoke",
            &calc,
            "spin()",
            "--backend",
            backend,
            "--deadline",
            "50ms",
        ])
        .with_status(4)
        .explaining(&[backend, "deadline exceeded"]);
    }
}

#[test]
fn enough_fuel_and_time_change_nothing() {
    let calc = fixture("core/calc.wat");
    for backend in BACKENDS {
        let options = ["--fuel", "1000000", "--deadline", "1h"];
        let command = ["invoke", &calc, "fac(10)", "--backend", backend];
        seam(command.into_iter().chain(options))
            .with_status(0)
            .printing("3628800\n");
    }
}

#[test]
fn memory_does_not_grow_past_its_limit() {
    let calc = fixture("core/calc.wat");
    for backend in BACKENDS {
        let grow = |size: &'static str| {
            let limit = ["--max-memory", size];
            let command = ["invoke", &calc, "grow(1)", "--backend", backend];
            seam(command.into_iter().chain(limit))
        };
        grow("128KiB").with_status(0).printing("1\n");
        grow("64KiB").with_status(0).printing("-1\n");
        grow("1KiB").with_status(4).explaining(&["memory limit"]);
    }
}

#[test]
fn the_document_names_the_limit() {
    let calc = fixture("core/calc.wat");
    let document = seam([
        "invoke", &calc, "spin()", "--fuel", "1000", "--format", "json",
    ])
    .with_status(4)
    .document();
    assert_eq!(document["error"]["kind"], "limit");
    assert_eq!(document["error"]["limit"], "all fuel consumed");
}
