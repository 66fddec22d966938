//! The page in `docs/`.

use std::fmt::Write;

use crate::format::time;
use crate::measure::Measured;

/// The page about the peer.
pub(crate) fn page(rows: &[Measured]) -> String {
    format!(
        "# Beside the closest peer\n\n\
         wasm_component_layer 0.1.18 is a component model over any core \
         engine, as `seam-component` is. Here both run the same components on wasmi in one process: the peer \
         with wasmi 0.40, the newest that `wasmi_runtime_layer` 0.40 has, and seam with wasmi 2.0. The peer has no \
         asynchronous components and no components inside components, does not transcode strings, and refuses a \
         component that exports the type of a record, so these have no rows.\n\n\
         A ratio is the peer's time divided by seam's: above 1, seam is faster. [Benchmarks](benchmarks.md) \
         describes the method. This page is rewritten by `cargo run --release --manifest-path \
         seam-bench/peer/Cargo.toml -- --write`, whose crate has a lock file of its own.\n\n{}",
        table(rows)
    )
}

/// The rows as a table in Markdown.
pub(crate) fn table(rows: &[Measured]) -> String {
    let mut text = String::from(
        "| | seam on wasmi | the peer on wasmi | the peer takes |\n|---|---|---|---|\n",
    );
    for row in rows {
        for subject in &row.subjects {
            let peer = row.bounds.iter().find(|(name, _)| *name == subject.bound);
            let peer = peer.map_or(String::new(), |(_, median)| time(median.value));
            let _ = writeln!(
                text,
                "| {}: {} | {} | {peer} | {:.2} x ±{:.0}% |",
                row.section,
                row.row,
                time(subject.time.value),
                1.0 / subject.ratio.value,
                subject.ratio.percent(),
            );
        }
    }
    text
}
