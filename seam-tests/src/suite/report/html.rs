//! The report as an HTML page.

use std::fmt::{self, Write};

use super::text::lacks;
use super::{Failure, FileReport, Report, SuiteReport};

const HEAD: &str = "\
<!doctype html>
<html lang=\"en\">
<meta charset=\"utf-8\">
<title>Official suites</title>
<style>
body { font: 15px/1.4 system-ui, sans-serif; margin: 2em; }
table { border-collapse: collapse; margin-bottom: 2em; }
th, td { padding: .2em .8em; text-align: left; border-bottom: 1px solid #ddd; }
td.n { text-align: right; font-variant-numeric: tabular-nums; }
tr.failed td { background: #fdd; }
tr.idle td { color: #888; }
pre { margin: .2em 0; white-space: pre-wrap; }
</style>
<h1>Official suites</h1>
";

impl Report {
    /// Returns the report as a self-contained HTML page.
    ///
    /// The page shows the totals, then each suite by file, with the failed directives.
    #[must_use]
    pub fn to_html(&self) -> String {
        let mut page = String::from(HEAD);
        // Writing to a string cannot fail.
        let _ = write_page(&mut page, self);
        page
    }
}

fn write_page(page: &mut String, report: &Report) -> fmt::Result {
    page.push_str("<table>\n<tr><th>Suite<th>Backend<th>Files<th>Passed<th>Failed<th>Not supported<th>Missing\n");
    for suite in &report.suites {
        let missing = lacks(suite.missing().into_iter());
        writeln!(
            page,
            "<tr{}><td>{}<td><a href=\"#{}\">{}</a><td class=n>{}{}<td>{}",
            class(suite.failed > 0, false),
            Escaped(&suite.suite),
            Escaped(&anchor(suite)),
            Escaped(&suite.backend),
            suite.files.len(),
            counts(suite.passed, suite.failed, suite.unsupported),
            Escaped(&missing),
        )?;
    }
    page.push_str("</table>\n");
    report
        .suites
        .iter()
        .try_for_each(|suite| write_suite(page, suite))
}

fn write_suite(page: &mut String, suite: &SuiteReport) -> fmt::Result {
    writeln!(
        page,
        "<h2 id=\"{}\">{} on {}</h2>\n<table>\n<tr><th>File<th>Passed<th>Failed<th>Not supported<th>",
        Escaped(&anchor(suite)),
        Escaped(&suite.suite),
        Escaped(&suite.backend),
    )?;
    suite
        .files
        .iter()
        .try_for_each(|file| write_file(page, file))?;
    page.push_str("</table>\n");
    Ok(())
}

fn write_file(page: &mut String, file: &FileReport) -> fmt::Result {
    let missing = file
        .missing
        .iter()
        .map(|(lack, count)| (lack.as_str(), *count));
    write!(
        page,
        "<tr{}><td>{}{}<td>{}",
        class(file.failed > 0, file.is_idle()),
        Escaped(&file.file),
        counts(file.passed, file.failed, file.unsupported),
        Escaped(&lacks(missing)),
    )?;
    if file.is_idle() {
        page.push_str(" nothing executed");
    }
    file.failures
        .iter()
        .try_for_each(|failure| write_failure(page, failure))?;
    page.push('\n');
    Ok(())
}

fn write_failure(page: &mut String, failure: &Failure) -> fmt::Result {
    write!(
        page,
        "<pre>line {}: {}\nexpected {}\nfound    {}</pre>",
        failure.line,
        Escaped(&failure.directive),
        Escaped(&failure.expected),
        Escaped(&failure.found),
    )
}

fn anchor(suite: &SuiteReport) -> String {
    format!("{}-{}", suite.suite, suite.backend)
}

fn class(failed: bool, idle: bool) -> &'static str {
    match (failed, idle) {
        (true, _) => " class=failed",
        (_, true) => " class=idle",
        _ => "",
    }
}

fn counts(passed: usize, failed: usize, unsupported: usize) -> String {
    format!("<td class=n>{passed}<td class=n>{failed}<td class=n>{unsupported}")
}

/// Text with all markup escaped.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|character| match character {
            '&' => f.write_str("&amp;"),
            '<' => f.write_str("&lt;"),
            '>' => f.write_str("&gt;"),
            '"' => f.write_str("&quot;"),
            other => f.write_char(other),
        })
    }
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
    fn every_script_has_a_row() {
        let page = sample().to_html();
        for row in [
            "<tr><td>a.wast<td class=n>3<td class=n>0<td class=n>0<td>",
            "<tr class=failed><td>f/b.wast<td class=n>1<td class=n>1<td class=n>3<td>gc 2, threads 1",
            "<tr class=idle><td>idle.wast<td class=n>0<td class=n>0<td class=n>0<td> nothing executed",
        ] {
            assert!(page.contains(row), "{row}\n{page}");
        }
    }
}
