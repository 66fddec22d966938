//! The results of several backends side by side, as an HTML page.

use seam_diff::page::{Cell, Matrix, Page, Row, Tone};

use super::{Outcome, Report, Table, Verdict};

impl Table<'_> {
    /// Returns the results as a self-contained HTML page: a row for each case, a column for each
    /// backend. A click on a failure shows its message.
    #[must_use]
    pub fn to_html(&self) -> String {
        let backends = self.0.iter().map(|report| &report.backend);
        let names = backends.map(|backend| format!("{} {}", backend.name, backend.version));
        let head = ["area", "case"].into_iter().map(String::from);
        let matrix = Matrix {
            title: String::new(),
            columns: head.chain(names).collect(),
            rows: rows(self.0),
        };
        let page = Page {
            title: "Conformance kit".to_string(),
            summary: self.0.iter().map(summary).collect(),
            matrices: vec![matrix],
        };
        page.to_html()
    }
}

fn summary(report: &Report) -> String {
    let passed = report.outcomes.iter();
    let passed = passed.filter(|outcome| outcome.verdict == Verdict::Passed);
    let (name, all) = (&report.backend.name, report.outcomes.len());
    format!("{name}: {} of {all} cases passed.", passed.count())
}

fn rows(reports: &[Report]) -> Vec<Row> {
    let cases = reports.first().map(|report| report.outcomes.as_slice());
    let row = |(number, case): (usize, &Outcome)| Row {
        names: vec![case.area.to_string(), case.case.to_string()],
        cells: reports
            .iter()
            .map(|report| report.outcomes.get(number).map(cell))
            .collect(),
    };
    let cases = cases.unwrap_or_default().iter().enumerate();
    cases.map(row).collect()
}

fn cell(outcome: &Outcome) -> Cell {
    match &outcome.verdict {
        Verdict::Passed => Cell::new(Tone::Good, "passed"),
        Verdict::Unsupported(lacks) => Cell::new(Tone::Faint, format!("lacks {lacks}")),
        Verdict::NoEngine => Cell::new(Tone::Faint, "no core engine"),
        Verdict::Failed(message) => Cell::new(Tone::Bad, "failed").with_details(message),
        Verdict::UnexpectedPass(reason) => {
            Cell::new(Tone::Bad, "passed unexpectedly").with_details(reason)
        }
        Verdict::KnownFailure(reason) => {
            Cell::new(Tone::Open, "failed as known").with_details(reason)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use seam_core::{BackendInfo, Capabilities, Capability};

    #[test]
    fn every_cell_has_a_word_and_its_message() {
        let outcome = |case, verdict| Outcome {
            case,
            area: "calls",
            verdict,
        };
        let report = |name, first| Report {
            backend: BackendInfo::new(name, "1", Capabilities::default()),
            outcomes: vec![
                outcome("a_case", first),
                outcome("another", Verdict::Unsupported(Capability::Gc)),
            ],
        };
        let reports = [
            report("one", Verdict::Failed("expected <1>".into())),
            report("two", Verdict::Passed),
        ];
        let page = Table(&reports).to_html();
        for part in [
            "<td class=\"good\">passed</td>",
            "<pre>expected &lt;1&gt;</pre>",
            "<td class=\"faint\">lacks gc</td><td class=\"faint\">lacks gc</td>",
            "<p>two: 1 of 2 cases passed.</p>",
        ] {
            assert!(page.contains(part), "{part}\n{page}");
        }
    }
}
