//! The report as an HTML page: for each suite, a matrix of file and backend.

use std::collections::BTreeSet;
use std::fmt::Write;

use seam_diff::page::{Cell, Matrix, Page, Row, Tone};

use super::text::{Totals, lacks};
use super::{FileReport, Report, SuiteReport};

impl Report {
    /// Returns the report as a self-contained HTML page.
    ///
    /// For each suite, it shows a matrix: a row for each script, a column for each backend. A click on a
    /// cell shows the failed directives and the missing capabilities.
    #[must_use]
    pub fn to_html(&self) -> String {
        let mut names: Vec<&str> = Vec::new();
        for suite in &self.suites {
            if !names.contains(&suite.suite.as_str()) {
                names.push(&suite.suite);
            }
        }
        let page = Page {
            title: "Official suites".to_string(),
            summary: self
                .suites
                .iter()
                .map(|suite| Totals(suite).to_string())
                .collect(),
            matrices: names.into_iter().map(|name| self.matrix(name)).collect(),
        };
        page.to_html()
    }

    fn matrix(&self, name: &str) -> Matrix {
        let suites = self.suites.iter().filter(|suite| suite.suite == name);
        let suites: Vec<&SuiteReport> = suites.collect();
        let backends = suites.iter().map(|suite| suite.backend.clone());
        let files = suites.iter().flat_map(|suite| &suite.files);
        let files: BTreeSet<&str> = files.map(|file| file.file.as_str()).collect();
        let row = |file: &&str| Row {
            names: vec![(*file).to_string()],
            cells: (suites.iter())
                .map(|suite| {
                    suite
                        .files
                        .iter()
                        .find(|report| report.file == **file)
                        .map(cell)
                })
                .collect(),
        };
        Matrix {
            title: name.to_string(),
            columns: std::iter::once("file".to_string())
                .chain(backends)
                .collect(),
            rows: files.iter().map(row).collect(),
        }
    }
}

fn cell(file: &FileReport) -> Cell {
    let (passed, failed, unsupported) = (file.passed, file.failed, file.unsupported);
    let (tone, word) = match (failed, unsupported) {
        _ if file.is_idle() => (Tone::Faint, "nothing executed".to_string()),
        (0, 0) => (Tone::Good, format!("{passed} passed")),
        (0, _) => (
            Tone::Open,
            format!("{passed} passed, {unsupported} not supported"),
        ),
        _ => (Tone::Bad, format!("{failed} failed")),
    };
    Cell::new(tone, word).with_details(details(file))
}

/// Lists what did not pass.
fn details(file: &FileReport) -> String {
    let mut text = String::new();
    let mut line = |line: std::fmt::Arguments<'_>| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{line}");
    };
    if file.failed > 0 {
        let (passed, failed, unsupported) = (file.passed, file.failed, file.unsupported);
        line(format_args!(
            "{passed} passed, {failed} failed, {unsupported} not supported"
        ));
    }
    for failure in &file.failures {
        line(format_args!("line {}: {}", failure.line, failure.directive));
        line(format_args!("  expected {}", failure.expected));
        line(format_args!("  found    {}", failure.found));
    }
    if !file.missing.is_empty() {
        let missing = file
            .missing
            .iter()
            .map(|(lack, count)| (lack.as_str(), *count));
        line(format_args!("not supported: {}", lacks(missing)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::tests::sample;

    #[test]
    fn text_of_guests_and_scripts_is_escaped() {
        let page = sample().to_html();
        assert!(page.contains("found    (i32.const &lt;2&gt;)"), "{page}");
        assert!(
            page.contains("assert_return invoke &quot;add&quot;"),
            "{page}"
        );
        assert!(!page.contains("<2>"), "{page}");
    }

    #[test]
    fn every_script_has_a_row_with_a_cell_for_each_backend() {
        let mut report = sample();
        let mut other = report.suites.clone();
        for suite in &mut other {
            suite.backend = "other".to_string();
            suite.files.retain(|file| file.file != "a.wast");
        }
        report.suites.append(&mut other);
        let page = report.to_html();
        for part in [
            "<th scope=\"col\">file</th><th scope=\"col\">toy</th><th scope=\"col\">other</th>",
            "<th scope=\"row\">a.wast</th><td class=\"good\">3 passed</td><td></td>",
            "<th scope=\"row\">f/b.wast</th><td class=\"bad\"><button",
            ">1 failed</button>",
            "not supported: gc 2, threads 1",
            "<th scope=\"row\">idle.wast</th><td class=\"faint\">nothing executed</td>",
        ] {
            assert!(page.contains(part), "{part}\n{page}");
        }
    }
}
