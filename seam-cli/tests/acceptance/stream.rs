//! Streams and futures that calls return.

use crate::support::{fixture, seam};

#[test]
fn streams_and_futures_in_a_result_are_read() {
    let component = fixture("core/writers.wat");
    for backend in ["wasmtime", "wasmtime-layered", "wasmi"] {
        let command = ["invoke", &component, "--backend", backend];
        seam(command.into_iter().chain(["count()"]))
            .with_status(0)
            .printing("stream<#0>\nstream<#0>: [1, 2, 3]\n");
        seam(command.into_iter().chain(["promise()"]))
            .with_status(0)
            .printing("future<#0>\nfuture<#0>: [3]\n");
        seam(command.into_iter().chain(["never()"]))
            .with_status(0)
            .printing("stream<#0>\nstream<#0>: has not ended\n");
    }
}

#[test]
fn runs_that_write_alike_match() {
    let component = fixture("core/writers.wat");
    let calls = ["--invoke", "count()", "--invoke", "promise()"];
    seam(["diff", &component].into_iter().chain(calls))
        .with_status(0)
        .printing(
            "count() = stream<#0>\n\
             promise() = future<#1>\n\
             match (2 calls): wasmtime, wasmtime-layered, wasmi\n",
        );
}

#[test]
fn a_schedule_seed_is_for_backends_that_follow_it() {
    let component = fixture("core/writers.wat");
    let command = ["diff", &component, "--invoke", "count()", "--schedule-seed"];
    for seed in ["0", "7"] {
        let ended = seam(command.into_iter().chain([seed])).with_status(0);
        let last = ended.stdout.lines().last().unwrap();
        assert_eq!(last, "match: wasmtime-layered, wasmi", "{ended:#?}");
        let note = format!("note: left out: {component} on wasmtime: ");
        assert!(ended.stderr.starts_with(&note), "{ended:#?}");
        assert!(ended.stderr.contains("no seed changes"), "{ended:#?}");
    }
    // Of what is not asynchronous there is one order.
    let calc = fixture("core/calc.wat");
    let command = [
        "diff",
        &calc,
        "--invoke",
        "add(1, 2)",
        "--schedule-seed",
        "7",
    ];
    seam(command).with_status(0).printing(
        "add(1, 2) = 3\n\
         match: wasmtime, wasmtime-layered, wasmi (wasmtime and wasmtime-layered share one engine)\n",
    );
}
