//! The pages in `docs/`.

use super::format::{goal, ratio, time, verdict};
use super::machine::Machine;
use super::text::summary;
use crate::measure::Measured;

/// How the rows were measured, in this many processes.
fn method(processes: u32) -> String {
    let measured = match processes {
        1 => "These rows were measured in one process.".to_owned(),
        _ => format!(
            "So the rows were measured in {processes} processes, and these are the medians. ± is the median \
             absolute deviation of the ratio between the processes."
        ),
    };
    format!(
        "Each row compares seam with the engine's own API doing the same work in the same process and build. \
         Samples are interleaved: every round takes one sample of every side, and the ratio is the median of \
         the ratios within the rounds. Before each sample the work is repeated without being measured, so a row \
         shows what work costs that is repeated; the first time in a process costs more. The same build differs \
         by up to a tenth from process to process, since its code and data lie elsewhere. {measured} `cargo run \
         --release -p seam-bench -- --write` rewrites this page; the crate's documentation describes the method."
    )
}

/// The page with the table and the chart.
pub(super) fn benchmarks(machine: &Machine, rows: &[Measured], processes: u32) -> String {
    let mut page = format!(
        "# Benchmarks\n\n{}\n\nMeasured on {}.\n\n{}\n\n\
         ![Ratios to the engines' own APIs](benchmarks.svg)\n",
        method(processes),
        machine.sentence(),
        summary(rows)
    );
    page.push_str(&tables(rows));
    page
}

/// The page about the costs of observing.
pub(super) fn observing(machine: &Machine, rows: &[Measured]) -> String {
    let mut page = format!(
        "# What observing costs\n\n\
         Fuel, deadlines and access to the core instances inside components change compiled code, \
         so they are chosen when a backend is built. The recorder is chosen by the world. Each row \
         compares a build or world that observes with the fastest build of the same backend, in \
         the same process. A backend over a core engine sees inside components in every build; \
         wasmtime's own component model needs a build with inner instances (guest debugging) for \
         it.\n\nMeasured on {}. [Benchmarks](benchmarks.md) describes the method.\n",
        machine.sentence()
    );
    page.push_str(&tables(rows));
    page
}

fn tables(rows: &[Measured]) -> String {
    let mut text = String::new();
    let mut section = "";
    for row in rows {
        if row.section != section {
            section = &row.section;
            text.push_str(&format!(
                "\n## {}\n\n| | | time | beside | its time | ratio | goal | |\n\
                 |---|---|---|---|---|---|---|---|\n",
                title(section)
            ));
        }
        text.push_str(&lines(row));
    }
    text
}

fn lines(row: &Measured) -> String {
    let mut text = String::new();
    for (index, subject) in row.subjects.iter().enumerate() {
        let bound = row.bounds.iter().find(|(name, _)| *name == subject.bound);
        let bound = bound.map_or(String::new(), |(_, median)| time(median.value));
        text.push_str(&format!(
            "| {} | {} | {} | {} | {bound} | {} ±{:.0}% | {} | {} |\n",
            if index == 0 { &*row.row } else { "" },
            subject.name,
            time(subject.time.value),
            subject.bound,
            ratio(subject.ratio.value),
            subject.ratio.percent(),
            goal(subject),
            verdict(subject),
        ));
    }
    text
}

fn title(section: &str) -> String {
    let mut letters = section.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_says_in_how_many_processes_it_was_measured() {
        assert!(method(9).contains("were measured in 9 processes, and these are the medians."));
        assert!(method(1).contains("were measured in one process."));
        assert!(!method(1).contains("medians."));
    }
}
